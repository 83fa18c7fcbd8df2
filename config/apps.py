"""The wiring app: it owns the commands that need every room."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.core.management import call_command
from django.db.models.signals import post_migrate


def _make_cache_table(using: str, **options: Any) -> None:
    """Make the table that rate limits live in (always on SQLite, and when Redis is down)."""
    call_command("createcachetable", "cache", database=using, verbosity=0)


class ConfigConfig(AppConfig):
    """Wiring."""

    name = "config"
    verbose_name = "Maeum"

    def ready(self) -> None:
        from config import checks  # noqa: F401  registers them

        # The signal is sent only for apps with models, which wiring has none of.
        sender = apps.get_app_config("accounts")
        post_migrate.connect(_make_cache_table, sender=sender, dispatch_uid="cache table")
