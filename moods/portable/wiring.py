"""Tell the rooms below what imports hold about people, and what ends with their consent."""

from __future__ import annotations

from accounts import exports, withdrawals
from accounts.choices import Purpose
from moods.portable import people_data, services


def ready() -> None:
    """Register export, erasure and withdrawal; called once at start."""
    exports.register("imports", people_data.export, people_data.erase)
    withdrawals.register(Purpose.PHOTO_KEEP, "imports", services.staged_photos_end)
    withdrawals.register(Purpose.EMOTION, "imports", services.staged_photos_end)
