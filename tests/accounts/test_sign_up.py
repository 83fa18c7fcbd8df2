"""From nothing to a member who decided purpose by purpose."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import selectors
from accounts.choices import PhotoRetention, Purpose, Role
from accounts.models import Grant, Organisation, User
from tests.people import PASSWORD

NEW = {"email": "malsun@example.org", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def newcomer(db: None) -> Client:
    """Return a browser that signed up, confirmed the address, logged in and decided nothing."""
    client = Client()
    client.post(reverse("account_signup"), {**NEW, "display_name": "박말순", "time_zone": "Asia/Tokyo"})
    client.post(link_in(mail.outbox[-1].body))
    response = client.post(reverse("account_login"), {"login": NEW["email"], "password": PASSWORD})
    assert response.status_code == 302
    return client


def link_in(body: object) -> str:
    """Return the path of the one link in a mail."""
    found = re.search(r"http://testserver(\S+)", str(body))
    assert found, body
    return found[1]


def malsun() -> User:
    return User.objects.get(email=NEW["email"])


def test_signing_up_makes_a_member_with_name_language_and_zone(newcomer: Client) -> None:
    user = malsun()
    assert (user.name, user.language, user.time_zone) == ("박말순", "ko", "Asia/Tokyo")
    assert user.roles == {Role.MEMBER}
    assert not user.needs_second_factor


def test_unknown_time_zone_of_a_browser_is_ignored(db: None) -> None:
    Client().post(reverse("account_signup"), {**NEW, "time_zone": "Mars/Olympus"})
    assert malsun().time_zone == "Asia/Seoul"


def test_confirmation_mail_is_korean_and_says_no_name_of_the_machine(newcomer: Client) -> None:
    sent = mail.outbox[0]
    assert "이메일을 확인해 주세요" in sent.subject
    assert "109" in str(sent.body)


def test_nothing_is_ticked_beforehand(newcomer: Client, organisation: Organisation) -> None:
    html = newcomer.get(reverse("accounts:consent")).content.decode()
    switches = re.findall(r"<input class=\"switch\"[^>]*>", html)
    assert len(switches) == 4
    assert not [
        tag for tag in switches + re.findall(r"<input type=\"radio\"[^>]*>", html) if "checked" in tag
    ]


def test_ticked_purposes_become_grants_with_the_notice_that_was_read(
    newcomer: Client, organisation: Organisation
) -> None:
    response = newcomer.post(
        reverse("accounts:consent"),
        {"emotion_inference": "on", "share_organisation": "on", "organisation": organisation.uuid},
    )
    assert response.status_code == 302
    grants = {grant.purpose: grant for grant in selectors.grants_of(malsun())}
    assert set(grants) == {Purpose.EMOTION, Purpose.SHARE}
    assert grants[Purpose.SHARE].organisation == organisation
    assert grants[Purpose.SHARE].data_classes == ["trend"]
    assert grants[Purpose.SHARE].expires_at is not None
    assert all(re.fullmatch(r"[0-9a-f]{64}", grant.notice_hash) for grant in grants.values())
    assert malsun().consent_answered_at is not None


def test_refusing_everything_leaves_a_working_account(newcomer: Client) -> None:
    assert newcomer.post(reverse("accounts:consent"), {"decline": "1"}).status_code == 302
    assert not Grant.objects.exists()
    assert malsun().consent_answered_at is not None
    assert newcomer.get(reverse("accounts:me")).status_code == 200


def test_declining_outranks_a_switch_that_was_on(newcomer: Client) -> None:
    newcomer.post(reverse("accounts:consent"), {"decline": "1", "emotion_inference": "on"})
    assert not Grant.objects.exists()


def test_sharing_needs_an_organisation_and_loses_no_other_choice(
    newcomer: Client, organisation: Organisation
) -> None:
    response = newcomer.post(
        reverse("accounts:consent"), {"music": "on", "share_organisation": "on"}, follow=True
    )
    assert "어느 기관에 보이실지 골라 주세요." in response.content.decode()
    assert re.search(r"name=\"music\"[^>]*checked", response.content.decode())
    assert not Grant.objects.exists()


def test_keeping_photos_needs_a_period_and_stores_it(newcomer: Client) -> None:
    newcomer.post(reverse("accounts:consent"), {"photo_keep": "on"})
    assert not Grant.objects.exists()
    newcomer.post(reverse("accounts:consent"), {"photo_keep": "on", "retention": "month"})
    assert malsun().photo_retention == PhotoRetention.MONTH
    assert selectors.has_grant(malsun(), Purpose.PHOTO_KEEP)


def test_an_organisation_that_does_not_exist_is_refused(newcomer: Client, organisation: Organisation) -> None:
    newcomer.post(reverse("accounts:consent"), {"share_organisation": "on", "organisation": "x"})
    assert not Grant.objects.exists()


def test_signing_up_twice_tells_a_stranger_nothing(member: User) -> None:
    response = Client().post(reverse("account_signup"), {**NEW, "email": member.email})
    assert response["Location"] == reverse("account_email_verification_sent")
    assert "이미 가입하신 이메일이에요" in mail.outbox[-1].subject
    assert User.objects.filter(email=member.email).count() == 1
