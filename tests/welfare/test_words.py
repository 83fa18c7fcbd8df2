"""Dates as an officer would say them."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from welfare.words import age_in, last_words

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("hour", "words"),
    [(0, "오늘 새벽"), (5, "오늘 아침"), (10, "오늘 아침"), (11, "오늘 낮"), (17, "오늘 저녁"), (23, "오늘 밤")],
)
def test_today_is_said_by_its_part(hour: int, words: str) -> None:
    assert last_words(TODAY, time(hour), TODAY) == words


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (1, "어제"),
        (2, "그저께"),
        (3, "사흘째 소식이 없어요"),
        (10, "열흘째 소식이 없어요"),
        (11, "11일째 소식이 없어요"),
        (60, "60일째 소식이 없어요"),
        (61, "2026년 9월 21일 뒤로 소식이 없어요"),
    ],
)
def test_older_days_are_said_plainly(days: int, words: str) -> None:
    assert last_words(TODAY - timedelta(days=days), time(9), TODAY) == words


def test_never_and_a_day_ahead_are_said_without_breaking() -> None:
    assert last_words(None, None, TODAY) == "아직 기록이 없어요"
    assert last_words(TODAY + timedelta(days=1), time(6), TODAY) == "오늘 아침"


def test_age_is_unknown_without_a_year_of_birth() -> None:
    assert age_in(2026, 1948) == 78
    assert age_in(2026, None) is None
