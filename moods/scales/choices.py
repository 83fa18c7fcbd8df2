"""The scales, how they are scored, and the limits that were published for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class Scale(models.TextChoices):
    """A short questionnaire, named by what it asks about rather than by an illness."""

    WHO5 = "who5", _("두 주의 안부 (WHO-5)")
    PHQ2 = "phq2", _("마음 살펴보기 (PHQ-2)")
    PHQ9 = "phq9", _("마음 더 살펴보기 (PHQ-9)")


@dataclass(frozen=True)
class Shape:
    """How many items a scale has, which values an answer may take, and which item opens the crisis card."""

    items: int
    most: int
    #: Number (from 1) of the item about dying or hurting oneself; 0: none.
    crisis: int = 0

    @property
    def top(self) -> int:
        """Return the highest sum."""
        return self.items * self.most


SHAPES: Final = {
    Scale.WHO5: Shape(items=5, most=5),
    Scale.PHQ2: Shape(items=2, most=3),
    Scale.PHQ9: Shape(items=9, most=3, crisis=9),
}

#: WHO-5: a raw sum below this is low well-being (Topp and others 2015; in Korean elders Moon and others 2014).
WHO5_LOW: Final = 13
#: WHO-5: points of 100 that count as a change (Topp and others 2015).
WHO5_CHANGE: Final = 10
#: PHQ-2: from here on the longer form is offered (Kroenke and others 2003).
PHQ2_MORE: Final = 3
#: PHQ-9: where its five bands begin (Kroenke, Spitzer, Williams 2001).
PHQ9_BANDS: Final = (0, 5, 10, 15, 20)
#: PHQ-9: the band from which talking to a professional is advised (sum of 10 or more).
PHQ9_ADVISE: Final = 2
#: Days between two rounds of WHO-5: its statements are about the last two weeks.
ROUND_DAYS: Final = 14
#: Days for which a round is offered; after that it rests, without a word, until the next.
OFFER_DAYS: Final = 7
#: Days after which a half-filled scale no longer speaks of the same two weeks.
DRAFT_DAYS: Final = 3


def total(answers: Sequence[int]) -> int:
    """Return the raw sum, as every one of these scales is scored."""
    return sum(answers)


def percent(raw: int) -> int:
    """Return WHO-5's score of 0..100 from the raw sum of 0..25."""
    return raw * 4


def band(raw: int) -> int:
    """Return PHQ-9's band of 0..4 from the raw sum of 0..27."""
    return max(at for at, first in enumerate(PHQ9_BANDS) if raw >= first)


def ease(scale: str, raw: int) -> float:
    """Return how easy the two weeks were, 0..1: WHO-5 as it is, the PHQ turned round, so that up is better."""
    share = raw / SHAPES[Scale(scale)].top
    return share if scale == Scale.WHO5 else 1 - share
