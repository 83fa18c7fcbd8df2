"""Where curators keep the catalogue. Nothing about a person is shown here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import CSV, JSON, XLSX

from music.models import Track, TrackSource
from music.policies import may_curate
from music.resources import TrackResource
from music.services import tracks_approve

if TYPE_CHECKING:
    SourceInlineBase = admin.TabularInline[TrackSource, Track]
else:
    SourceInlineBase = admin.TabularInline


class CuratorsOnly:
    """Open every door of a model to curators and administrators, and to nobody else."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_curate(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_curate(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_curate(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_curate(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_curate(request.user)

    def has_import_permission(self, request: HttpRequest) -> bool:
        return may_curate(request.user)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return may_curate(request.user)


class SourceInline(CuratorsOnly, SourceInlineBase):
    """A track's sources, with what is known of their health."""

    model = TrackSource
    extra = 0
    readonly_fields = ("checked_at", "state_reason")


@admin.register(Track)
class TrackAdmin(CuratorsOnly, ImportExportModelAdmin):  # type: ignore[misc]
    """Tracks: filters, import and export with a dry run, and the approval of uncertain audio."""

    resource_classes = (TrackResource,)
    formats = (CSV, XLSX, JSON)
    inlines = (SourceInline,)
    list_display = ("title", "composer", "era", "valence", "arousal", "licence", "enabled")
    list_filter = (
        "enabled",
        "era",
        "instrument",
        "licence",
        "label_source",
        "sources__kind",
        "sources__state",
        "sources__licence_confidence",
    )
    search_fields = ("title", "title_ko", "composer", "composer_ko", "performer")
    list_per_page = 50
    actions = ("approve",)
    show_facets = admin.ShowFacets.NEVER

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[Track]:
        queryset: QuerySet[Track] = super().get_export_queryset(request)
        return queryset.prefetch_related("sources")

    @admin.action(description=_("권리를 확인했어요: 고른 곡 켜기"))
    def approve(self, request: HttpRequest, queryset: QuerySet[Track]) -> None:
        """Switch on tracks whose right to be played a curator has looked up."""
        count = tracks_approve(queryset)
        said = ngettext("%d곡을 켰어요.", "%d곡을 켰어요.", count) % count
        self.message_user(request, said, messages.SUCCESS)
