"""Ask the web application for the pages that need no log-in, without network, on SQLite."""

from __future__ import annotations

import os
from functools import partial
from typing import Any, Final

from benchmarks.stats import timed

PAGES: Final = ("/", "/crisis/", "/accounts/login/", "/healthz")


def pages(var: str, seconds: float) -> dict[str, Any]:
    """Time each page in this process; ``var`` is a folder for the data base and the collected files."""
    os.environ["MAEUM_VAR"] = var
    os.environ["MAEUM_DEMO"] = "1"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.core.management import call_command
    from django.test import Client

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    client = Client(HTTP_HOST="localhost")
    return {f"page {path}": timed(partial(_get, client, path), seconds=seconds) for path in PAGES}


def _get(client: Any, path: str) -> None:
    status = client.get(path).status_code
    if status != 200:
        raise SystemExit(f"{path} answered {status}.")
