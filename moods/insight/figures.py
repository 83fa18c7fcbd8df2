"""Geometry of the diary's charts; the pages stretch it and set the words around it.

Across, every chart runs from 0 to ``WIDE``; down, from 0 to ``TALL``. Nothing here reads the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, chain, pairwise
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import pgettext

from moods.choices import Feeling, mood_of
from moods.insight.selectors import ORDER, Day, Tally
from moods.insight.summary import Shares, Smooth

WIDE: Final = 1000
TALL: Final = 400
#: A day's dot is drawn only where dots do not run into each other.
DOTTED: Final = 400
#: Beyond this many weeks or months the river is drawn with straight edges: nobody could see the curves.
CURVED: Final = 60
_TICKS: Final = 5


@dataclass(frozen=True, slots=True)
class Tick:
    """A label under a chart, at ``at`` percent of its width."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """SVG path data: the band, the running mean, the days of a word and the days of a guess."""

    band: str
    mean: str
    own: str
    guess: str
    ticks: list[Tick]


@dataclass(frozen=True, slots=True)
class Layer:
    """One feeling of the river, from its upper edge down to the bed; the next layer lies upon it."""

    feeling: str
    own: bool
    path: str


@dataclass(frozen=True, slots=True)
class Sign:
    """Where a feeling's mark is set in the river, in percent of width and height."""

    feeling: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class River:
    """The layers from the top to the bed, the marks on them, the labels under them."""

    layers: list[Layer]
    signs: list[Sign]
    ticks: list[Tick]


@dataclass(frozen=True, slots=True)
class Warmth:
    """One weekday at one hour: a box, and in it a stroke that sits the higher the better the mood."""

    weekday: int
    hour: int
    x: int
    y: int
    stroke_y: float
    step: int
    own: bool
    valence: float
    count: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One feeling's entries; ``own_width`` and ``guess_width`` are percent of the longest bar."""

    feeling: str
    own: int
    guess: int
    own_width: float
    guess_width: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """The days a chart runs over, both ends included."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """Return how many days that is."""
        return (self.end - self.start).days + 1

    def x(self, day: date, middle: float = 0.5) -> float:
        """Return where a day's middle lies across."""
        return WIDE * ((day - self.start).days + middle) / self.days


def line(stretch: Stretch, days: Sequence[Day], means: Sequence[Smooth], reach: int = 1) -> Line:
    """Draw days as dots and the running mean with its band; days further apart than ``reach`` stay apart."""
    dots = {True: "", False: ""}
    if stretch.days <= DOTTED:
        for day in days:
            if (valence := day.valence) is not None:
                # A path of no length with round caps is a dot that keeps its shape while the page stretches it.
                dots[day.is_own] += f"M{stretch.x(day.date):.1f} {_y(valence):.1f}h.01"
    band, mean = "", ""
    for run in _runs(means, reach):
        placed = [(stretch.x(at.date), at) for at in run]
        mean += _polyline((x, _y(at.mean)) for x, at in placed)
        if len(run) > 1:
            edge = chain(
                ((x, _y(at.high)) for x, at in placed), ((x, _y(at.low)) for x, at in reversed(placed))
            )
            band += _polyline(edge) + "Z"
        else:
            mean += "h.01"
    return Line(band, mean, dots[True], dots[False], ticks(stretch))


def ticks(stretch: Stretch) -> list[Tick]:
    """Choose at most five dates that people think in: days, firsts of a month, or years."""
    every = [stretch.start + timedelta(days=n) for n in range(stretch.days)]
    if stretch.days <= 45:
        chosen, how = every[3::7], pgettext("short day, Django date format", "n.j")
    elif stretch.days <= 500:
        chosen, how = [day for day in every if day.day == 1], "M"
    else:
        chosen, how = [day for day in every if (day.month, day.day) == (1, 1)], "Y"
    shown = [day for day in chosen if 4 <= 100 * stretch.x(day) / WIDE <= 95]
    step = -(-len(shown) // _TICKS) or 1
    return [Tick(round(stretch.x(day) / WIDE * 100, 2), date_format(day, how)) for day in shown[::step]]


def river(stretch: Stretch, weeks: Sequence[Shares], reach: int = 7) -> River:
    """Stack the weeks' shares: for each feeling first what was said, under it what was guessed."""
    keys = [(feeling, own) for feeling in ORDER for own in (True, False)]
    tops = [_tops(week) for week in weeks]
    runs = list(_week_runs(weeks, reach))
    layers = []
    for at, (feeling, own) in enumerate(keys):
        if not any(top[at + 1] > top[at] for top in tops):
            continue
        paths = (_layer(stretch, weeks, [top[at] for top in tops], run, reach) for run in runs)
        layers.append(Layer(feeling.value, own, "".join(paths)))
    signs = [sign for n, feeling in enumerate(ORDER) if (sign := _sign(stretch, weeks, tops, n, feeling))]
    return River(layers, signs, ticks(stretch))


def warmth(hours: Mapping[tuple[int, int], Tally], width: int, height: int) -> list[Warmth]:
    """Place each weekday and hour in a grid of ``width`` x ``height`` boxes, Sunday and midnight first."""
    found = []
    for (weekday, hour), tally in sorted(hours.items()):
        valence = tally.valence
        if valence is None:
            continue
        y = hour * height
        stroke = y + height / 2 - (height / 2 - 4) * valence
        found.append(
            Warmth(
                weekday, hour, weekday * width, y, round(stroke, 1), mood_of(valence).value,
                tally.own > 0, valence, tally.counted,
            )
        )  # fmt: skip
    return found


def bars(said: Sequence[int], guessed: Sequence[int], most: int | None = None) -> list[Bar]:
    """Measure a bar for each feeling; ``most`` is the number that fills the width."""
    most = most or max((a + b for a, b in zip(said, guessed, strict=True)), default=0) or 1
    return [
        Bar(feeling.value, own, guess, round(100 * own / most, 2), round(100 * guess / most, 2))
        for feeling, own, guess in zip(ORDER, said, guessed, strict=True)
    ]


def _y(valence: float) -> float:
    return TALL / 2 - 0.46 * TALL * valence


def _polyline(points: Iterable[tuple[float, float]]) -> str:
    return "".join(f"{'L' if n else 'M'}{x:.1f} {y:.1f}" for n, (x, y) in enumerate(points))


def _runs(means: Sequence[Smooth], reach: int) -> list[list[Smooth]]:
    runs: list[list[Smooth]] = []
    for at in means:
        if runs and (at.date - runs[-1][-1].date).days <= reach:
            runs[-1].append(at)
        else:
            runs.append([at])
    return runs


def _week_runs(weeks: Sequence[Shares], reach: int) -> list[range]:
    """Return stretches of weeks (or months) that follow each other, as ranges of their index."""
    cuts = [
        n for n in range(1, len(weeks)) if (weeks[n].start - weeks[n - 1].start).days > reach
    ]  # fmt: skip
    edges = [0, *cuts, len(weeks)]
    return [range(a, b) for a, b in pairwise(edges) if b > a]


def _tops(week: Shares) -> list[float]:
    """Return how far down each layer begins, 0..1, and the bed at the end."""
    parts = [part for pair in zip(week.said, week.guessed, strict=True) for part in pair]
    total = sum(parts)
    return [part / total for part in accumulate(parts, initial=0)]


def _layer(
    stretch: Stretch, weeks: Sequence[Shares], tops: list[float], run: range, reach: int
) -> str:  # fmt: skip
    half = WIDE * reach / stretch.days / 2
    middle = [stretch.x(weeks[n].start, reach / 2) for n in run]
    # A week at either end reaches over its days; what lies outside the chart is cut off.
    first, last = max(0.0, middle[0] - half), min(float(WIDE), middle[-1] + half)
    points = [
        (first, tops[run[0]]),
        *zip(middle, tops[run.start : run.stop], strict=True),
        (last, tops[run[-1]]),
    ]
    placed = [(round(min(max(x, 0), WIDE)), round(TALL * y)) for x, y in points]
    path, (x0, y0) = f"M{placed[0][0]} {TALL}V{placed[0][1]}", placed[0]
    for x, y in placed[1:]:
        bend = (x0 + x) // 2
        path += f"L{x} {y}" if y == y0 or len(placed) > CURVED else f"C{bend} {y0} {bend} {y} {x} {y}"
        x0, y0 = x, y
    return f"{path}V{TALL}Z"


def _sign(
    stretch: Stretch, weeks: Sequence[Shares], tops: list[list[float]], n: int, feeling: Feeling
) -> Sign | None:
    """Set a feeling's mark where its said layer is thickest, if a mark fits there."""
    if not weeks:
        return None
    thick = [top[2 * n + 1] - top[2 * n] for top in tops]
    # Not at the very ends, where half the mark would hang over the edge.
    inner = range(1, len(thick) - 1) if len(thick) > 2 else range(len(thick))
    at = max(inner, key=lambda i: min(thick[max(0, i - 1) : i + 2]))
    if thick[at] < 0.14:
        return None
    x = stretch.x(weeks[at].start, 3.5) / WIDE * 100
    return Sign(
        feeling.value, round(min(96.0, max(4.0, x)), 1), round(100 * (tops[at][2 * n] + thick[at] / 2), 1)
    )
