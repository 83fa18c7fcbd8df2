"""The walls of the house stand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command at the root, as a fresh process."""
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_rooms_import_downward_only() -> None:
    done = run(str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache")
    assert done.returncode == 0, done.stdout
    assert "3 kept, 0 broken" in done.stdout


def test_web_process_never_imports_tensorflow() -> None:
    """Load all that a web process loads, every address and page module included, in a fresh interpreter."""
    program = (
        "import sys, config.wsgi, config.urls\n"
        "from django.urls import get_resolver\n"
        "def walk(r):\n"
        "    [walk(p) if hasattr(p, 'url_patterns') else p.callback for p in r.url_patterns]\n"
        "walk(get_resolver())\n"
        "from django.test import Client\n"
        "assert Client(HTTP_HOST='localhost').get('/crisis/').status_code == 200\n"
        "heavy = {'tensorflow', 'keras', 'cv2', 'scipy', 'skimage'} & set(sys.modules)\n"
        "print('heavy:', sorted(heavy))\n"
    )
    done = run(sys.executable, "-c", program)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "heavy: []"


def test_environment_is_read_in_one_place() -> None:
    """Only config/env.py reads variables; the launcher may set some for its children."""
    readers = [
        str(path.relative_to(ROOT))
        for room in ("accounts", "config", "inference", "moods", "music", "welfare")
        for path in (ROOT / room).rglob("*.py")
        if any(word in path.read_text() for word in ("os.getenv", "os.environ.get", "os.environ["))
    ]
    assert readers == ["config/env.py"]


def test_ci_runs_the_same_command_as_people_do() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "make test" in script.read_text()
