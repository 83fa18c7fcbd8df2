"""Taking part: agree, name one face after another, go back, finish, see how one did, be forgotten."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages as notes
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import PersonRequest, person_required
from accounts.models import User
from accounts.policies import is_staff_role
from moods.choices import Feeling
from moods.forms import FEELING_ORDER
from moods.panel import policies, selectors, services
from moods.panel.choices import DEVICE_LINK
from moods.panel.errors import PanelError
from moods.panel.forms import JoinForm
from moods.panel.models import Face, Participant
from moods.panel.results import own_scores
from moods.panel.views.door import forget, participant_in, participants, private, remember, study_or_404

PAGES = ["GET", "HEAD", "POST"]


@never_cache
@require_http_methods(PAGES)
@person_required
def join(request: PersonRequest, study: UUID) -> HttpResponse:
    """Let staff agree and begin under their own log-in."""
    found = study_or_404(study)
    if not is_staff_role(request.user):
        raise PermissionDenied
    if selectors.participant_of(request.user, found) is not None:
        return redirect("panel:go", study=study)
    form = JoinForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.join(study=found, user=request.user, agreed=form.cleaned_data["agreed"])
        except PanelError as error:
            notes.error(request, str(error))
            return redirect("panel:home")
        return redirect("panel:go", study=study)
    context = {"form": form, "study": found, "guest": False}
    return private(render(request, "moods/panel/agree.html", context, status=422 if form.errors else 200))


@never_cache
@require_http_methods(PAGES)
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a link opens; only sending the form uses it up. Wrong, old and used ones look alike."""
    found = services.link_find(token)
    if found is None:
        return private(render(request, "moods/panel/gone.html", status=404))
    form = JoinForm(request.POST if request.method == "POST" else None)
    ready = request.method == "POST" and (found.for_device or form.is_valid())
    if ready:
        said = {} if found.for_device else form.cleaned_data
        try:
            taker = services.link_use(token=token, **said)
        except PanelError:
            return private(render(request, "moods/panel/gone.html", status=404))
        remember(request, taker)
        return private(redirect("panel:go", study=found.study.uuid))
    page = "moods/panel/device_here.html" if found.for_device else "moods/panel/agree.html"
    context = {"form": form, "study": study_or_404(found.study.uuid), "guest": True}
    return private(render(request, page, context, status=422 if form.errors else 200))


@never_cache
@require_safe
def go(request: HttpRequest, study: UUID) -> HttpResponse:
    """Send a participant to the first face without an answer, or to the end."""
    found = study_or_404(study)
    taker = participant_in(request, found)
    if taker is None:
        if isinstance(request.user, User) and is_staff_role(request.user):
            return redirect("panel:join", study=study)
        raise Http404
    upcoming = selectors.progress_of(taker).next if policies.may_answer(taker) else None
    if upcoming is None:
        return redirect("panel:done", study=study)
    return redirect("panel:face", study=study, face=upcoming.uuid)


@participants
@require_http_methods(PAGES)
def face(request: HttpRequest, taker: Participant, face: UUID) -> HttpResponse:
    """Show one face with six words, or store the answer and go on."""
    study = taker.study.uuid
    if not policies.may_answer(taker):
        return redirect("panel:done", study=study)
    faces = selectors.showable(selectors.order_of(taker), taker)
    place = _place(faces, face)
    if place is None:
        if request.method == "POST":
            notes.info(request, str(PanelError("face_gone")))
        return redirect("panel:go", study=study)
    said = selectors.answers_of(taker)
    first = next((i for i, one in enumerate(faces) if one.pk not in said), len(faces))
    if place > first:
        return redirect("panel:go", study=study)
    if request.method == "POST":
        return _answered(request, taker, faces, place)
    context = _face_context(taker, faces, place)
    return render(request, "moods/panel/face.html", context)


def _answered(request: HttpRequest, taker: Participant, faces: list[Face], place: int) -> HttpResponse:
    feeling = "" if "skip" in request.POST else request.POST.get("feeling", "?")
    study = taker.study.uuid
    try:
        services.answer_give(participant=taker, face=faces[place], feeling=feeling)
    except PanelError as error:
        notes.error(request, str(error))
        if error.code == "unknown_feeling":
            return redirect("panel:face", study=study, face=faces[place].uuid)
        return redirect("panel:go", study=study)
    if place + 1 < len(faces):
        return redirect("panel:face", study=study, face=faces[place + 1].uuid)
    return redirect("panel:go", study=study)


def _place(faces: list[Face], uuid: UUID) -> int | None:
    return next((i for i, one in enumerate(faces) if one.uuid == uuid), None)


def _face_context(taker: Participant, faces: list[Face], place: int) -> dict[str, Any]:
    said = selectors.answers_of(taker).get(faces[place].pk)
    return {
        "study": taker.study,
        "taker": taker,
        "face": faces[place].uuid,
        "number": place + 1,
        "total": len(faces),
        "before": faces[place - 1].uuid if place else None,
        "chosen": said.feeling if said else None,
        "skipped": said is not None and not said.feeling,
        "feelings": [(key, value, Feeling(value).label) for key, value in enumerate(FEELING_ORDER, start=1)],
    }


@participants
@require_safe
def picture(request: HttpRequest, taker: Participant, face: UUID) -> HttpResponse:
    """Send the pixels of one face to a participant whose turn it is to see it, and to nobody else."""
    faces = selectors.showable(selectors.order_of(taker), taker) if policies.may_answer(taker) else []
    place = _place(faces, face)
    said = selectors.answers_of(taker)
    first = next((i for i, one in enumerate(faces) if one.pk not in said), len(faces))
    if place is None or place > first:
        raise Http404
    try:
        data = services.face_show(participant=taker, face=faces[place])
    except services.FaceGone:
        raise Http404 from None
    response = HttpResponse(data, content_type="image/jpeg")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = "inline"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@participants
@require_http_methods(PAGES)
def done(request: HttpRequest, taker: Participant) -> HttpResponse:
    """Ask whether one is through; afterwards show how one did beside the ensemble."""
    study = taker.study
    if request.method == "POST":
        try:
            services.finish(participant=taker)
        except PanelError as error:
            notes.error(request, str(error))
            return redirect("panel:go", study=study.uuid)
        return redirect("panel:done", study=study.uuid)
    context: dict[str, Any] = {"study": study, "taker": taker, "may_answer": policies.may_answer(taker)}
    if taker.finished_at is not None:
        scores = own_scores(taker)
        context |= {"scores": scores[:-1], "both": scores[-1]}
        return render(request, "moods/panel/own.html", context)
    progress = selectors.progress_of(taker)
    if policies.may_answer(taker) and progress.next is not None:
        return redirect("panel:go", study=study.uuid)
    return render(request, "moods/panel/done.html", context | {"progress": progress})


@participants
@require_http_methods(PAGES)
def device(request: HttpRequest, taker: Participant) -> HttpResponse:
    """Make a link that opens this person's place on another device."""
    context: dict[str, Any] = {"study": taker.study, "taker": taker, "minutes": DEVICE_LINK.seconds // 60}
    if request.method == "POST" and taker.user_id is None:
        try:
            fresh = services.device_link_make(participant=taker)
        except PanelError as error:
            notes.error(request, str(error))
            return redirect("panel:go", study=taker.study.uuid)
        context["address"] = request.build_absolute_uri(reverse("panel:link", args=[fresh.token]))
    return render(request, "moods/panel/device.html", context)


@participants
@require_http_methods(PAGES)
def erase(request: HttpRequest, taker: Participant) -> HttpResponse:
    """Ask once, then forget a participant."""
    if request.method != "POST":
        return render(request, "moods/panel/erase.html", {"study": taker.study})
    services.participant_erase(participant=taker)
    forget(request, taker.study)
    notes.success(request, _("이름과 답을 모두 지웠어요."))
    return render(request, "moods/panel/erased.html")
