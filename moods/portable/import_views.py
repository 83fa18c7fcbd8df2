"""Pages of bringing in: choose a file, see what it would do, let it, take it back."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import PersonRequest, member_required
from moods.choices import Mood
from moods.forms import steps
from moods.portable import selectors, services
from moods.portable.errors import FILE_SENTENCES, ROW_SENTENCES, ImportRefused
from moods.portable.models import ImportBatch, ImportState
from moods.portable.rows import MOST_PROBLEMS, Parsed, tags_in
from moods.portable.uploads import MOST_HEARD, ImportUpload
from moods.services.entries import TAG_LENGTH

#: Other diaries' words for what our form offers as a tag.
_KNOWN_TAGS: Final = {
    "sleep": "잠", "people": "사람", "weather": "날씨", "pain": "통증", "medicine": "약", "medication": "약",
    "outing": "나들이", "수면": "잠", "외출": "나들이",
}  # fmt: skip
#: Tags that can be renamed before; rarer ones come as they are.
_MOST_TAGS: Final = 200
_SAMPLE: Final = 5
_PAGE: Final = 50


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponseBase:
    """Ask for a file, and look at it.

    As for photos: the upload handler is set before anything reads the body, and the check of the CSRF
    token reads it. So this outer view is exempt and the inner one is protected.
    """
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_HEARD:
        return _unheard(request)
    request.upload_handlers = [ImportUpload(request)]
    return _upload(request)


@member_required
def _unheard(request: PersonRequest) -> HttpResponse:
    return _ask(request, "too_large", 413)


@never_cache
@member_required
@csrf_protect
def _upload(request: PersonRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "moods/portable/import.html", {})
    file = request.FILES.get("file")
    handler = request.upload_handlers[0]
    if isinstance(handler, ImportUpload) and handler.too_large:
        return _ask(request, "too_large")
    if file is None or file.file is None:
        return _ask(request, "no_file")
    try:
        batch = services.import_check(member=request.user, file=file.file)
    except ImportRefused as refused:
        return _ask(request, refused.code)
    return redirect("moods:portable_preview", uuid=batch.uuid)


def _ask(request: PersonRequest, code: str, status: int = 422) -> HttpResponse:
    context = {"problem": FILE_SENTENCES[code], "code": code}
    return render(request, "moods/portable/import.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def preview(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Show what a file would do (GET), then let it (POST)."""
    batch = selectors.import_of(request.user, uuid)
    if batch is None:
        raise Http404
    if request.method == "POST":
        return _apply(request, batch)
    if batch.state != ImportState.CHECKED:
        return redirect("moods:portable_undo", uuid=uuid)
    parsed = _waiting(request, uuid)
    if parsed is None:
        return _over(request)
    return render(request, "moods/portable/preview.html", _previewed(request, batch, parsed))


def _apply(request: PersonRequest, batch: ImportBatch) -> HttpResponse:
    parsed = _waiting(request, batch.uuid)
    wishes = _wishes(request, parsed) if parsed else services.Wishes()
    try:
        done = services.import_apply(member=request.user, uuid=batch.uuid, wishes=wishes)
    except ImportRefused:
        return _over(request)
    messages.success(request, ngettext("%d건을 가져왔어요.", "%d건을 가져왔어요.", done.made) % done.made)
    return redirect("moods:portable_undo", uuid=batch.uuid)


def _wishes(request: PersonRequest, parsed: Parsed) -> services.Wishes:
    moods = {name: _step(request.POST.get(f"mood-{at}")) for at, name in enumerate(parsed.moods)}
    tags = {}
    if parsed.moods:
        for at, (tag, _count) in enumerate(islice(tags_in(parsed.rows), _MOST_TAGS)):
            if f"tag-{at}" in request.POST:
                tags[tag] = request.POST[f"tag-{at}"].replace("\x00", "").strip()[:TAG_LENGTH]
    beside = request.POST.get("conflicts") == services.BESIDE
    return services.Wishes(moods, tags, services.BESIDE if beside else services.MINE)


def _step(value: str | None) -> int | None:
    return int(value) if value in {str(step) for step in Mood.values} else None


def _previewed(request: PersonRequest, batch: ImportBatch, parsed: Parsed) -> dict[str, Any]:
    judged = list(selectors.judged(request.user, parsed.rows))
    kinds = [
        (state, title, [one for one in judged if one.state == state])
        for state, title in (
            (selectors.NEW, _("새로 들어올 기록")),
            (selectors.CONFLICT, _("지금 일기와 다른 기록")),
            (selectors.SAME, _("이미 있는 기록")),
        )
    ]
    days = [one.row.date for one in judged]
    return {
        "batch": batch,
        "kinds": [(state, title, len(found), found[:_SAMPLE]) for state, title, found in kinds],
        "counts": {state: len(found) for state, _title, found in kinds},
        "moods": [
            (at, name, "" if step is None else str(step))
            for at, (name, step) in enumerate(parsed.moods.items())
        ],
        "steps": steps(),
        "tags": _tag_fields(parsed) if parsed.moods else [],
        "problems": _told(parsed)[:_SAMPLE],
        "problem_count": len(parsed.problems),
        "photos_left": parsed.photos_left,
        "photos": batch.staged.count(),
        "first": min(days, default=None),
        "last": max(days, default=None),
    }


def _tag_fields(parsed: Parsed) -> list[tuple[int, str, str, int]]:
    found = enumerate(islice(tags_in(parsed.rows), _MOST_TAGS))
    return [(at, tag, _KNOWN_TAGS.get(tag.lower(), tag), count) for at, (tag, count) in found]


def _told(parsed: Parsed) -> list[tuple[int, Any]]:
    return [(one.number, ROW_SENTENCES[one.code]) for one in parsed.problems[:MOST_PROBLEMS]]


@never_cache
@require_safe
@member_required
def rows(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Show every row of a file that waits, page by page, by what it would do."""
    if selectors.import_of(request.user, uuid) is None:
        raise Http404
    parsed = _waiting(request, uuid)
    if parsed is None:
        return _over(request)
    state = request.GET.get("show", selectors.NEW)
    if state == "problem":
        found: list[Any] = _told(parsed)
    else:
        found = [one for one in selectors.judged(request.user, parsed.rows) if one.state == state]
    page = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    context = {"uuid": uuid, "state": state, "page": page, "cut": len(parsed.problems) > MOST_PROBLEMS}
    return render(request, "moods/portable/rows.html", context)


@require_POST
@member_required
def forget(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Forget a file that was only looked at."""
    if services.import_forget(member=request.user, uuid=uuid):
        messages.success(request, _("가져오지 않고 그만두었어요. 일기는 그대로예요."))
    return redirect("moods:portable_home")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def undo(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Show what an import made (GET), and take it back (POST)."""
    batch = selectors.import_of(request.user, uuid)
    if batch is None or batch.state == ImportState.CHECKED:
        raise Http404
    if request.method == "POST":
        done, _left = services.import_undo(member=request.user, uuid=uuid)
        told = ngettext("%d건을 되돌렸어요.", "%d건을 되돌렸어요.", done.removed) % done.removed
        messages.success(request, told)
        return redirect("moods:portable_undo", uuid=uuid)
    page = Paginator(selectors.touched(batch), _PAGE).get_page(request.GET.get("page"))
    context = {"batch": batch, "page": page, "untouched": selectors.untouched(batch).count()}
    return render(request, "moods/portable/undo.html", context)


def _waiting(request: PersonRequest, uuid: UUID) -> Parsed | None:
    batch = selectors.waiting_import(request.user, uuid)
    return selectors.parsed_of(batch) if batch else None


def _over(request: PersonRequest) -> HttpResponse:
    messages.error(request, str(FILE_SENTENCES["not_here"]))
    return redirect("moods:portable_import")
