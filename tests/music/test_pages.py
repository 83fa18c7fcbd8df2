"""Music pages: whose they are, what they ask of other hosts (nothing), how many queries they cost."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.choices import Purpose
from accounts.models import User
from accounts.selectors import grants_of
from accounts.services import grant_withdraw
from moods.models import CheckIn
from music.models import Suggestion
from tests.music.conftest import Writer, make_track

HTMX = {"HX-Request": "true"}


def page_of(check_in: CheckIn, **query: str) -> str:
    """Return the address of the fragment for an entry."""
    return reverse("music:for_entry", args=[check_in.uuid], query=query)


class Requests(HTMLParser):
    """Collects the addresses that a browser asks for by itself when it shows a page."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        loads = {"src", "srcset", "poster", "data"} | ({"href"} if tag == "link" else set())
        self.asked += [values[name] or "" for name in loads if name in values]


def test_fragment_shows_one_main_track_and_two_more(
    catalogue: None, as_member: Client, member: User, write: Writer
) -> None:
    page = as_member.get(page_of(write(member, "happy")), headers=HTMX).content.decode()
    assert "<html" not in page
    assert len(re.findall(r"<li data-track", page)) == 3
    assert "지금 마음과 가까운 곡이에요" in page
    assert page.count('type="radio"') == 3


def test_without_htmx_the_same_address_is_a_whole_page(
    catalogue: None, as_member: Client, member: User, write: Writer
) -> None:
    page = as_member.get(page_of(write(member))).content.decode()
    assert page.count("<h1") == 1
    assert "data-track" in page


def test_outsider_gets_404_for_another_members_music(
    catalogue: None, as_outsider: Client, as_officer: Client, member: User, write: Writer
) -> None:
    check_in = write(member)
    assert as_outsider.get(page_of(check_in)).status_code == 404
    assert as_officer.get(page_of(check_in)).status_code == 404
    assert Client().get(page_of(check_in)).status_code == 302
    assert Suggestion.objects.count() == 0


def test_reload_shows_the_same_tracks_and_a_correction_others(
    catalogue: None, as_member: Client, member: User, write: Writer
) -> None:
    check_in = write(member, "happy")
    titles = re.compile(r'data-title="([^"]+)"')
    first = titles.findall(as_member.get(page_of(check_in)).content.decode())
    assert titles.findall(as_member.get(page_of(check_in)).content.decode()) == first
    CheckIn.objects.filter(pk=check_in.pk).update(feeling="angry")
    assert set(titles.findall(as_member.get(page_of(check_in)).content.decode())).isdisjoint(first)


def test_journey_chosen_by_radio_is_kept_checked_and_unknown_ones_mean_stay(
    catalogue: None, as_member: Client, member: User, write: Writer
) -> None:
    check_in = write(member)
    page = as_member.get(page_of(check_in, journey="brighter")).content.decode()
    assert re.search(r'value="brighter" checked', page)
    assert "밝은 쪽으로 골랐어요" in page
    page = as_member.get(page_of(check_in, journey="fastest")).content.decode()
    assert re.search(r'value="stay" checked', page)


def test_without_the_music_grant_nothing_is_chosen_and_the_catalogue_stays_open(
    catalogue: None, as_member: Client, member: User, write: Writer
) -> None:
    for grant in grants_of(member).filter(purpose=Purpose.MUSIC):
        grant_withdraw(user=member, grant=grant.grant)
    page = as_member.get(page_of(write(member)), headers=HTMX).content.decode()
    assert reverse("accounts:consent") in page
    assert "data-track" not in page
    assert Suggestion.objects.count() == 0
    assert "data-track" in as_member.get(reverse("music:home")).content.decode()


def test_page_asks_nothing_of_other_hosts_before_a_tap(
    catalogue: None, as_member: Client, member: User, write: Writer
) -> None:
    for address in (page_of(write(member)), reverse("music:home")):
        seen = Requests()
        seen.feed(as_member.get(address).content.decode())
        assert "iframe" not in seen.tags
        assert "audio" not in seen.tags
        assert seen.asked
        assert [a for a in seen.asked if urlsplit(a).netloc] == []


def test_pages_send_the_referrer_that_youtubes_player_needs(
    catalogue: None, as_member: Client, member: User, write: Writer
) -> None:
    for address in (page_of(write(member)), reverse("music:home")):
        response = as_member.get(address)
        assert response.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
        assert "noreferrer" not in response.content.decode()


def test_hosted_track_carries_its_address_for_the_player(
    as_member: Client, member: User, write: Writer
) -> None:
    make_track(
        "canon",
        -0.65,
        -0.4,
        kind="audio",
        url="https://example.org/canon.mp3",
        page_url="https://example.org/",
    )
    page = as_member.get(page_of(write(member)), headers=HTMX).content.decode()
    assert 'data-audio="https://example.org/canon.mp3"' in page
    assert "data-youtube=" not in page


def test_home_filters_by_mood_word_and_pages_through(catalogue: None, as_member: Client) -> None:
    page = as_member.get(reverse("music:home", query={"mood": "슬픈"})).content.decode()
    assert "탄식하다 지쳤나이다" in page
    assert "장난감 교향곡" not in page
    whole = as_member.get(reverse("music:home")).content.decode()
    assert "page=2" in whole
    assert as_member.get(reverse("music:home", query={"page": "99", "mood": "모름"})).status_code == 200


def test_home_shows_what_was_lately_suggested(
    catalogue: None, as_member: Client, member: User, write: Writer
) -> None:
    shown = as_member.get(page_of(write(member, "angry"))).content.decode()
    title = re.search(r'data-title="([^"]+)"', shown)
    assert title
    page = as_member.get(reverse("music:home")).content.decode()
    assert "요즘 골라 드린 곡" in page
    assert title[1] in page.partition("모든 곡")[0]


def test_english_reader_gets_the_original_titles(catalogue: None, as_member: Client, member: User) -> None:
    member.language = "en"
    member.save(update_fields=["language"])
    page = as_member.get(reverse("music:home", query={"mood": "장난스러운"})).content.decode()
    assert "Kindersinfonie" in page
    assert "Edmund Angerer" in page


def test_queries_do_not_grow_with_the_catalogue(
    catalogue: None,
    as_member: Client,
    member: User,
    write: Writer,
    settings: Settings,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    settings.USERSESSIONS_TRACK_ACTIVITY = False  # allauth's own queries are not ours to count
    address = page_of(write(member))
    as_member.get(address)
    # session, person, roles; entry with reading; grant (subject, row); suggestions with tracks; sources
    with django_assert_num_queries(8):
        as_member.get(address, headers=HTMX)
    # session, person, roles; count; grant (2); recent (ids, tracks, sources); words; one page, its sources
    with django_assert_num_queries(12):
        as_member.get(reverse("music:home"))
