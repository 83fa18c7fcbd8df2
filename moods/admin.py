"""The queue for an administrator: how far readings are, never what somebody wrote or showed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest

from moods.models import PhotoReading

if TYPE_CHECKING:
    Base = admin.ModelAdmin[PhotoReading]
else:
    Base = admin.ModelAdmin


@admin.register(PhotoReading)
class PhotoReadingAdmin(Base):
    """Read-only: rows change through ``moods.services`` alone."""

    list_display = ("pk", "status", "reason", "attempts", "queued_at", "finished_at", "ensemble_version")
    list_filter = ("status", "reason", "ensemble_version")
    date_hierarchy = "queued_at"
    fields = (
        "status", "reason", "attempts", "available_at", "lease_until", "queued_at", "started_at",
        "finished_at", "photo_until", "ms", "ensemble_version",
    )  # fmt: skip
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: PhotoReading | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PhotoReading | None = None) -> bool:
        return False
