"""The diary at a distance: the word above the guess, local days, numbers that trace to rows, constant cost."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from statistics import fmean, stdev
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from moods import selectors as one_by_one
from moods.choices import Feeling, Mood, Status
from moods.insight import figures, periods, selectors, summary
from moods.models import CheckIn, PhotoReading
from moods.services import check_in_create
from tests.people import make_member

pytestmark = pytest.mark.django_db
PAGES = ("week", "year", "insight", "compare", "diary")
DAY = date(2026, 3, 4)


def write(member: User, day: date = DAY, at: time = time(8, 12), **words: Any) -> CheckIn:
    """Store an entry."""
    return CheckIn.objects.create(
        member=member, local_date=day, local_time=at, time_zone=member.time_zone, **words
    )


def guess(entry: CheckIn, emotion: str = "happy", valence: float | None = 0.5, **fields: Any) -> PhotoReading:
    """Give an entry a reading."""
    values: dict[str, Any] = {"status": Status.READ, "arousal": 0.1} | fields
    return PhotoReading.objects.create(check_in=entry, emotion=emotion, valence=valence, **values)


def today_of(member: User) -> date:
    """Return today at the member's place."""
    return timezone.localdate(timezone=member.zone)


def page(client: Client, address: str) -> str:
    """Open a page and return its text."""
    response = client.get(address)
    assert response.status_code == 200
    return str(response.content.decode())


# --- The person's word ---------------------------------------------------------------------------
def test_sql_and_python_agree_on_every_combination_of_word_and_guess(member: User) -> None:
    moods: list[int | None] = [None, *Mood.values]
    feelings = ["", *Feeling.values]
    guesses: list[Any] = [None, *product((Status.READ, Status.UNSURE, Status.QUEUED), ("sad", "happy"))]
    entries = []
    for n, (mood, feeling, read) in enumerate(product(moods, feelings, guesses)):
        entry = write(member, DAY + timedelta(days=n), mood=mood, feeling=feeling)
        if read is not None:
            guess(entry, read[1], -0.4, status=read[0])
        entries.append(entry)

    days = {day.date: day for day in selectors.days_of(member)}
    cells = {cell.date: cell for cell in selectors.cells_of(member, DAY, entries[-1].local_date)}
    for entry in one_by_one.check_ins_of(member):
        day, cell = days[entry.local_date], cells[entry.local_date]
        shown, point = one_by_one.shown_feeling(entry), one_by_one.mood_point(entry)
        counted = {
            (feeling.value, own)
            for feeling, said, guessed in zip(selectors.ORDER, day.said, day.guessed, strict=True)
            for own, count in ((True, said), (False, guessed))
            if count
        }
        assert counted == ({shown} if shown else set())
        assert (cell.feeling, cell.own) == (shown or (None, False))
        assert day.valence == pytest.approx(point.valence if point else None)
        assert cell.valence == pytest.approx(point.valence if point else None)


def test_a_guess_beside_a_word_moves_nothing(member: User) -> None:
    write(member, mood=3)
    guess(write(member, at=time(9)), "sad", -0.9)

    (day,) = selectors.days_of(member)
    (cell,) = selectors.cells_of(member, DAY, DAY)
    assert (day.valence, day.is_own, day.entries) == (1.0, True, 2)
    assert (cell.feeling, cell.own, cell.count, cell.valence) == ("happy", True, 2, 1.0)
    assert selectors.hours_of(member)[3, 8].valence == 1.0


def test_a_correction_takes_the_guess_out_of_the_shares_and_it_is_not_counted_as_met(member: User) -> None:
    entry = write(member)
    guess(entry, "angry", -0.6)
    before = summary.add_up(selectors.days_of(member))
    CheckIn.objects.filter(pk=entry.pk).update(feeling="neutral")
    after = summary.add_up(selectors.days_of(member))

    assert (before.own, before.guess, before.met) == (0, 1, [])
    assert (after.own, after.guess, after.met) == (1, 0, [Feeling.NEUTRAL])


def test_rows_agree_with_the_selectors_that_other_pages_use(member: User) -> None:
    for n in range(40):
        entry = write(member, DAY + timedelta(days=n // 2), time(n % 24), mood=(n % 7) - 3 if n % 3 else None)
        if not n % 2:
            guess(entry, "sad", -0.3)
    end = DAY + timedelta(days=30)

    mine = {day.date: day.valence for day in selectors.days_of(member) if day.valence is not None}
    theirs = one_by_one.day_points(member, DAY, end)[member.pk]
    assert mine == pytest.approx({day: point.valence for day, point in theirs.items()})
    assert selectors.cells_of(member, date(2026, 3, 1), date(2026, 3, 31)) == pytest.approx(
        one_by_one.month_of(member, 2026, 3)
    )


# --- Local days and hours ------------------------------------------------------------------------
def test_ten_past_midnight_in_seoul_belongs_to_that_day_and_hour(member: User) -> None:
    moment = datetime(2026, 3, 3, 15, 10, tzinfo=UTC)  # 00:10 on 4 March in Seoul

    check_in_create(member=member, when=moment, photo=None, mood=2)

    assert [day.date for day in selectors.days_of(member)] == [date(2026, 3, 4)]
    assert list(selectors.hours_of(member)) == [(3, 0)]  # a Wednesday, at midnight


def test_a_travellers_entries_stand_on_the_days_and_hours_that_were_lived(member: User) -> None:
    check_in_create(member=member, when=datetime(2026, 3, 4, 23, 30, tzinfo=UTC), photo=None, mood=1)
    member.time_zone = "Pacific/Honolulu"
    member.save()
    check_in_create(member=member, when=datetime(2026, 3, 5, 6, 30, tzinfo=UTC), photo=None, mood=-1)

    found = {day.date: day.valence for day in selectors.days_of(member)}
    assert found == pytest.approx({date(2026, 3, 5): 1 / 3, date(2026, 3, 4): -1 / 3})
    assert set(selectors.hours_of(member)) == {(4, 8), (3, 20)}


def test_the_hour_that_the_clock_skips_or_repeats_loses_no_entry() -> None:
    berliner = make_member("berlin@example.org", time_zone="Europe/Berlin")
    for minute in (30, 90, 150):  # 02:30 summer time, 02:30 winter time, 03:30
        moment = datetime(2025, 10, 26, 0, tzinfo=UTC) + timedelta(minutes=minute)
        check_in_create(member=berliner, when=moment, photo=None, mood=1)
    for minute in (30, 90):  # 01:30, then 03:30: two o'clock did not happen
        moment = datetime(2026, 3, 29, 0, tzinfo=UTC) + timedelta(minutes=minute)
        check_in_create(member=berliner, when=moment, photo=None, mood=1)

    assert {at: tally.own for at, tally in selectors.hours_of(berliner).items()} == {
        (0, 1): 1,
        (0, 2): 2,
        (0, 3): 2,
    }


def test_an_entry_dated_tomorrow_by_travel_is_shown_and_opens(as_member: Client, member: User) -> None:
    tomorrow = today_of(member) + timedelta(days=1)
    write(member, tomorrow, mood=2)

    assert reverse("moods:day", args=[tomorrow]) in page(
        as_member, reverse("moods:year", args=[tomorrow.year])
    )
    assert page(as_member, reverse("moods:day", args=[tomorrow]))
    assert page(as_member, reverse("moods:insight"))


# --- Arithmetic ----------------------------------------------------------------------------------
def test_the_running_mean_and_band_are_those_of_the_last_seven_days(member: User) -> None:
    steps = (3, -1, None, 2, 0, -3, 1, 1, None, None, None, None, 2, -2)
    for n, step in enumerate(steps):
        if step is not None:
            write(member, DAY + timedelta(days=n), mood=step)
    end = DAY + timedelta(days=len(steps) - 1)

    found = {at.date: at for at in summary.smooth(selectors.days_of(member), DAY, end)}
    for n in range(len(steps)):
        near = [step / 3 for step in steps[max(0, n - 6) : n + 1] if step is not None]
        at = found.get(DAY + timedelta(days=n))
        if len(near) < summary.LEAST:
            assert at is None
            continue
        assert at is not None
        assert at.days == len(near)
        assert at.mean == pytest.approx(fmean(near))
        assert at.low == pytest.approx(max(-1, fmean(near) - stdev(near)))
        assert at.high == pytest.approx(min(1, fmean(near) + stdev(near)))


def test_the_mean_of_the_first_days_looks_back_beyond_the_chart(member: User) -> None:
    for n in range(6):
        write(member, DAY + timedelta(days=n), mood=n - 3)

    found = summary.smooth(selectors.days_of(member), DAY + timedelta(days=5), DAY + timedelta(days=5))

    assert [at.days for at in found] == [6]


@pytest.mark.parametrize(
    ("back", "expected"),
    [
        ([], (0, 0)),
        ([0], (1, 1)),
        ([1, 2, 3], (3, 3)),  # today is not over
        ([2, 3, 4], (0, 3)),
        ([0, 1, 5, 6, 7, 8], (2, 4)),
        ([0, 0, 1], (2, 2)),
    ],
)
def test_a_run_of_days_lives_until_tomorrow_is_over(back: list[int], expected: tuple[int, int]) -> None:
    found = summary.runs([DAY - timedelta(days=n) for n in back], DAY)

    assert (found.current, found.longest) == expected


def test_a_tie_names_no_most_frequent_feeling(member: User) -> None:
    write(member, feeling="sad")
    write(member, feeling="happy")

    assert summary.add_up(selectors.days_of(member)).most is None


def test_a_gap_of_weeks_stays_a_gap_in_the_river(member: User) -> None:
    for n in (0, 7, 28, 35):
        write(member, DAY + timedelta(days=n), feeling="sad")
    days = selectors.days_of(member)
    stretch = figures.Stretch(DAY, DAY + timedelta(days=41))

    (layer,) = figures.river(stretch, summary.shares(days, summary.week_start)).layers

    assert layer.path.count("Z") == 2


# --- Numbers on the pages ------------------------------------------------------------------------
def cells_in(table: str) -> list[list[str]]:
    """Return a table's rows as texts."""
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.S)
    return [
        [
            re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", cell)).strip()
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
        ]
        for row in rows
    ]


def tables_of(text: str) -> list[list[list[str]]]:
    """Return every table of a page."""
    return [cells_in(table) for table in re.findall(r"<table.*?</table>", text, re.S)]


@pytest.fixture
def quarter(member: User) -> list[CheckIn]:
    """Write sixty days of every kind, the last one yesterday."""
    today, kinds = today_of(member), [*Feeling.values, ""]
    made = []
    for n in range(60):
        if n % 5 == 4:
            continue
        entry = write(
            member,
            today - timedelta(days=60 - n),
            time(n % 24),
            mood=(n % 7) - 3 if n % 4 else None,
            feeling=kinds[n % 7] if n % 3 == 0 else "",
        )
        if n % 2 == 0:
            guess(entry, Feeling.values[n % 6], 0.1)
        made.append(entry)
    return made


def shown_counts(member: User) -> Counter[tuple[str, bool]]:
    """Count what each stored row shows, one by one."""
    return Counter(
        shown for entry in one_by_one.check_ins_of(member) if (shown := one_by_one.shown_feeling(entry))
    )


def test_every_number_of_the_shares_and_the_river_traces_to_rows(
    as_member: Client, member: User, quarter: list[CheckIn]
) -> None:
    tables = tables_of(page(as_member, reverse("moods:insight") + "?days=90"))
    _line, river, shares, _hours = tables
    counts = shown_counts(member)

    for row, feeling in zip(shares[1:-1], selectors.ORDER, strict=True):
        assert row[1:] == [str(counts[feeling.value, True]), str(counts[feeling.value, False])]
    assert shares[-1][1:] == [
        str(sum(n for (_f, own), n in counts.items() if own)),
        str(sum(n for (_f, own), n in counts.items() if not own)),
    ]
    for at, feeling in enumerate(selectors.ORDER, start=1):
        pairs = [[int(part) for part in row[at].split(" + ")] for row in river[1:] if row[at]]
        assert sum(pair[0] for pair in pairs) == counts[feeling.value, True]
        assert sum(sum(pair[1:]) for pair in pairs) == counts[feeling.value, False]


def test_every_number_of_the_hours_traces_to_rows(
    as_member: Client, member: User, quarter: list[CheckIn]
) -> None:
    hours = tables_of(page(as_member, reverse("moods:insight") + "?days=90"))[3]
    found: dict[tuple[int, int], list[tuple[float, bool]]] = {}
    for entry in one_by_one.check_ins_of(member):
        if (point := one_by_one.mood_point(entry)) is not None:
            said = one_by_one.own_point(entry.mood, entry.feeling) is not None
            key = ((entry.local_date.weekday() + 1) % 7, entry.local_time.hour)
            found.setdefault(key, []).append((point.valence, said))
    on_page = {}
    for row in hours[1:]:
        hour = int(row[0].removesuffix("시"))
        for weekday, cell in enumerate(row[1:]):
            if cell:
                on_page[weekday, hour] = cell
    assert on_page.keys() == found.keys()
    for key, cell in on_page.items():
        own = [valence for valence, said in found[key] if said]
        values = own or [valence for valence, _said in found[key]]
        number, count = re.fullmatch(r"([−+\d.]+)\??\s*\((\d+)\)", cell).groups()  # type: ignore[union-attr]
        assert float(number.replace("−", "-")) == pytest.approx(3 * fmean(values), abs=0.051)
        assert (int(count), "?" in cell) == (len(values), not own)


def test_every_number_of_the_line_traces_to_rows(as_member: Client, member: User) -> None:
    today = today_of(member)
    for n in range(20):
        write(member, today - timedelta(days=n), mood=(n * 5) % 7 - 3)

    line = tables_of(page(as_member, reverse("moods:insight") + "?days=30"))[0]

    assert len(line) == 21
    for n, row in enumerate(reversed(line[1:])):
        assert row[1] == f"{Mood((n * 5) % 7 - 3).label} {_number((n * 5) % 7 - 3)}"
        near = [(k * 5) % 7 - 3 for k in range(n, min(n + 7, 20))]
        if len(near) >= 3:
            assert row[2].startswith(_number(fmean(near)))


def _number(value: float) -> str:
    value = round(value, 1) + 0.0
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{abs(value):.1f}"


def test_the_year_and_the_month_show_the_same_word_for_each_day(
    as_member: Client, member: User, quarter: list[CheckIn]
) -> None:
    for entry in quarter:
        day, shown = entry.local_date, one_by_one.shown_feeling(one_by_one.entry_for(member, entry.uuid))  # type: ignore[arg-type]
        if shown is None:
            continue
        text = page(as_member, reverse("moods:year", args=[day.year]))
        cell = re.search(rf'<a class="px ([a-z ]+)"[^>]*href="/diary/{day}/"', text)
        assert cell
        assert cell[1] == shown[0] + ("" if shown[1] else " g")
        break


def test_two_months_are_counted_apart(as_member: Client, member: User) -> None:
    for day, step in ((date(2026, 1, 5), 3), (date(2026, 1, 6), 1), (date(2026, 2, 1), -3)):
        write(member, day, mood=step)

    text = page(as_member, reverse("moods:compare") + "?a=2026-01&b=2026-02")

    rows = {row[0]: row[1:] for row in tables_of(text)[-1]}
    assert rows["남긴 날"] == ["2", "1"]
    assert rows["하루 기분의 평균"] == ["좋아요 +2.0", "아주 힘들어요 −3.0"]
    assert rows["기쁨"] == ["2", "0"]
    assert rows["슬픔"] == ["0", "1"]


# --- Pages ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", PAGES)
def test_an_empty_diary_teaches_and_has_one_heading(as_member: Client, name: str) -> None:
    text = page(as_member, reverse(f"moods:{name}"))

    assert text.count("<h1") == 1
    assert "NaN" not in text


@pytest.mark.parametrize("days", ["30", "90", "365", "all", "", "-1", "all'; drop", "9" * 40])
def test_any_period_opens(as_member: Client, member: User, days: str) -> None:
    write(member, today_of(member), mood=1)

    response = as_member.get(reverse("moods:insight"), {"days": days})

    assert response.status_code == 200
    assert response.context["period"].key == (
        days if days in {key for key, _days, _name in periods.CHOICES} else "90"
    )


@pytest.mark.parametrize("lone", [{"mood": 2}, {"feeling": "angry"}, {"note": "비가 왔다."}])
def test_one_lone_entry_draws_without_a_mean(as_member: Client, member: User, lone: dict[str, Any]) -> None:
    write(member, today_of(member), **lone)

    for period in ("30", "all"):
        text = page(as_member, reverse("moods:insight") + f"?days={period}")
        assert 'class="through"' not in text
        assert 'class="band"' not in text


@pytest.mark.parametrize(
    "address",
    [
        "/diary/week/0001-01-01/", "/diary/week/9999-12-31/", "/diary/week/1900-01-01/", "/diary/year/9999/",
        "/diary/year/0/", "/diary/year/1899/", "/diary/9999-12-31/", "/diary/1899-12-31/",
    ],
)  # fmt: skip
def test_a_time_that_cannot_be_is_not_found(as_member: Client, address: str) -> None:
    assert as_member.get(address).status_code == 404


@pytest.mark.parametrize("asked", ["2026-13", "0000-01", "9999-01", "x", "2026-1", "", "2026-01-01"])
def test_a_month_that_cannot_be_is_replaced_by_a_usual_one(
    as_member: Client, member: User, asked: str
) -> None:
    context = as_member.get(reverse("moods:compare"), {"a": asked, "b": asked}).context

    assert context["right"] == today_of(member).replace(day=1)


@pytest.mark.parametrize("name", PAGES)
def test_nobody_sees_another_ones_diary(
    as_outsider: Client, as_officer: Client, client: Client, member: User, name: str
) -> None:
    write(member, today_of(member), mood=-3, note="나만 볼 것")

    assert "나만 볼 것" not in page(as_outsider, reverse(f"moods:{name}"))
    assert "px sad" not in page(as_outsider, reverse("moods:year")).split('id="after-pixels"')[0]
    assert as_officer.get(reverse(f"moods:{name}")).status_code == 403
    assert client.get(reverse(f"moods:{name}")).status_code == 302


def test_streaks_are_off_until_wanted_and_can_be_turned_off(as_member: Client, member: User) -> None:
    write(member, today_of(member), mood=1)
    assert "이어 쓰고 계세요" not in page(as_member, reverse("moods:insight"))

    for _twice in range(2):
        moved = as_member.post(reverse("moods:insight_streaks"), {"shown": "1", "days": "30"})
    assert moved["Location"].endswith("?days=30#h-met")
    assert "<strong>1일째</strong>" in page(as_member, reverse("moods:insight"))

    as_member.post(reverse("moods:insight_streaks"), {"shown": "0"})
    assert "이어 쓰고 계세요" not in page(as_member, reverse("moods:insight"))
    assert as_member.get(reverse("moods:insight_streaks")).status_code == 405


def test_unique_feelings_count_only_what_the_person_said(as_member: Client, member: User) -> None:
    today = today_of(member)
    write(member, today, feeling="sad")
    write(member, today, mood=2)
    guess(write(member, today), "angry", -0.5)

    assert "서로 다른 마음 <strong>2가지</strong>" in page(as_member, reverse("moods:insight"))


# --- Cost ----------------------------------------------------------------------------------------
ADDRESSES = (
    ("week", ""), ("year", ""), ("insight", "?days=30"), ("insight", "?days=all"), ("compare", ""), ("diary", ""),
)  # fmt: skip


@pytest.mark.parametrize(("name", "query"), ADDRESSES)
def test_years_of_entries_cost_as_many_queries_as_one(
    as_member: Client, member: User, name: str, query: str
) -> None:
    member.shows_streaks = True
    member.save()
    today, address = today_of(member), reverse(f"moods:{name}") + query
    guess(write(member, today))
    as_member.get(address)  # what is remembered between pages is remembered by now

    with CaptureQueriesContext(
        connection,
    ) as few:
        page(as_member, address)
    entries = CheckIn.objects.bulk_create(
        CheckIn(
            member=member, local_date=today - timedelta(days=n // 2), local_time=time(n % 24), time_zone="Asia/Seoul",
            mood=n % 7 - 3 if n % 3 else None,
        )
        for n in range(1500)
    )  # fmt: skip
    PhotoReading.objects.bulk_create(
        PhotoReading(check_in=entry, status=Status.READ, emotion="sad", valence=-0.2, arousal=0.1)
        for entry in entries[::2]
    )
    with CaptureQueriesContext(connection) as many:
        page(as_member, address)

    asked = [query["sql"] for query in many if "moods_" in query["sql"]]
    assert len(many) == len(few)
    assert len(asked) <= 5
