"""``make bench``: measure what a person waits for, beside other packages; writes docs/benchmarks.md and .json.

Each measurement runs in a process of its own with two threads, all of them within five minutes. The first run makes
the peers' environment under ``var/bench-env``. ``--ferplus DIR`` scores everything on FER+ PrivateTest as well.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from benchmarks import frontier, page  # noqa: E402
from benchmarks.run import SECTIONS, Run, keep  # noqa: E402

PLOT = Path("img") / "benchmarks-frontier.png"


def main(words: list[str] | None = None) -> int:
    """Measure and write; returns 1 when no bundle could be measured."""
    chosen = _parser().parse_args(words)
    out: Path = chosen.out
    out.mkdir(parents=True, exist_ok=True)
    before = _before(out / "benchmarks.json")
    run = Run(
        seconds=0.05 if chosen.quick else 0.7,
        ferplus=chosen.ferplus.resolve() if chosen.ferplus else None,
        limit=chosen.limit,
        before=before,
        only=frozenset(chosen.only or ()),
        report=lambda what: print(f"… {what}", file=sys.stderr, flush=True),
    )
    result = run.everything()
    if "gpu" in before:
        result["gpu"] = before["gpu"]
    plotted = frontier.draw(result["frontier"], out / PLOT)
    keep(result, out / "benchmarks.json")
    (out / "benchmarks.md").write_text(page.page(result, plotted))
    print((out / "benchmarks.md").read_text())
    return int("problem" in result.get("bundles", {}))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--ferplus", type=Path, metavar="DIR", help="FER+'s folder: score everything on PrivateTest"
    )
    parser.add_argument("--limit", type=int, help="score a fixed random part of this many images")
    parser.add_argument(
        "--only",
        action="append",
        choices=sorted(SECTIONS),
        help="run this section (again for more), keep the others",
    )
    parser.add_argument(
        "--quick", action="store_true", help="a few repeats of each: shows that it works, not how fast"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="folder to write to")
    return parser


def _before(path: Path) -> dict[str, Any]:
    try:
        earlier: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return earlier


if __name__ == "__main__":
    sys.exit(main())
