"""The front door, the health page and the error pages."""

from __future__ import annotations

from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template import loader
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.choices import Role

#: Where each role starts its day; the first that fits.
_HOMES: Final = (
    (Role.MEMBER, "moods:today"),
    (Role.OFFICER, "welfare:clients"),
    (Role.SUPERVISOR, "welfare:clients"),
    (Role.CURATOR, "admin:index"),
    (Role.ADMIN, "admin:index"),
)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Welcome a stranger; send everybody else to where their day starts."""
    user = request.user
    if not user.is_authenticated:
        return render(request, "welcome.html")
    for role, name in _HOMES:
        if user.has_role(role):
            return redirect(name)
    return redirect("accounts:me")


@require_safe
def help_lines(request: HttpRequest) -> HttpResponse:
    """Send an old address to the crisis card, which has the numbers to call."""
    return redirect("moods:crisis", permanent=True)


@never_cache
@require_safe
def admin_login(request: HttpRequest) -> HttpResponse:
    """Send strangers to the log-in page; who is logged in came because the admin site is not theirs: 403.

    The log-in page would send them straight back, and the browser would go in circles.
    """
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect(reverse("account_login", query=request.GET))


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Say whether the database answers; 503 when it does not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "error", "database": "down"}, status=503)
    return JsonResponse({"status": "ok", "database": "up"})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400."""
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403."""
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 without touching the database, which may be what broke."""
    return HttpResponse(loader.get_template("500.html").render({}), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that was open too long: say what to do, keep the person's place."""
    return render(request, "csrf.html", {"back": request.path}, status=403)
