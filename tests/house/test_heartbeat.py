"""A worker that hangs is told from one that waits or works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from config import heartbeat
from config.heartbeat import Beat

ROOT = Path(__file__).resolve().parents[2]
#: A queue of its own in the working folder; `sleep` blocks the one thread of a solo worker.
APP = """
import os
import time
from celery import Celery
from config import heartbeat

# Importing config made our own app: this one is nobody's Django project, and the file is for it alone.
del os.environ["DJANGO_SETTINGS_MODULE"]
os.environ["MAEUM_HEARTBEAT"] = os.environ["HUNG_HEARTBEAT"]
heartbeat.EVERY = 0.2
app = Celery("hung", broker="filesystem://")
app.conf.broker_transport_options = {"data_folder_in": "q", "data_folder_out": "q", "control_folder": "c"}
app.conf.worker_enable_remote_control = False
app.conf.task_ignore_result = True
heartbeat.install(app)

@app.task(time_limit=7)
def sleep(seconds):
    time.sleep(seconds)
"""

NOW = 10_000.0
ALIVE = Beat(pid=1, at=NOW - 1, loop_at=NOW - 1, connected=True)


def judge(beat: Beat | None, *, age: float = 1000.0) -> str:
    """Return what the launcher would say of a worker started ``age`` seconds ago."""
    return heartbeat.complaint(beat, started=NOW - age, now=NOW)


def test_idle_worker_whose_loop_turns_is_well() -> None:
    assert judge(ALIVE) == ""


def test_worker_without_any_sign_of_life_may_take_its_time_to_start() -> None:
    assert judge(None, age=heartbeat.START - 1) == ""
    assert "no sign of life" in judge(None, age=heartbeat.START + 1)


def test_signs_of_the_life_before_do_not_count() -> None:
    old = replace(ALIVE, at=NOW - 1001)
    assert "no sign of life" in judge(old, age=1000.0)


def test_frozen_process_is_noticed() -> None:
    assert "silent" in judge(replace(ALIVE, at=NOW - heartbeat.SILENCE - 1))


def test_living_thread_does_not_hide_a_dead_loop() -> None:
    assert "stood still" in judge(replace(ALIVE, loop_at=NOW - heartbeat.SILENCE - 1))


def test_worker_may_take_as_long_as_a_start_until_its_loop_turns(tmp_path: Path) -> None:
    pulse = heartbeat.Pulse(tmp_path / "beat")
    pulse.attach(None)
    pulse._write()
    beat = heartbeat.read(tmp_path / "beat")
    assert beat is not None
    born = time.monotonic()
    early, late = born + heartbeat.START - 10, born + heartbeat.START + 10
    assert heartbeat.complaint(replace(beat, at=early), started=born, now=early) == ""
    assert "stood still" in heartbeat.complaint(replace(beat, at=late), started=born, now=late)


def test_worker_that_looks_for_its_broker_is_left_alone() -> None:
    assert judge(replace(ALIVE, loop_at=NOW - 900, connected=False)) == ""


def test_busy_worker_is_well_until_its_task_is_past_the_limit() -> None:
    busy = replace(ALIVE, loop_at=NOW - 500, busy_since=NOW - 500, limit=600)
    assert judge(busy) == ""
    assert "busy" in judge(replace(busy, busy_since=NOW - 661))


@pytest.mark.parametrize("text", ["", "{", '{"pid": 1}', "[]"])
def test_half_written_file_counts_as_no_beat(tmp_path: Path, text: str) -> None:
    path = tmp_path / "beat"
    path.write_text(text)
    assert heartbeat.read(path) is None


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a real solo worker whose heartbeat lies in ``tmp_path / "beat"``."""
    (tmp_path / "hung.py").write_text(APP)
    (tmp_path / "q").mkdir()
    environment = {**environ(tmp_path), "HUNG_HEARTBEAT": str(tmp_path / "beat")}
    command = [sys.executable, "-m", "celery", "-A", "hung", "worker", "--pool=solo", "--without-gossip"]
    process = subprocess.Popen([*command, "--without-mingle"], cwd=tmp_path, env=environment)
    yield process
    process.kill()
    process.wait()


def environ(folder: Path) -> dict[str, str]:
    """Return an environment in which both the little app and ours can be imported."""
    plain = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return {**plain, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}


def wait_for_beat(path: Path, process: subprocess.Popen[bytes]) -> Beat:
    """Return the first beat of a worker whose loop turns."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        beat = heartbeat.read(path)
        # Until its first mark a worker has the time of a start: its loop_at lies ahead.
        if beat is not None and beat.connected and beat.loop_at < time.monotonic():
            return beat
        time.sleep(0.1)
    raise AssertionError("the worker never beat")


@pytest.mark.services
def test_real_worker_marks_its_loop_its_task_and_its_silence(
    tmp_path: Path, worker: subprocess.Popen[bytes]
) -> None:
    path = tmp_path / "beat"
    first = wait_for_beat(path, worker)
    assert first.pid == worker.pid
    time.sleep(3)
    later = heartbeat.read(path)
    assert later is not None
    assert later.loop_at > first.loop_at
    program = "import hung; hung.sleep.delay(30)"
    environment = {**environ(tmp_path), "HUNG_HEARTBEAT": ""}
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment, check=True)
    time.sleep(3)
    busy = heartbeat.read(path)
    assert busy is not None
    assert busy.busy_since is not None
    assert busy.limit == 7
    assert heartbeat.complaint(busy, started=0, now=busy.busy_since + 7) == ""
    late = busy.busy_since + 8 + heartbeat.SILENCE
    assert "busy" in heartbeat.complaint(replace(busy, at=late), started=0, now=late)
    worker.send_signal(signal.SIGSTOP)
    time.sleep(0.5)
    frozen = heartbeat.read(path)
    time.sleep(1)
    assert heartbeat.read(path) == frozen
