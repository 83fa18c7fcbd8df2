"""Tell the diary as samples of Apple HealthKit's State of Mind (HKStateOfMind, iOS 18).

Only the member's own word: HealthKit defines the value as self-reported. Names and numbers are those of
Apple's header ``HKStateOfMind.h``; our six feelings and the tags that mean the same get one, the rest
travels in ``metadata``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from accounts.models import User
from moods import selectors
from moods.choices import Feeling, mood_of
from moods.models import CheckIn
from moods.portable import telling

#: Feeling to (name, raw value) of HKStateOfMindLabel.
LABELS: Final = {
    Feeling.HAPPY: ("happy", 17),
    Feeling.SAD: ("sad", 27),
    Feeling.ANGRY: ("angry", 3),
    Feeling.ANXIOUS: ("anxious", 4),
    Feeling.STARTLED: ("surprised", 30),
    Feeling.NEUTRAL: ("indifferent", 36),
}
#: Tag to (name, raw value) of HKStateOfMindAssociation; 사람 may be many things and has none.
ASSOCIATIONS: Final = {
    "잠": ("health", 8),
    "통증": ("health", 8),
    "약": ("health", 8),
    "날씨": ("weather", 18),
}
CLASSES: Final = (
    "veryUnpleasant", "unpleasant", "slightlyUnpleasant", "neutral",
    "slightlyPleasant", "pleasant", "veryPleasant",
)  # fmt: skip


def head() -> dict[str, Any]:
    """Return what stands before the samples."""
    return {"type": "HKStateOfMind", "version": 1}


def samples(member: User) -> Iterator[dict[str, Any]]:
    """Yield a sample for every entry with a word of the member's own."""
    for entry in telling.entries_of(member).iterator(chunk_size=500):
        found = sample(entry)
        if found is not None:
            yield found


def sample(entry: CheckIn) -> dict[str, Any] | None:
    """Return one entry as a sample, or None when the member chose neither mood nor feeling."""
    point = selectors.own_point(entry.mood, entry.feeling)
    if point is None:
        return None
    step = mood_of(point.valence)
    label = LABELS[Feeling(entry.feeling)] if entry.feeling else None
    associations = dict.fromkeys(ASSOCIATIONS[tag] for tag in entry.tags if tag in ASSOCIATIONS)
    at = entry.at.isoformat()
    return {
        "uuid": str(entry.uuid),
        "startDate": at,
        "endDate": at,
        "kind": "momentaryEmotion",
        "kindRawValue": 1,
        "valence": round(point.valence, 6),
        "valenceClassification": CLASSES[step + 3],
        "valenceClassificationRawValue": step + 4,
        "labels": [label[0]] if label else [],
        "labelRawValues": [label[1]] if label else [],
        "associations": [name for name, _raw in associations],
        "associationRawValues": [raw for _name, raw in associations],
        "metadata": {
            "HKWasUserEntered": True,
            "HKTimeZone": entry.time_zone,
            "HKExternalUUID": str(entry.uuid),
            "MaeumTags": entry.tags,
            # Without a step the valence is our table's for the feeling, not the member's number.
            "MaeumValenceFrom": "mood" if entry.mood is not None else "feeling",
        },
    }
