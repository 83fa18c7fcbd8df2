"""Keep a handful of processes alive: start, watch, restart, stop, and leave none behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from config import heartbeat

_CHILD = Path(__file__).with_name("child.py")
_MB = 1024 * 1024
#: A process that lived this long starts its next life at once; a shorter-lived one waits longer each time.
_STEADY = 60.0
_BACK_OFF = (0.5, 1, 2, 5, 10, 30)


@dataclass
class Child:
    """One process to keep alive; ``max_mb`` and ``heartbeat`` are None where they are not watched."""

    name: str
    command: list[str]
    log: Path
    grace: float
    heartbeat: Path | None = None
    max_mb: int | None = None
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    start_at: float = 0.0
    kill_at: float | None = None

    @property
    def alive(self) -> bool:
        """Say whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches the launcher alone."""
        if self.heartbeat is not None:
            self.heartbeat.unlink(missing_ok=True)
            self.environment["MAEUM_HEARTBEAT"] = str(self.heartbeat)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        # -I: child.py lies beside celery.py and must not take that for the library.
        wrapper = [sys.executable, "-I", str(_CHILD), str(os.getpid()), str(self.grace), *self.command]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                wrapper,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        self.started = time.monotonic()
        self.kill_at = None

    def terminate(self) -> None:
        """Ask it to finish what it has in hand; it is killed when its grace is over."""
        if self.process is not None and self.alive and self.kill_at is None:
            self.process.terminate()
            self.kill_at = time.monotonic() + self.grace

    def kill(self) -> None:
        """End the process and all it started, now."""
        if self.process is not None:
            kill_group(self.process.pid)
            self.process.wait()

    def memory_mb(self) -> float:
        """Return the resident memory of everything below the wrapper, in MiB."""
        try:
            family = psutil.Process(self.process.pid).children(recursive=True) if self.process else []
            return sum(member.memory_info().rss for member in family) / _MB
        except psutil.Error:
            return 0.0


def kill_group(leader: int) -> None:
    """Kill a process group that may be gone already."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


class Supervisor:
    """Watch children until told to stop; ``say`` prints one line for the person at the terminal."""

    def __init__(self, children: Iterable[Child], record: Path, say: Callable[[str], None]) -> None:
        self.children = list(children)
        self._record = record
        self._say = say

    def start(self) -> None:
        """Start every child that was not yet and write down who they are, for a next start after a crash."""
        for child in self.children:
            if child.process is None:
                child.start()
        self._write()

    def look(self) -> None:
        """Look at every child once: restart the dead, end the hung and the swollen."""
        now = time.monotonic()
        for child in self.children:
            if child.alive:
                self._examine(child, now)
            elif child.process is not None and child.start_at == 0.0:
                self._plan_restart(child, now)
            elif now >= child.start_at:
                child.start_at = 0.0
                child.start()
                self._write()

    def stop(self) -> None:
        """Stop all of them together: ask, wait for the work in hand, kill what is left."""
        for child in self.children:
            child.terminate()
        for child in self.children:
            while child.alive and child.kill_at is not None and time.monotonic() < child.kill_at:
                time.sleep(0.05)
            child.kill()  # the wrapper is gone; this ends whatever of its group is not
        self._record.unlink(missing_ok=True)

    def _examine(self, child: Child, now: float) -> None:
        if child.kill_at is not None:
            if now > child.kill_at:
                child.kill()
            return
        if child.heartbeat is not None:
            problem = heartbeat.complaint(heartbeat.read(child.heartbeat), started=child.started, now=now)
            if problem:
                self._say(f"{child.name}: {problem}; starting it anew")
                child.kill()
                return
        if child.max_mb is not None and (memory := child.memory_mb()) > child.max_mb:
            self._say(f"{child.name}: {memory:.0f} MB of memory; starting it anew after its work in hand")
            child.terminate()

    def _plan_restart(self, child: Child, now: float) -> None:
        """Clear up after a child that ended and decide when its next life begins."""
        child.kill()
        status = child.process.returncode if child.process else None
        child.failures = 0 if now - child.started > _STEADY else child.failures + 1
        wait = _BACK_OFF[min(child.failures, len(_BACK_OFF) - 1)]
        child.start_at = now + wait
        self._say(f"{child.name}: ended ({status}); again in {wait:g} s, see {child.log}")

    def _write(self) -> None:
        rows = []
        for child in self.children:
            if child.process is not None:
                try:
                    born = psutil.Process(child.process.pid).create_time()
                except psutil.Error:
                    continue
                rows.append({"name": child.name, "pid": child.process.pid, "born": born})
        part = self._record.with_suffix(".part")
        part.write_text(json.dumps(rows))
        part.replace(self._record)


def clear_leftovers(record: Path) -> int:
    """Kill what an earlier launcher left behind (a crash of launcher and wrapper alike); return how many.

    A process number alone may be somebody else's by now; with its time of birth it is not.
    """
    try:
        rows = json.loads(record.read_text())
    except (OSError, ValueError):
        return 0
    count = 0
    for row in rows:
        try:
            process = psutil.Process(row["pid"])
            if abs(process.create_time() - row["born"]) > 1:
                continue
        except psutil.Error:
            continue
        kill_group(row["pid"])
        psutil.wait_procs([process], timeout=5)
        count += 1
    record.unlink(missing_ok=True)
    return count
