"""Each person's own language and time zone, and the second factor of staff."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation

from accounts.models import User

GetResponse = Callable[[HttpRequest], HttpResponse]


class PersonalSettings:
    """Show a logged-in person everything in their own language and time zone."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, User):
            return self.get_response(request)
        translation.activate(user.language)
        request.LANGUAGE_CODE = translation.get_language()
        with timezone.override(user.zone):
            response = self.get_response(request)
        self._keep_language(request, user, response)
        return response

    def _keep_language(self, request: HttpRequest, user: User, response: HttpResponse) -> None:
        """Store what Django's ``set_language`` view put into the cookie: our choice outranks it."""
        match = request.resolver_match
        cookie = response.cookies.get(settings.LANGUAGE_COOKIE_NAME)
        if match and match.url_name == "set_language" and cookie and cookie.value != user.language:
            user.language = cookie.value
            user.save(update_fields=["language"])


class StaffSecondFactor:
    """Keep staff without TOTP on the page that sets it up (allauth asks for the code at log-in)."""

    OPEN: Final = frozenset(
        {
            "account_login",
            "account_logout",
            "account_email",
            "account_confirm_email",
            "account_email_verification_sent",
            "account_reauthenticate",
            "account_change_password",
            "accounts:display",
            "set_language",
            "health",
            "help_lines",
            "moods:crisis",
            "moods:crisis_in",
            "demo_mailbox",
            "demo_message",
        }
    )

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, values: Any
    ) -> HttpResponse | None:
        """Redirect staff without a second factor, unless the page is needed to get one."""
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name in self.OPEN or name.startswith("mfa_"):
            return None
        user = request.user
        if not (isinstance(user, User) and user.needs_second_factor):
            return None
        if get_adapter().is_mfa_enabled(user, [Authenticator.Type.TOTP]):
            return None
        return redirect("mfa_activate_totp")
