"""Geometry of trend lines, drawn on the server: pure functions from days to SVG path data.

What a person said is a solid dot, what a photo suggested a hollow one, and a day without either is
a gap: no line is drawn across it, because nobody knows what that day was like.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol

#: Missing days at the end from which silence is drawn as a dotted rule.
SILENT_TAIL: Final = 2


class Value(Protocol):
    """A day that has something to draw (``moods.selectors.DayPoint``)."""

    @property
    def valence(self) -> float: ...

    @property
    def own(self) -> bool: ...


@dataclass(frozen=True)
class Day:
    """One day of a line: valence -1..1, or None without an entry; ``own`` if it is the person's word."""

    date: date
    valence: float | None
    own: bool


@dataclass(frozen=True)
class Frame:
    """Size of a drawing in SVG units, with the margins that keep dots inside it."""

    width: float
    height: float
    left: float = 5
    right: float = 5
    top: float = 5
    bottom: float = 5

    def x(self, place: int, count: int) -> float:
        """Return where the day at ``place`` of ``count`` stands; a single day stands at the right end."""
        share = place / (count - 1) if count > 1 else 1.0
        return round(self.left + share * (self.width - self.left - self.right), 1)

    def y(self, valence: float) -> float:
        """Return the height of a valence; what lies outside -1..1 stays on the edge."""
        share = (1 - max(-1.0, min(1.0, valence))) / 2
        return round(self.top + share * (self.height - self.top - self.bottom), 1)


SPARK: Final = Frame(width=148, height=40)
CHART: Final = Frame(width=520, height=250, left=8, right=8, top=10, bottom=10)


@dataclass(frozen=True)
class Dot:
    """One drawn day."""

    x: float
    y: float
    date: date


@dataclass(frozen=True)
class Drawing:
    """A whole line: path data, dots by whose word they are, the middle, and a silent tail if any."""

    frame: Frame
    line: str
    own: tuple[Dot, ...]
    guesses: tuple[Dot, ...]
    middle: float
    silence: tuple[float, float] | None


def timeline(points: Mapping[date, Value], end: date, count: int) -> tuple[Day, ...]:
    """Return ``count`` days up to and including ``end``, gaps included."""
    days = (end - timedelta(days=back) for back in range(count - 1, -1, -1))
    return tuple(
        Day(day, points[day].valence, points[day].own) if day in points else Day(day, None, False)
        for day in days
    )


def draw(days: Sequence[Day], frame: Frame = SPARK) -> Drawing:
    """Place days on a frame from left to right."""
    own: list[Dot] = []
    guesses: list[Dot] = []
    for place, day in enumerate(days):
        if day.valence is not None:
            dot = Dot(frame.x(place, len(days)), frame.y(day.valence), day.date)
            (own if day.own else guesses).append(dot)
    return Drawing(frame, _line(days, frame), tuple(own), tuple(guesses), frame.y(0), _silence(days, frame))


def _line(days: Sequence[Day], frame: Frame) -> str:
    """Return path data that joins neighbouring days only."""
    steps, joined = [], False
    for place, day in enumerate(days):
        if day.valence is None:
            joined = False
            continue
        steps.append(f"{'L' if joined else 'M'}{frame.x(place, len(days))} {frame.y(day.valence)}")
        joined = True
    return "".join(steps)


def _silence(days: Sequence[Day], frame: Frame) -> tuple[float, float] | None:
    """Return from where to where nothing came, if at least SILENT_TAIL days at the end are missing."""
    last = max((place for place, day in enumerate(days) if day.valence is not None), default=-1)
    if len(days) - 1 - last < SILENT_TAIL:
        return None
    return frame.x(last + 1, len(days)), frame.x(len(days) - 1, len(days))
