"""Choose tracks by distance on the valence-arousal plane. Pure functions: no tables here.

One axis is how pleasant (-1..1), the other how awake (-1..1), as in ``moods.choices``. The three
journeys are offered as a choice because studies disagree on which of them helps (Starcke 2021
found for sad-to-happy, a 2026 trial with 193 people found no difference): no page promises any.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from music.choices import Journey

#: Where the calmer journey heads: gently pleasant, at rest. It goes half the way.
CALM: Final = (0.3, -0.4)
#: Where the brighter journey lands at once.
BRIGHT: Final = (0.6, 0.3)


class Candidate(NamedTuple):
    """A track that may be chosen: its row id, a stable name for ties, and its place."""

    pk: int
    slug: str
    valence: float
    arousal: float


class Choice(NamedTuple):
    """A chosen track and how far it lies from the target (0 .. 2*sqrt(2))."""

    pk: int
    distance: float


def target(point: tuple[float, float], journey: str) -> tuple[float, float]:
    """Return the place on the plane that a journey aims at from a mood."""
    if journey == Journey.CALMER:
        return (point[0] + CALM[0]) / 2, (point[1] + CALM[1]) / 2
    if journey == Journey.BRIGHTER:
        return BRIGHT
    return point


def nearest(
    candidates: Iterable[Candidate],
    aim: tuple[float, float],
    *,
    count: int,
    heard: Mapping[int, datetime],
    banned: Collection[int] = (),
) -> list[Choice]:
    """Return the ``count`` nearest tracks that were not ``heard`` lately; ties go by slug.

    When too few fresh ones are left, those heard longest ago fill the rest, so that a member with
    many check-ins a day still gets music. ``banned`` ones never come.
    """
    open_ = [c for c in candidates if c.pk not in banned]
    fresh = sorted((c for c in open_ if c.pk not in heard), key=lambda c: (_far(c, aim), c.slug))
    stale = sorted((c for c in open_ if c.pk in heard), key=lambda c: (heard[c.pk], c.slug))
    return [Choice(c.pk, _far(c, aim)) for c in (fresh + stale)[:count]]


def _far(candidate: Candidate, aim: tuple[float, float]) -> float:
    return math.dist((candidate.valence, candidate.arousal), aim)
