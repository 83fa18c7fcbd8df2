"""Who is asking: a manager, a participant, or somebody to whom the study does not exist."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from accounts.http import PersonRequest, person_required
from accounts.models import User
from accounts.policies import is_staff_role
from moods.panel import policies, selectors
from moods.panel.models import Participant, Study

#: Where a browser keeps which guest it is: study to participant and the log-in it was opened under.
SESSION = "panel"

ManagerView = Callable[Concatenate[PersonRequest, Study, ...], HttpResponse]
TakerView = Callable[Concatenate[HttpRequest, Participant, ...], HttpResponse]
Plain = Callable[..., Any]


def managers(view: ManagerView) -> Plain:
    """Let in who may manage studies: others get 403, strangers the log-in page; a wrong id is 404."""

    @wraps(view)
    def checked(request: PersonRequest, study: UUID, **values: Any) -> HttpResponse:
        if not policies.may_manage(request.user):
            raise PermissionDenied
        return view(request, study_or_404(study), **values)

    return never_cache(person_required(checked))


def participants(view: TakerView) -> Plain:
    """Let in who takes part in the study; to everybody else the address does not exist."""

    @wraps(view)
    def checked(request: HttpRequest, study: UUID, **values: Any) -> HttpResponse:
        taker = participant_in(request, study_or_404(study))
        if taker is None:
            raise Http404
        return private(view(request, taker, **values))

    return never_cache(checked)


def study_or_404(uuid: UUID) -> Study:
    """Return a study or raise Http404."""
    study = selectors.study_for(uuid)
    if study is None:
        raise Http404
    return study


def participant_in(request: HttpRequest, study: Study) -> Participant | None:
    """Return who asks: staff by their log-in, a guest by what their browser's session holds.

    A guest's place counts only under the log-in (or none) it was opened under, so that the next
    person at a shared tablet does not find themselves in it.
    """
    user = request.user if isinstance(request.user, User) else None
    if user is not None and is_staff_role(user):
        own = selectors.participant_of(user, study)
        if own is not None:
            return own
    held = request.session.get(SESSION, {}).get(study.uuid.hex)
    if not held or held.get("user") != (user.pk if user else None):
        return None
    return selectors.participant_by(str(held.get("participant", "")), study)


def remember(request: HttpRequest, participant: Participant) -> None:
    """Make this browser the guest's, under a fresh session id (a planted one is worth nothing)."""
    if participant.user_id is not None:
        return
    request.session.cycle_key()
    user = request.user.pk if isinstance(request.user, User) else None
    places = dict(request.session.get(SESSION, {}))
    places[participant.study.uuid.hex] = {"participant": str(participant.uuid), "user": user}
    request.session[SESSION] = places


def forget(request: HttpRequest, study: Study) -> None:
    """Let this browser be nobody in a study."""
    places = dict(request.session.get(SESSION, {}))
    if places.pop(study.uuid.hex, None) is not None:
        request.session[SESSION] = places


def private(response: HttpResponse) -> HttpResponse:
    """Keep a page out of caches, search engines and other sites' logs."""
    response["Cache-Control"] = "no-store, private"
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex, noarchive"
    return response
