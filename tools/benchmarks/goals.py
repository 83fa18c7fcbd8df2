"""Hold what was measured against the goals that the product set itself; a goal without a measurement says so."""

from __future__ import annotations

from typing import Any, Final

from benchmarks.frontier import peer_key
from benchmarks.stats import per_second

READ: Final = "read_photo, 1000x1000"
OPEN: Final = "decode + detect + align, 1000x1000"


def of(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return rows of what, measured, goal and met (None where nothing was measured)."""
    rows: list[dict[str, Any]] = []
    for version, row in result.get("bundles", {}).items():
        if not isinstance(row, dict) or "problem" in row["networks"]:
            continue
        rows += _student(result, version, row) if row["student"] else _vote(version, row)
    return rows


def _vote(version: str, row: dict[str, Any]) -> list[dict[str, Any]]:
    readings = row["readings"]
    vote = row["networks"]["vote"]["batch_1"]["median"]
    count = len(row["networks"]["members"])
    refused = [times["median"] for name, times in readings.items() if name.startswith("refused")]
    return [
        _most(f"vote of {count} members, ms a face at batch 1 ({version})", vote, 25),
        _most(f"read_photo, 1000x1000, ms ({version})", readings.get(READ, {}).get("median"), 40),
        _most("refused photo of 1000x1000, slowest kind, ms", max(refused, default=None), 60),
        _most("most memory of a worker, MB", row["memory_mb"].get("and then a batch of 32"), 900),
    ]


def _student(result: dict[str, Any], version: str, row: dict[str, Any]) -> list[dict[str, Any]]:
    speed = per_second(row["networks"]["vote"]["batch_32"]["median"], 32)
    whole = row["readings"].get(READ, {}).get("median")
    mine = result["accuracy"].get(version, {}).get("accuracy")
    found = [
        {
            "what": f"student, faces a second at batch 32 ({version})",
            "measured": speed,
            "goal": "≥ 1500",
            "met": speed >= 1500,
        },
        _most("student, megabytes on disk", round(row["networks"]["bytes"] / 1e6, 2), 3),
    ]
    for name, peer in result.get("peers", {}).items():
        theirs = (
            result["accuracy"].get(peer_key(name, peer), {}).get("accuracy")
            if "problem" not in peer
            else None
        )
        if mine is None or theirs is None or theirs >= mine:
            continue
        limit = whole_with(result, peer)
        if limit is not None:
            found.append(_most(f"student's read_photo against {name}, ms", whole, round(1.1 * limit, 1)))
    return found


def whole_with(result: dict[str, Any], peer: dict[str, Any]) -> float | None:
    """Return a peer's whole reading: measured, or our stages plus its classifier where it runs outside Python."""
    if "whole" in peer:
        return float(peer["whole"]["median"])
    stages = result.get("stages", {}).get(OPEN)
    return round(float(stages["median"] + peer["batch_1"]["median"]), 1) if stages else None


def _most(what: str, measured: float | None, goal: float) -> dict[str, Any]:
    met = None if measured is None else measured <= goal
    return {"what": what, "measured": measured, "goal": f"≤ {goal}", "met": met}
