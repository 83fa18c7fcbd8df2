"""Tracks are chosen by distance, stay chosen, follow a correction, and do not come back too soon."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from moods.models import CheckIn
from moods.selectors import mood_point
from music import recommender
from music.choices import Journey
from music.models import Suggestion, Track
from music.services import suggestions_make
from tests.music.conftest import Writer, make_track


def test_nearest_tracks_come_first_and_ties_go_by_name() -> None:
    place = [
        recommender.Candidate(1, "far", 0.9, 0.9),
        recommender.Candidate(2, "b", 0.1, 0.0),
        recommender.Candidate(3, "a", -0.1, 0.0),
    ]
    chosen = recommender.nearest(place, (0.0, 0.0), count=3, heard={})
    assert [one.pk for one in chosen] == [3, 2, 1]
    assert chosen[0].distance == pytest.approx(0.1)


def test_journeys_aim_where_they_say() -> None:
    sad = (-0.65, -0.4)
    assert recommender.target(sad, Journey.STAY) == sad
    assert recommender.target(sad, Journey.BRIGHTER) == (0.6, 0.3)
    assert recommender.target(sad, Journey.CALMER) == pytest.approx((-0.175, -0.4))


@pytest.mark.parametrize("feeling", ["happy", "sad", "angry", "anxious", "startled", "neutral"])
def test_first_track_is_the_nearest_that_plays(
    catalogue: None, member: User, write: Writer, feeling: str
) -> None:
    check_in = write(member, feeling)
    point = mood_point(check_in)
    assert point is not None
    shown = suggestions_make(check_in=check_in)
    distances = sorted(
        math.dist(point, pair) for pair in Track.objects.playable().values_list("valence", "arousal")
    )
    assert [row.distance for row in shown] == pytest.approx(distances[:3])


def test_same_entry_keeps_its_tracks(catalogue: None, member: User, write: Writer) -> None:
    check_in = write(member)
    first = [row.pk for row in suggestions_make(check_in=check_in)]
    assert [row.pk for row in suggestions_make(check_in=check_in)] == first
    assert Suggestion.objects.count() == 3


def test_correction_makes_a_new_choice_and_keeps_the_old_as_history(
    catalogue: None, member: User, write: Writer
) -> None:
    check_in = write(member, "happy")
    before = {row.track_id for row in suggestions_make(check_in=check_in)}
    CheckIn.objects.filter(pk=check_in.pk).update(feeling="sad")
    check_in = CheckIn.objects.get(pk=check_in.pk)
    after = suggestions_make(check_in=check_in)
    assert before.isdisjoint(row.track_id for row in after)
    assert all(row.track.valence < 0 for row in after)
    assert Suggestion.objects.filter(check_in=check_in).count() == 6
    assert Suggestion.objects.filter(check_in=check_in, replaced_at__isnull=True).count() == 3


def test_no_track_comes_back_within_a_week(catalogue: None, member: User, write: Writer) -> None:
    shown = [
        row.track_id
        for journey in Journey.values
        for _day in range(4)
        for row in suggestions_make(check_in=write(member), journey=journey)
    ]
    assert len(shown) == 36
    assert len(set(shown)) == 36


def test_track_may_come_back_after_a_week(catalogue: None, member: User, write: Writer) -> None:
    first = [row.track_id for row in suggestions_make(check_in=write(member))]
    Suggestion.objects.update(chosen_at=timezone.now() - timedelta(days=8))
    assert [row.track_id for row in suggestions_make(check_in=write(member))] == first


def test_small_catalogue_repeats_the_longest_unheard_rather_than_nothing(member: User, write: Writer) -> None:
    for name in ("one", "two", "three", "four"):
        make_track(name, 0.0, 0.0)
    first = [row.track_id for row in suggestions_make(check_in=write(member))]
    second = [row.track_id for row in suggestions_make(check_in=write(member))]
    assert len(set(second)) == 3
    assert second[0] not in first


def test_other_members_hearing_changes_nothing_for_me(
    catalogue: None, member: User, outsider: User, write: Writer
) -> None:
    theirs = [row.track_id for row in suggestions_make(check_in=write(outsider))]
    assert [row.track_id for row in suggestions_make(check_in=write(member))] == theirs


def test_track_that_stops_playing_is_replaced_and_the_others_stay(
    catalogue: None, member: User, write: Writer
) -> None:
    check_in = write(member)
    first = suggestions_make(check_in=check_in)
    first[1].track.sources.update(state="quarantined")
    again = suggestions_make(check_in=check_in)
    assert [again[0].pk, again[2].pk] == [first[0].pk, first[2].pk]
    assert again[1].track_id not in {row.track_id for row in first}


def test_entry_without_a_mood_gets_nothing(catalogue: None, member: User, write: Writer) -> None:
    assert suggestions_make(check_in=write(member, "")) == []
    assert Suggestion.objects.count() == 0


def test_disabled_and_quarantined_tracks_are_never_suggested(member: User, write: Writer) -> None:
    good = make_track("good", 0.9, 0.9)
    Track.objects.filter(pk=make_track("off", -0.6, -0.4).pk).update(enabled=False)
    make_track("ill", -0.6, -0.4).sources.update(state="quarantined")
    assert [row.track_id for row in suggestions_make(check_in=write(member))] == [good.pk]
