"""What a line says in words: how many days, whose word, and whether the last week lies lower.

Only what the list needs today. Personal baselines and alert levels are another, measured rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from welfare.sparks import Day

WEEK: Final = 7
#: Half a step of the seven-step mood scale: less than that is called "about the same".
NOTABLE: Final = 1 / 6


@dataclass(frozen=True)
class Tally:
    """How many days of a line rest on the person's word, on a photo, on nothing."""

    own: int
    guessed: int
    missing: int

    @property
    def told(self) -> int:
        """Return the days that have anything."""
        return self.own + self.guessed


@dataclass(frozen=True)
class Change:
    """Mean valence of the last seven days less that of the seven before; ``own`` if of own words only."""

    by: float
    own: bool


def tally(days: Sequence[Day]) -> Tally:
    """Count the days of a line by what they rest on."""
    told = [day for day in days if day.valence is not None]
    own = sum(day.own for day in told)
    return Tally(own, len(told) - own, len(days) - len(told))


def change_of(days: Sequence[Day]) -> Change | None:
    """Compare the last week with the week before it; None while either is empty.

    Own words are compared with own words. Only where a week has none do photo guesses count, and
    then the change is marked as not the person's own.
    """
    late, early = days[-WEEK:], days[-2 * WEEK : -WEEK]
    own = _mean_difference([day for day in late if day.own], [day for day in early if day.own])
    if own is not None:
        return Change(own, True)
    both = _mean_difference(late, early)
    return None if both is None else Change(both, False)


def _mean_difference(late: Sequence[Day], early: Sequence[Day]) -> float | None:
    after = [day.valence for day in late if day.valence is not None]
    before = [day.valence for day in early if day.valence is not None]
    return fmean(after) - fmean(before) if after and before else None


def change_words(change: Change | None) -> str:
    """Say a notable change in a sentence; empty when there is none or nothing to compare."""
    if change is None or abs(change.by) < NOTABLE:
        return ""
    if change.own:
        return _("앞 이레보다 낮아졌어요") if change.by < 0 else _("앞 이레보다 나아졌어요")
    if change.by < 0:
        return _("앞 이레보다 낮아 보여요 (사진 짐작 포함)")
    return _("앞 이레보다 나아 보여요 (사진 짐작 포함)")


def line_words(days: Sequence[Day], change: Change | None = None) -> str:
    """Say a whole line in words, as the text alternative of its drawing."""
    counted = tally(days)
    if not counted.told:
        return ngettext(
            "지난 %(days)d일 동안 기분 기록이 없어요.", "지난 %(days)d일 동안 기분 기록이 없어요.", len(days)
        ) % {"days": len(days)}
    sentence = _(
        "지난 %(days)d일 가운데 %(told)d일 기분 기록이 있어요. 본인이 적은 날 %(own)d일, 사진 짐작 %(guessed)d일."
    ) % {"days": len(days), "told": counted.told, "own": counted.own, "guessed": counted.guessed}
    words = change_words(change)
    return f"{sentence} {words}." if words else sentence
