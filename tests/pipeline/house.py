"""One installation as a test sees it: its environment, its processes, a driver to talk to."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from moods.choices import FINAL
from tests.moods.photos import astronaut, variant
from tests.services import RedisServer

ROOT: Final = Path(__file__).resolve().parents[2]
#: How long a worker may take to load the ensemble and read what waits, on a slow busy machine.
PATIENCE: Final = 150.0


class House:
    """A set-up with files of its own: embedded (SQLite, folders) or server (PostgreSQL, Redis)."""

    def __init__(self, name: str, folder: Path, database: str = "", redis: RedisServer | None = None) -> None:
        self.name, self.folder, self.redis = name, folder, redis
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("MAEUM_")},
            **{key: os.environ[key] for key in ("MAEUM_BUNDLE",) if key in os.environ},
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": database,
            "REDIS_URL": redis.url if redis else "",
            "MAEUM_VAR": str(folder / "var"),
            "MAEUM_LEASE_SECONDS": "120",
            "MAEUM_READING_BATCH": "4",
            "MAEUM_READING_ATTEMPTS": "2",
            "MAEUM_BACKOFF_SECONDS": "0",
            "MAEUM_SWEEP_SECONDS": "1",
            "PYTHONUNBUFFERED": "1",
        }
        self._running: list[subprocess.Popen[Any]] = []
        self._reader: subprocess.Popen[str] | None = None
        self._call("manage.py", "migrate", "-v", "0", "--skip-checks")
        self._driver: subprocess.Popen[str] = self._spawn(
            [sys.executable, "-m", "tests.pipeline.driver"],
            "driver",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    # --- what a web process does ----------------------------------------------------------------
    def ask(self, command: str, **arguments: Any) -> Any:
        """Have the driver do something and return its answer."""
        assert self._driver.stdin
        assert self._driver.stdout
        self._driver.stdin.write(json.dumps([command, arguments]) + "\n")
        self._driver.stdin.flush()
        answer = self._driver.stdout.readline()
        assert answer, f"The driver died:\n{self.log('driver')}"
        return json.loads(answer)

    def upload(self, photos: Iterable[bytes]) -> list[float]:
        """Check in with each photo; return the seconds each took."""
        took: list[float] = self.ask("upload", photos=[base64.b64encode(photo).decode() for photo in photos])
        return took

    def upload_portraits(self, count: int) -> list[float]:
        """Check in with the same face as ``count`` different files."""
        return self.upload(variant(number) for number in range(count))

    def upload_while_asleep(self, worker: subprocess.Popen[str], count: int) -> None:
        """Upload while the worker is held still, so that it has not finished before we look."""
        worker.send_signal(signal.SIGSTOP)
        self.upload_portraits(count)
        worker.send_signal(signal.SIGCONT)

    def upload_portrait(self) -> list[float]:
        """Check in with the portrait."""
        return self.upload([astronaut()])

    def rows(self) -> list[dict[str, Any]]:
        """Return every reading."""
        found: list[dict[str, Any]] = self.ask("rows")
        return found

    def wait(
        self, met: Callable[[dict[str, int]], bool], *, sweep: bool = False, pause: float = 0.05
    ) -> None:
        """Wait until the counts by status are as wished; ``sweep`` plays beat meanwhile."""
        end = time.monotonic() + PATIENCE
        swept = 0.0
        while not met(found := self.ask("statuses")):
            assert time.monotonic() < end, f"{found}\n{self.rows()}\n{self.log('inference')}"
            if sweep and time.monotonic() - swept > 1:
                self.ask("sweep")
                swept = time.monotonic()
            time.sleep(pause)

    def settle(self) -> list[dict[str, Any]]:
        """Wait until every row is in a final state and return the rows.

        A photo is destroyed right after the commit that ends its reading: give it that moment.
        """
        self.wait(lambda found: set(found) <= set(FINAL), sweep=True, pause=0.2)
        end = time.monotonic() + 5
        while any(row["status"] == "read" and row["photo"] for row in self.rows()) and time.monotonic() < end:
            time.sleep(0.05)
        return self.rows()

    # --- processes ------------------------------------------------------------------------------
    def worker(
        self, queue: str = "inference", app: str = "config", *more: str, **extra: str
    ) -> subprocess.Popen[str]:
        """Start a worker of one queue, as the launcher does."""
        command = [sys.executable, "-m", "celery", "-A", app, "worker", "-P", "solo", "-Q", queue]
        return self._spawn([*command, "-n", f"{queue}@{self.name}", "-l", "info", *more], queue, extra=extra)

    def reader(self) -> subprocess.Popen[str]:
        """Return the inference worker, starting one where none runs: loading the ensemble takes its time."""
        if self._reader is None or self._reader.poll() is not None:
            self._reader = self.worker()
        return self._reader

    def end(self, process: subprocess.Popen[str], how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        process.send_signal(how)
        status = process.wait(timeout=60)
        self._running.remove(process)
        return status

    def close(self) -> None:
        """Kill whatever still runs, children included."""
        for process in self._running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if self.redis:
            self.redis.close()

    def log(self, name: str) -> str:
        """Return the end of a process's log."""
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace")[-6000:] if path.exists() else ""

    def _spawn(
        self,
        command: list[str],
        log: str,
        stdin: int = subprocess.DEVNULL,
        stdout: int | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[str]:
        with (self.folder / f"{log}.log").open("a") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment | dict(extra or {}), stdin=stdin, stdout=stdout or output,
                stderr=output, text=True, start_new_session=True,
            )  # fmt: skip
        self._running.append(process)
        return process

    def _call(self, *command: str) -> None:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
