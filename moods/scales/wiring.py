"""Tell the rooms below what scales hold about people, and refuse a setting that names no scale."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from accounts import exports
from moods.scales import people_data
from moods.scales.choices import Scale


def ready() -> None:
    """Register export and erasure; called once at start."""
    unknown = set(settings.MAEUM_SCALES) - set(Scale.values)
    if unknown:
        raise ImproperlyConfigured(f"MAEUM_SCALES names no scale: {', '.join(sorted(unknown))}.")
    exports.register("scales", people_data.export, people_data.erase)
