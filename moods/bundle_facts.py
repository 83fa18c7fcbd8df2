"""What pages say of bundles and of reading again: cards in numbers, counts, time, what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from django.db.models import Count, QuerySet

import inference
from moods.choices import FINAL, Feeling, Status
from moods.models import PhotoReading, Reread, RereadRun
from moods.runs import RereadKind, RereadState
from moods.services.rereads import kept, of_kind, readable

#: How many of the latest readings the estimate rests on.
MEASURED: Final = 200


@dataclass(frozen=True)
class CardFacts:
    """The figures of a model card that pages show; None where the card does not say.

    ``weakest`` is the class with the lowest F1, and that F1.
    """

    accuracy: float | None
    macro_f1: float | None
    ece: float | None
    weakest: tuple[str, float] | None
    limits: tuple[str, ...]
    data: tuple[str, ...]

    @property
    def accuracy_percent(self) -> float | None:
        """Return the accuracy of a hundred photos."""
        return None if self.accuracy is None else 100 * self.accuracy

    @property
    def weakest_name(self) -> str:
        """Name the weakest class in the reader's language; a class the diary has no word for by its own name."""
        if self.weakest is None:
            return ""
        name = self.weakest[0]
        return str(Feeling(name).label) if name in Feeling.values else name


@dataclass(frozen=True)
class KindCount:
    """How many readings a kind of run means: can be read again, photo not kept, consent withdrawn."""

    kind: RereadKind
    readable: int
    not_kept: int
    no_consent: int
    seconds: float | None


@dataclass(frozen=True)
class Progress:
    """How far a run is; ``changes`` are (before, after, how many), the most frequent first."""

    run: RereadRun
    done: int
    skipped: int
    failed: int
    left: int
    changed: int
    changes: tuple[tuple[str, str, int], ...]
    seconds: float | None

    @property
    def ended(self) -> int:
        """Return how many photos are through."""
        return self.done + self.skipped + self.failed

    @property
    def total(self) -> int:
        """Return how many photos the run is about, as far as is known now."""
        return self.ended + self.left


def card_of(version: str) -> dict[str, Any]:
    """Return a bundle's card; raises ``InferenceError``."""
    return inference.model_card(version or None)


def card_facts(card: Mapping[str, Any]) -> CardFacts:
    """Pick out what pages show of a card: figures of its test split."""
    test: Mapping[str, Any] = (card.get("metrics") or {}).get("test") or {}
    scores = {name: float(row["f1"]) for name, row in (test.get("per_class") or {}).items() if "f1" in row}
    worst = min(scores, key=lambda name: scores[name], default=None)
    names = (
        str(row.get("name", "")) if isinstance(row, Mapping) else str(row) for row in card.get("data") or ()
    )
    return CardFacts(
        accuracy=test.get("accuracy"),
        macro_f1=test.get("macro_f1"),
        ece=test.get("ece"),
        weakest=(worst, scores[worst]) if worst else None,
        limits=tuple(str(limit) for limit in card.get("limits") or ()),
        data=tuple(name for name in names if name),
    )


def ms_per_photo(version: str) -> float | None:
    """Return the median milliseconds that readings with a bundle took lately; of any bundle if it has none.

    None when nothing was ever measured: better no estimate than an invented one.
    """
    timed = PhotoReading.objects.filter(status__in=FINAL, ms__isnull=False).order_by("-finished_at", "-pk")
    for rows in (timed.filter(ensemble_version=version), timed):
        taken = [sum(ms.values()) for ms in rows.values_list("ms", flat=True)[:MEASURED] if ms]
        if taken:
            return float(median(taken))
    return None


def seconds_for(count: int, version: str) -> float | None:
    """Estimate how long one worker takes to read ``count`` photos."""
    each = ms_per_photo(version)
    return None if each is None else count * each / 1000


def kind_counts(version: str) -> list[KindCount]:
    """Count, for each kind of run, what it would read again and what it cannot."""
    here = kept().values("pk")
    each = ms_per_photo(version)
    counts = []
    for kind in RereadKind:
        meant = PhotoReading.objects.filter(of_kind(kind, version))
        able, with_photo = readable(kind, version).count(), meant.filter(pk__in=here).count()
        seconds = None if each is None else able * each / 1000
        counts.append(KindCount(kind, able, meant.count() - with_photo, with_photo - able, seconds))
    return counts


def open_run() -> RereadRun | None:
    """Return the run that is going on or paused."""
    return RereadRun.objects.filter(open=True).select_related("by").first()


def last_runs(count: int = 5) -> QuerySet[RereadRun]:
    """Return the latest runs that have ended."""
    return RereadRun.objects.filter(open=None).select_related("by").order_by("-pk")[:count]


def progress(run: RereadRun) -> Progress:
    """Return how far a run is and what it changed so far, in two queries and a count."""
    tally = dict(Reread.objects.filter(run=run).values_list("state").annotate(Count("pk")).order_by())
    left = tally.get(RereadState.QUEUED, 0) + tally.get(RereadState.RUNNING, 0)
    if run.open and not run.fed:
        waiting = readable(run.kind, run.version).filter(pk__gt=run.cursor, queued_at__lt=run.started_at)
        left += waiting.count()
    done = Reread.objects.filter(run=run, state=RereadState.DONE)
    pairs = done.values_list("was_status", "was_emotion", "now_status", "now_emotion")
    rows = [(*pair, n) for *pair, n in pairs.annotate(n=Count("pk")).order_by("-n")]
    moved = [(_said(a, b), _said(c, d), n) for a, b, c, d, n in rows if _said(a, b) != _said(c, d)]
    return Progress(
        run=run,
        done=tally.get(RereadState.DONE, 0),
        skipped=tally.get(RereadState.SKIPPED, 0),
        failed=tally.get(RereadState.FAILED, 0),
        left=left,
        changed=sum(n for _before, _after, n in moved),
        changes=tuple(moved),
        seconds=seconds_for(left, run.version),
    )


def unusable_now() -> dict[str, int]:
    """Return how many readings wait because their bundle cannot be used, by the bundle's code."""
    from moods.services.bundles import readings_waiting

    found = readings_waiting().values_list("reason").annotate(n=Count("pk")).order_by()
    return dict(found)


def _said(status: str, emotion: str) -> str:
    """Name an answer in the reader's language: the emotion where one was read, else how it ended."""
    if status == Status.READ and emotion:
        return str(Feeling(emotion).label)
    return str(Status(status).label)
