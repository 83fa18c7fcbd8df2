"""Calendar, line and lists: right in their words, constant in their queries."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from django.contrib.auth.models import AnonymousUser
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from moods import policies, selectors, services
from moods.models import CheckIn
from tests.moods.photos import check_in, variant, vote
from tests.people import make_member


def on(day: int, hour: int = 9) -> datetime:
    """Return a morning of January 2026 in Seoul's wall clock."""
    return datetime(2026, 1, day, hour)


def read_on(member: User, day: int, hour: int = 9) -> CheckIn:
    """Store an entry of which only the photo speaks."""
    entry = check_in(member, variant(100 * day + hour), when=on(day, hour))
    [held] = services.readings_claim(limit=1, lease_seconds=90)
    assert services.reading_finish(held, vote())
    return entry


def test_month_shows_every_day_and_the_last_own_word_of_each(
    member: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    morning = check_in(member, feeling="sad", when=on(5, 8))
    read_on(member, 5, 20)
    only_read = read_on(member, 6)
    silent = check_in(member, note="적기만 했어요.", when=on(7))
    with django_assert_num_queries(1):
        cells = selectors.month_of(member, 2026, 1)
    assert [cell.date.day for cell in cells] == list(range(1, 32))
    fifth, sixth, seventh = cells[4:7]
    assert (fifth.feeling, fifth.own, fifth.count, fifth.uuid) == ("sad", True, 2, morning.uuid)
    assert fifth.valence == pytest.approx(-0.65)
    assert (sixth.feeling, sixth.own, sixth.uuid) == ("happy", False, only_read.uuid)
    assert (seventh.feeling, seventh.valence, seventh.count, seventh.uuid) == (None, None, 1, silent.uuid)
    assert (cells[0].count, cells[0].uuid) == (0, None)


def test_line_has_gaps_and_no_more_queries_for_more_days(
    member: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    check_in(member, mood=3, when=on(10))
    check_in(member, mood=-3, when=on(10, 20))
    check_in(member, mood=2, when=on(12))
    with django_assert_num_queries(1):
        line = selectors.line_of(member, days=30, until=date(2026, 1, 13))
    assert len(line) == 30
    assert [point.valence for point in line[-4:]] == [pytest.approx(0), None, pytest.approx(2 / 3), None]
    assert line[0].date == date(2025, 12, 15)


def test_day_points_of_many_members_take_one_query(
    member: User, outsider: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    read_on(member, 3)
    check_in(outsider, mood=-1, when=on(3))
    check_in(outsider, mood=-1, when=on(20))
    with django_assert_num_queries(1):
        days = selectors.day_points([member, outsider], date(2026, 1, 1), date(2026, 1, 14))
    assert days[member.pk][date(2026, 1, 3)].own is False
    assert days[outsider.pk] == {date(2026, 1, 3): selectors.DayPoint(-1 / 3, 0.0, True)}


def test_last_entries_take_one_query_and_leave_silent_members_out(
    member: User, outsider: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    check_in(member, mood=1, when=on(3))
    check_in(member, mood=1, when=on(4, 21))
    with django_assert_num_queries(1):
        last = selectors.last_entries([member.pk, outsider.pk])
    assert set(last) == {member.pk}
    assert (last[member.pk].date, last[member.pk].time) == (date(2026, 1, 4), time(21))
    assert last[member.pk].at == datetime(2026, 1, 4, 12, tzinfo=UTC)


def test_only_the_member_may_open_an_entry_and_both_questions_agree(
    member: User, officer: User, outsider: User
) -> None:
    entry = check_in(member, mood=1)
    member_again = User.objects.get(pk=member.pk)
    people: list[tuple[User | AnonymousUser, bool]] = [
        (member_again, True), (officer, False), (outsider, False), (AnonymousUser(), False)
    ]  # fmt: skip
    for user, may in people:
        assert policies.may_open(user, entry) is may
        assert policies.entries_visible_to(user).filter(pk=entry.pk).exists() is may
    assert selectors.entry_for(member, entry.uuid) == entry
    assert selectors.entry_for(outsider, entry.uuid) is None
    member_again.is_active = False
    assert not policies.may_open(member_again, entry)
    assert not policies.entries_visible_to(member_again).exists()


def test_days_are_those_of_the_members_own_zone(db: None) -> None:
    traveller = make_member("traveller@example.org", time_zone="Pacific/Auckland")
    check_in(traveller, mood=1, when=datetime(2026, 1, 31, 20, tzinfo=UTC))
    assert selectors.month_of(traveller, 2026, 2)[0].count == 1
    assert list(selectors.entries_on(traveller, date(2026, 1, 31))) == []


def test_queue_state_counts_what_waits(member: User) -> None:
    check_in(member, variant(1))
    check_in(member, variant(2))
    services.readings_claim(limit=1, lease_seconds=90)
    state = selectors.queue_state()
    assert (state.waiting, state.running) == (1, 1)
    assert state.oldest is not None
