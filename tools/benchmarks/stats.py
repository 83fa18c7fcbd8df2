"""Repeat one call for a bounded time and say how long it took: a median with its spread."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

#: Calls that are not counted: caches fill and graphs are traced in them.
WARM: Final = 3
#: Most calls counted, and fewest however long one takes.
MOST: Final = 60
FEWEST: Final = 3


def summary(times_ms: Sequence[float]) -> dict[str, Any]:
    """Return how many, median, 10th and 90th percentile of times in milliseconds."""
    if not times_ms:
        raise ValueError("Nothing was timed.")
    ordered = sorted(times_ms)

    def at(share: float) -> float:
        return round(ordered[round(share * (len(ordered) - 1))], 3)

    return {
        "n": len(ordered),
        "median": round(statistics.median(ordered), 3),
        "low": at(0.1),
        "high": at(0.9),
    }


def timed(
    call: Callable[[], Any], *, seconds: float = 2.0, warm: int = WARM, fewest: int = FEWEST
) -> dict[str, Any]:
    """Call again and again for about ``seconds``; returns :func:`summary` of the calls."""
    start = time.perf_counter()
    for _ in range(warm):
        call()
        if time.perf_counter() - start > seconds:
            break  # slow enough that one call has warmed everything
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < fewest or (time.perf_counter() < end and len(times) < MOST):
        begun = time.perf_counter()
        call()
        times.append((time.perf_counter() - begun) * 1000)
    return summary(times)


def per_second(ms: float, items: int = 1) -> float:
    """Turn milliseconds for ``items`` into items a second."""
    return round(items * 1000 / max(ms, 1e-9), 1)
