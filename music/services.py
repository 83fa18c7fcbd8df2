"""Load the catalogue, choose tracks for a check-in, keep what players report."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from moods.models import CheckIn
from moods.selectors import mood_point
from music import recommender
from music.catalogue import Row, read
from music.choices import (
    ERROR_OURS,
    ERRORS_OF_VIDEO,
    QUARANTINE_AFTER,
    Confidence,
    EventKind,
    Journey,
    SourceKind,
    SourceState,
)
from music.models import PlayerEvent, Suggestion, Track, TrackSource
from music.policies import may_suggest_to
from music.selectors import NO_REPEAT, suggested_lately, suggestions_current

logger = logging.getLogger(__name__)

#: The catalogue that ships with the product.
CATALOGUE: Final = Path(__file__).parent / "catalogue" / "tracks.csv"
#: Tracks shown for one check-in: one in front, two behind it.
SHOWN: Final = 3
#: Reports one member may send in a minute; a person pressing "next" fast stays far below.
EVENTS_A_MINUTE: Final = 60

TRACK_FIELDS: Final = (
    "title title_ko composer composer_ko performer era instrument valence arousal energy "
    "mood_words licence licence_url facts_from label_source label_confidence reason"
).split()
SOURCE_FIELDS: Final = ("youtube_id", "url", "page_url", "licence_confidence")


@dataclass(frozen=True)
class LoadReport:
    """How many tracks a load made, changed, and found as they were."""

    created: int
    changed: int
    same: int


@transaction.atomic
def catalogue_load(path: Path, *, only_new: bool = False) -> LoadReport:
    """Make the tables hold a catalogue file; loading twice changes nothing the second time.

    ``enabled`` is set only when a track is made, and a source's health only when its address
    changes: both belong to curators and checks afterwards. With ``only_new``, tracks that exist
    stay wholly as they are. Raises CatalogueError before anything is written.
    """
    rows = read(path)
    known = {track.slug: track for track in Track.objects.prefetch_related("sources")}
    counts = {"created": 0, "changed": 0, "same": 0}
    for row in rows:
        track = known.get(row.slug)
        if track is None:
            _track_create(row)
            counts["created"] += 1
        elif not only_new and _track_update(track, row):
            counts["changed"] += 1
        else:
            counts["same"] += 1
    return LoadReport(**counts)


def _track_values(row: Row) -> dict[str, Any]:
    """Return the row as fields of a Track."""
    values = {name: getattr(row, name, None) for name in TRACK_FIELDS}
    return values | {"facts_from": row.source, "mood_words": list(row.mood_words)}


def _source_values(
    *, youtube_id: str, audio_url: str, audio_page: str, confidence: str
) -> dict[str, dict[str, Any]]:
    """Return {kind: fields} of the sources a row names."""
    found: dict[str, dict[str, Any]] = {}
    if youtube_id:
        # A video may be embedded under YouTube's terms, whatever the doubts about another file.
        found[SourceKind.YOUTUBE] = {
            "youtube_id": youtube_id,
            "url": "",
            "page_url": f"https://www.youtube.com/watch?v={youtube_id}",
            "licence_confidence": Confidence.HIGH,
        }
    if audio_url:
        found[SourceKind.AUDIO] = {
            "youtube_id": "",
            "url": audio_url,
            "page_url": audio_page,
            "licence_confidence": confidence,
        }
    return found


def _row_sources(row: Row) -> dict[str, dict[str, Any]]:
    return _source_values(
        youtube_id=row.youtube_id,
        audio_url=row.audio_url,
        audio_page=row.audio_page,
        confidence=row.licence_confidence,
    )


def sources_add(track: Track, *, youtube_id: str, audio_url: str, audio_page: str, confidence: str) -> None:
    """Give a track the sources it lacks; raises ValidationError for an id or address of bad shape."""
    values = _source_values(
        youtube_id=youtube_id, audio_url=audio_url, audio_page=audio_page, confidence=confidence
    )
    have = {source.kind for source in track.sources.all()}
    for kind, fields in values.items():
        if kind not in have:
            _source_create(track, kind, fields)


def _source_create(track: Track, kind: str, fields: dict[str, Any]) -> None:
    """Insert a source; one whose rights are uncertain waits, switched off, for a curator."""
    sure = fields["licence_confidence"] == Confidence.HIGH
    source = TrackSource(track=track, kind=kind, enabled=sure, **fields)
    source.clean_fields(exclude={"track"})
    source.save()


def _track_create(row: Row) -> None:
    """Insert a track and its sources."""
    track = Track.objects.create(slug=row.slug, enabled=row.enabled, **_track_values(row))
    for kind, fields in _row_sources(row).items():
        _source_create(track, kind, fields)


@transaction.atomic
def tracks_approve(tracks: QuerySet[Track]) -> int:
    """Switch tracks and their sources on: a curator looked their rights up. Return how many."""
    chosen = list(tracks.values_list("pk", flat=True))
    sources = TrackSource.objects.filter(track__in=chosen)
    sources.update(enabled=True, licence_confidence=Confidence.HIGH)
    return Track.objects.filter(pk__in=chosen).update(enabled=True)


def _track_update(track: Track, row: Row) -> bool:
    """Bring a track to what the row says; return whether anything differed."""
    differs = _assign(track, _track_values(row))
    if differs:
        track.save()
    have = {source.kind: source for source in track.sources.all()}
    for kind, fields in _row_sources(row).items():
        source = have.get(kind)
        if source is None:
            _source_create(track, kind, fields)
            differs = True
        elif _assign(source, fields):
            source.state, source.state_reason, source.checked_at = SourceState.UNKNOWN, "", None
            source.save()
            differs = True
    return differs


def _assign(instance: Track | TrackSource, values: dict[str, Any]) -> bool:
    """Set fields; return whether any had another value."""
    changed = [name for name, value in values.items() if getattr(instance, name) != value]
    for name in changed:
        setattr(instance, name, values[name])
    return bool(changed)


def suggestions_make(*, check_in: CheckIn, journey: str = Journey.STAY) -> list[Suggestion]:
    """Return the tracks for a check-in, choosing only what is not already chosen.

    The same check-in keeps its tracks for ever, except that a corrected mood, or a track that no
    longer plays, makes a new choice for the places concerned. Returns [] while the mood is
    unknown. Call it only for a member who allows music (``policies.may_suggest_to``).
    """
    point = mood_point(check_in)
    if point is None:
        return []
    mood = (float(point[0]), float(point[1]))
    standing = suggestions_current(check_in, journey)
    if len(standing) == SHOWN and all(_still_fits(row, mood) for row in standing):
        return standing
    with transaction.atomic():
        # One choice at a time for a member: two tabs must not both take "the nearest fresh" track.
        User.objects.select_for_update().get(pk=check_in.member_id)
        standing = suggestions_current(check_in, journey)
        keep = [row for row in standing if _still_fits(row, mood)]
        gone = [row.pk for row in standing if row not in keep]
        Suggestion.objects.filter(pk__in=gone).update(replaced_at=timezone.now())
        _fill(check_in, journey, mood, taken={row.position for row in keep})
    return suggestions_current(check_in, journey)


def _still_fits(row: Suggestion, mood: tuple[float, float]) -> bool:
    """Say whether a stored choice was made for this mood and still plays."""
    same = abs(row.valence - mood[0]) < 1e-6 and abs(row.arousal - mood[1]) < 1e-6
    return same and bool(getattr(row.track, "open_sources", []))


def _fill(check_in: CheckIn, journey: str, mood: tuple[float, float], *, taken: Iterable[int]) -> None:
    """Choose tracks for the places that are free."""
    free = [place for place in range(SHOWN) if place not in set(taken)]
    rows = Track.objects.playable().values_list("pk", "slug", "valence", "arousal")
    current = Suggestion.objects.filter(check_in=check_in, replaced_at__isnull=True)
    chosen = recommender.nearest(
        (recommender.Candidate(*row) for row in rows),
        recommender.target(mood, journey),
        count=len(free),
        heard=suggested_lately(check_in.member),
        banned=set(current.filter(journey=journey).values_list("track_id", flat=True)),
    )
    Suggestion.objects.bulk_create(
        Suggestion(
            member_id=check_in.member_id,
            check_in=check_in,
            track_id=choice.pk,
            journey=journey,
            position=place,
            valence=mood[0],
            arousal=mood[1],
            distance=choice.distance,
        )
        for place, choice in zip(free, chosen, strict=False)
    )


class EventRefusedError(ValueError):
    """A player's report is not kept; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def event_record(
    *,
    member: User,
    source: TrackSource,
    key: uuid.UUID,
    kind: str,
    error_code: int | None = None,
    at_second: float | None = None,
) -> tuple[PlayerEvent | None, bool]:
    """Keep one report; return (row, whether it is new).

    The same key twice is the same report. Without the member's MUSIC grant nothing is kept and
    the row is None. Raises EventRefusedError: ``too_many``, or ``key_taken`` by somebody else.
    """
    known = PlayerEvent.objects.filter(key=key).first()
    if known is not None:
        if known.member_id != member.pk:
            raise EventRefusedError("key_taken")
        return known, False
    if not may_suggest_to(member):
        return None, False
    minute = timezone.now() - timedelta(minutes=1)
    if PlayerEvent.objects.filter(member=member, at__gt=minute).count() >= EVENTS_A_MINUTE:
        raise EventRefusedError("too_many")
    values = {"member": member, "source": source, "kind": kind}
    values |= {"error_code": error_code, "at_second": at_second}
    event, new = PlayerEvent.objects.get_or_create(key=key, defaults=values)
    if new and kind == EventKind.ERROR:
        _error_noticed(event)
    return event, new


def _error_noticed(event: PlayerEvent) -> None:
    """Log a player error, and set a video aside once several members met the same kind of wall."""
    if event.error_code == ERROR_OURS:
        logger.error("YouTube error 153: the page sent no referrer; check Referrer-Policy")
        return
    logger.warning("player error %s on source %s", event.error_code, event.source_id)
    if event.error_code not in ERRORS_OF_VIDEO:
        return
    met = PlayerEvent.objects.filter(
        source=event.source, error_code__in=ERRORS_OF_VIDEO, at__gt=timezone.now() - NO_REPEAT
    )
    if met.order_by().values("member").distinct().count() >= QUARANTINE_AFTER:
        source_mark(event.source, SourceState.QUARANTINED, str(event.error_code), checked=False)


def source_mark(source: TrackSource, state: str, reason: str, *, checked: bool = True) -> None:
    """Store what is now known of a source; ``checked`` when a provider was really asked."""
    source.state, source.state_reason = state, reason
    if checked:
        source.checked_at = timezone.now()
    source.save(update_fields=["state", "state_reason", "checked_at"])
