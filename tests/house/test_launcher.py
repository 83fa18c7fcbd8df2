"""``make run`` starts everything, stops everything, and can be run again; the real processes, no fakes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests import services

ROOT = Path(__file__).resolve().parents[2]
#: A slow machine migrates, seeds and collects within this.
START = 240.0

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.timeout(900)]


class Launched:
    """A launcher in a folder of its own."""

    def __init__(self, var: Path, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        own = ("MAEUM_", "DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "PYTEST_")
        plain = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        small = {"MAEUM_DEMO_MEMBERS": "2", "MAEUM_DEMO_DAYS": "5", "PYTHONUNBUFFERED": "1"}
        self.log = var.with_name(f"launcher-{time.monotonic_ns()}.log")
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.launcher"],
                cwd=ROOT,
                env={**plain, **small, "MAEUM_VAR": str(var), "MAEUM_PORT": str(port)},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        """Return what stood on the terminal so far."""
        return self.log.read_text()

    def wait_for(self, words: str, seconds: float = START) -> str:
        """Wait until the words are printed."""
        deadline = time.monotonic() + seconds
        while words not in self.said():
            assert time.monotonic() < deadline, self.said()
            assert self.process.poll() is None or words in self.said(), self.said()
            time.sleep(0.2)
        return self.said()

    def family(self) -> list[psutil.Process]:
        """Return every process below the launcher."""
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all starts of this file share, so that only the first one seeds."""
    return tmp_path_factory.mktemp("launcher") / "var"


@pytest.fixture
def launched(var: Path) -> Iterator[Launched]:
    """Start the launcher and wait until it says it is ready."""
    one = Launched(var, services.free_port())
    try:
        one.wait_for("press Ctrl-C")
        yield one
    finally:
        family = one.family() if one.process.poll() is None else []
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait(10)
        for process in family:
            if process.is_running():
                process.kill()


def all_gone(processes: list[psutil.Process], seconds: float) -> bool:
    """Wait for the processes to end; say whether all did."""
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return not [p for p in alive if p.status() != psutil.STATUS_ZOMBIE]


def names(processes: list[psutil.Process]) -> str:
    """Return all command lines as one text; a process that ended meanwhile has none."""
    lines = []
    for process in processes:
        try:
            lines.append(" ".join(process.cmdline()))
        except psutil.NoSuchProcess:
            continue
    return "\n".join(lines)


def test_one_command_brings_up_everything_and_ctrl_c_takes_all_of_it_down(
    launched: Launched, var: Path
) -> None:
    assert answers(launched.address)
    said = launched.said()
    assert launched.address in said
    assert re.search(r"officer@\S+ +\S+ +TOTP [A-Z2-7]{32} +now \d{6}", said)
    family = launched.family()
    for part in ("gunicorn", "-Q inference", "-Q default", " beat "):
        assert part in names(family)
    second_beside_it_says_so_and_does_no_harm(launched, var)
    taken_port_is_passed_over(launched)
    killed_worker_comes_back(launched)
    family = launched.family()
    launched.process.send_signal(signal.SIGINT)
    assert launched.process.wait(60) == 0
    assert all_gone(family, 5)
    assert "stopped" in launched.said()


def test_it_can_be_run_again_and_leaves_no_orphan_when_killed(launched: Launched) -> None:
    assert "demo data is ready" not in launched.said(), "the second start seeds nothing"
    assert answers(launched.address)
    family = launched.family()
    assert len(family) >= 8
    launched.process.kill()
    launched.process.wait(10)
    assert all_gone(family, 15), names([p for p in family if p.is_running()])


def answers(address: str) -> bool:
    """Say whether the health page is well."""
    with urllib.request.urlopen(f"{address}/healthz", timeout=10) as answer:
        return bool(answer.status == 200)


def second_beside_it_says_so_and_does_no_harm(launched: Launched, var: Path) -> None:
    second = Launched(var, services.free_port())
    assert second.process.wait(60) == 1
    assert f"process {launched.process.pid}" in second.said()
    assert answers(launched.address)


def killed_worker_comes_back(launched: Launched) -> None:
    worker = next(p for p in launched.family() if "-Q inference" in names([p]) and not p.children())
    worker.kill()
    launched.wait_for("inference: ended", 30)
    deadline = time.monotonic() + 60
    while worker.pid in {p.pid for p in launched.family()} or "-Q inference" not in names(launched.family()):
        assert time.monotonic() < deadline
        time.sleep(0.5)


def taken_port_is_passed_over(launched: Launched) -> None:
    port = int(launched.address.rsplit(":", 1)[1])
    program = f"from config.launcher import choose_port; print(choose_port({port}))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert f"port {port} is taken" in done.stdout
    assert int(done.stdout.splitlines()[-1]) > port
