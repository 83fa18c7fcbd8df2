"""Making a study: fill both halves, open it, invite, close it, delete it."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID, uuid4

from django.contrib import messages as notes
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import PersonRequest, person_required
from accounts.policies import is_staff_role
from moods.panel import policies, selectors, services, tasks
from moods.panel.choices import CONSENT_VERSION
from moods.panel.errors import PanelError
from moods.panel.forms import LinksForm, StudyForm
from moods.panel.models import Link, Participant, Study
from moods.panel.views.door import managers

#: Where fresh links wait for the one page that shows them.
FRESH: Final = "panel_fresh_links"
PAGES: Final = ["GET", "HEAD", "POST"]


@never_cache
@require_safe
@person_required
def home(request: PersonRequest) -> HttpResponse:
    """List the studies somebody may take part in, and for managers all of them."""
    if not is_staff_role(request.user):
        raise PermissionDenied
    manages = policies.may_manage(request.user)
    context = {
        "manages": manages,
        "studies": selectors.studies() if manages else selectors.open_studies(),
        "mine": {one.study_id: one for one in Participant.objects.filter(user=request.user).order_by("pk")},
    }
    return render(request, "moods/panel/home.html", context)


@never_cache
@require_http_methods(PAGES)
@person_required
def new(request: PersonRequest) -> HttpResponse:
    """Make a study."""
    if not policies.may_manage(request.user):
        raise PermissionDenied
    form = StudyForm(request.POST if request.method == "POST" else None, initial={"submission": uuid4()})
    if request.method == "POST" and form.is_valid():
        study = services.study_create(by=request.user, **form.cleaned_data)
        return redirect("panel:study", study=study.uuid)
    status = 422 if form.errors else 200
    return render(request, "moods/panel/new.html", {"form": form}, status=status)


@managers
@require_safe
def study(request: PersonRequest, study: Study) -> HttpResponse:
    """Show how a study stands, and what can be done with it."""
    return render(request, "moods/panel/study.html", _context(request, study))


@managers
@require_POST
def draw(request: PersonRequest, study: Study) -> HttpResponse:
    """Draw allowed photos into the own half."""
    try:
        taken = services.own_draw(study=study, by=request.user)
    except PanelError as error:
        notes.error(request, str(error))
    else:
        words = ngettext("사진 %(n)d장을 골라 넣었어요.", "사진 %(n)d장을 골라 넣었어요.", taken) % {
            "n": taken
        }
        notes.success(request, words if taken else _("지금 쓸 수 있는 사진이 더 없어요."))
    return redirect("panel:study", study=study.uuid)


@managers
@require_POST
def open_study(request: PersonRequest, study: Study) -> HttpResponse:
    """Start a study, and ask the ensemble."""
    try:
        services.study_open(study=study, although_short=request.POST.get("short") == "yes")
    except PanelError as error:
        notes.error(request, str(error))
    else:
        tasks.wake()
        notes.success(request, _("연구를 시작했어요. 이제 사람들을 초대해 주세요."))
    return redirect("panel:study", study=study.uuid)


@managers
@require_POST
def close(request: PersonRequest, study: Study) -> HttpResponse:
    """End a study; answers stay."""
    if services.study_close(study=study):
        notes.success(request, _("연구를 끝냈어요. 이제 아무도 답할 수 없어요."))
    return redirect("panel:study", study=study.uuid)


@managers
@require_POST
def again(request: PersonRequest, study: Study) -> HttpResponse:
    """Ask the ensemble about every face anew."""
    services.machine_again(study=study)
    tasks.wake()
    notes.success(request, _("AI에게 처음부터 다시 물어보고 있어요."))
    return redirect("panel:study", study=study.uuid)


@managers
@require_POST
def links(request: PersonRequest, study: Study) -> HttpResponse:
    """Make invitations; the next page shows them, once."""
    form = LinksForm(request.POST)
    if not form.is_valid():
        notes.error(request, _("링크는 1개에서 40개까지, 기한은 1일에서 90일까지 고를 수 있어요."))
        return redirect("panel:study", study=study.uuid)
    try:
        fresh = services.links_make(study=study, by=request.user, **form.cleaned_data)
    except PanelError as error:
        notes.error(request, str(error))
    else:
        # The page after the redirect takes them out again; reloading it makes no new links.
        request.session[FRESH] = {study.uuid.hex: [one.token for one in fresh]}
    return redirect(reverse("panel:study", args=[study.uuid]) + "#h-links")


@managers
@require_POST
def link_revoke(request: PersonRequest, study: Study, link: UUID) -> HttpResponse:
    """Take an unused invitation back."""
    gone, _kinds = Link.objects.filter(study=study, uuid=link, used_at__isnull=True).delete()
    if gone:
        notes.success(request, _("초대 링크를 없앴어요."))
    return redirect(reverse("panel:study", args=[study.uuid]) + "#h-links")


@managers
@require_POST
def person_remove(request: PersonRequest, study: Study, person: UUID) -> HttpResponse:
    """Erase one participant's answers at their wish."""
    taker = study.participants.filter(uuid=person).first()
    if taker is not None:
        services.participant_erase(participant=taker)
        notes.success(request, _("그분의 이름과 답을 모두 지웠어요."))
    return redirect(reverse("panel:study", args=[study.uuid]) + "#h-people")


@managers
@require_http_methods(PAGES)
def delete(request: PersonRequest, study: Study) -> HttpResponse:
    """Ask once, then remove a study with everything in it."""
    if request.method != "POST":
        return render(request, "moods/panel/delete.html", {"study": study})
    services.study_delete(study=study)
    notes.success(request, _("연구와 그 안의 얼굴, 답을 모두 지웠어요."))
    return redirect("panel:home")


def _context(request: PersonRequest, study: Study) -> dict[str, Any]:
    halves = selectors.halves_of(study)
    fresh = request.session.get(FRESH, {}).get(study.uuid.hex, [])
    if fresh:
        del request.session[FRESH]
    addresses = [request.build_absolute_uri(reverse("panel:link", args=[token])) for token in fresh]
    people = study.participants.select_related("user").order_by("consented_at", "pk")
    return {
        "study": study,
        "halves": halves,
        "short": any(half.missing for half in halves),
        "unread": selectors.unread_count(study),
        "people": people,
        "links": selectors.invitations_of(study),
        "links_form": LinksForm(),
        "fresh": addresses,
        "consent_version": CONSENT_VERSION,
    }
