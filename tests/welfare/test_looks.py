"""Who looked is written down, with a reason where one person is opened, and the person can read it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from accounts.models import AccessEntry, Organisation, User
from accounts.selectors import chain_is_whole
from tests.conftest import logged_in
from tests.people import make_staff, share_with
from tests.welfare.rows import make_clients, said
from welfare.choices import Action

CLIENTS = reverse("welfare:clients")
CHART = '<svg class="chart"'


@pytest.fixture
def page(member: User) -> str:
    """Return the address of Sunja's page."""
    return reverse("welfare:client", args=[member.uuid])


def test_list_is_written_down_once_a_day_and_read_by_the_member(
    member: User, officer: User, as_officer: Client, as_member: Client, organisation: Organisation
) -> None:
    for _reload in range(3):
        as_officer.get(CLIENTS)
    entry = AccessEntry.objects.get()
    assert (entry.action, entry.actor, entry.organisation) == (Action.LIST, officer, organisation)
    assert entry.data_classes == ["trend"]
    log = as_member.get(reverse("accounts:access_log")).content.decode()
    for words in ("이수진", organisation.name, str(Action.LIST.label)):
        assert words in log


def test_list_is_written_down_again_the_next_day_and_by_the_next_officer(
    member: User, as_officer: Client, organisation: Organisation
) -> None:
    as_officer.get(CLIENTS)
    logged_in(make_staff(organisation, "second@example.org")).get(CLIENTS)
    assert AccessEntry.objects.count() == 2
    tomorrow = timezone.now() + timedelta(days=1)
    with pytest.MonkeyPatch.context() as clock:
        clock.setattr(timezone, "now", lambda: tomorrow)
        as_officer.get(CLIENTS)
    assert AccessEntry.objects.count() == 3
    assert chain_is_whole(AccessEntry, member.subject_key.subject)


def test_only_the_clients_on_the_page_are_written_down(
    organisation: Organisation, officer: User, as_officer: Client
) -> None:
    clients = make_clients(organisation, 4)
    as_officer.get(CLIENTS, {"q": "회원02"})
    assert [entry.subject for entry in AccessEntry.objects.all()] == [clients[2].subject_key.subject]


def test_page_asks_why_before_it_shows_anything(member: User, as_officer: Client, page: str) -> None:
    said(member, 0, mood=-3)
    answer = as_officer.get(page).content.decode()
    assert "남기고 열기" in answer
    assert CHART not in answer
    assert "힘들어요" not in answer
    assert not AccessEntry.objects.exists()


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({}, "까닭을 골라 주세요. 고르셔야 열 수 있어요."),
        ({"why": "curious"}, "까닭을 목록에서 다시 골라 주세요."),
        ({"why": "other", "note": "   "}, "어떤 까닭인지 한 줄 적어 주세요."),
        ({"why": "call", "note": "가" * 201}, "덧붙일 말은 200자까지 쓸 수 있어요."),
    ],
)
def test_without_a_reason_nothing_opens(
    member: User, as_officer: Client, page: str, answers: dict[str, str], sentence: str
) -> None:
    said(member, 0)
    answer = as_officer.post(page, answers)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not AccessEntry.objects.exists()
    assert CHART not in as_officer.get(page).content.decode()


def test_reason_is_stored_encrypted_and_shown_to_the_member(
    member: User, officer: User, as_officer: Client, as_member: Client, page: str
) -> None:
    said(member, 1, mood=-1)
    answer = as_officer.post(page, {"why": "silent", "note": "수면 이야기를 여쭙기 전에"}, follow=True)
    assert CHART in answer.content.decode()
    entry = AccessEntry.objects.get()
    assert entry.action == Action.CLIENT
    assert "수면".encode() not in bytes(entry.reason)
    assert audit.reason_for(entry, member) == "며칠째 소식이 없어서 · 수면 이야기를 여쭙기 전에"
    assert (
        "며칠째 소식이 없어서 · 수면 이야기를 여쭙기 전에"
        in as_member.get(reverse("accounts:access_log")).content.decode()
    )


def test_member_reads_the_reason_in_the_members_own_language(
    member: User, officer: User, as_officer: Client, page: str
) -> None:
    officer.language = "en"
    officer.save()
    as_officer.post(page, {"why": "call"})
    assert audit.reason_for(AccessEntry.objects.get(), member) == "전화를 드리려고"


def test_a_reason_holds_half_an_hour_and_for_one_client_only(
    member: User, as_officer: Client, page: str, organisation: Organisation
) -> None:
    [other] = make_clients(organisation, 1)
    said(member, 0)
    as_officer.post(page, {"why": "call"})
    assert CHART in as_officer.get(page).content.decode()
    assert "남기고 열기" in as_officer.get(reverse("welfare:client", args=[other.uuid])).content.decode()
    later = timezone.now() + timedelta(minutes=31)
    with pytest.MonkeyPatch.context() as clock:
        clock.setattr(timezone, "now", lambda: later)
        assert "남기고 열기" in as_officer.get(page).content.decode()


def test_one_officers_reason_does_not_open_the_page_for_another(
    member: User, as_officer: Client, page: str, organisation: Organisation
) -> None:
    as_officer.post(page, {"why": "call"})
    colleague = logged_in(make_staff(organisation, "second@example.org"))
    assert "남기고 열기" in colleague.get(page).content.decode()


def test_same_consent_given_twice_is_one_line_in_the_log(
    member: User, organisation: Organisation, as_officer: Client
) -> None:
    as_officer.get(CLIENTS)
    share_with(member, organisation)
    as_officer.get(CLIENTS)
    assert AccessEntry.objects.count() == 1
