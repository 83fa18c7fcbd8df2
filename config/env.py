"""Read the environment: the only place that does, typed, and loud about a bad value."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


class EnvError(ValueError):
    """An environment variable holds something it must not; the message names it."""


def env_str(name: str, default: str = "") -> str:
    """Return the variable, or what the file named by ``NAME_FILE`` holds (for secrets)."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        return Path(path).read_text().strip()
    return os.environ.get(name, default)


def env_bool(name: str, default: bool) -> bool:
    """Return a switch; anything but 1/0, true/false, yes/no, on/off is refused."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in _TRUE:
        return True
    if value.strip().lower() in _FALSE:
        return False
    raise EnvError(f"{name} must be 1 or 0, not {value!r}.")


def env_int(name: str, default: int, *, least: int = 0) -> int:
    """Return a whole number of at least ``least``."""
    value = os.environ.get(name)
    if value is None or not value.strip():
        return default
    try:
        number = int(value)
    except ValueError:
        raise EnvError(f"{name} must be a whole number, not {value!r}.") from None
    if number < least:
        raise EnvError(f"{name} must be at least {least}, not {number}.")
    return number


def env_list(name: str, default: str = "") -> list[str]:
    """Return the comma-separated words of a variable, without empty ones."""
    return [word.strip() for word in env_str(name, default).split(",") if word.strip()]


def env_secret(name: str, keep: Path) -> str:
    """Return a secret; on a machine that sets none, make one once and keep it in ``keep``."""
    value = env_str(name)
    if value:
        return value
    if not keep.exists():
        keep.parent.mkdir(parents=True, exist_ok=True)
        part = keep.with_suffix(f".{os.getpid()}.part")
        part.write_text(secrets.token_urlsafe(48))
        part.chmod(0o600)
        try:
            os.link(part, keep)  # atomic: of two first starts, one wins and both read it
        except FileExistsError:
            pass
        finally:
            part.unlink()
    return keep.read_text().strip()


def database(url: str) -> dict[str, object]:
    """Turn ``postgres://user:pass@host:port/name?opt=x`` or ``sqlite:///path`` into Django's dict."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return sqlite(Path(unquote(parts.path)))
    if parts.scheme not in {"postgres", "postgresql"}:
        raise EnvError(f"DATABASE_URL must begin with postgres:// or sqlite://, not {parts.scheme!r}.")
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def sqlite(path: Path) -> dict[str, object]:
    """Return a SQLite database in WAL mode whose writers queue up instead of failing."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": ("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"),
        },
    }
