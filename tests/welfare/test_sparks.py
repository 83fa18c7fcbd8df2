"""Lines skip missing days, keep guesses apart from words, and stay inside their frame."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moods.selectors import DayPoint
from welfare.sparks import CHART, SPARK, Day, Frame, draw, timeline
from welfare.trends import Change, change_of, change_words, line_words, tally

END = date(2026, 11, 21)
LETTERS = {"o": True, "g": False}


def line(pattern: str, valence: float = 0.5) -> tuple[Day, ...]:
    """Return days of a pattern: o own word, g guess, . nothing."""
    start = END - timedelta(days=len(pattern) - 1)
    return tuple(
        Day(start + timedelta(days=at), None if sign == "." else valence, LETTERS.get(sign, False))
        for at, sign in enumerate(pattern)
    )


def test_line_is_broken_at_every_missing_day() -> None:
    drawing = draw(line("oo.og..o"))
    assert drawing.line.count("M") == 3
    assert drawing.line.count("L") == 2
    assert (len(drawing.own), len(drawing.guesses)) == (4, 1)


def test_silent_end_is_marked_from_two_days_on() -> None:
    assert draw(line("ooo.")).silence is None
    tail = draw(line("oo..")).silence
    assert tail == (SPARK.x(2, 4), SPARK.x(3, 4))
    assert draw(line("....")).silence == (SPARK.x(0, 4), SPARK.x(3, 4))


def test_timeline_has_every_day_and_invents_none() -> None:
    points = {END: DayPoint(0.2, 0.0, True), END - timedelta(days=20): DayPoint(1.0, 0.0, True)}
    days = timeline(points, END, 14)
    assert [day.date for day in days] == [END - timedelta(days=back) for back in range(13, -1, -1)]
    assert [day.valence for day in days] == [None] * 13 + [0.2]


def test_pleasant_is_up() -> None:
    low, middle, high = (SPARK.y(valence) for valence in (-1.0, 0.0, 1.0))
    assert low > middle > high
    assert middle == SPARK.height / 2


@given(
    st.lists(st.one_of(st.none(), st.floats(-2, 2)), min_size=1, max_size=80),
    st.sampled_from([SPARK, CHART]),
)
def test_every_dot_stays_inside_the_frame(values: list[float | None], frame: Frame) -> None:
    days = [Day(END - timedelta(days=at), value, bool(at % 2)) for at, value in enumerate(values)]
    drawing = draw(days, frame)
    dots = drawing.own + drawing.guesses
    assert len(dots) == sum(value is not None for value in values)
    assert all(0 < dot.x < frame.width and 0 < dot.y < frame.height for dot in dots)
    assert drawing.line.count("M") + drawing.line.count("L") == len(dots)


def test_change_compares_own_words_with_own_words() -> None:
    week = [Day(END, 0.5, True), Day(END, -1.0, False)] + [Day(END, None, False)] * 5
    before = [Day(END, 0.9, True)] + [Day(END, 1.0, False)] * 6
    change = change_of([*before, *week])
    assert change is not None
    assert change.own
    assert change.by == pytest.approx(-0.4)


def test_change_from_guesses_is_never_called_the_persons_own() -> None:
    change = change_of([*line("ooooooo", 0.6), *line("ggggggg", -0.6)])
    assert change is not None
    assert not change.own
    assert change.by == pytest.approx(-1.2)
    assert change_words(change) == "앞 이레보다 낮아 보여요 (사진 짐작 포함)"
    assert change_words(Change(-0.5, True)) == "앞 이레보다 낮아졌어요"


def test_nothing_is_said_of_small_changes_or_empty_weeks() -> None:
    assert change_words(Change(-0.1, True)) == ""
    assert change_of(line("ooooooo.......")) is None
    assert change_words(None) == ""


def test_words_count_what_the_drawing_shows() -> None:
    days = line("oog.o.")
    assert (tally(days).own, tally(days).guessed, tally(days).missing) == (3, 1, 2)
    assert line_words(days) == "지난 6일 가운데 4일 기분 기록이 있어요. 본인이 적은 날 3일, 사진 짐작 1일."
    assert line_words(line("...")) == "지난 3일 동안 기분 기록이 없어요."
