"""The page of patterns, and the list of days behind each of its lines."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import Final

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.http import PersonRequest, member_required
from moods.choices import mood_of
from moods.patterns import charts, selectors, words
from moods.patterns.report import WEEKDAYS, Comparison, Kind, Report, Thing, report_of, seed_of, split
from moods.patterns.units import PART_NAMES, Unit

#: Lines of one page of days.
PAGE: Final = 60
#: What still lacks entries is named up to so many; the rest is counted.
FEW_SHOWN: Final = 12


@dataclass(frozen=True)
class Line:
    """One comparison in the reader's words; ``guessed``: most of it rests on the machine's guesses."""

    verdict: str
    name: str
    headline: str
    share: str
    basis: str
    difference: str
    low: str
    high: str
    chance: str
    strip: charts.Strip
    guessed: bool
    days: str
    others: str
    count: int
    other_count: int


@require_safe
@member_required
def patterns(request: PersonRequest) -> HttpResponse:
    """Show what was together with better and harder days."""
    member = request.user
    report = report_of(selectors.rows_of(member), seed_of(member.pk))
    reach = charts.reach_of(one.numbers for one in (*report.found, *report.unclear))
    context = {
        "report": report,
        "guess_days": report.days - report.own_days,
        "found": [_line(one, reach) for one in report.found],
        "unclear": [_line(one, reach) for one in report.unclear],
        "few": [(words.headline(one), words.lacking(one), _address(one.thing)) for one in _nearest(report)],
        "few_more": max(0, len(report.few) - FEW_SHOWN),
        "compared": len(report.found) + len(report.unclear),
    }
    return render(request, "moods/patterns/patterns.html", context)


@require_safe
@member_required
def days(request: PersonRequest) -> HttpResponse:
    """List the days that one line of the page counts, with or without the thing."""
    thing = _thing(request.GET)
    rest = request.GET.get("rest") == "1"
    with_it, without = split(selectors.rows_of(request.user), thing)
    if not with_it:
        raise Http404
    units = without if rest else with_it
    page = Paginator(units[::-1], PAGE).get_page(request.GET.get("page"))
    context = {
        "name": words.name_of(thing),
        "kind": thing.kind.value,
        "rest": rest,
        "page": page,
        "rows": [_shown(unit) for unit in page],
        "count": len(units),
        "own": sum(1 for unit in units if unit.own),
        "guess": sum(1 for unit in units if not unit.own),
        "mean": words.steps(fmean(unit.valence for unit in units)) if units else "",
        "address": _address(thing, rest=rest),
        "other_address": _address(thing, rest=not rest),
    }
    return render(request, "moods/patterns/days.html", context)


def _line(one: Comparison, reach: float) -> Line:
    numbers = one.numbers
    return Line(
        verdict=one.verdict.value,
        name=words.name_of(one.thing),
        headline=words.headline(one),
        share=words.share(one),
        basis=words.basis(one),
        difference=words.steps(numbers.difference),
        low=words.steps(numbers.low),
        high=words.steps(numbers.high),
        chance=words.chance(one),
        strip=charts.strip(numbers, reach),
        guessed=one.guess > one.own,
        days=_address(one.thing),
        others=_address(one.thing, rest=True),
        count=numbers.count,
        other_count=numbers.others,
    )


def _nearest(report: Report) -> list[Comparison]:
    """Return what lacks least, first."""
    return sorted(report.few, key=lambda one: one.lacking or one.others_lacking)[:FEW_SHOWN]


def _shown(unit: Unit) -> tuple[Unit, str, str]:
    """Return a unit, its mood in words, and its valence in steps."""
    return unit, str(mood_of(unit.valence).label), words.steps(unit.valence)


def _thing(asked: QueryDict) -> Thing:
    """Read which comparison is meant; 404 for none that there is."""
    known = {Kind.WEEKDAY: WEEKDAYS, Kind.PART: PART_NAMES}
    try:
        thing = Thing(Kind(asked.get("kind", "")), asked.get("key", ""))
    except ValueError:
        raise Http404 from None
    if thing.kind in known and thing.key not in known[thing.kind]:
        raise Http404
    return thing


def _address(thing: Thing, *, rest: bool = False) -> str:
    query = QueryDict(mutable=True)
    query.update({"kind": thing.kind.value, "key": thing.key})
    if rest:
        query["rest"] = "1"
    return f"{reverse('moods:patterns_days')}?{query.urlencode()}"
