"""Geometry of a study's small charts: numbers to SVG path data on a plane of 100 x 24 that the page stretches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from moods.choices import Feeling
from moods.panel.statistics import CLASSES, NONE, ClassRow, Part, Score, wilson

#: Where people's and the ensemble's marks lie on the plane.
HUMAN_Y: Final = 7
MACHINE_Y: Final = 17
GRID: Final = "M0 0V24M25 0V24M50 0V24M75 0V24M100 0V24"


@dataclass(frozen=True)
class Mark:
    """A share with its interval, drawn and in whole percent."""

    dot: str
    span: str
    percent: int
    low: int
    high: int


@dataclass(frozen=True)
class ChartRow:
    """One line of a chart; a mark is None where there is nothing to draw."""

    name: str
    faces: int
    human: Mark | None
    machine: Mark | None
    human_score: Score
    machine_score: Score


@dataclass(frozen=True)
class Cell:
    """One cell of a confusion table: how many, and their share of the row in whole percent."""

    answer: str
    count: int
    percent: int
    right: bool


@dataclass(frozen=True)
class ConfusionRow:
    """What faces of one label were called; the last cell is "no answer"."""

    label: str
    total: int
    cells: tuple[Cell, ...]


def mark(score: Score, y: float, share: float | None = None) -> Mark | None:
    """Draw a score at a height; ``share`` puts the dot at a mean instead of the pooled share."""
    at = score.accuracy if share is None else share
    if at is None or not score.asked:
        return None
    low, high = wilson(score.right, score.asked)
    # A path of no length with round caps is a dot that keeps its shape while the plane stretches.
    return Mark(
        dot=f"M{100 * at:.2f} {y}h.01",
        span=f"M{100 * low:.2f} {y}H{100 * high:.2f}",
        percent=round(100 * at),
        low=round(100 * low),
        high=round(100 * high),
    )


def class_rows(part: Part) -> list[ChartRow]:
    """Return a line for each label that has faces."""
    return [_class_row(row) for row in part.classes if row.faces]


def _class_row(row: ClassRow) -> ChartRow:
    return ChartRow(
        row.label,
        row.faces,
        mark(row.human, HUMAN_Y, row.human_mean),
        mark(row.machine, MACHINE_Y),
        row.human,
        row.machine,
    )


def person_rows(part: Part, names: Mapping[int, str]) -> list[ChartRow]:
    """Return a line for each person, the ensemble's mark in all of them, best first."""
    machine = mark(part.machine, MACHINE_Y)
    people = sorted(part.people, key=lambda pair: -(pair[1].accuracy or 0))
    return [
        ChartRow(names[pk], score.asked, mark(score, HUMAN_Y), machine, score, part.machine)
        for pk, score in people
    ]


def confusion(counts: Mapping[tuple[str, str], int]) -> list[ConfusionRow]:
    """Return a table of labels by answers, rows without faces left out."""
    rows = []
    for label in CLASSES:
        total = sum(counts.get((label, answer), 0) for answer in (*CLASSES, NONE))
        if total:
            rows.append(
                ConfusionRow(label, total, tuple(_cell(counts, label, a, total) for a in (*CLASSES, NONE)))
            )
    return rows


def _cell(counts: Mapping[tuple[str, str], int], label: str, answer: str, total: int) -> Cell:
    count = counts.get((label, answer), 0)
    return Cell(answer, count, round(100 * count / total), label == answer)


def heads() -> list[str]:
    """Return the names of the answer columns, without the last."""
    return [str(Feeling(name).label) for name in CLASSES]
