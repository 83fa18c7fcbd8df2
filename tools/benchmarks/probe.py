"""Run one measurement in this process and print it as one line of JSON: ``python -m benchmarks.probe NAME ARGUMENTS``.

Arguments are one JSON object. The last line of stdout is the answer, whatever libraries print before it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import ROOT, environment


class Unmeasured(Exception):
    """One measurement could not be made; the message says why, in one line."""


def ask(
    probe: str, python: str = sys.executable, /, *, timeout: float = 90, **arguments: Any
) -> dict[str, Any]:
    """Run a probe in a process of its own; raises :class:`Unmeasured`."""
    paths = f"{ROOT / 'tools'}:{ROOT}"
    command = [python, "-m", "benchmarks.probe", probe, json.dumps(arguments)]
    env = {**environment(), "PYTHONPATH": paths}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=max(1.0, timeout)
        )
    except subprocess.TimeoutExpired as error:
        raise Unmeasured(f"not finished after {timeout:.0f} s") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it ended without a message"])[-1]
        raise Unmeasured(last.replace(str(ROOT), "").strip()[:240])
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _stages(seconds: float) -> dict[str, Any]:
    from benchmarks import ours

    return ours.stages(seconds)


def _bundles() -> dict[str, Any]:
    from benchmarks import product

    return dict(product.versions())


def _networks(version: str, seconds: float) -> dict[str, Any]:
    from benchmarks import ours

    return ours.networks(version, seconds)


def _readings(version: str, seconds: float) -> dict[str, Any]:
    from benchmarks import ours

    return ours.readings(version, seconds)


def _memory(version: str) -> dict[str, Any]:
    from benchmarks import ours

    return ours.memory(version)


def _first(version: str) -> dict[str, Any]:
    from benchmarks import ours

    return ours.first_reading(version)


def _accuracy(version: str, ferplus: str, limit: int | None) -> dict[str, Any]:
    from benchmarks import ours

    return ours.accuracy(version, Path(ferplus), limit)


def _peak(seconds: float) -> dict[str, Any]:
    from benchmarks import peak

    return peak.ceilings(seconds)


def _cold(repeats: int) -> dict[str, Any]:
    from benchmarks import ours

    return ours.cold_start(repeats)


def _pages(seconds: float) -> dict[str, Any]:
    import tempfile

    from benchmarks import pages

    with tempfile.TemporaryDirectory(prefix="maeum-bench-") as var:
        return pages.pages(var, seconds)


def _cuts(file: str) -> dict[str, Any]:
    import numpy as np

    from benchmarks import product

    faces = product.grey(product.cuts(32))
    np.save(file, faces, allow_pickle=False)
    return {"shape": list(faces.shape)}


def _peer(name: str, faces: str, seconds: float) -> dict[str, Any]:
    from benchmarks import peers, peers_js

    measure = peers_js.measure if name in peers_js.PEERS else peers.measure
    return measure(name, Path(faces), seconds)


def _peer_accuracy(name: str, ferplus: str, limit: int | None) -> dict[str, Any]:
    from benchmarks import peers, peers_js

    accuracy = peers_js.accuracy if name in peers_js.PEERS else peers.accuracy
    return accuracy(name, Path(ferplus), limit)


PROBES: Final[dict[str, Callable[..., dict[str, Any]]]] = {
    "stages": _stages,
    "bundles": _bundles,
    "networks": _networks,
    "readings": _readings,
    "memory": _memory,
    "first": _first,
    "accuracy": _accuracy,
    "peak": _peak,
    "cold": _cold,
    "pages": _pages,
    "cuts": _cuts,
    "peer": _peer,
    "peer_accuracy": _peer_accuracy,
}


def main() -> int:
    """Run the probe that the command line names."""
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    print(json.dumps(PROBES[name](**arguments), ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
