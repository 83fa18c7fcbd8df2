"""Dates as an officer would say them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from welfare.words import age_in, last_words

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "오늘"),
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
    assert last_words(TODAY - timedelta(days=days), TODAY) == words


def test_never_and_a_day_ahead_are_said_without_breaking() -> None:
    assert last_words(None, TODAY) == "아직 기록이 없어요"
    assert last_words(TODAY + timedelta(days=1), TODAY) == "오늘"


def test_age_is_unknown_without_a_year_of_birth() -> None:
    assert age_in(2026, 1948) == 78
    assert age_in(2026, None) is None
