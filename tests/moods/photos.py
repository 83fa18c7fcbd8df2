"""Photos and readings that tests of this room share."""

from __future__ import annotations

import io
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image
from skimage import data

from accounts.models import User
from inference import EMOTIONS, Emotion, Outcome, Reading, Reason
from moods import services
from moods.models import CheckIn, PhotoReading


@cache
def astronaut() -> bytes:
    """Return a real portrait, 512 x 512, as JPEG."""
    pixels = data.astronaut()
    return jpeg(Image.fromarray(pixels))


def jpeg(picture: Image.Image, **options: Any) -> bytes:
    """Encode a picture."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90, **options)
    return out.getvalue()


def variant(number: int) -> bytes:
    """Return a photo with bytes of its own: the portrait with one pixel changed."""
    picture = Image.open(io.BytesIO(astronaut())).convert("RGB")
    picture.putpixel((number % 512, 0), (number % 251, 7 * number % 251, 99))
    return jpeg(picture)


def check_in(
    member: User,
    photo: bytes | None = None,
    *,
    mood: int | None = None,
    when: datetime | None = None,
    **words: Any,
) -> CheckIn:
    """Store an entry the way a view does."""
    if photo is None and mood is None and not words:
        mood = 0
    entry, made = services.check_in_create(member=member, when=when, photo=photo, mood=mood, **words)
    assert made
    return entry


def row_of(entry: CheckIn) -> PhotoReading:
    """Return an entry's reading, fresh from the database."""
    return PhotoReading.objects.get(check_in=entry)


def vote(emotion: Emotion = Emotion.HAPPY, share: float = 0.9) -> Reading:
    """Return a READ reading in which one emotion has the given share and the rest is even."""
    rest = (1 - share) / (len(EMOTIONS) - 1)
    return Reading(
        outcome=Outcome.READ,
        reason=None,
        ensemble_version="test",
        emotion=emotion,
        probabilities={name: share if name == emotion else rest for name in EMOTIONS},
        confidence=share,
        faces=1,
        grid=((0.0, 1.0), (0.5, 0.2)),
        grid_corners=((1.0, 1.0), (9.0, 1.0), (9.0, 9.0), (1.0, 9.0)),
    )


def refusal(outcome: Outcome, reason: Reason) -> Reading:
    """Return a reading that is not READ."""
    return Reading(outcome=outcome, reason=reason, ensemble_version="test")


def files_in(folder: Path) -> list[Path]:
    """Return every stored file."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
