"""``make run``: prepare, start web, workers and beat, say where to look, keep them alive, stop them cleanly.

python -m config.launcher            run until Ctrl-C
python -m config.launcher --reset    forget the demo's database, photos and queue
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TextIO

from config import env
from config.supervisor import Child, Supervisor, clear_leftovers

ROOT = Path(__file__).resolve().parent.parent
_READY = 90.0
_LOG_KEEP = 5 * 1024 * 1024


class LaunchError(RuntimeError):
    """Starting is not possible; the message says why."""


def main(arguments: list[str]) -> int:
    """Run everything; return 0 after an orderly stop."""
    os.chdir(ROOT)
    # The demo is what one command on a fresh machine shows; a real installation sets MAEUM_DEMO=0 and uses deploy/.
    os.environ.setdefault("MAEUM_DEMO", "1")
    var = Path(env.env_str("MAEUM_VAR", str(ROOT / "var")))
    run = var / "run"
    run.mkdir(parents=True, exist_ok=True)
    try:
        with _Lock(run / "launcher.lock"):
            clear_leftovers(run / "children.json")
            if "--reset" in arguments:
                return _reset(var)
            return _run(var, run)
    except LaunchError as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(var: Path, run: Path) -> int:
    _prepare([sys.executable, "-m", "config.prepare"])
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    port = choose_port(env.env_int("MAEUM_PORT", 8000, least=1))
    web, *others = children(var, run, port)
    supervisor = Supervisor([web], run / "children.json", _say)
    _say("서버와 일꾼을 켭니다 · starting web, workers and beat")
    supervisor.start()
    try:
        if _ready(f"http://127.0.0.1:{port}/healthz", supervisor, stop):
            # One after the other: on two cores the page is there in half the time.
            supervisor.children += others
            supervisor.start()
            _welcome(port)
        while not stop.wait(1):
            supervisor.look()
    finally:
        _say("하던 일을 마치고 끕니다 · finishing the work in hand and stopping")
        supervisor.stop()
        _say("껐어요 · stopped")
    return 0


def _prepare(command: list[str]) -> None:
    """Run the preparation to its end; any signal to stop ends it too (SIGTERM would leave it behind)."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    subprocess.run(command, check=True)


def children(var: Path, run: Path, port: int) -> list[Child]:
    """Return the processes of the embedded set-up; each writes to its own log under var/log."""
    python = sys.executable
    log = var / "log"
    most = env.env_int("MAEUM_WORKER_MAX_MB", 2500, least=200)
    grace = float(env.env_int("MAEUM_STOP_SECONDS", 30, least=1))
    # The workers of one machine need no news of each other; on kombu's filesystem transport such news would pile up.
    worker = [
        python,
        "-m",
        "celery",
        "-A",
        "config",
        "worker",
        "--loglevel=INFO",
        "--without-gossip",
        "--without-mingle",
    ]
    web = [
        python, "-m", "gunicorn", "config.wsgi:application", f"--bind=127.0.0.1:{port}", "--worker-class=gthread",
        "--preload", "--workers=2", "--threads=4", "--timeout=60", "--graceful-timeout=10", "--no-control-socket",
    ]  # fmt: skip
    beat = [
        python,
        "-m",
        "celery",
        "-A",
        "config",
        "beat",
        "--loglevel=INFO",
        "--pidfile=",
        f"--schedule={run / 'beat'}",
    ]
    found = [
        Child("web", web, log / "web.log", grace),
        # TensorFlow hangs in a forked child: solo works in the process itself, one batch at a time.
        Child(
            "inference", [*worker, "--pool=solo", "-Q", "inference", "-n", "inference@%h"], log / "inference.log",
            grace, heartbeat=run / "inference.heartbeat", max_mb=most,
        ),
        Child(
            "default", [*worker, "--pool=threads", "--concurrency=2", "-Q", "default", "-n", "default@%h"],
            log / "default.log", grace, heartbeat=run / "default.heartbeat", max_mb=most,
        ),
        Child("beat", beat, log / "beat.log", grace),
    ]  # fmt: skip
    for child in found:
        _trim(child.log)
    return found


def choose_port(wanted: int) -> int:
    """Return the wanted port, or the next free one, saying so."""
    for port in range(wanted, min(wanted + 50, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port != wanted:
            _say(f"{wanted}번 포트는 쓰는 중 · port {wanted} is taken, using {port}")
        return port
    raise LaunchError(f"No free port from {wanted} on; set MAEUM_PORT.")


def _ready(address: str, supervisor: Supervisor, stop: threading.Event) -> bool:
    """Wait until the web server answers; keep looking after the children meanwhile."""
    deadline = time.monotonic() + _READY
    while not stop.wait(0.3):
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 our own address
                return True
        except urllib.error.HTTPError as answer:
            _say(f"{address}: {answer}")
            return True  # it answers; what is wrong stands in that page
        except OSError:
            supervisor.look()
        if time.monotonic() > deadline:
            raise LaunchError(
                f"The web server did not answer within {_READY:.0f} s; see the logs under var/log."
            )
    return False


def _welcome(port: int) -> None:
    print(f"\n  마음 · Maeum   http://127.0.0.1:{port}/\n", flush=True)
    if env.env_bool("MAEUM_DEMO", False):
        subprocess.run([sys.executable, "manage.py", "demo_logins"], check=False)
    _say("멈추려면 Ctrl-C · press Ctrl-C to stop")


def _reset(var: Path) -> int:
    """Remove what a person put in; keys, fonts and logs stay."""
    if env.env_str("DATABASE_URL"):
        raise LaunchError("DATABASE_URL is set: this command only resets the embedded demo.")
    for path in var.glob("maeum.sqlite3*"):
        path.unlink()
    for name in ("photos", "media", "queue", "mail"):
        shutil.rmtree(var / name, ignore_errors=True)
    _say("데모를 비웠어요 · the demo is empty; make run fills it anew")
    return 0


class _Lock:
    """Hold a file lock; the kernel lets go of it however the launcher ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def __enter__(self) -> None:
        self._file = self._path.open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            owner = self._file.read().strip()
            self._file.close()
            raise LaunchError(
                f"이미 켜져 있어요 · Maeum already runs from this folder (process {owner}). Stop that one first."
            ) from None
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def __exit__(self, *_error: object) -> None:
        if self._file is not None:
            self._file.close()


def _trim(log: Path) -> None:
    """Begin a log anew when the last runs made it long."""
    if log.exists() and log.stat().st_size > _LOG_KEEP:
        log.replace(log.with_suffix(".old.log"))


def _say(line: str) -> None:
    print(f"· {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
