"""Pages of music: the fragment for a check-in, the catalogue, the player's reports."""

from __future__ import annotations

import uuid as uuid_
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.http import PersonRequest, person_required
from moods.models import CheckIn
from moods.selectors import mood_point
from music import policies, selectors, services
from music.choices import Journey, MoodWord
from music.forms import EventForm
from music.models import Suggestion

PAGE = 20
#: Beyond this distance on the plane, "close to your mood" would not be true.
NEAR = 0.45


@require_GET
@person_required
def for_entry(request: PersonRequest, uuid: uuid_.UUID) -> HttpResponse:
    """Show three tracks for one's own check-in: a fragment for htmx, else a whole page."""
    user = request.user
    check_in = CheckIn.objects.filter(uuid=uuid).select_related("reading", "member").first()
    if check_in is None or not policies.is_owner(user, check_in):
        raise Http404
    journey = request.GET.get("journey", "")
    if journey not in Journey.values:
        journey = Journey.STAY
    allowed = policies.may_suggest_to(user)
    found = services.suggestions_make(check_in=check_in, journey=journey) if allowed else []
    context: dict[str, Any] = {
        "allowed": allowed,
        "mood_known": bool(found) or mood_point(check_in) is not None,
        "suggestions": [{"suggestion": each, "why": why(each)} for each in found],
        "journeys": Journey.choices,
        "journey": journey,
        "path": request.path,
    }
    whole = request.headers.get("HX-Request") != "true"
    return render(request, "music/for_entry.html" if whole else "music/_for_entry.html", context)


def why(suggestion: Suggestion) -> str:
    """Say in one line why a track was chosen; promise no effect."""
    track = suggestion.track
    words = track.words
    sound = _("%(word)s %(instrument)s") % {
        "word": words[0] if words else "",
        "instrument": track.get_instrument_display(),
    }
    if suggestion.distance > NEAR:
        said = _("꼭 맞는 곡이 없어 가장 가까운 곡을 골랐어요")
    elif suggestion.journey == Journey.CALMER:
        said = _("지금 마음에서 조금 차분한 쪽으로 골랐어요")
    elif suggestion.journey == Journey.BRIGHTER:
        said = _("밝은 쪽으로 골랐어요")
    else:
        said = _("지금 마음과 가까운 곡이에요")
    return f"{sound.strip()}. {said}"


@require_GET
@person_required
def home(request: PersonRequest) -> HttpResponse:
    """Show the catalogue, by mood word if asked, and what was lately suggested."""
    user = request.user
    wanted = request.GET.get("mood", "")
    word = MoodWord(wanted) if wanted in MoodWord.values else None
    tracks = selectors.tracks_playable(word.value if word else "")
    page = Paginator(tracks, PAGE).get_page(request.GET.get("page"))
    allowed = policies.may_suggest_to(user)
    first = page.number == 1 and word is None
    context: dict[str, Any] = {
        "allowed": allowed,
        "page": page,
        "word": word,
        "words": selectors.words_in_use(),
        "recent": selectors.recently_suggested(user) if allowed and first else [],
    }
    return render(request, "music/home.html", context)


@require_POST
@person_required
def event(request: PersonRequest) -> HttpResponse:
    """Keep one report of the player: 201 new, 200 known, 204 not kept, 400 or 429 refused."""
    form = EventForm(request.POST)
    if not form.is_valid():
        message = _("재생 기록을 알아볼 수 없어요.")
        return _refused("invalid", message, 400, form.errors.get_json_data())
    try:
        row, new = services.event_record(member=request.user, **form.cleaned_data)
    except services.EventRefusedError as error:
        if error.code == "too_many":
            return _refused(error.code, _("재생 기록이 너무 자주 왔어요. 잠시 뒤에 다시 보내 주세요."), 429)
        return _refused(error.code, _("이미 쓰인 기록 번호예요."), 409)
    if row is None:
        return HttpResponse(status=204)
    return JsonResponse({"key": str(row.key)}, status=201 if new else 200)


def _refused(code: str, message: str, status: int, fields: Any = None) -> JsonResponse:
    body = {"code": code, "message": message, "fields": fields or {}}
    return JsonResponse(body, status=status)
