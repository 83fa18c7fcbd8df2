"""Songs for a mood: catalogue, providers, choice."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MusicConfig(AppConfig):
    """Music."""

    name = "music"
    verbose_name = _("음악")

    def ready(self) -> None:
        from accounts import exports, seeding
        from music.exports import erase, export
        from music.seeding import seed

        # After accounts and moods: the demo catalogue needs neither, yet is the lesser thing.
        seeding.register(30, "music", seed)
        exports.register("music", export, erase)
