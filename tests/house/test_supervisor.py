"""The launcher's children live as long as they should, and no longer; real processes, no fakes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from config import heartbeat
from config.supervisor import Child, Supervisor, clear_leftovers

ROOT = Path(__file__).resolve().parents[2]
SLEEP = "import time; time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


def child(tmp_path: Path, program: str, **options: object) -> Child:
    """Return a child that runs a little program."""
    settings = {"name": "one", "grace": 5.0, "log": tmp_path / "one.log", **options}
    return Child(command=[sys.executable, "-c", program], **settings)  # type: ignore[arg-type]


def supervise(tmp_path: Path, *children: Child) -> tuple[Supervisor, list[str]]:
    """Start a supervisor over the children; return it and the list it speaks into."""
    said: list[str] = []
    supervisor = Supervisor(children, tmp_path / "children.json", said.append)
    supervisor.start()
    return supervisor, said


def wait_until(true: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


def looked(supervisor: Supervisor) -> bool:
    """Let the supervisor look once; always true, to stand in a condition."""
    supervisor.look()
    return True


def family(one: Child) -> list[psutil.Process]:
    """Return the wrapper and all below it."""
    assert one.process is not None
    wrapper = psutil.Process(one.process.pid)
    wait_until(wrapper.children)
    return [wrapper, *wrapper.children(recursive=True)]


def gone(processes: list[psutil.Process]) -> bool:
    """Say whether every process has ended."""
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes)


def test_child_that_dies_is_started_again(tmp_path: Path) -> None:
    one = child(tmp_path, SLEEP)
    supervisor, said = supervise(tmp_path, one)
    try:
        first = family(one)
        first[1].kill()
        wait_until(
            lambda: looked(supervisor) and (one.alive and one.process and one.process.pid != first[0].pid)
        )
        assert said
        assert "ended" in said[0]
        assert not gone(family(one))
    finally:
        supervisor.stop()


def test_child_that_dies_at_once_is_started_ever_more_slowly(tmp_path: Path) -> None:
    one = child(tmp_path, "raise SystemExit(3)")
    supervisor, said = supervise(tmp_path, one)
    try:
        wait_until(lambda: looked(supervisor) and one.failures >= 2)
        assert "(3)" in said[0]
        assert "again in 1 s" in said[0]
        assert "again in 2 s" in said[1]
    finally:
        supervisor.stop()


def test_stop_lets_work_in_hand_finish(tmp_path: Path) -> None:
    proof = tmp_path / "done"
    ready = tmp_path / "ready"
    program = textwrap.dedent(f"""
        import pathlib, signal, sys, time
        def finish(*_):
            time.sleep(1); pathlib.Path({str(proof)!r}).touch(); sys.exit(0)
        signal.signal(signal.SIGTERM, finish)
        pathlib.Path({str(ready)!r}).touch()
        time.sleep(600)
    """)
    one = child(tmp_path, program)
    supervisor, _ = supervise(tmp_path, one)
    wait_until(ready.exists)
    everyone = family(one)
    supervisor.stop()
    assert proof.exists()
    assert gone(everyone)
    assert not (tmp_path / "children.json").exists()


def test_stop_kills_what_will_not_end(tmp_path: Path) -> None:
    one = child(tmp_path, STUBBORN, grace=1.0)
    supervisor, _ = supervise(tmp_path, one)
    everyone = family(one)
    supervisor.stop()
    wait_until(lambda: gone(everyone), 5)


def test_hung_worker_is_killed_and_started_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "START", 1.0)
    one = child(tmp_path, SLEEP, heartbeat=tmp_path / "one.heartbeat")
    supervisor, said = supervise(tmp_path, one)
    try:
        everyone = family(one)
        wait_until(lambda: looked(supervisor) and len(said) >= 2)
        assert "no sign of life" in said[0]
        wait_until(lambda: gone(everyone), 5)
    finally:
        supervisor.stop()


def test_swollen_worker_is_asked_to_end_and_started_anew(tmp_path: Path) -> None:
    one = child(tmp_path, "x = bytearray(120 << 20); x[::4096] = b'1' * len(x[::4096]); " + SLEEP, max_mb=100)
    supervisor, said = supervise(tmp_path, one)
    try:
        first = one.process
        wait_until(lambda: looked(supervisor) and len(said) >= 2)
        assert "MB of memory" in said[0]
        assert first is not None
        assert first.poll() is not None
    finally:
        supervisor.stop()


@pytest.mark.parametrize("program", [SLEEP, STUBBORN])
def test_no_orphan_is_left_when_the_launcher_is_killed(tmp_path: Path, program: str) -> None:
    launcher = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent("""
            import sys, time
            from pathlib import Path
            from config.supervisor import Child, Supervisor
            folder = Path(sys.argv[1])
            one = Child("one", [sys.executable, "-c", sys.argv[2]], folder / "one.log", 1.0)
            Supervisor([one], folder / "children.json", print).start()
            time.sleep(600)
        """), str(tmp_path), program], cwd=ROOT,
    )  # fmt: skip
    try:
        wait_until(lambda: len(psutil.Process(launcher.pid).children(recursive=True)) >= 2)
        everyone = psutil.Process(launcher.pid).children(recursive=True)
    finally:
        launcher.send_signal(signal.SIGKILL)
        launcher.wait()
    wait_until(lambda: gone(everyone), 10)


def test_next_start_clears_what_a_crash_left(tmp_path: Path) -> None:
    left = subprocess.Popen([sys.executable, "-c", SLEEP], start_new_session=True)
    record = tmp_path / "children.json"
    born = psutil.Process(left.pid).create_time()
    record.write_text(json.dumps([{"name": "web", "pid": left.pid, "born": born}]))
    assert clear_leftovers(record) == 1
    assert not psutil.pid_exists(left.pid)
    left.wait(5)
    assert not record.exists()


def test_process_that_only_inherited_a_number_is_spared(tmp_path: Path) -> None:
    record = tmp_path / "children.json"
    record.write_text(json.dumps([{"name": "web", "pid": os.getpid(), "born": 1.0}]))
    assert clear_leftovers(record) == 0


def test_stop_during_the_preparation_ends_it_too(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    slow = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    program = f"import sys; from config import launcher; launcher._prepare([sys.executable, '-c', {slow!r}])"
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.DEVNULL) as launcher:
        deadline = time.monotonic() + 30
        while not (note.exists() and note.read_text()) and time.monotonic() < deadline:
            time.sleep(0.1)
        launcher.send_signal(signal.SIGTERM)
        launcher.wait(10)
    assert not psutil.pid_exists(int(note.read_text()))
