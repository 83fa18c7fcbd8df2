"""The queue for an administrator: how far readings are, never what somebody wrote or showed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from accounts.admin import LedgerAdmin
from moods import admin_models
from moods.models import BundleSwitch, PhotoReading

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


@admin.register(BundleSwitch)
class BundleSwitchAdmin(LedgerAdmin):
    """The page of bundles in place of a list; rows are made by ``moods.services`` alone."""

    list_display = ("at", "previous", "version", "by", "why")
    fields = readonly_fields = ("at", "previous", "version", "by", "why")

    def get_urls(self) -> list[URLPattern]:
        """Add the forms' targets, before the model's own pages would take their words for keys."""
        inside = self.admin_site.admin_view
        own = [
            path("progress/", inside(admin_models.progress), name="moods_models_progress"),
            path("activate/<str:version>/", inside(admin_models.activate), name="moods_models_activate"),
            path("reread/", inside(admin_models.start), name="moods_models_reread"),
            path("reread/<int:run>/<str:order>/", inside(admin_models.order), name="moods_models_order"),
            path("waiting/", inside(admin_models.waiting), name="moods_models_waiting"),
        ]
        return own + super().get_urls()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the page of bundles."""
        return admin_models.models_page(request)
