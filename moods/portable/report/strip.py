"""The calendar of the report: one month large, or the three of a quarter side by side."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from moods.portable.report.drawing import INK_2, INK_3, INNER, LINE_STRONG, MARGIN, Sheet
from moods.portable.report.figures import Day, Report
from moods.templatetags.moods_tags import said_month, short_weekday


def months(sheet: Sheet, report: Report, y: float) -> float:
    """Draw every month of the period; return where the lowest ends."""
    starts = report.period.months
    by_date = {day.date: day for day in report.days}
    gap = 22.0
    width = (INNER - gap * (len(starts) - 1)) / len(starts)
    if len(starts) == 1:
        return _month_in_weeks(sheet, starts[0], by_date, y)
    return max(
        _month(sheet, start, by_date, MARGIN + at * (width + gap), y, width)
        for at, start in enumerate(starts)
    )


def _month(sheet: Sheet, first: date, days: dict[date, Day], x: float, y: float, width: float) -> float:
    """Draw a month as weeks from Sunday, as calendars in Korea are."""
    sheet.text(x, y + 8, said_month(first), 9, INK_2, bold=True)
    cell = width / 7
    for at in range(7):
        sheet.text(
            x + (at + 0.5) * cell, y + 24, short_weekday(date(2023, 1, 1 + at)), 7, INK_3, align="centre"
        )
    bottom = y
    for number in range(calendar.monthrange(first.year, first.month)[1]):
        day = first + timedelta(days=number)
        place = number + (first.weekday() + 1) % 7
        top = y + 30 + (place // 7) * (cell + 3)
        _cell(sheet, day, days.get(day), x + (place % 7) * cell, top, cell - 3)
        bottom = top + cell
    return bottom


def _month_in_weeks(sheet: Sheet, first: date, days: dict[date, Day], y: float) -> float:
    """Draw one month as a strip of two rows, the day's number over each box."""
    count = calendar.monthrange(first.year, first.month)[1]
    half = (count + 1) // 2
    cell = INNER / half
    size = min(cell - 5, 26)
    for number in range(count):
        day = first + timedelta(days=number)
        x = MARGIN + (number % half) * cell + (cell - size) / 2
        top = y + 18 + (number // half) * (size + 26)
        sheet.text(x + size / 2, top - 4, f"{day.day} {short_weekday(day)}", 6.8, INK_3, align="centre")
        _cell(sheet, day, days.get(day), x, top, size)
    return y + 18 + 2 * (size + 26)


def _cell(sheet: Sheet, day: date, told: Day | None, x: float, y: float, size: float) -> None:
    if told is None:
        sheet.box(x + size * 0.4, y + size * 0.4, size * 0.2, size * 0.2, "#EEECE5", radius=1)
    elif told.feeling:
        sheet.feeling(x, y, size, told.feeling, guess=not told.own)
    else:
        sheet.box(x, y, size, size, None, LINE_STRONG, radius=1.6, line=0.5)
