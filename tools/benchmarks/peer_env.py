"""Make the peers' own environment under ``var/bench-env``, never in ours: they would bring a second OpenCV.

It sees our packages through one ``.pth`` line, so that every classifier runs on the same TensorFlow, NumPy and
OpenCV, and adds each peer without its dependencies. Nothing is fetched when a benchmark runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import ROOT

FOLDER: Final = ROOT / "var" / "bench-env"
PYTHON: Final = FOLDER / "bin" / "python"
NODE: Final = FOLDER / "node"
STATE: Final = FOLDER / "state.json"

#: What pip is asked for, one call each, without dependencies. PyTorch's CPU build lies on its own index, not on the
#: public one, whose build drags three gigabytes of CUDA along: where pip cannot find it, its peer is left out.
PYTHON_PACKAGES: Final[dict[str, list[str]]] = {
    "fer": ["fer==25.10.3", "setuptools<81"],
    "deepface": ["deepface==0.0.103", "gdown", "beautifulsoup4", "soupsieve"],
    "torch": [
        "torch==2.13.0+cpu",
        "sympy",
        "mpmath",
        "networkx",
        "jinja2",
        "markupsafe",
        "fsspec",
        "filelock",
        "typing-extensions",
    ],
    "facial-emotion-recognition": ["facial-emotion-recognition==0.3.4"],
}
NPM_PACKAGES: Final = (
    "@vladmandic/face-api@1.7.15",
    "@vladmandic/human@3.3.6",
    "@tensorflow/tfjs@4.22.0",
    "@tensorflow/tfjs-backend-wasm@4.22.0",
)

_spent: list[float] = [0.0]


def spent() -> float:
    """Return the seconds that the last :func:`ensure` took."""
    return _spent[0]


def ensure() -> dict[str, str]:
    """Install what is missing; returns each package with an empty string, or why it is not there."""
    begun = time.monotonic()
    try:
        return _ensure()
    finally:
        _spent[0] = time.monotonic() - begun


def _ensure() -> dict[str, str]:
    if STATE.exists():
        state: dict[str, Any] = json.loads(STATE.read_text())
        if state.get("asked") == _asked():
            return dict(state["problems"])
    FOLDER.mkdir(parents=True, exist_ok=True)
    problem = _run([sys.executable, "-m", "venv", "--clear", str(FOLDER)])
    if problem:
        return dict.fromkeys([*PYTHON_PACKAGES, "npm"], problem)
    _see_ours()
    problems = {name: _pip(wanted) for name, wanted in PYTHON_PACKAGES.items()}
    problems["npm"] = _npm()
    STATE.write_text(json.dumps({"asked": _asked(), "problems": problems}, indent=1) + "\n")
    return problems


def node() -> str:
    """Return the Node program that our own set-up installs beside Python, or the one on the PATH."""
    ours = Path(sys.executable).parent / "node"
    return str(ours) if ours.exists() else "node"


def _asked() -> list[Any]:
    return [PYTHON_PACKAGES, list(NPM_PACKAGES), sys.version]


def _see_ours() -> None:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    pth = FOLDER / "lib" / version / "site-packages" / "ours.pth"
    pth.write_text(sysconfig.get_path("purelib") + "\n")


def _pip(wanted: list[str]) -> str:
    quiet = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-input"]
    # A source package is built with the environment's own setuptools, not with one fetched for the purpose.
    return _run([str(PYTHON), "-m", "pip", "install", *quiet, *wanted])


def _npm() -> str:
    NODE.mkdir(exist_ok=True)
    npm = str(Path(node()).with_name("npm")) if "/" in node() else "npm"
    return _run(
        [
            npm,
            "install",
            "--silent",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--prefix",
            str(NODE),
            *NPM_PACKAGES,
        ]
    )


def _run(command: list[str]) -> str:
    """Run one installer; returns an empty string, or its last line without paths and addresses."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{type(error).__name__}: the installer could not be run"
    if done.returncode == 0:
        return ""
    words = (done.stderr.strip().splitlines() or ["no message"])[-1].split()
    return " ".join(word for word in words if "/" not in word)[:200]
