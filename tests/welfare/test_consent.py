"""Nobody is looked at without consent: who may open what, and for how long."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import selectors as people
from accounts.choices import DataClass, Purpose, Role
from accounts.models import AccessEntry, Organisation, User
from accounts.services import grant_give, grant_withdraw
from tests.conftest import logged_in
from tests.people import make_member, make_organisation, make_staff, share_with
from tests.welfare.rows import said
from welfare import selectors
from welfare.policies import trends

CLIENTS = reverse("welfare:clients")


def page_of(member: User) -> str:
    """Return the address of a client's page."""
    return reverse("welfare:client", args=[member.uuid])


def trend_grant(member: User, officer: User) -> uuid.UUID:
    """Return the grant by which the officer sees the member."""
    return trends.grants_to(officer)[member.subject_key.subject].grant


def test_only_consenting_clients_of_the_own_organisation_are_listed(member: User, officer: User) -> None:
    make_member("silent@example.org")
    elsewhere = make_member("else@example.org")
    share_with(elsewhere, make_organisation("다른복지관"))
    assert [client.user for client in selectors.client_list(officer).page] == [member]


def test_policy_list_and_single_question_agree_for_everybody(
    member: User, officer: User, outsider: User, organisation: Organisation
) -> None:
    photos_only = make_member("photos@example.org")
    grant_give(
        user=photos_only, purpose=Purpose.SHARE, organisation=organisation, data_classes=[DataClass.PHOTOS]
    )
    other = make_staff(make_organisation("다른복지관"), "other@example.org")
    everybody = [member, officer, outsider, photos_only, other]
    for staff in everybody:
        asked = {person for person in everybody if trends.may_see(staff, person)}
        assert set(trends.visible_to(staff)) == asked
    assert set(trends.visible_to(officer)) == {member}


def test_withdrawal_closes_list_and_page_at_once(member: User, officer: User, as_officer: Client) -> None:
    said(member, 0)
    as_officer.post(page_of(member), {"why": "call"})
    assert "지난 60일" in as_officer.get(page_of(member)).content.decode()
    grant_withdraw(user=member, grant=trend_grant(member, officer))
    assert as_officer.get(page_of(member)).status_code == 404
    assert as_officer.post(page_of(member), {"why": "call"}).status_code == 404
    assert "김순자" not in as_officer.get(CLIENTS).content.decode()


def test_expired_grant_closes_list_and_page_at_once(organisation: Organisation, officer: User) -> None:
    client = make_member("late@example.org")
    soon = timezone.now() + timedelta(seconds=60)
    grant_give(
        user=client, purpose=Purpose.SHARE, organisation=organisation,
        data_classes=[DataClass.TREND], expires_at=soon,
    )  # fmt: skip
    assert selectors.client_for(officer, client.uuid) is not None
    with pytest.MonkeyPatch.context() as clock:
        clock.setattr(timezone, "now", lambda: soon + timedelta(seconds=1))
        assert selectors.client_for(officer, client.uuid) is None
        assert selectors.client_list(officer).everybody == 0


def test_new_grant_asks_for_a_reason_again(
    member: User, officer: User, as_officer: Client, organisation: Organisation
) -> None:
    as_officer.post(page_of(member), {"why": "call"})
    grant_withdraw(user=member, grant=trend_grant(member, officer))
    share_with(member, organisation)
    page = as_officer.get(page_of(member)).content.decode()
    assert "남기고 열기" in page
    assert "여신 것과 까닭이" not in page


def test_officer_of_another_organisation_finds_nothing(member: User) -> None:
    other = logged_in(make_staff(make_organisation("다른복지관"), "other@example.org"))
    assert other.get(page_of(member)).status_code == 404
    assert other.post(page_of(member), {"why": "call"}).status_code == 404
    assert "김순자" not in other.get(CLIENTS).content.decode()
    assert not AccessEntry.objects.exists()


@pytest.mark.parametrize("role", [Role.MEMBER, Role.CAREGIVER, Role.CURATOR, Role.ADMIN])
def test_other_roles_open_neither_list_nor_page(member: User, organisation: Organisation, role: Role) -> None:
    browser = logged_in(make_staff(organisation, "somebody@example.org", role))
    assert browser.get(CLIENTS).status_code == 403
    assert browser.get(page_of(member)).status_code == 404
    assert browser.post(page_of(member), {"why": "call"}).status_code == 404
    assert not AccessEntry.objects.exists()


def test_members_cannot_open_their_own_officers_page(member: User, as_member: Client) -> None:
    assert as_member.get(page_of(member)).status_code == 404


def test_strangers_are_sent_to_log_in(member: User, client: Client) -> None:
    for address in (CLIENTS, page_of(member), page_of(User(uuid=uuid.uuid4()))):
        answer = client.get(address)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(reverse("account_login"))


def test_officer_without_second_factor_gets_no_further(member: User, officer: User) -> None:
    Authenticator.objects.filter(user=officer).delete()
    answer = logged_in(officer).get(CLIENTS)
    assert answer.status_code == 302
    assert answer.headers["Location"] == reverse("mfa_activate_totp")
    assert not AccessEntry.objects.exists()


def test_supervisor_sees_what_the_organisations_officers_see(
    member: User, organisation: Organisation
) -> None:
    boss = make_staff(organisation, "boss@example.org", Role.SUPERVISOR)
    assert "김순자" in logged_in(boss).get(CLIENTS).content.decode()
    assert people.share_grant(member, boss) is not None
