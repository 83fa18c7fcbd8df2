"""Guessing passwords is slowed down, for the guessed account only."""

from __future__ import annotations

from django.conf import LazySettings
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.accounts.test_sign_up import link_in
from tests.people import PASSWORD


def attempt(email: str, password: str, address: str = "203.0.113.7") -> tuple[Client, str]:
    client = Client(REMOTE_ADDR=address)
    response = client.post(reverse("account_login"), {"login": email, "password": password})
    return client, response.content.decode()


def test_sixth_wrong_guess_is_refused_kindly_and_others_still_get_in(member: User, outsider: User) -> None:
    for _turn in range(5):
        _client, page = attempt(member.email, "wrong")
        assert "맞지 않아요" in page
    client, page = attempt(member.email, PASSWORD)
    assert "잠시 쉬어 갈게요" in page
    assert "_auth_user_id" not in client.session
    client, _page = attempt(outsider.email, PASSWORD)
    assert client.session["_auth_user_id"] == str(outsider.pk)


def test_unknown_address_and_wrong_password_read_alike(member: User) -> None:
    assert "이메일이나 비밀번호가 맞지 않아요" in attempt(member.email, "wrong")[1]
    assert "이메일이나 비밀번호가 맞지 않아요" in attempt("nobody@example.org", "wrong")[1]


def test_many_tries_from_one_address_get_a_kind_429(member: User) -> None:
    client = Client(REMOTE_ADDR="203.0.113.8")
    codes = [
        client.post(reverse("account_login"), {"login": f"x{turn}@example.org", "password": "x"})
        for turn in range(31)
    ]
    assert codes[-1].status_code == 429
    assert "잠시 쉬어 갈게요" in codes[-1].content.decode()


def test_a_made_up_forwarded_address_does_not_escape_the_limit(member: User) -> None:
    client = Client(REMOTE_ADDR="203.0.113.9")
    address = reverse("account_login")
    for turn in range(31):
        response = client.post(
            address,
            {"login": f"y{turn}@example.org", "password": "x"},
            headers={"x-forwarded-for": f"198.51.100.{turn}"},
        )
    assert response.status_code == 429


def test_people_behind_a_trusted_proxy_have_limits_of_their_own(member: User, settings: LazySettings) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    address = reverse("account_login")
    for turn in range(31):
        response = Client(REMOTE_ADDR="203.0.113.10").post(
            address,
            {"login": f"z{turn}@example.org", "password": "x"},
            headers={"x-forwarded-for": f"made up, 198.51.100.{turn}"},
        )
        assert response.status_code == 200


def test_forgotten_password_is_set_anew_by_mail(member: User) -> None:
    client = Client()
    client.post(reverse("account_reset_password"), {"email": member.email})
    sent = mail.outbox[-1]
    assert "비밀번호" in sent.subject
    form = client.get(link_in(sent.body), follow=True)
    assert "새 비밀번호를 정해 주세요" in form.content.decode()
    new = "another good 8 horse"
    client.post(form.redirect_chain[-1][0], {"password1": new, "password2": new})
    assert attempt(member.email, new)[0].session["_auth_user_id"] == str(member.pk)
    used = client.get(link_in(sent.body), follow=True)
    assert "이 링크는 더 쓸 수 없어요" in used.content.decode()


def test_reset_for_a_stranger_reads_alike_and_sends_no_link(db: None) -> None:
    response = Client().post(reverse("account_reset_password"), {"email": "nobody@example.org"})
    assert response["Location"] == reverse("account_reset_password_done")
    assert "가입하지 않은 이메일이에요" in mail.outbox[-1].subject
