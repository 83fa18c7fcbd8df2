"""Bring database, static files and demo people up to date before the servers start (one process for all of it)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import django
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from config import env


def main() -> None:
    """Do what is missing, a line for each long step."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    _migrate()
    _collect()
    if settings.MAEUM_DEMO and not get_user_model()._default_manager.exists():
        _say("데모 사람들과 일 년치 기록 · making demo people and a year of entries")
        call_command(
            "seed_demo",
            members=env.env_int("MAEUM_DEMO_MEMBERS", 30, least=1),
            days=env.env_int("MAEUM_DEMO_DAYS", 365, least=1),
        )


def _migrate() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        _say("데이터베이스 · bringing the database up to date")
        call_command("migrate", interactive=False, verbosity=0)


def _collect() -> None:
    """Collect static files when one of them changed since the last time."""
    root = Path(settings.STATIC_ROOT)
    stamp = root.with_name("static.stamp")
    now = hashlib.sha256("\n".join(_static_files()).encode()).hexdigest()
    if root.is_dir() and stamp.exists() and stamp.read_text() == now:
        return
    _say("정적 파일 · collecting static files")
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(now)


def _static_files() -> Iterator[str]:
    for finder in get_finders():
        for name, storage in finder.list([]):
            state = Path(storage.path(name)).stat()
            yield f"{name} {state.st_size} {state.st_mtime_ns}"


def _say(line: str) -> None:
    print(f"· {line}", flush=True)


if __name__ == "__main__":
    main()
