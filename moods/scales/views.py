"""Pages of the short scales: plain forms, one question a screen, nothing that needs a script."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import PersonRequest, member_required
from accounts.models import User
from moods.scales import charts, selectors, services, words
from moods.scales.choices import SHAPES, Scale
from moods.scales.errors import ScaleError
from moods.scales.models import Sitting
from moods.scales.selectors import Taken
from moods.scales.wording import Wording, scales_on, wording_of


@require_safe
@member_required
def home(request: PersonRequest) -> HttpResponse:
    """Show what can be answered, what is half-filled, and how it went so far."""
    member = request.user
    on = scales_on()
    if not on:
        raise Http404
    taken = selectors.scales_of(member)
    context = {
        "who5": Scale.WHO5 in on,
        "rhythm": selectors.rhythm_of(member),
        "due": selectors.is_due(member),
        "next_round": selectors.next_round(member),
        # The long form follows the short one, and stands alone only where there is no short one.
        "ask": next((scale for scale in (Scale.PHQ2, Scale.PHQ9) if scale in on), None),
        "half": [each for scale in on if (each := selectors.open_sitting(member, scale))],
        "histories": [
            (scale, charts.history_of(rows))
            for scale in on
            if (rows := [each for each in taken if each.scale == scale])
        ],
        "hard": selectors.had_a_hard_time(member),
    }
    return render(request, "moods/scales/home.html", context)


@require_safe
@member_required
def due(request: PersonRequest) -> HttpResponse:
    """Give today's page its one quiet card: a fragment, empty when nothing is to be asked."""
    return HttpResponse(due_card(request))


def due_card(request: PersonRequest) -> str:
    """Return the card's markup, or an empty string."""
    if not selectors.is_due(request.user):
        return ""
    return render_to_string("moods/scales/_due.html", {}, request)


@require_POST
@member_required
def rhythm(request: PersonRequest) -> HttpResponse:
    """Switch being asked every two weeks on or off."""
    _wording(Scale.WHO5)
    services.rhythm_set(member=request.user, on=request.POST.get("on") == "1")
    return redirect("moods:scales")


@require_POST
@member_required
def put_off(request: PersonRequest) -> HttpResponse:
    """Put the present round off until the next; back to today's page."""
    services.round_pass(member=request.user)
    return redirect("moods:today")


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def start(request: PersonRequest, scale: str) -> HttpResponse:
    """Say what a scale asks and who sees it; a form's POST begins it."""
    wording = _wording(scale)
    member = request.user
    if request.method == "POST":
        sitting = services.sitting_start(member=member, wording=wording)
        number = selectors.first_gap(selectors.answers_of(member, sitting)) or 1
        return redirect("moods:scales_question", sitting.uuid, number)
    context = {
        "wording": wording,
        "half": selectors.open_sitting(member, scale),
        "hard": selectors.had_a_hard_time(member),
    }
    return render(request, "moods/scales/start.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def question(request: PersonRequest, uuid: UUID, number: int) -> HttpResponse:
    """Ask one question; a tap on an answer stores it and leads on."""
    sitting, wording = _sitting(request.user, uuid)
    if not 1 <= number <= len(wording.items):
        raise Http404
    if sitting.local_date not in (None, selectors.local_today(request.user)):
        return redirect("moods:scales_result", uuid)
    if request.method == "POST":
        return _answer(request, sitting, wording, number)
    return _ask(request, sitting, wording, number)


def _answer(request: PersonRequest, sitting: Sitting, wording: Wording, number: int) -> HttpResponse:
    """Store the answer first; only then decide which page comes next."""
    value = request.POST.get("value", "")
    try:
        sitting = services.answer_set(
            member=request.user, uuid=sitting.uuid, number=number, value=value, wording=wording
        )
    except ScaleError as problem:
        return _ask(request, sitting, wording, number, problem)
    if number == SHAPES[wording.scale].crisis and value != "0":
        return redirect("moods:scales_care", sitting.uuid)
    gap = selectors.first_gap(selectors.answers_of(request.user, sitting))
    if gap is None:
        return redirect("moods:scales_result", sitting.uuid)
    return redirect("moods:scales_question", sitting.uuid, number + 1 if number < len(wording.items) else gap)


def _ask(
    request: PersonRequest, sitting: Sitting, wording: Wording, number: int, problem: ScaleError | None = None
) -> HttpResponse:
    answers = selectors.answers_of(request.user, sitting)
    context = {
        "sitting": sitting,
        "wording": wording,
        "number": number,
        "count": len(wording.items),
        "item": wording.items[number - 1],
        "chosen": answers[number - 1],
        "before": number - 1,
        "problem": problem,
    }
    return render(request, "moods/scales/question.html", context, status=422 if problem else 200)


@require_safe
@member_required
def care(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Open the crisis card in the middle of a scale; the answer is stored by then."""
    sitting, _found = _sitting(request.user, uuid)
    gap = selectors.first_gap(selectors.answers_of(request.user, sitting))
    return render(request, "moods/scales/care.html", {"sitting": sitting, "gap": gap})


@require_safe
@member_required
def result(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Say in words how the two weeks were; a half-filled sitting leads to its next question."""
    member = request.user
    sitting, wording = _sitting(member, uuid)
    taken = selectors.taken_of(member, sitting)
    if taken is None:
        gap = selectors.first_gap(selectors.answers_of(member, sitting)) or 1
        return redirect("moods:scales_question", uuid, gap)
    today = taken.local_date == selectors.local_today(member)
    context = {
        "taken": taken,
        "wording": wording,
        "words": words.words_of(taken),
        "change": words.change_of(taken, _before(member, taken)),
        "more": today and _more(taken),
        "may_change": today,
    }
    return render(request, "moods/scales/result.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def delete(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Ask once more, then remove one sitting."""
    sitting, wording = _sitting(request.user, uuid)
    if request.method == "POST":
        services.sitting_delete(member=request.user, uuid=uuid)
        return redirect("moods:scales")
    return render(request, "moods/scales/delete.html", {"sitting": sitting, "wording": wording})


@require_safe
def crisis(request: HttpRequest, language: str = "") -> HttpResponse:
    """Show the numbers to call: for everybody, the same for everybody, and written down nowhere.

    The page is rendered without the request, so that it holds nothing of a person and a browser may
    keep it for when there is no network. The address with a language in it never changes.
    """
    with translation.override(language or translation.get_language()):
        response = HttpResponse(
            render_to_string("moods/crisis.html", {"language": translation.get_language()})
        )
    response["Cache-Control"] = "public, max-age=86400" if language else "private, no-cache"
    return response


def _wording(scale: str) -> Wording:
    found = wording_of(scale)
    if found is None:
        raise Http404
    return found


def _sitting(member: User, uuid: UUID) -> tuple[Sitting, Wording]:
    sitting = selectors.sitting_of(member, uuid)
    if sitting is None:
        raise Http404
    return sitting, _wording(sitting.scale)


def _before(member: User, taken: Taken) -> Taken | None:
    earlier = [
        each
        for each in selectors.scales_of(member, taken.scale)
        if each.finished_at < taken.finished_at and each.uuid != taken.uuid
    ]
    return earlier[-1] if earlier else None


def _more(taken: Taken) -> Scale | None:
    """Return the scale to offer next: the person's choice, never a step that happens by itself."""
    if not taken.low:
        return None
    follows = {Scale.WHO5: (Scale.PHQ2, Scale.PHQ9), Scale.PHQ2: (Scale.PHQ9,), Scale.PHQ9: ()}
    return next((scale for scale in follows[taken.scale] if wording_of(scale)), None)
