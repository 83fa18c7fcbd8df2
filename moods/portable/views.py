"""Pages of taking along: everything as files, and a report on two pages for a doctor."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import IO, Any, Final

from allauth.account.decorators import reauthentication_required
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import PersonRequest, member_required
from accounts.models import User
from moods.portable import archive, fhir, selectors, state_of_mind
from moods.portable.report import figures, periods


def _state_of_mind(member: User) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115  closed once it is sent
    archive.write_json(file, state_of_mind.head(), "samples", state_of_mind.samples(member))
    file.seek(0)
    return file


def _fhir(member: User) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115  closed once it is sent
    archive.write_json(file, fhir.head(), "entry", fhir.entries(member))
    file.seek(0)
    return file


#: What can be taken along: how it is written, the file's name before and after the day, its type.
KINDS: Final[dict[str, tuple[Callable[[User], IO[bytes]], str, str, str]]] = {
    "everything": (archive.export_write, "maeum", "zip", "application/zip"),
    "state-of-mind": (_state_of_mind, "maeum-state-of-mind", "json", "application/json"),
    "fhir": (_fhir, "maeum-fhir", "json", "application/fhir+json"),
}


@never_cache
@require_safe
@member_required
def home(request: PersonRequest) -> HttpResponse:
    """Show everything that a member can take along or bring in."""
    context = {"imports": selectors.imports_of(request.user)[:20]}
    return render(request, "moods/portable/home.html", context)


@never_cache
@require_POST
@member_required
@reauthentication_required  # type: ignore[untyped-decorator]
def export(request: PersonRequest, kind: str) -> HttpResponseBase:
    """Hand out one kind of file, written on the disk piece by piece and gone once it is sent."""
    if kind not in KINDS:
        raise Http404
    write, name, ending, content_type = KINDS[kind]
    day = timezone.localdate(timezone=request.user.zone)
    return _download(write(request.user), f"{name}-{day.isoformat()}.{ending}", content_type)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def report(request: PersonRequest) -> HttpResponseBase:
    """Ask which month or quarter and which notes (GET), then hand out two pages (POST)."""
    member = request.user
    asked = request.POST if request.method == "POST" else request.GET
    period = periods.period_asked(member, asked.get("span", ""), asked.get("start", ""))
    if request.method == "POST":
        from moods.portable.report import pdf

        chosen = set(request.POST.getlist("notes")[: figures.MOST_NOTES])
        file = pdf.report_write(figures.report_of(member, period, chosen))
        return _download(file, f"maeum-{period.start.isoformat()}.pdf", "application/pdf")
    context: dict[str, Any] = {
        "period": period,
        "before": periods.before(period),
        "after": periods.after(member, period),
        "notes": figures.notes_in(member, period),
        "most_notes": figures.MOST_NOTES,
    }
    return render(request, "moods/portable/report.html", context)


def _download(file: IO[bytes], name: str, content_type: str) -> FileResponse:
    response = FileResponse(file, as_attachment=True, filename=name, content_type=content_type)
    response["Cache-Control"] = "no-store, private"
    response["X-Content-Type-Options"] = "nosniff"
    return response
