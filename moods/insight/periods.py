"""How far back a page looks: chosen in its address, so that it can be kept, sent and printed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ALL: Final = "all"
#: What the address says, how many days that is (None: from the first entry on), and its name.
CHOICES: Final[tuple[tuple[str, int | None, str | Promise], ...]] = (
    ("30", 30, _("30일")),
    ("90", 90, _("90일")),
    ("365", 365, _("한 해")),
    (ALL, None, _("모두")),
)
USUAL: Final = "90"


@dataclass(frozen=True)
class Period:
    """What was chosen, and the first day it reaches back to (None: the first entry)."""

    key: str
    days: int | None

    def start(self, today: date) -> date | None:
        """Return the first day, with today as the last."""
        return None if self.days is None else today - timedelta(days=self.days - 1)


def chosen(word: str) -> Period:
    """Return the period an address asks for; anything unknown is the usual one."""
    lengths = {key: days for key, days, _name in CHOICES}
    key = word if word in lengths else USUAL
    return Period(key, lengths[key])


def month(word: str) -> date | None:
    """Return the first of a month written as 2026-11, or None for anything else."""
    try:
        return date.fromisoformat(f"{word}-01") if len(word) == 7 else None
    except ValueError:
        return None
