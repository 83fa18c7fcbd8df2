"""Hand Django's settings to the room, and register its start-up check."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings


class InferenceConfig(AppConfig):
    """Pixels in, Reading out; no tables."""

    name = "inference"

    def ready(self) -> None:
        """Pass bundles, engine and threads on; import the checks so that they register."""
        from inference import _settings, checks  # noqa: F401

        _settings.configure(
            bundle=getattr(settings, "MAEUM_BUNDLE", ""),
            threads=getattr(settings, "MAEUM_INFERENCE_THREADS", 2),
            bundles=getattr(settings, "MAEUM_BUNDLES", ""),
            engine=getattr(settings, "MAEUM_ENGINE", "auto"),
        )
