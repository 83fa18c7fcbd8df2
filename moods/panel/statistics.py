"""Numbers of a study, from rows alone: who was right how often, how sure that is, how far people agree.

Humans' "I don't know" and the ensemble's abstentions are treated alike: neither is right, neither is
wrong. ``accuracy`` is therefore right of everything asked, ``of_answered`` right of what was answered.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from moods.choices import Feeling
from moods.panel.choices import Half, MachineState

#: The 97.5th percentile of the normal distribution, for intervals of 95 %.
Z95: Final = 1.959963984540054
CLASSES: Final = tuple(Feeling.values)
#: The column of a confusion table for "I don't know" and for abstentions.
NONE: Final = ""


@dataclass(frozen=True)
class Item:
    """One face: its label, and what the ensemble said; ``machine`` empty is an abstention."""

    pk: int
    half: Half
    label: str
    machine: str
    state: MachineState


@dataclass(frozen=True)
class Said:
    """One answer of one person; ``feeling`` empty is "I don't know"."""

    person: int
    face: int
    feeling: str


@dataclass(frozen=True)
class Score:
    """How many of the asked were answered, and how many of these were as labelled."""

    asked: int
    answered: int
    right: int

    @property
    def accuracy(self) -> float | None:
        """Return the share right of everything asked; None where nothing was."""
        return self.right / self.asked if self.asked else None

    @property
    def of_answered(self) -> float | None:
        """Return the share right of what was answered."""
        return self.right / self.answered if self.answered else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the 95 % Wilson interval of :attr:`accuracy`."""
        return wilson(self.right, self.asked) if self.asked else None

    @property
    def skipped(self) -> int:
        """Return how many were left without an answer."""
        return self.asked - self.answered


@dataclass(frozen=True)
class ClassRow:
    """People and ensemble on the faces of one label; ``human_mean`` is the mean of the persons' shares."""

    label: str
    faces: int
    human: Score
    human_mean: float | None
    machine: Score


@dataclass(frozen=True)
class Agreement:
    """How far people agree beyond chance; None where it cannot be said.

    Attributes:
        kappa: Fleiss' kappa over the ``kappa_faces`` faces to which everybody gave a feeling.
        alpha: Krippendorff's alpha (nominal) over the ``alpha_faces`` faces with two or more answers.
    """

    people: int
    kappa: float | None
    kappa_faces: int
    alpha: float | None
    alpha_faces: int


@dataclass(frozen=True)
class Part:
    """Everything about one half, or both together (``half`` None)."""

    half: Half | None
    faces: int
    unread: int
    people: tuple[tuple[int, Score], ...]
    human_mean: float | None
    human: Score
    machine: Score
    machine_forced: Score
    classes: tuple[ClassRow, ...]
    human_confusion: Mapping[tuple[str, str], int]
    machine_confusion: Mapping[tuple[str, str], int]
    agreement: Agreement


def wilson(right: int, n: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share (Wilson 1927, JASA 22); ``n`` is at least 1."""
    if not 0 <= right <= n or n < 1:
        raise ValueError("A share needs 0 <= right <= n and n >= 1.")
    share, z2 = right / n, Z95 * Z95
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def score(pairs: Iterable[tuple[str, str]]) -> Score:
    """Count (label, answer) pairs; an empty answer is none."""
    rows = list(pairs)
    answered = [(label, answer) for label, answer in rows if answer]
    return Score(len(rows), len(answered), sum(label == answer for label, answer in answered))


def part(items: Sequence[Item], said: Sequence[Said], people: Collection[int], half: Half | None) -> Part:
    """Work out one half (None: all) from faces, answers and the persons who finished."""
    chosen = {item.pk: item for item in items if half in (None, item.half)}
    rows = [row for row in said if row.face in chosen and row.person in people]
    read = [item for item in chosen.values() if item.state not in (MachineState.QUEUED, MachineState.RUNNING)]
    by_person = {person: score(_pairs(rows, chosen, person)) for person in people}
    scored = tuple((person, one) for person, one in by_person.items() if one.asked)
    return Part(
        half=half,
        faces=len(chosen),
        unread=len(chosen) - len(read),
        people=scored,
        human_mean=_mean(one.accuracy for _person, one in scored),
        human=score(_pairs(rows, chosen)),
        machine=score((item.label, _answer(item)) for item in read),
        machine_forced=score((item.label, item.machine) for item in read),
        classes=tuple(_class_row(label, chosen, rows, read) for label in CLASSES),
        human_confusion=Counter(_pairs(rows, chosen)),
        machine_confusion=Counter((item.label, _answer(item)) for item in read),
        agreement=agreement(list(chosen), rows, people),
    )


def _answer(item: Item) -> str:
    """Return what counts as the ensemble's answer: only a reading above the floor is one."""
    return item.machine if item.state == MachineState.READ else NONE


def _pairs(
    rows: Iterable[Said], items: Mapping[int, Item], person: int | None = None
) -> list[tuple[str, str]]:
    return [(items[row.face].label, row.feeling) for row in rows if person in (None, row.person)]


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None


def _class_row(label: str, items: Mapping[int, Item], rows: Sequence[Said], read: Sequence[Item]) -> ClassRow:
    inside = {pk: item for pk, item in items.items() if item.label == label}
    mine = [row for row in rows if row.face in inside]
    each = (score(_pairs(mine, inside, person)).accuracy for person in {row.person for row in mine})
    return ClassRow(
        label=label,
        faces=len(inside),
        human=score(_pairs(mine, inside)),
        human_mean=_mean(each),
        machine=score((item.label, _answer(item)) for item in read if item.label == label),
    )


def agreement(faces: Sequence[int], rows: Sequence[Said], people: Collection[int]) -> Agreement:
    """Work out kappa and alpha; "I don't know" is a missing rating, not a seventh feeling."""
    given = {(row.person, row.face): row.feeling for row in rows if row.feeling}
    raters = sorted({person for person, _face in given} & set(people))
    per_face = {face: [given[p, face] for p in raters if (p, face) in given] for face in faces}
    complete = [words for words in per_face.values() if raters and len(words) == len(raters)]
    paired = [words for words in per_face.values() if len(words) > 1]
    return Agreement(
        len(raters),
        _kappa(complete) if len(raters) > 1 else None,
        len(complete) if len(raters) > 1 else 0,
        _alpha(faces, raters, given) if paired else None,
        len(paired),
    )


def _kappa(complete: Sequence[Sequence[str]]) -> float | None:
    """Return Fleiss' kappa of faces that every rater answered; None where it is not defined."""
    import numpy as np

    from inference.agreement import AgreementError, fleiss_kappa

    if not complete:
        return None
    try:
        counts = np.array([[words.count(name) for name in CLASSES] for words in complete])
        return _finite(fleiss_kappa(counts))
    except AgreementError:
        return None


def _alpha(faces: Sequence[int], raters: Sequence[int], given: Mapping[tuple[int, int], str]) -> float | None:
    """Return Krippendorff's alpha of persons by faces, NaN where there is no answer."""
    import numpy as np

    from inference.agreement import AgreementError, krippendorff_alpha

    number = {name: float(place) for place, name in enumerate(CLASSES)}
    table = [[number.get(given.get((p, face), ""), math.nan) for face in faces] for p in raters]
    try:
        return _finite(krippendorff_alpha(np.array(table)))
    except AgreementError:
        return None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
