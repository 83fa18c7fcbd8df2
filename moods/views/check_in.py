"""A new entry: with a photo, or in words alone."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from accounts.choices import Purpose
from accounts.http import PersonRequest, member_required
from accounts.selectors import has_grant
from moods import messages, services, tasks
from moods.forms import CheckInForm, feelings, opening, steps
from moods.services import EntryError
from moods.uploads import MOST_BYTES, MOST_HEARD, PhotoUpload
from moods.words import SUGGESTED_TAGS


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def check_in(request: HttpRequest) -> HttpResponseBase:
    """Show the form of a new entry, or store what it says.

    The upload handler must be set before anything reads the body, and the check of the CSRF token
    reads it: so this outer view is exempt, and the inner one is protected. Who is not logged in is
    sent away before either, with the body unread.
    """
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_HEARD:
        return _unheard(request)
    request.upload_handlers = [PhotoUpload(request)]
    return _check_in(request)


@member_required
def _unheard(request: PersonRequest) -> HttpResponse:
    form = CheckInForm(opening(request.user), member=request.user)
    return _page(request, form, told=messages.refusal("too_large"), status=413)


@member_required
@csrf_protect
def _check_in(request: PersonRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, CheckInForm(_opening(request), member=request.user), fresh=True)
    form = CheckInForm(request.POST, request.FILES, member=request.user)
    handler = request.upload_handlers[0]
    too_large = isinstance(handler, PhotoUpload) and handler.too_large
    if not form.is_valid():
        return _page(request, form, status=422)
    if too_large:
        return _page(request, form, told=messages.refusal("too_large"), status=422)
    return _store(request, form)


def _store(request: PersonRequest, form: CheckInForm) -> HttpResponse:
    """Store a valid form; what cannot be stored comes back with everything typed still in it."""
    photo = form.cleaned_data["photo"]
    try:
        entry, _new = services.check_in_create(
            member=request.user,
            when=form.moment(),
            photo=photo.read() if photo else _nothing(photo),
            submission=form.cleaned_data["submission"] or uuid4(),
            **form.words(),
        )
    except EntryError as error:
        return _page(request, form, told=messages.refusal(error.code), code=error.code, status=422)
    tasks.wake()
    address = reverse("moods:entry", args=[entry.uuid])
    return HttpResponseClientRedirect(address) if request.headers.get("HX-Request") else redirect(address)


def _nothing(photo: Any) -> bytes | None:
    """Tell an empty file (b"", refused with its own sentence) from no file at all (None)."""
    return None if photo is None else b""


def _opening(request: PersonRequest) -> dict[str, Any]:
    """Return the values of a fresh form; ``?date=`` opens it for a past day."""
    try:
        day = date.fromisoformat(request.GET.get("date", ""))
    except ValueError:
        return opening(request.user)
    if day > timezone.localdate(timezone=request.user.zone):
        return opening(request.user)
    return opening(request.user, day.isoformat())


def _page(
    request: PersonRequest,
    form: CheckInForm,
    *,
    told: messages.Told | None = None,
    code: str = "",
    fresh: bool = False,
    status: int = 200,
) -> HttpResponse:
    """Render the form; htmx takes only the part with the problem, so that the file stays chosen."""
    values = form.data
    picked = form.data.getlist("tags") if hasattr(form.data, "getlist") else []
    context = {
        "form": form,
        "values": values,
        "picked": picked,
        "told": told,
        "code": code,
        "errors": [] if fresh else [error for errors in form.errors.values() for error in errors],
        "by_hand": request.GET.get("by") == "hand",
        "feelings": feelings(),
        "steps": steps(),
        "tags": SUGGESTED_TAGS,
        "reads_photos": has_grant(request.user, Purpose.EMOTION),
        "today": timezone.localdate(timezone=request.user.zone),
        "most_bytes": MOST_BYTES,
    }
    return render(request, "moods/check_in.html", context, status=status)
