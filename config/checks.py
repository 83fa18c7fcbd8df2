"""Wrong combinations of settings, said at start-up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

_AT_HOME: Final = {"127.0.0.1", "localhost", "[::1]", "testserver"}


@register
def demo_stays_at_home(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Refuse a demo that others can reach: its mailbox page shows everybody's password links."""
    strangers = sorted(set(settings.ALLOWED_HOSTS) - _AT_HOME)
    if not settings.MAEUM_DEMO or not strangers:
        return []
    return [
        Error(
            f"MAEUM_DEMO=1 shows every mail to everybody, but the site answers to {', '.join(strangers)}.",
            hint="Set MAEUM_DEMO=0, or MAEUM_ALLOWED_HOSTS to 127.0.0.1,localhost.",
            id="config.E001",
        )
    ]
