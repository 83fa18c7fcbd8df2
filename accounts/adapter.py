"""What allauth asks us: how a person is made, where they go, what errors say, how secrets rest."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts import keys
from accounts.choices import Role
from accounts.models import User
from accounts.services import role_add

_MISMATCH = _("이메일이나 비밀번호가 맞지 않아요. 다시 한번 확인해 주세요.")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up makes members; every refusal is one kind sentence."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _MISMATCH,
        "invalid_login": _MISMATCH,
        "enter_current_password": _("지금 쓰시는 비밀번호를 적어 주세요."),
        "incorrect_password": _("비밀번호가 맞지 않아요."),
        "email_taken": _("이미 쓰고 있는 이메일이에요."),
        "invalid_password_reset": _("이 링크는 더 쓸 수 없어요. 비밀번호 찾기를 다시 해 주세요."),
        "password_min_length": _("비밀번호는 {0}자 이상으로 적어 주세요."),
        "too_many_login_attempts": _(
            "여러 번 맞지 않아서 잠시 쉬어 갈게요. 5분 뒤에 다시 해 보시거나 비밀번호를 새로 정해 주세요."
        ),
        "rate_limited": _("너무 자주 하셨어요. 조금 뒤에 다시 해 주세요."),
        "same_as_current": _("지금과 다른 것으로 적어 주세요."),
        "unknown_email": _("이 이메일로 가입한 분이 없어요."),
        "unverified_primary_email": _("대표 이메일은 확인을 마친 것이어야 해요."),
        "cannot_remove_primary_email": _("대표 이메일은 지울 수 없어요."),
        "max_email_addresses": _("이메일을 더 넣을 수 없어요."),
        "incorrect_code": _("번호가 맞지 않아요."),
    }

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Save a new member in the language the sign-up page was read in."""
        user.display_name = form.cleaned_data.get("display_name", "")
        user.time_zone = form.cleaned_data.get("time_zone") or user.time_zone
        user.language = (get_language() or "ko")[:2]
        saved: User = super().save_user(request, user, form, commit=commit)
        if commit:
            role_add(user=saved, role=Role.MEMBER)
        return saved

    def format_email_subject(self, subject: str) -> str:
        """Begin with the product's name; allauth would print the host's."""
        product = _("마음")
        return f"[{product}] {subject}"

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        """Send a new member to the consent page."""
        return reverse("accounts:consent")


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """TOTP seeds rest encrypted, and staff cannot switch their second factor off."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("번호가 맞지 않아요. 앱에 지금 보이는 여섯 자리를 적어 주세요."),
        "unverified_email": _("먼저 이메일을 확인해 주세요. 그다음에 두 번째 열쇠를 걸 수 있어요."),
        "cannot_delete_authenticator": _("하시는 일에 꼭 필요해서 끌 수 없어요."),
    }

    def encrypt(self, text: str) -> str:
        """Seal a secret under the master key."""
        return keys.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open what :meth:`encrypt` sealed."""
        return keys.unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Refuse to remove TOTP from a person whose roles require it."""
        user = authenticator.user
        return not (isinstance(user, User) and user.needs_second_factor)
