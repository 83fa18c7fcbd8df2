"""The officer's list: what it says, how it is ordered, what it costs."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Organisation, User
from tests.people import make_member, share_with
from tests.welfare.rows import NOTE, guessed, make_clients, said
from welfare import selectors
from welfare.services import client_opened, list_seen

CLIENTS = reverse("welfare:clients")


def named(organisation: Organisation, name: str, **fields: object) -> User:
    """Make a client of that name."""
    client = make_member(f"{name}@example.org", display_name=name, **fields)
    share_with(client, organisation)
    return client


def names(officer: User, **how: str) -> list[str]:
    """Return the names of the list in their order."""
    return [client.name for client in selectors.client_list(officer, **how).page]


def test_row_says_name_age_last_entry_whose_word_and_until_when(
    member: User, officer: User, as_officer: Client
) -> None:
    said(member, 1)
    page = as_officer.get(CLIENTS).content.decode()
    row = selectors.client_list(officer).page[0]
    until = row.grant.expires_at
    assert until is None
    assert row.age == row.today.year - 1948
    for words in ("김순자", f"{row.age}세", "어제", "본인이 적음", "동의 거두실 때까지"):
        assert words in page


def test_last_entry_of_a_photo_only_is_marked_as_a_guess(member: User, officer: User) -> None:
    said(member, 2)
    guessed(member, 0)
    last = selectors.client_list(officer).page[0].last
    assert last is not None
    assert last.own is False


def test_entry_without_mood_or_reading_is_neither_word_nor_guess(
    member: User, as_officer: Client, officer: User
) -> None:
    said(member, 0, mood=None)
    last = selectors.client_list(officer).page[0].last
    assert last is not None
    assert last.own is None
    assert "기분은 적지 않음" in as_officer.get(CLIENTS).content.decode()


def test_sentence_on_top_counts_today_and_silence(
    organisation: Organisation, officer: User, as_officer: Client
) -> None:
    make_clients(organisation, 3)
    said(named(organisation, "조용한이"), 5)
    page = as_officer.get(CLIENTS).content.decode()
    assert "맡으신 4분 가운데 오늘 3분이 마음을 남기셨어요" in page
    assert "사흘 이상 소식이 없는 분이 1분 계세요." in page
    assert "닷새째 소식이 없어요" in page


def test_no_note_and_no_photo_ever_reaches_the_page(member: User, as_officer: Client) -> None:
    guessed(member, 0)
    said(member, 1)
    listed = as_officer.get(CLIENTS).content.decode()
    address = reverse("welfare:client", args=[member.uuid])
    as_officer.post(address, {"why": "call"})
    opened = as_officer.get(address).content.decode()
    assert "본인이 적은 날 1일, 사진 짐작 1일" in opened
    for page in (listed, opened):
        assert NOTE not in page
        assert "secret-photo" not in page
        assert "<img" not in page
        assert member.email not in page


def test_longest_silence_comes_first_and_never_written_before_it(
    organisation: Organisation, officer: User
) -> None:
    said(named(organisation, "가"), 0)
    said(named(organisation, "나"), 9)
    named(organisation, "다")
    said(named(organisation, "라"), 2)
    assert names(officer) == ["다", "나", "라", "가"]
    assert names(officer, sort="nonsense") == names(officer, sort="last")


def test_sort_by_name_and_by_deepest_fall(organisation: Organisation, officer: User) -> None:
    moods = {"나은이": (-2, 2), "가라앉은이": (3, -3), "다름없는이": (1, 1)}
    for name, (before, after) in moods.items():
        client = named(organisation, name)
        said(client, 8, mood=before)
        said(client, 2, mood=after)
    named(organisation, "라")
    assert names(officer, sort="name") == ["가라앉은이", "나은이", "다름없는이", "라"]
    assert names(officer, sort="trend") == ["가라앉은이", "다름없는이", "나은이", "라"]


def test_search_finds_part_of_a_name_typed_on_a_mac(organisation: Organisation, officer: User) -> None:
    named(organisation, "박영호")
    named(organisation, "한옥분")
    decomposed = "\u110b\u1167\u11bc\u1112\u1169"  # 영호, as macOS sends it
    assert names(officer, query=decomposed) == ["박영호"]
    assert names(officer, query=" 옥 분 ") == ["한옥분"]


def test_search_without_a_hit_says_so_and_shows_the_way_back(member: User, as_officer: Client) -> None:
    page = as_officer.get(CLIENTS, {"q": "없는<b>이름"}).content.decode()
    assert "없는&lt;b&gt;이름" in page
    assert "김순자" not in page
    assert "모두 보기" in page


def test_long_lists_come_in_pages(organisation: Organisation, officer: User, as_officer: Client) -> None:
    make_clients(organisation, selectors.PAGE_SIZE + 2)
    second = as_officer.get(CLIENTS, {"sort": "name", "page": "2"}).content.decode()
    assert "회원51" in second
    assert "회원01" not in second
    assert len(selectors.client_list(officer, page="999").page) == 2


@pytest.mark.parametrize("count", [3, 30])
@pytest.mark.parametrize("sort", ["last", "trend", "name"])
def test_list_takes_the_same_queries_for_any_number_of_clients(
    organisation: Organisation, officer: User, count: int, sort: str,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    make_clients(organisation, count)
    officer = User.objects.get(pk=officer.pk)
    # 1 the officer's roles, 2 active grants that share with the officer's organisations, 3 the
    # clients with their subjects, 4 last entries, 5 points of two weeks.
    with django_assert_num_queries(5):
        found = selectors.client_list(officer, sort=sort)
        drawn = [client.spark for client in found.page]
    assert len(drawn) == count


@pytest.mark.parametrize("count", [3, 30])
def test_writing_down_the_list_takes_the_same_queries_for_any_number(
    organisation: Organisation, officer: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_clients(organisation, count)
    shown = selectors.client_list(officer).page.object_list
    # 1 today's entries, 2 savepoint, 3 lock the keys, 4 ends of the chains, 5 insert, 6 release.
    with django_assert_num_queries(6):
        assert len(list_seen(officer=officer, clients=shown)) == count
    with django_assert_num_queries(1):
        assert list_seen(officer=officer, clients=shown) == []


@pytest.mark.parametrize("days", [1, 50])
def test_opened_page_takes_the_same_queries_for_any_number_of_days(
    member: User, officer: User, days: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for back in range(days):
        said(member, back)
    client_opened(officer=officer, client=found_client(officer, member), why="call")
    officer = User.objects.get(pk=officer.pk)
    # 1 the officer's roles, 2 grants, 3 the client, 4 the entry that holds the reason, 5 the points.
    with django_assert_num_queries(5):
        client = found_client(officer, member)
        assert selectors.reason_given(officer, client) is not None
        assert selectors.trend_of(client).tally.own == days


def found_client(officer: User, member: User) -> selectors.Client:
    """Return the member as the officer's client."""
    client = selectors.client_for(officer, member.uuid)
    assert client is not None
    return client


def test_days_are_those_of_the_client(organisation: Organisation, officer: User) -> None:
    far = named(organisation, "먼이", time_zone="Pacific/Kiritimati")
    here = named(organisation, "가까운이")
    rows = {client.user.pk: client for client in selectors.client_list(officer).page}
    assert rows[far.pk].today - rows[here.pk].today in {timedelta(0), timedelta(days=1)}
    assert rows[far.pk].days[-1].date == rows[far.pk].today
    said(here, 0, at=time(7))
    assert selectors.client_list(officer, query="가까운이").page[0].last_words == "오늘"


def test_empty_list_says_what_would_fill_it(officer: User, as_officer: Client) -> None:
    page = as_officer.get(CLIENTS).content.decode()
    assert "아직 흐름을 보여 주신 분이 없어요" in page
    assert "이 기관에 마음의 흐름을 보이기로 하면" in page
