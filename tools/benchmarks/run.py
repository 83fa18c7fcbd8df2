"""Run every measurement one after the other within a bound on time, and gather what they say."""

from __future__ import annotations

import datetime
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks import frontier, machine, peer_env, peers, peers_js
from benchmarks.probe import Unmeasured, ask

#: Seconds for everything that is timed; scoring on FER+ is not timed and comes on top.
BUDGET: Final = 300.0
SCORING_TIMEOUT: Final = 900.0


@dataclass
class Run:
    """One run of the benchmarks.

    Attributes:
        seconds: how long each row is repeated.
        ferplus: FER+'s folder, or None: accuracies measured earlier are kept where they still fit.
        limit: how many of its images are scored; None for all 3,148.
        before: the result of an earlier run.
        only: sections to run, the others are kept from ``before`` and dated; empty for all.
    """

    seconds: float = 1.0
    ferplus: Path | None = None
    limit: int | None = None
    before: dict[str, Any] = field(default_factory=dict)
    only: frozenset[str] = frozenset()
    report: Callable[[str], None] = lambda _: None
    _end: float = 0.0

    def everything(self) -> dict[str, Any]:
        """Measure all sections; what could not be measured stands there with its reason."""
        self._end = time.monotonic() + BUDGET
        begun = time.monotonic()
        result: dict[str, Any] = {
            "made": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "machine": machine.describe(),
            "left_out": dict(peers.LEFT_OUT),
        }
        result["kept"] = {}
        for name, section in SECTIONS.items():
            if not self.only or name in self.only:
                self.report(name)
                result[name] = section(self)
            elif name in self.before:
                result[name] = self.before[name]
                result["kept"][name] = self.before.get("kept", {}).get(name, self.before.get("made", ""))
        result["timed_seconds"] = round(time.monotonic() - begun - peer_env.spent())
        self.report("accuracy")
        result["accuracy"] = self._accuracies(result)
        result["frontier"] = frontier.of(result)
        return result

    def probe(
        self, probe: str, /, *, python: str = "", timeout: float = 75, **arguments: Any
    ) -> dict[str, Any]:
        """Ask one probe within what is left of the time; a problem is an answer too."""
        left = self._end - time.monotonic()
        if left < 5:
            return {"problem": f"left out: the {BUDGET:.0f} s of this run were used up"}
        try:
            words = (python,) if python else ()
            return ask(probe, *words, timeout=min(timeout, left), **arguments)
        except Unmeasured as problem:
            return {"problem": str(problem)}

    def _accuracies(self, result: dict[str, Any]) -> dict[str, Any]:
        """Score what was timed, or keep an earlier score of the very same version."""
        earlier: dict[str, Any] = self.before.get("accuracy", {})
        found = {}
        for key, probe, python, arguments in _scored(result):
            section = "peers" if probe == "peer_accuracy" else "bundles"
            if self.ferplus is not None and section not in result["kept"]:
                more = {"ferplus": str(self.ferplus), "limit": self.limit}
                self.report(f"accuracy of {key}")
                try:
                    scored = ask(probe, *python, timeout=SCORING_TIMEOUT, **arguments, **more)
                    found[key] = {**scored, "made": result["made"]}
                except Unmeasured as problem:
                    found[key] = {"problem": str(problem)}
            elif "accuracy" in earlier.get(key, {}):
                found[key] = earlier[key]
        return found


def _scored(result: dict[str, Any]) -> list[tuple[str, str, tuple[str, ...], dict[str, Any]]]:
    """List what has an accuracy: every bundle, and every peer whose weights are in its package."""
    bundles = result.get("bundles", {})
    ours = [
        (key, "accuracy", (), {"version": key})
        for key, row in bundles.items()
        if isinstance(row, dict) and "problem" not in row["networks"]
    ]
    others = [
        (frontier.peer_key(name, row), "peer_accuracy", (str(peer_env.PYTHON),), {"name": name})
        for name, row in result.get("peers", {}).items()
        if row.get("weights") == "shipped"
    ]
    return [*ours, *others]


def _bundles(run: Run) -> dict[str, Any]:
    versions = run.probe("bundles")
    if "problem" in versions:
        return versions
    found: dict[str, Any] = {}
    for version, student in versions.items():
        found[version] = {
            "student": student,
            "networks": run.probe("networks", version=version, seconds=run.seconds),
            "readings": run.probe("readings", version=version, seconds=run.seconds),
            "memory_mb": run.probe("memory", version=version),
            "first": run.probe("first", version=version),
        }
    return found


def _peers(run: Run) -> dict[str, Any]:
    problems = peer_env.ensure()
    run._end += peer_env.spent()  # installing is not measuring
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="maeum-bench-") as folder:
        faces = str(Path(folder) / "faces.npy")
        made = run.probe("cuts", file=faces)
        needs = {name: wanted for name, (_, wanted, _) in peers.PEERS.items()} | dict.fromkeys(
            peers_js.PEERS, ("npm",)
        )
        for name, wanted in needs.items():
            missing = next(
                (f"{part} could not be installed: {problems[part]}" for part in wanted if problems[part]), ""
            )
            problem = made.get("problem") or missing
            found[name] = (
                {"problem": problem}
                if problem
                else run.probe(
                    "peer", python=str(peer_env.PYTHON), name=name, faces=faces, seconds=run.seconds
                )
            )
    return found


def _peak(run: Run) -> dict[str, Any]:
    return run.probe("peak", seconds=run.seconds)


def _stages(run: Run) -> dict[str, Any]:
    return run.probe("stages", seconds=run.seconds)


def _cold(run: Run) -> dict[str, Any]:
    return run.probe("cold", repeats=3 if run.seconds >= 0.5 else 1)


def _pages(run: Run) -> dict[str, Any]:
    return run.probe("pages", seconds=run.seconds)


SECTIONS: Final[dict[str, Callable[[Run], dict[str, Any]]]] = {
    "stages": _stages,
    "peak": _peak,
    "bundles": _bundles,
    "peers": _peers,
    "cold": _cold,
    "pages": _pages,
}


def keep(result: dict[str, Any], path: Path) -> None:
    """Write a result as JSON, whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    part.replace(path)
