"""``make check``: everything that reads the code without running it; goes on after a failure and lists them all."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def commands() -> dict[str, list[str]]:
    """Return the checks by name, cheapest first."""
    templates = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "templates").rglob("*.html"))]
    python = str(sys.executable)
    return {
        "ruff": [str(BIN / "ruff"), "check", "."],
        "ruff format": [str(BIN / "ruff"), "format", "--check", "."],
        "djade": [str(BIN / "djade"), "--target-version", "5.2", "--check", *templates],
        "djhtml": [str(BIN / "djhtml"), "--check", "--tabwidth", "2", *templates],
        "imports": [str(BIN / "lint-imports"), "--no-logo"],
        "migrations": [python, "manage.py", "makemigrations", "--check", "--dry-run"],
        "translations": [python, "tools/check_messages.py"],
        "mypy": [str(BIN / "mypy")],
    }


def passes(name: str, command: list[str], var: str) -> bool:
    """Run one check with its files in ``var``; print how it went."""
    environment = {**os.environ, "MAEUM_VAR": var, "DJANGO_SETTINGS_MODULE": "config.settings"}
    begun = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    good = done.returncode == 0
    print(f"{'ok  ' if good else 'FAIL'} {name} ({time.monotonic() - begun:.1f} s)", flush=True)
    if not good:
        print((done.stdout + done.stderr).strip())
    return good


def main(names: list[str]) -> int:
    """Run all checks, or those named; print what each failing one said."""
    with tempfile.TemporaryDirectory(prefix="maeum-check-") as var:
        wanted = {name: command for name, command in commands().items() if not names or name in names}
        failed = [name for name, command in wanted.items() if not passes(name, command, var)]
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
