"""How curators take the catalogue out and in: CSV, XLSX, JSON, with a dry run first."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from import_export import fields, resources, widgets

from music.choices import Confidence, MoodWord, SourceKind
from music.models import Track
from music.services import TRACK_FIELDS, sources_add


class WordsWidget(widgets.Widget):  # type: ignore[misc]
    """Mood words as one cell: words from the fixed list, parted by semicolons."""

    def clean(self, value: Any, row: Any = None, **options: Any) -> list[str]:
        """Return the words; raise ValueError for one that is not on the list."""
        words = [word.strip() for word in str(value or "").split(";") if word.strip()]
        unknown = [word for word in words if word not in MoodWord.values]
        if unknown:
            raise ValueError(_("목록에 없는 마음 낱말이에요: %s") % ", ".join(unknown))
        return words

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:
        return ";".join(value or [])


class TrackResource(resources.ModelResource):  # type: ignore[misc]
    """One row a track. Source columns make the sources of a new track; later they only inform."""

    mood_words = fields.Field("mood_words", "mood_words", widget=WordsWidget())
    youtube_id = fields.Field("youtube_id", readonly=True)
    audio_url = fields.Field("audio_url", readonly=True)
    audio_page = fields.Field("audio_page", readonly=True)
    licence_confidence = fields.Field("licence_confidence", readonly=True)

    class Meta:
        model = Track
        import_id_fields = ("slug",)
        fields = (
            "slug",
            *TRACK_FIELDS,
            "sponsored",
            "enabled",
            "youtube_id",
            "audio_url",
            "audio_page",
            "licence_confidence",
        )
        skip_unchanged = True
        report_skipped = True
        clean_model_instances = True

    def after_save_instance(self, instance: Track, row: dict[str, Any], **options: Any) -> None:
        """Give a new track its sources; a dry run is rolled back with everything else."""
        if instance.sources.exists():
            return
        sources_add(
            instance,
            youtube_id=str(row.get("youtube_id") or ""),
            audio_url=str(row.get("audio_url") or ""),
            audio_page=str(row.get("audio_page") or ""),
            confidence=str(row.get("licence_confidence") or Confidence.MEDIUM),
        )

    def dehydrate_youtube_id(self, track: Track) -> str:
        return self._of(track, SourceKind.YOUTUBE, "youtube_id")

    def dehydrate_audio_url(self, track: Track) -> str:
        return self._of(track, SourceKind.AUDIO, "url")

    def dehydrate_audio_page(self, track: Track) -> str:
        return self._of(track, SourceKind.AUDIO, "page_url")

    def dehydrate_licence_confidence(self, track: Track) -> str:
        kind = SourceKind.AUDIO if self._of(track, SourceKind.AUDIO, "url") else SourceKind.YOUTUBE
        return self._of(track, kind, "licence_confidence")

    @staticmethod
    def _of(track: Track, kind: str, name: str) -> str:
        """Return a value of the track's first source of a kind, or an empty text."""
        if not track.pk:
            return ""
        return next((str(getattr(s, name)) for s in track.sources.all() if s.kind == kind), "")
