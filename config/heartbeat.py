"""A worker's sign of life, for the launcher.

A file that a thread touches proves only that the thread lives. So the thread asks the worker's *main loop* to leave a
mark, and the signals around a task note since when it is busy and how long it may be. The launcher calls a worker
stale when its process writes nothing, when its idle loop leaves no mark, or when a task outlives its limit (solo and
threads pools have no time limits of their own).

Times are ``time.monotonic``: one clock for all processes of a machine, which stands still while a laptop sleeps.
"""

from __future__ import annotations

import json
import os
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config import env

if TYPE_CHECKING:
    from celery import Celery

EVERY = 5.0
#: Seconds without a mark before a worker counts as hung; starting up may take longer.
SILENCE = 60.0
START = 180.0
#: For tasks that state no time limit.
TASK_LIMIT = 600.0


@dataclass(frozen=True)
class Beat:
    """What a worker last said of itself; all times in monotonic seconds."""

    pid: int
    at: float
    loop_at: float
    connected: bool = False
    busy_since: float | None = None
    limit: float = TASK_LIMIT


def read(path: Path) -> Beat | None:
    """Return the last beat, or None when there is none to be read."""
    try:
        return Beat(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def complaint(beat: Beat | None, *, started: float, now: float) -> str:
    """Say in a few words why the worker counts as hung; an empty string when it does not."""
    if beat is None or beat.at < started:
        return f"no sign of life {now - started:.0f} s after its start" if now - started > START else ""
    if now - beat.at > SILENCE:
        return f"silent for {now - beat.at:.0f} s"
    if beat.busy_since is not None:
        busy = now - beat.busy_since
        return f"busy with one task for {busy:.0f} s" if busy > beat.limit + SILENCE else ""
    if beat.connected and now - beat.loop_at > SILENCE:
        return f"its loop has stood still for {now - beat.loop_at:.0f} s"
    return ""


class Pulse:
    """Keep the file fresh from inside one worker process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        now = time.monotonic()
        self._beat = Beat(pid=os.getpid(), at=now, loop_at=now)
        self._consumer: Any = None

    def start(self, **_signal: Any) -> None:
        """Begin beating (worker_init)."""
        threading.Thread(target=self._run, name="heartbeat", daemon=True).start()

    def attach(self, consumer: Any) -> None:
        """Note the consumer whose main loop is asked for marks; from now on it must leave them.

        The first mark may take as long as a start: the ensemble is loaded (worker_ready) before the
        loop turns, and on a slow disk that takes longer than a loop may stand still.
        """
        self._consumer = consumer
        self._change(connected=True, loop_at=time.monotonic() + START - SILENCE)

    def detach(self) -> None:
        """Expect no marks while the worker looks for its broker."""
        self._consumer = None
        self._change(connected=False)

    def begin(self, task: Any = None, **_signal: Any) -> None:
        """Note that a task starts (task_prerun)."""
        limit = getattr(task, "time_limit", None) or TASK_LIMIT
        self._change(busy_since=time.monotonic(), limit=float(limit))

    def end(self, **_signal: Any) -> None:
        """Note that the task ended (task_postrun)."""
        now = time.monotonic()
        self._change(busy_since=None, loop_at=now)

    def _mark(self) -> None:
        self._change(loop_at=time.monotonic())

    def _change(self, **changes: Any) -> None:
        with self._lock:
            self._beat = replace(self._beat, **changes)

    def _run(self) -> None:
        while True:
            consumer = self._consumer
            if consumer is not None and self._beat.busy_since is None:
                consumer.call_soon(self._mark)
            self._change(at=time.monotonic())
            self._write()
            time.sleep(EVERY)

    def _write(self) -> None:
        part = self._path.with_suffix(".part")
        try:
            part.write_text(json.dumps(asdict(self._beat)))
            part.replace(self._path)
        except OSError:
            pass  # a full disk must not end the worker; the launcher will see the silence


def install(app: Celery) -> None:
    """Let the app's workers beat, when the launcher asked for it by naming a file."""
    name = env.env_str("MAEUM_HEARTBEAT")
    if not name:
        return
    from celery import bootsteps, signals

    pulse = Pulse(Path(name))

    class Marks(bootsteps.StartStopStep):
        """Hand the running consumer to the pulse."""

        requires = ("celery.worker.consumer.tasks:Tasks",)

        def start(self, parent: Any) -> None:
            pulse.attach(parent)

        def stop(self, parent: Any) -> None:
            pulse.detach()

    app.steps["consumer"].add(Marks)
    signals.worker_init.connect(pulse.start, weak=False)
    signals.task_prerun.connect(pulse.begin, weak=False)
    signals.task_postrun.connect(pulse.end, weak=False)
