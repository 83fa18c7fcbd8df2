"""Typed requests, and doors that open by role."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from accounts.choices import Role
from accounts.models import User


class PersonRequest(HttpRequest):
    """A request of somebody who is logged in."""

    user: User


View = Callable[Concatenate[PersonRequest, ...], HttpResponseBase]
AnyView = Callable[..., HttpResponseBase]


def person_required(view: View) -> AnyView:
    """Let in whoever is logged in; send the others to the log-in page."""
    return _door(view, ())


def role_required(*roles: str) -> Callable[[View], AnyView]:
    """Let in people who hold one of the roles: others get 403, strangers the log-in page."""
    return lambda view: _door(view, roles)


def member_required(view: View) -> AnyView:
    """Let members in; one who never answered the consent page sees that page first.

    Only when opening a page: a form sent from elsewhere is never lost to a detour.
    """

    def asked(request: PersonRequest, *args: Any, **values: Any) -> HttpResponseBase:
        if request.method == "GET" and request.user.consent_answered_at is None:
            return redirect("accounts:consent")
        return view(request, *args, **values)

    return _door(wraps(view)(asked), (Role.MEMBER,))


def _door(view: View, roles: tuple[str, ...]) -> AnyView:
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **values: Any) -> HttpResponseBase:
        if not isinstance(request.user, User):
            return redirect_to_login(request.get_full_path())
        if roles and not request.user.has_role(*roles):
            raise PermissionDenied
        return view(cast(PersonRequest, request), *args, **values)

    return checked
