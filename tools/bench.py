"""``make bench``: measure what a person waits for and write docs/benchmarks.md and docs/benchmarks.json.

Small so far: how long one photo takes from bytes to reading (a fresh process, as ``manage.py read_photo`` runs it), and
how long the pages that need no log-in take in the web process. Later issues add their rows here.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "docs" / "benchmarks.json"
PAGE = ROOT / "docs" / "benchmarks.md"
PHOTOS = 20
REQUESTS = 50
PAGES = ("/", "/help/", "/accounts/login/", "/healthz")


def main() -> int:
    """Measure and write; return 1 when something could not be measured."""
    with tempfile.TemporaryDirectory(prefix="maeum-bench-") as var:
        os.environ["MAEUM_VAR"] = var
        os.environ["MAEUM_DEMO"] = "1"
        rows = [*_reading(Path(var)), *_pages()]
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    RESULT.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1, ensure_ascii=False) + "\n")
    PAGE.write_text(_markdown(machine, rows))
    print(PAGE.read_text())
    return 0


def _reading(var: Path) -> list[dict[str, Any]]:
    """Read one public-domain portrait many times in one process; the first reading includes loading the ensemble."""
    from PIL import Image
    from skimage.data import astronaut

    photo = var / "portrait.jpg"
    Image.fromarray(astronaut()).save(photo, quality=92)
    command = [sys.executable, "manage.py", "read_photo", "--json", *[str(photo)] * PHOTOS]
    begun = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    whole = time.monotonic() - begun
    if done.returncode:
        sys.exit(f"read_photo failed:\n{done.stderr[-2000:]}")
    readings = [json.loads(line) for line in done.stdout.splitlines()]
    stages = sorted({stage for reading in readings for stage in reading["ms"]})
    rows: list[dict[str, Any]] = [
        {"what": f"reading: {stage}", **_summary([reading["ms"][stage] for reading in readings])}
        for stage in stages
    ]
    rows.append(
        {
            "what": f"reading: {PHOTOS} photos with start-up, whole",
            "n": 1,
            "median_ms": round(whole * 1000, 1),
        }
    )
    return rows


def _pages() -> list[dict[str, Any]]:
    """Ask the web application itself, without network, on SQLite."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.core.management import call_command
    from django.test import Client

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    client = Client(HTTP_HOST="localhost")
    rows = []
    for path in PAGES:
        times = []
        for _ in range(REQUESTS):
            begun = time.perf_counter()
            status = client.get(path).status_code
            times.append((time.perf_counter() - begun) * 1000)
            if status != 200:
                sys.exit(f"{path} answered {status}")
        rows.append({"what": f"page {path}", **_summary(times)})
    return rows


def _summary(times: list[float]) -> dict[str, Any]:
    ordered = sorted(times)
    return {
        "n": len(ordered),
        "median_ms": round(statistics.median(ordered), 1),
        "p95_ms": round(ordered[int(0.95 * (len(ordered) - 1))], 1),
        "most_ms": round(ordered[-1], 1),
    }


def _markdown(machine: str, rows: list[dict[str, Any]]) -> str:
    lines = [
        "# Benchmarks",
        "",
        f"Written by `make bench` on {machine}.",
        "",
        "| what | n | median ms | 95 % ms | most ms |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['what']} | {row['n']} | {row['median_ms']} | {row.get('p95_ms', '')} | {row.get('most_ms', '')} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
