"""Read tracks, suggestions and what was played."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Max, Prefetch, QuerySet
from django.utils import timezone

from accounts.models import User
from moods.models import CheckIn
from music.choices import MoodWord
from music.models import Suggestion, Track, TrackSource

#: A member does not get the same track again within this time.
NO_REPEAT: Final = timedelta(days=7)


def with_sources(tracks: QuerySet[Track]) -> QuerySet[Track]:
    """Add each track's playable sources as ``track.open_sources``: one query for all."""
    sources = TrackSource.objects.playable().order_by("-kind", "pk")
    return tracks.prefetch_related(Prefetch("sources", queryset=sources, to_attr="open_sources"))


def tracks_playable(word: str = "") -> QuerySet[Track]:
    """Return the tracks a member can hear, with sources; all, or those with one mood word.

    The word is compared in Python: SQLite has no JSON containment, and the list is a few hundred.
    """
    tracks = Track.objects.playable()
    if word:
        rows = tracks.values_list("pk", "mood_words")
        tracks = tracks.filter(pk__in=[pk for pk, words in rows if word in words])
    return with_sources(tracks)


def words_in_use() -> list[MoodWord]:
    """Return the mood words of playable tracks, the most common first."""
    found: Counter[str] = Counter()
    for words in Track.objects.playable().values_list("mood_words", flat=True):
        found.update(words)
    known = [word for word in MoodWord if found[word.value]]
    return sorted(known, key=lambda word: -found[word.value])


def suggestions_current(check_in: CheckIn, journey: str) -> list[Suggestion]:
    """Return what stands chosen for a check-in and journey, in order, with tracks and sources."""
    sources = Prefetch("track__sources", TrackSource.objects.order_by("-kind", "pk"), to_attr="all_sources")
    rows = Suggestion.objects.filter(check_in=check_in, journey=journey, replaced_at__isnull=True)
    found = list(rows.select_related("track").prefetch_related(sources).order_by("position"))
    for row in found:
        _keep_playable(row.track)
    return found


def _keep_playable(track: Track) -> None:
    """Set ``open_sources`` from the fetched ``all_sources``."""
    every: list[TrackSource] = getattr(track, "all_sources", [])
    track.open_sources = [s for s in every if s.playable] if track.enabled else []  # type: ignore[attr-defined]


def suggested_lately(member: User, *, now: datetime | None = None) -> dict[int, datetime]:
    """Return {track id: when it was last suggested} for the no-repeat window."""
    since = (now or timezone.now()) - NO_REPEAT
    rows = Suggestion.objects.filter(member=member, chosen_at__gt=since).order_by()
    return dict(rows.values_list("track_id").annotate(last=Max("chosen_at")))


def recently_suggested(member: User, limit: int = 5) -> list[Track]:
    """Return the tracks last suggested to a member that still play, the latest first."""
    rows = Suggestion.objects.filter(member=member).order_by()
    pairs = rows.values_list("track_id").annotate(last=Max("chosen_at")).order_by("-last")
    order = [pk for pk, _last in pairs[: limit * 2]]
    tracks = {t.pk: t for t in with_sources(Track.objects.playable().filter(pk__in=order))}
    return [tracks[pk] for pk in order if pk in tracks][:limit]
