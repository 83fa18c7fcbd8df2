"""Language, time zone, large type, and what a person may take or erase."""

from __future__ import annotations

import json

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.choices import PhotoRetention, Purpose
from accounts.models import User
from accounts.templatetags.devices import device
from tests.people import PASSWORD


def profile(**changes: str) -> dict[str, str]:
    return {"display_name": "순자", "language": "ko", "time_zone": "Asia/Seoul", **changes}


def test_korean_is_spoken_unless_the_browser_asks_for_english(db: None) -> None:
    page = Client().get(reverse("account_login"), headers={"accept-language": "fr"})
    assert '<html lang="ko"' in page.content.decode()
    page = Client().get(reverse("account_login"), headers={"accept-language": "en-GB,en;q=0.9"})
    assert '<html lang="en"' in page.content.decode()


def test_a_persons_own_language_outranks_the_browsers(as_member: Client) -> None:
    page = as_member.get(reverse("accounts:me"), headers={"accept-language": "en"})
    assert '<html lang="ko"' in page.content.decode()


def test_language_switch_of_django_is_remembered_for_the_person(as_member: Client, member: User) -> None:
    as_member.post(reverse("set_language"), {"language": "en", "next": "/me/"})
    member.refresh_from_db()
    assert member.language == "en"
    assert '<html lang="en"' in as_member.get(reverse("accounts:me")).content.decode()


def test_stranger_switches_language_and_large_type_by_cookie(db: None) -> None:
    client = Client()
    client.post(reverse("accounts:display"), {"language": "en", "next": "/accounts/login/"})
    client.post(reverse("accounts:display"), {"large": "1"})
    page = client.get(reverse("account_login")).content.decode()
    assert '<html lang="en" class="large"' in page


def test_display_remembers_for_the_person_and_ignores_nonsense(as_member: Client, member: User) -> None:
    as_member.post(reverse("accounts:display"), {"large": "1", "language": "xx"})
    member.refresh_from_db()
    assert (member.large_type, member.language) == (True, "ko")


def test_display_never_redirects_to_another_site(as_member: Client) -> None:
    response = as_member.post(reverse("accounts:display"), {"large": "1", "next": "https://evil.example/"})
    assert response["Location"] == "/"
    assert as_member.get(reverse("accounts:display")).status_code == 405


def test_moments_read_in_the_persons_own_time_zone(as_member: Client, member: User) -> None:
    with time_machine.travel("2026-03-01T12:34:00+00:00", tick=False):
        services.grant_give(user=member, purpose=Purpose.PHOTO_KEEP)
    assert "2026.03.01 21:34" in as_member.get(reverse("accounts:consent")).content.decode()
    as_member.post(reverse("accounts:me"), profile(time_zone="America/New_York", photo_retention="keep"))
    assert "2026.03.01 07:34" in as_member.get(reverse("accounts:consent")).content.decode()


def test_unknown_time_zone_is_refused_and_nothing_else_is_lost(as_member: Client, member: User) -> None:
    page = as_member.post(reverse("accounts:me"), profile(time_zone="Mars/Olympus", display_name="새이름"))
    assert page.status_code == 200
    assert "새이름" in page.content.decode()
    member.refresh_from_db()
    assert (member.time_zone, member.display_name) == ("Asia/Seoul", "김순자")


def test_retention_cannot_be_chosen_without_the_grant(as_member: Client, member: User) -> None:
    as_member.post(reverse("accounts:me"), profile(photo_retention="keep"))
    member.refresh_from_db()
    assert member.photo_retention == PhotoRetention.FORGET
    services.grant_give(user=member, purpose=Purpose.PHOTO_KEEP)
    as_member.post(reverse("accounts:me"), profile(photo_retention="keep"))
    member.refresh_from_db()
    assert member.photo_retention == PhotoRetention.KEEP


def test_strangers_are_asked_to_log_in(db: None) -> None:
    for name in ("me", "consent", "access_log", "export", "erase", "receipts"):
        response = Client().get(reverse(f"accounts:{name}"))
        assert response.status_code == 302, name
        assert response["Location"].startswith(reverse("account_login")), name


def test_export_holds_account_and_consents(as_member: Client, member: User) -> None:
    asked = as_member.get(reverse("accounts:export"))
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    as_member.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    response = as_member.get(reverse("accounts:export"))
    data = json.loads(response.content)
    assert data["account"]["email"] == member.email
    assert len(data["account"]["consents"]) == 3
    assert "attachment" in response["Content-Disposition"]


def test_erasing_asks_for_the_password_and_a_tick(member: User) -> None:
    client = Client()
    client.force_login(member)
    address = reverse("accounts:erase")
    assert client.post(address, {"sure": "yes"})["Location"].startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert "표시해 주세요" in client.post(address).content.decode()
    assert User.objects.filter(pk=member.pk).exists()
    client.post(address, {"sure": "yes"})
    assert not User.objects.filter(pk=member.pk).exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Mozilla/5.0 (Linux; Android 14; SM-S911N) SamsungBrowser/24.0 Chrome/117", "삼성 인터넷 · Android"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/120 Safari/537.36 Edg/120", "Edge · Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1",
            "Safari · iPhone",
        ),
        ("curl/8", "알 수 없는 기기"),
        ("", "알 수 없는 기기"),
    ],
)
def test_devices_are_named_as_people_call_them(line: str, words: str) -> None:
    assert device(line) == words


@pytest.mark.parametrize(
    "name", ["usersessions_list", "account_email", "mfa_index", "account_logout", "accounts:erase"]
)
def test_every_page_of_the_account_wears_the_products_frame(member: User, name: str) -> None:
    client = Client()
    client.post(reverse("account_login"), {"login": member.email, "password": PASSWORD})
    page = client.get(reverse(name), follow=True)
    html = page.content.decode()
    assert page.status_code == 200
    assert html.count("<h1") == 1
    assert "css/accounts.css" in html
