"""The page a member's day starts with."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

import inference
from accounts.choices import Purpose
from accounts.http import PersonRequest, member_required, person_required
from accounts.models import User
from accounts.selectors import has_grant
from moods import bundle_facts, selectors, services
from moods.choices import Mood
from moods.selectors import DayCell
from moods.views.shown import Shown, latest_with_point, shown

WEEK = 7


@require_safe
@member_required
def today(request: PersonRequest) -> HttpResponse:
    """Ask how one feels, show what was said today and the past week."""
    member = request.user
    day = timezone.localdate(timezone=member.zone)
    entries = [shown(entry) for entry in selectors.entries_on(member, day)]
    week = week_of(member, day)
    context = {
        "day": day,
        "entries": entries[::-1],
        "just": _just(request, entries),
        "week": week,
        "gap": next((cell.date for cell in reversed(week[:-1]) if not cell.count), None),
        "music_for": latest_with_point(member, entries),
        "reads_photos": has_grant(member, Purpose.EMOTION),
        "submission": uuid4(),
        "fine": Mood.SLIGHTLY_PLEASANT,
    }
    return render(request, "moods/today.html", context)


@require_POST
@member_required
def okay(request: PersonRequest) -> HttpResponse:
    """Store "a little good" at one tap; the page it leads to offers to take it back."""
    try:
        submission = UUID(request.POST.get("submission", ""))
    except ValueError:
        submission = uuid4()
    entry, _new = services.check_in_create(
        member=request.user, when=None, photo=None, mood=Mood.SLIGHTLY_PLEASANT, submission=submission
    )
    return redirect(f"{reverse('moods:today')}?just={entry.uuid}")


@require_safe
@person_required
def how_it_reads(request: PersonRequest) -> HttpResponse:
    """Say how a photo is read, how often that is right, and what is not done."""
    try:
        card: dict[str, Any] = selectors.active_model_card()
    except inference.InferenceError:
        card = {}
    facts = bundle_facts.card_facts(card)
    context = {
        "accuracy": None if facts.accuracy is None else round(100 * facts.accuracy),
        "facts": facts,
        "card": card,
        "version": services.active_version() if card else "",
    }
    return render(request, "moods/how_it_reads.html", context)


def week_of(member: User, day: date) -> list[DayCell]:
    """Return the seven days that end with ``day``: one query, two around the first of a month."""
    first = day - timedelta(days=WEEK - 1)
    months = dict.fromkeys(((first.year, first.month), (day.year, day.month)))
    cells = [cell for year, month in months for cell in selectors.month_of(member, year, month)]
    return [cell for cell in cells if first <= cell.date <= day]


def _just(request: PersonRequest, entries: list[Shown]) -> Shown | None:
    """Return the entry that one tap has just made, so that it can be taken back right there."""
    wanted = request.GET.get("just", "")
    return next((each for each in entries if str(each.check_in.uuid) == wanted), None)
