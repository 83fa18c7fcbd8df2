"""Staff log in with a second factor, and cannot be without one."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django.urls import reverse

from accounts import keys, services
from accounts.choices import STAFF_ROLES, Role
from accounts.models import User
from tests.people import PASSWORD


def code_of(user: User) -> str:
    data = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP).data
    return str(format_hotp_value(hotp_value(keys.unseal(data["secret"]), int(time.time()) // 30)))


def without_factor(user: User) -> User:
    Authenticator.objects.filter(user=user).delete()
    return user


@pytest.mark.parametrize("name", ["home", "accounts:me", "accounts:access_log", "usersessions_list"])
def test_staff_without_a_second_factor_only_sees_how_to_get_one(
    officer: User, as_officer: Client, name: str
) -> None:
    without_factor(officer)
    assert as_officer.get(reverse(name))["Location"] == reverse("mfa_activate_totp")


def test_every_staff_role_needs_it_and_members_do_not(outsider: User) -> None:
    needed = {}
    for role in Role:
        services.role_add(user=outsider, role=role)
        needed[role] = outsider.needs_second_factor
        if role != Role.MEMBER:
            services.role_remove(user=outsider, role=role)
    assert {role for role, needs in needed.items() if needs} == STAFF_ROLES


def test_staff_without_it_can_still_leave_and_read_health(officer: User, as_officer: Client) -> None:
    without_factor(officer)
    assert as_officer.get(reverse("health")).status_code == 200
    assert as_officer.get(reverse("account_logout")).status_code == 200


def test_admin_site_is_behind_it_too(officer: User) -> None:
    services.role_add(user=without_factor(officer), role=Role.ADMIN)
    client = Client()
    client.force_login(officer)
    assert client.get(reverse("admin:index"))["Location"] == reverse("mfa_activate_totp")


def test_officer_sets_it_up_in_one_go(officer: User) -> None:
    client = Client()
    without_factor(officer)
    client.post(reverse("account_login"), {"login": officer.email, "password": PASSWORD})
    asked = client.get(reverse("mfa_activate_totp"))
    page = client.post(asked["Location"], {"password": PASSWORD}, follow=True)
    assert page.redirect_chain[-1][0] == reverse("mfa_activate_totp")
    secret = page.context["form"].secret
    assert secret in page.content.decode()
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    assert client.post(reverse("mfa_activate_totp"), {"code": code}).status_code == 302
    assert client.get(reverse("accounts:me")).status_code == 200


@pytest.mark.django_db(transaction=True)  # the other sessions end once TOTP is committed
def test_sessions_opened_by_password_alone_end_when_it_is_set_up(officer: User) -> None:
    without_factor(officer)
    thief, client = Client(), Client()
    for browser in (thief, client):
        browser.post(reverse("account_login"), {"login": officer.email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"), follow=True)
    code = format_hotp_value(hotp_value(page.context["form"].secret, int(time.time()) // 30))
    client.post(reverse("mfa_activate_totp"), {"code": code})
    assert client.get(reverse("accounts:me")).status_code == 200
    assert thief.get(reverse("accounts:me"))["Location"].startswith(reverse("account_login"))


def test_password_alone_does_not_let_an_officer_in(officer: User) -> None:
    client = Client()
    response = client.post(reverse("account_login"), {"login": officer.email, "password": PASSWORD})
    assert response["Location"] == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "번호가 맞지 않아요" in wrong.content.decode()
    assert client.post(reverse("mfa_authenticate"), {"code": code_of(officer)}).status_code == 302
    assert client.session["_auth_user_id"] == str(officer.pk)


def test_officer_cannot_switch_it_off(officer: User) -> None:
    client = Client()
    client.post(reverse("account_login"), {"login": officer.email, "password": PASSWORD})
    client.post(reverse("mfa_authenticate"), {"code": code_of(officer)})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    response = client.post(reverse("mfa_deactivate_totp"), follow=True)
    assert Authenticator.objects.filter(user=officer, type=Authenticator.Type.TOTP).exists()
    assert "끌 수 없어요" in response.content.decode()
