"""Music's own fixtures: the shipped catalogue, and a check-in with a mood."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time

import pytest

from accounts.models import User
from moods.models import CheckIn
from music.models import Track, TrackSource
from music.services import CATALOGUE, catalogue_load

Writer = Callable[..., CheckIn]


@pytest.fixture
def catalogue(db: None) -> None:
    """Load every track that ships."""
    catalogue_load(CATALOGUE)


@pytest.fixture
def write(db: None) -> Writer:
    """Return a function that stores an entry with the member's own word."""

    def store(member: User, feeling: str = "sad", mood: int | None = None) -> CheckIn:
        return CheckIn.objects.create(
            member=member,
            local_date=date(2026, 11, 21),
            local_time=time(8, 12),
            time_zone="Asia/Seoul",
            feeling=feeling,
            mood=mood,
        )

    return store


def make_track(slug: str, valence: float, arousal: float, **source: str) -> Track:
    """Store a playable track at a place on the plane."""
    track = Track.objects.create(
        slug=slug,
        title=slug.title(),
        composer="Erik Satie",
        composer_ko="사티",
        era="modern",
        instrument="piano",
        valence=valence,
        arousal=arousal,
        energy=0.3,
        mood_words=["잔잔한"],
        licence="youtube-embed",
        facts_from="test",
        label_source="editor",
        label_confidence=0.5,
    )
    fields = source or {"kind": "youtube", "youtube_id": (slug + "-" * 11)[:11]}
    TrackSource.objects.create(track=track, licence_confidence="high", **fields)
    return track
