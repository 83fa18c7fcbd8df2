"""The administrator's page of bundles: what is installed, which one reads, and reading again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import policies
from accounts.models import User
from moods import bundle_facts, services, tasks
from moods.choices import FINAL
from moods.models import BundleSwitch, PhotoReading, RereadRun
from moods.runs import RereadKind
from moods.services import BundleRefused, RereadRefused
from moods.services import bundles as shelf
from moods.services.rereads import SENTENCES

PAGE: Final = "admin:moods_bundleswitch_changelist"
_ORDERS: Final[dict[str, Callable[[RereadRun], bool]]] = {
    "pause": services.reread_pause,
    "resume": services.reread_resume,
    "stop": services.reread_stop,
}


@never_cache
@require_safe
def models_page(request: HttpRequest) -> HttpResponse:
    """Show bundles, the order to read again, and the history of switches."""
    _administrator(request)
    bundles = _bundles()
    active = next((bundle for bundle in bundles if bundle["bundle"].active), None)
    version = active["bundle"].version if active else ""
    run = bundle_facts.open_run()
    context = admin.site.each_context(request) | {
        "title": _("읽기 묶음과 다시 읽기"),
        "bundles": bundles,
        "active": active,
        "unusable": _unusable(),
        "kinds": bundle_facts.kind_counts(version),
        "ms": bundle_facts.ms_per_photo(version),
        "progress": bundle_facts.progress(run) if run else None,
        "ended": [bundle_facts.progress(one) for one in bundle_facts.last_runs()],
        "switches": BundleSwitch.objects.select_related("by")[:20],
        "sentences": SENTENCES,
    }
    return render(request, "admin/moods/models.html", context)


@never_cache
@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    """Answer how far the open run is; a part of the page that asks again by itself."""
    _administrator(request)
    run = bundle_facts.open_run()
    context = {"progress": bundle_facts.progress(run) if run else None}
    response = render(request, "admin/moods/_progress.html", context)
    if run is None:  # ended since: the page itself says what changed
        response["HX-Refresh"] = "true"
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def activate(request: HttpRequest, version: str) -> HttpResponse:
    """Ask for a reason, then read photos with another bundle from now on."""
    person = _administrator(request)
    bundles = _bundles()
    chosen = next((bundle for bundle in bundles if bundle["bundle"].version == version), None)
    if chosen is None:
        raise Http404
    problem, why = chosen["bundle"].problem_said, request.POST.get("why", "")
    if request.method == "POST":
        try:
            services.bundle_activate(version=version, by=person, why=why)
        except BundleRefused as error:
            problem = str(error)
        else:
            tasks.wake()
            messages.success(request, _("이제 %(version)s 묶음으로 읽습니다.") % {"version": version})
            return redirect(PAGE)
    context = admin.site.each_context(request) | {
        "title": _("읽기 묶음 바꾸기"),
        "chosen": chosen,
        "active": next((bundle for bundle in bundles if bundle["bundle"].active), None),
        "queued": PhotoReading.objects.exclude(status__in=FINAL).count(),
        "why": why,
        "why_length": shelf.WHY_LENGTH,
        "problem": problem,
    }
    return render(
        request, "admin/moods/activate.html", context, status=422 if request.method == "POST" else 200
    )


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Order kept photos to be read again."""
    person = _administrator(request)
    kind = request.POST.get("kind", "")
    if kind not in RereadKind.values:
        raise Http404
    try:
        run = services.reread_start(kind=kind, by=person)
    except RereadRefused as error:
        messages.error(request, str(error))
    else:
        tasks.wake()
        said = ngettext("사진 %d장을 다시 읽습니다.", "사진 %d장을 다시 읽습니다.", run.expected)
        messages.success(request, said % run.expected)
    return redirect(PAGE)


@require_POST
def order(request: HttpRequest, run: int, order: str) -> HttpResponse:
    """Pause, resume or stop a run."""
    _administrator(request)
    if order not in _ORDERS:
        raise Http404
    try:
        if not _ORDERS[order](get_object_or_404(RereadRun, pk=run)):
            messages.error(request, _("그사이에 바뀌어서 그대로 두었습니다. 지금 상태를 확인해 주세요."))
    except RereadRefused as error:
        messages.error(request, str(error))
    else:
        tasks.wake()
    return redirect(PAGE)


@require_POST
def waiting(request: HttpRequest) -> HttpResponse:
    """Queue readings again that wait because their bundle could not be used."""
    _administrator(request)
    count = services.waiting_requeue()
    tasks.wake()
    said = ngettext(
        "기다리던 사진 %d장을 다시 줄에 세웠습니다.", "기다리던 사진 %d장을 다시 줄에 세웠습니다.", count
    )
    messages.success(request, said % count)
    return redirect(PAGE)


def _administrator(request: HttpRequest) -> User:
    """Return the administrator who asks; anybody else gets 403."""
    if not policies.may_administer(request.user):
        raise PermissionDenied
    return cast(User, request.user)


def _bundles() -> list[dict[str, Any]]:
    return [{"bundle": one, "facts": bundle_facts.card_facts(one.card)} for one in shelf.installed()]


def _unusable() -> list[tuple[str, int]]:
    found = bundle_facts.unusable_now()
    return [(str(shelf.PROBLEMS[code]), count) for code, count in found.items()]
