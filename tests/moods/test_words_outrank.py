"""The person's own word outranks the machine, on every page and for ever."""

from __future__ import annotations

import pytest

from accounts.models import User
from inference import Emotion
from moods import selectors, services
from moods.choices import EMOTION_PLANE, Point
from moods.models import CheckIn
from tests.moods.photos import check_in, row_of, variant, vote


def read(member: User, emotion: Emotion = Emotion.HAPPY, **words: object) -> CheckIn:
    """Store an entry whose photo was read."""
    entry = check_in(member, variant(1), **words)  # type: ignore[arg-type]
    [held] = services.readings_claim(limit=1, lease_seconds=90)
    assert services.reading_finish(held, vote(emotion))
    return CheckIn.objects.get(pk=entry.pk)


def test_reading_speaks_where_the_person_said_nothing(member: User) -> None:
    entry = read(member)
    assert selectors.shown_feeling(entry) == ("happy", False)
    assert selectors.mood_point(entry) == row_of(entry).point


def test_correction_outranks_the_reading_and_a_later_reading(member: User) -> None:
    entry = read(member)
    services.reading_correct(check_in=entry, feeling="sad", mood=-2)
    entry = CheckIn.objects.get(pk=entry.pk)
    assert selectors.shown_feeling(entry) == ("sad", True)
    assert selectors.mood_point(entry) == Point(-2 / 3, EMOTION_PLANE[Emotion.SAD].arousal)
    assert entry.corrected_at is not None
    assert row_of(entry).emotion == "happy"


def test_agreeing_is_no_self_report_and_never_undoes_a_correction(member: User) -> None:
    entry = read(member)
    assert services.reading_agree(check_in=entry)
    entry = CheckIn.objects.get(pk=entry.pk)
    assert (entry.agreed, entry.feeling, entry.mood) == (True, "", None)
    assert selectors.shown_feeling(entry) == ("happy", False)
    services.reading_correct(check_in=entry, feeling="anxious")
    assert not services.reading_agree(check_in=entry)
    entry = CheckIn.objects.get(pk=entry.pk)
    assert (entry.agreed, entry.feeling) == (False, "anxious")


def test_correction_must_say_something(member: User) -> None:
    with pytest.raises(services.EntryError):
        services.reading_correct(check_in=read(member), feeling="")


def test_step_alone_outranks_the_reading_too(member: User) -> None:
    entry = read(member, Emotion.HAPPY, mood=-3)
    assert selectors.shown_feeling(entry) == ("sad", True)
    assert selectors.mood_point(entry) == Point(-1.0, 0.0)


def test_edit_replaces_words_and_counts_as_a_correction(member: User) -> None:
    entry = read(member, note="처음")
    services.check_in_update(check_in=entry, mood=1, feeling="neutral", note="나중", tags=["잠"])
    entry = CheckIn.objects.get(pk=entry.pk)
    assert (entry.mood, entry.feeling, entry.note, entry.tags) == (1, "neutral", "나중", ["잠"])
    assert entry.corrected_at is not None


def test_edit_that_would_leave_an_entry_without_photo_empty_is_refused(member: User) -> None:
    entry = check_in(member, note="한 줄")
    with pytest.raises(services.EntryError) as caught:
        services.check_in_update(check_in=entry, mood=None, note="")
    assert caught.value.code == "nothing_said"
    entry.refresh_from_db()
    assert entry.note == "한 줄"


def test_unsure_reading_shows_no_feeling(member: User) -> None:
    entry = read(member)
    reading = row_of(entry)
    reading.status = "unsure"
    reading.save()
    entry = CheckIn.objects.get(pk=entry.pk)
    assert selectors.shown_feeling(entry) is None
    assert selectors.mood_point(entry) is None
