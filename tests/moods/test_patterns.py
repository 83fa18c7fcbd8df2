"""The page of patterns: each number back to its rows, kind when there is little, the member's alone."""

from __future__ import annotations

import html
import math
import random
import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from statistics import fmean
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from moods import selectors
from moods.choices import Feeling, Mood, Status
from moods.models import CheckIn, PhotoReading
from moods.patterns import charts
from moods.patterns import selectors as pattern_selectors
from moods.patterns.report import Kind, Thing, report_of, seed_of, split
from moods.patterns.statistics import Contrast
from moods.patterns.units import PARTS, Row, days_of, parts_of
from moods.patterns.views import Line
from tests.conftest import logged_in
from tests.moods.photos import check_in
from tests.people import make_member

FIRST = date(2025, 3, 3)


def page_of(client: Client, address: str = "") -> Any:
    """Open the page, or one of its links."""
    response = client.get(address or reverse("moods:patterns"))
    assert response.status_code == 200
    return response


def write_diary(member: User, days: int = 120, seed: int = 3) -> None:
    """Write a diary in which days with 나들이 are better; a third of it is only read from photos."""
    rng = random.Random(seed)
    entries, readings = [], []
    for number in range(days):
        if rng.random() < 0.1:
            continue
        out = rng.random() < 0.3
        for hour in sorted(rng.sample(range(6, 24), rng.choice((1, 2)))):
            valence = max(-1.0, min(1.0, (0.45 if out else -0.1) + rng.gauss(0, 0.3)))
            own = rng.random() < 0.67
            entry = CheckIn(
                member=member,
                local_date=FIRST + timedelta(days=number),
                local_time=time(hour, rng.randrange(60)),
                time_zone="Asia/Seoul",
                mood=round(3 * valence) if own and rng.random() < 0.9 else None,
                feeling=rng.choice(Feeling.values) if own and rng.random() < 0.1 else "",
                tags=[*(["나들이"] if out else []), *(["<b>무릎</b>"] if rng.random() < 0.02 else [])],
            )
            entries.append(entry)
            if not own:
                status = Status.READ if rng.random() < 0.9 else Status.UNSURE
                readings.append(
                    PhotoReading(check_in=entry, status=status, emotion="happy", valence=valence, arousal=0.1)
                )
    CheckIn.objects.bulk_create(entries)
    PhotoReading.objects.bulk_create(readings)


def valence_by(member: User, thing_of_part: int | None = None) -> dict[date, tuple[float, bool, set[str]]]:
    """Work out each day from its stored rows alone, entry by entry (or one part of each day)."""
    found: dict[date, list[CheckIn]] = {}
    for entry in CheckIn.objects.filter(member=member).select_related("reading"):
        inside = (
            thing_of_part is None
            or PARTS[thing_of_part][1] <= entry.local_time.hour < PARTS[thing_of_part][2]
        )
        if inside:
            found.setdefault(entry.local_date, []).append(entry)
    days = {}
    for day, entries in found.items():
        points = [
            (point.valence, entry.mood is not None or bool(entry.feeling))
            for entry in entries
            if (point := selectors.mood_point(entry)) is not None
        ]
        own = [valence for valence, is_own in points if is_own]
        if points:
            tags = {tag for entry in entries for tag in entry.tags}
            days[day] = (fmean(own or [valence for valence, _own in points]), bool(own), tags)
    return days


def sides_of(
    member: User, query: dict[str, list[str]]
) -> tuple[list[tuple[float, bool]], list[tuple[float, bool]]]:
    """Return (valence, own) of what a line counts and of what it is compared to, from the rows."""
    [kind], [key] = query["kind"], query["key"]
    if kind == "part":
        sides: dict[bool, list[tuple[float, bool]]] = {True: [], False: []}
        for at, (name, _first, _end) in enumerate(PARTS):
            sides[name == key] += [(valence, own) for valence, own, _ in valence_by(member, at).values()]
        return sides[True], sides[False]
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    with_it: list[tuple[float, bool]] = []
    without: list[tuple[float, bool]] = []
    for day, (valence, own, tags) in valence_by(member).items():
        there = key in tags if kind == "tag" else names[day.weekday()] == key
        (with_it if there else without).append((valence, own))
    return with_it, without


def in_steps(valence: float) -> float:
    """Return what a page writes: steps of the scale, one digit."""
    return round(3 * valence, 1)


def number(said: str) -> float:
    """Read a number as the page writes it."""
    return float(said.replace("−", "-"))


def lines_of(response: Any) -> list[Line]:
    """Return every comparison a page shows."""
    lines: list[Line] = [*response.context["found"], *response.context["unclear"]]
    return lines


def test_every_number_of_the_page_comes_from_its_rows(member: User, as_member: Client) -> None:
    write_diary(member)
    response = page_of(as_member)
    lines = lines_of(response)
    assert {parse_qs(urlsplit(line.days).query)["kind"][0] for line in lines} == {"tag", "weekday", "part"}
    text = html.unescape(response.content.decode())
    for line in lines:
        with_it, without = sides_of(member, parse_qs(urlsplit(line.days).query))
        assert (line.count, line.other_count) == (len(with_it), len(without))
        mean, others = (fmean(valence for valence, _own in side) for side in (with_it, without))
        assert number(line.difference) == pytest.approx(in_steps(mean - others), abs=0.051)
        counts = [
            sum(1 for _v, is_own in side if is_own is own)
            for side in (with_it, without)
            for own in (True, False)
        ]
        assert [int(said) for said in re.findall(r"\d+", line.basis)] == counts
        if line.verdict != "unclear":
            beyond = sum(1 for v, _own in with_it if (v > others if mean > others else v < others))
            assert [int(said) for said in re.findall(r"\d+", line.share)] == [len(with_it), beyond]
            assert line.share in text
        assert line.basis in text
    days = valence_by(member)
    assert response.context["report"].days == len(days)
    assert f"직접 적으신 날 {sum(own for _v, own, _t in days.values())}일" in text


def test_interval_and_chance_on_the_page_are_those_of_the_rows(member: User, as_member: Client) -> None:
    write_diary(member)
    report = report_of(pattern_selectors.rows_of(member), seed_of(member.pk))
    lines = {line.days: line for line in lines_of(page_of(as_member))}
    for one in (*report.found, *report.unclear):
        address = next(line for line in lines.values() if line.headline and _same(line, one.thing))
        assert number(address.low) == in_steps(one.numbers.low)
        assert number(address.high) == in_steps(one.numbers.high)
        assert one.judged is not None
        said = float(re.findall(r"[\d.]+", address.chance)[0])
        assert said == pytest.approx(100 * one.judged.chance, abs=0.06)


def _same(line: Line, thing: Thing) -> bool:
    query = parse_qs(urlsplit(line.days).query)
    return (query["kind"], query["key"]) == ([thing.kind.value], [thing.key])


def test_each_line_leads_to_all_of_its_days_and_those_it_is_compared_to(
    member: User, as_member: Client
) -> None:
    write_diary(member)
    for line in lines_of(page_of(as_member)):
        sides = sides_of(member, parse_qs(urlsplit(line.days).query))
        for address, expected in zip((line.days, line.others), sides, strict=True):
            listed = _listed(as_member, address)
            assert sorted(listed) == sorted((in_steps(v), own) for v, own in expected)


def _listed(client: Client, address: str) -> list[tuple[float, bool]]:
    """Read the table of days, page by page, as a person sees it."""
    rows, at = [], 1
    while True:
        response = page_of(client, f"{address}&page={at}")
        table = response.content.decode().split("<tbody>")[1].split("</tbody>")[0]
        for row in table.split("<tr>")[1:]:
            _day, _word, steps, whose = row.split("<td>")[1:]
            rows.append((number(steps.split("<")[0]), "직접 적음" in whose))
        if not response.context["page"].has_next():
            return rows
        at += 1


def test_better_days_are_found_and_said_without_a_because(member: User, as_member: Client) -> None:
    write_diary(member)
    response = page_of(as_member)
    text = html.unescape(response.content.decode())
    assert "‘나들이’ 꼬리표를 단 날에는 기분이 더 좋은 편이었어요." in text
    assert "그것 때문이라는 뜻은 아니에요." in text
    for causal in ("덕분", "때문에 기분이 좋", "영향", "효과", "만들어"):
        assert causal not in text
    assert text.count("때문") == text.count("때문이라는 뜻은 아니에요") + text.count(
        "때문에 기분이 달라졌다는 뜻은 아니에요"
    )


def test_page_is_the_same_each_time(member: User, as_member: Client) -> None:
    write_diary(member)
    assert lines_of(page_of(as_member)) == lines_of(page_of(as_member))


def test_own_word_outranks_the_reading_and_unsure_readings_do_not_count(member: User) -> None:
    rows = [
        Row(FIRST, 9, -1.0, own=False, tags=("잠",)),
        Row(FIRST, 20, 1 / 3, own=True, tags=("약",)),
        Row(FIRST, 21, 1.0, own=True, tags=()),
        Row(FIRST + timedelta(days=1), 9, -0.5, own=False, tags=()),
        Row(FIRST + timedelta(days=2), 9, None, own=False, tags=("잠",)),
    ]
    first, second = days_of(rows)
    assert first.valence == pytest.approx(2 / 3)
    assert first.own
    assert first.tags == {"잠", "약"}
    assert (second.valence, second.own) == (-0.5, False)
    assert [(unit.part, unit.own) for unit in parts_of(rows)] == [
        (1, False),
        (3, True),
        (4, True),
        (1, False),
    ]
    entry = check_in(member, mood=2, when=datetime(2026, 1, 5, 9))
    PhotoReading.objects.create(check_in=entry, status=Status.READ, emotion="sad", valence=-0.7, arousal=0.0)
    silent = check_in(member, note="적기만 했어요.", when=datetime(2026, 1, 6, 9))
    PhotoReading.objects.create(
        check_in=silent, status=Status.UNSURE, emotion="sad", valence=-0.7, arousal=0.0
    )
    said = {row.day: (row.valence, row.own) for row in pattern_selectors.rows_of(member)}
    assert said == {date(2026, 1, 5): (pytest.approx(2 / 3), True), date(2026, 1, 6): (None, False)}


@pytest.mark.parametrize("zone", ["Asia/Seoul", "America/New_York"])
def test_part_and_weekday_are_those_of_the_persons_own_clock(db: None, zone: str) -> None:
    member = make_member("traveller@example.org", time_zone=zone)
    check_in(member, mood=1, when=datetime(2026, 1, 5, 0, 10))  # ten past midnight, a Monday there
    [row] = pattern_selectors.rows_of(member)
    assert (row.day, row.hour, row.day.weekday()) == (date(2026, 1, 5), 0, 0)
    assert parts_of([row])[0].part == 0


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 23), st.sampled_from(Mood.values))))
def test_every_unit_is_on_one_side_of_every_comparison(said: list[tuple[int, int, int]]) -> None:
    rows = [
        Row(FIRST + timedelta(days=day), hour, mood / 3, True, ("잠",) * (mood > 0))
        for day, hour, mood in said
    ]
    for thing in (Thing(Kind.TAG, "잠"), Thing(Kind.WEEKDAY, "sat"), Thing(Kind.PART, "night")):
        with_it, without = split(rows, thing)
        units = parts_of(rows) if thing.kind == Kind.PART else days_of(rows)
        assert len(with_it) + len(without) == len(units)
        assert all(thing.on(unit) for unit in with_it)
    parts = {(row.day, next(at for at, (_n, a, b) in enumerate(PARTS) if a <= row.hour < b)) for row in rows}
    assert [(unit.day, unit.part) for unit in parts_of(rows)] == sorted(parts)


def test_few_entries_say_how_many_more_it_takes(member: User, as_member: Client) -> None:
    text = page_of(as_member).content.decode()
    assert "아직 기분을 남기신 날이 없어요." in text
    assert "<strong>28일</strong> 더 모이면" in text
    for day in range(1, 6):
        check_in(member, mood=1, when=datetime(2026, 1, day, 9))
    check_in(member, note="기분은 적지 않은 날", when=datetime(2026, 1, 9, 9))
    response = page_of(as_member)
    assert "<strong>5일</strong>" in response.content.decode()
    assert "<strong>23일</strong> 더 모이면" in response.content.decode()
    assert not lines_of(response)


def test_a_rare_tag_says_how_many_days_are_missing_and_cannot_write_html(
    member: User, as_member: Client
) -> None:
    write_diary(member)
    days = sum("<b>무릎</b>" in tags for _v, _own, tags in valence_by(member).values())
    assert 0 < days < 10
    text = page_of(as_member).content.decode()
    assert f"{days}일 남기셨어요. {10 - days}일 더 모이면" in text
    assert "<b>무릎" not in text
    assert "&lt;b&gt;무릎" in text


def test_a_tag_on_every_day_asks_for_days_without_it(member: User, as_member: Client) -> None:
    for day in range(30):
        CheckIn.objects.create(
            member=member, local_date=FIRST + timedelta(days=day), local_time=time(9), time_zone="Asia/Seoul",
            mood=day % 3, tags=["약"],
        )  # fmt: skip
    assert "그렇지 않은 날이 10일 더" in page_of(as_member).content.decode()


def test_queries_are_as_many_for_a_long_diary_as_for_a_short_one(member: User, as_member: Client) -> None:
    page_of(as_member)
    with CaptureQueriesContext(connection) as empty:
        page_of(as_member)
    write_diary(member, days=200)
    with CaptureQueriesContext(connection) as full:
        response = page_of(as_member)
    assert len(full) == len(empty) < 20
    with CaptureQueriesContext(connection) as listed:
        page_of(as_member, lines_of(response)[0].days)
    assert len(listed) == len(full)


def test_nobody_sees_another_members_patterns(member: User, as_outsider: Client, as_officer: Client) -> None:
    write_diary(member)
    address = reverse("moods:patterns_days")
    assert "나들이" not in page_of(as_outsider).content.decode()
    assert as_outsider.get(address, {"kind": "tag", "key": "나들이"}).status_code == 404
    for path in (reverse("moods:patterns"), address):
        assert as_officer.get(path).status_code == 403
        assert Client().get(path).status_code == 302


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"kind": "tag"},
        {"kind": "tag", "key": "없는 꼬리표\x00"},
        {"kind": "weekday", "key": "8"},
        {"kind": "part", "key": "teatime"},
        {"kind": "everything", "key": "나들이"},
    ],
)
def test_unknown_comparisons_are_not_found(member: User, as_member: Client, query: dict[str, str]) -> None:
    write_diary(member, days=40)
    assert as_member.get(reverse("moods:patterns_days"), query).status_code == 404


def test_a_page_that_is_no_number_shows_the_first(member: User, as_member: Client) -> None:
    write_diary(member, days=40)
    query = {"kind": "tag", "key": "나들이", "page": "💥"}
    response = as_member.get(reverse("moods:patterns_days"), query)
    assert response.context["page"].number == 1


def test_changing_an_entry_changes_the_page(member: User) -> None:
    client = logged_in(member)
    write_diary(member)
    line = next(line for line in lines_of(page_of(client)) if line.name == "나들이")
    day = split(pattern_selectors.rows_of(member), Thing(Kind.TAG, "나들이"))[0][0].day
    CheckIn.objects.filter(member=member, local_date=day).delete()
    after = next(line for line in lines_of(page_of(client)) if line.name == "나들이")
    assert after.count == line.count - 1


def contrast(difference: float, low: float, high: float) -> Contrast:
    """Make a contrast of which only the drawing matters."""
    return Contrast(10, 10, difference, 0.0, difference, low, high)


@given(st.lists(st.floats(-2, 2), min_size=3, max_size=3), st.booleans())
def test_strip_stays_on_the_paper_and_in_order(ends: list[float], endless: bool) -> None:
    low, dot, high = sorted(ends)
    one = contrast(dot, -math.inf if endless else low, math.inf if endless else high)
    reach = charts.reach_of([one])
    drawn = charts.strip(one, reach)
    left, right = _ends(drawn.interval)
    assert 4 <= left <= float(drawn.dot[1:].split()[0]) <= right <= 96
    assert charts.LEAST <= reach <= charts.MOST


def _ends(path: str) -> Sequence[float]:
    return [float(found) for found in re.findall(r"[MH](-?[\d.]+)", path)]
