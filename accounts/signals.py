"""What this room does when allauth says that something happened."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.usersessions.models import UserSession
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import User


@receiver(authenticator_added)
def end_other_sessions(
    request: HttpRequest, user: User, authenticator: Authenticator, **_signal: Any
) -> None:
    """Log every other browser out once TOTP is set up: those sessions were opened by the password alone.

    Without this, who stole a password before would stay in after.
    """
    if authenticator.type != Authenticator.Type.TOTP:
        return
    others = UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key)
    for session in others:
        session.end()
