"""One entry: progress, what was read, the person's word, and everything that can be done with it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages as notes
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import PersonRequest, member_required
from moods import selectors, services, tasks
from moods.forms import CorrectionForm, WordsForm, feelings, steps
from moods.models import CheckIn, PhotoReading
from moods.services import EntryError
from moods.views.shown import own_entry, shown
from moods.words import SUGGESTED_TAGS

#: htmx's word for "stop asking".
STOP_POLLING = 286


@never_cache
@require_safe
@member_required
def entry(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Show one entry; while its photo is being read the page asks again by itself."""
    return render(request, "moods/entry.html", _context(own_entry(request, uuid)))


@never_cache
@require_safe
@member_required
def entry_progress(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Answer one question of the waiting page: still the same, or here is the new state.

    Asked without htmx (an old bookmark) it leads to the page itself.
    """
    if not request.headers.get("HX-Request"):
        return redirect("moods:entry", uuid=uuid)
    context = _context(own_entry(request, uuid))
    state = context["shown"].reading.status if context["shown"].reading else ""
    if context["shown"].waiting and request.GET.get("seen") == state:
        return render(request, "moods/_poll.html", context)
    status = 200 if context["shown"].waiting else STOP_POLLING
    response = render(request, "moods/_entry.html", context | {"changed": True}, status=status)
    response["HX-Retarget"], response["HX-Reswap"] = "#entry", "outerHTML"
    return response


@require_POST
@member_required
def correct(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Write down what the member says instead of, or beside, the guess."""
    check_in = own_entry(request, uuid)
    form = CorrectionForm(request.POST)
    if form.is_valid() and any(value not in ("", None) for value in form.cleaned_data.values()):
        services.reading_correct(check_in=check_in, **form.cleaned_data)
        notes.success(request, _("말씀하신 대로 적어 두었어요."))
        return redirect("moods:entry", uuid=uuid)
    notes.error(request, _("느낌이나 기분 가운데 하나를 골라 주세요."))
    return redirect(reverse("moods:entry", args=[uuid]) + "#h-correct")


@require_POST
@member_required
def agree(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Write down that the guess was right."""
    if services.reading_agree(check_in=own_entry(request, uuid), seen=request.POST.get("seen", "")):
        notes.success(request, _("맞다고 적어 두었어요."))
    else:
        notes.error(request, _("그사이에 바뀐 것이 있어요. 지금 보이는 짐작을 확인해 주세요."))
    return redirect("moods:entry", uuid=uuid)


@require_POST
@member_required
def retry(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Queue a failed reading again."""
    try:
        queued = services.reading_retry(check_in=own_entry(request, uuid))
    except EntryError as error:
        notes.error(request, str(error))
        return redirect("moods:entry", uuid=uuid)
    if queued:
        tasks.wake()
    else:
        notes.error(request, _("사진이 남아 있지 않아서 다시 읽을 수 없어요. 새로 찍어 주세요."))
    return redirect("moods:entry", uuid=uuid)


@never_cache
@require_safe
@member_required
def photo(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Send one's own photo while it is kept; it is decrypted here and stored nowhere on the way."""
    data = selectors.photo_of(own_entry(request, uuid))
    if data is None:
        raise Http404
    response = HttpResponse(data, content_type="image/jpeg")
    response["Cache-Control"] = "no-store, private"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = "inline"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@require_POST
@member_required
def photo_delete(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Destroy the photo at once; the entry stays."""
    if services.photo_delete(check_in=own_entry(request, uuid)):
        notes.success(request, _("사진을 지웠어요. 적으신 말은 그대로 있어요."))
    return redirect("moods:entry", uuid=uuid)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def edit(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Change the words of an entry."""
    check_in = own_entry(request, uuid)
    form = WordsForm(request.POST) if request.method == "POST" else WordsForm(_words_of(check_in))
    told = ""
    if request.method == "POST" and form.is_valid():
        try:
            services.check_in_update(check_in=check_in, **form.words())
        except EntryError as error:
            told = str(error)
        else:
            return redirect("moods:entry", uuid=uuid)
    picked = form.data.getlist("tags") if hasattr(form.data, "getlist") else form.data["tags"]
    refused = request.method == "POST"
    context = {
        "check_in": check_in,
        "values": form.data,
        "picked": picked,
        "problem": told,
        "errors": [error for errors in form.errors.values() for error in errors] if refused else [],
        "feelings": feelings(),
        "steps": steps(),
        "tags": SUGGESTED_TAGS,
    }
    return render(request, "moods/edit.html", context, status=422 if refused else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def delete(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Ask once, then remove an entry with its reading and photo."""
    check_in = own_entry(request, uuid)
    if request.method != "POST":
        return render(request, "moods/delete.html", {"shown": shown(check_in), "check_in": check_in})
    services.check_in_delete(check_in=check_in)
    notes.success(request, _("기록을 지웠어요."))
    if request.POST.get("next") == "today":
        return redirect("moods:today")
    return redirect("moods:day", day=check_in.local_date)


def _context(check_in: CheckIn) -> dict[str, Any]:
    seen = shown(check_in)
    return {
        "shown": seen,
        "check_in": check_in,
        "feelings": feelings(),
        "steps": steps(),
        "pace": _pace(seen.reading) if seen.reading else 0,
        "long": seen.waiting and seen.reading is not None and _waited(seen.reading) > 30,
        "mood_chosen": "" if check_in.mood is None else str(check_in.mood),
        "has_point": selectors.mood_point(check_in) is not None,
    }


def _waited(reading: PhotoReading) -> float:
    return (timezone.now() - reading.queued_at).total_seconds()


def _pace(reading: PhotoReading) -> int:
    """Return the seconds until the waiting page asks again: every one at first, then every three."""
    waited = _waited(reading)
    return 1 if waited < 15 else 2 if waited < 60 else 3


def _words_of(check_in: CheckIn) -> dict[str, Any]:
    """Return the values of the edit form."""
    return {
        "mood": "" if check_in.mood is None else str(check_in.mood),
        "feeling": check_in.feeling,
        "note": check_in.note,
        "tags": [tag for tag in check_in.tags if tag in SUGGESTED_TAGS],
        "own_tags": ", ".join(tag for tag in check_in.tags if tag not in SUGGESTED_TAGS),
    }
