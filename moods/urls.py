"""Addresses of moods."""

from __future__ import annotations

from datetime import date, datetime

from django.urls import include, path, register_converter

from moods.views import check_in, diary, entry, today


class DayConverter:
    """A day in an address: 2026-11-21."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        """Return the day; ValueError (a 404) for one that no calendar has."""
        return datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007  a day has no zone

    def to_url(self, value: date) -> str:
        """Write the day."""
        return value.isoformat()


register_converter(DayConverter, "day")

app_name = "moods"
urlpatterns = [
    path("today/", today.today, name="today"),
    path("okay/", today.okay, name="okay"),
    path("check-in/", check_in.check_in, name="check_in"),
    path("how-it-reads/", today.how_it_reads, name="how_it_reads"),
    path("entries/<uuid:uuid>/", entry.entry, name="entry"),
    path("entries/<uuid:uuid>/progress/", entry.entry_progress, name="entry_progress"),
    path("entries/<uuid:uuid>/correct/", entry.correct, name="correct"),
    path("entries/<uuid:uuid>/agree/", entry.agree, name="agree"),
    path("entries/<uuid:uuid>/retry/", entry.retry, name="retry"),
    path("entries/<uuid:uuid>/photo/", entry.photo, name="photo"),
    path("entries/<uuid:uuid>/photo/delete/", entry.photo_delete, name="photo_delete"),
    path("entries/<uuid:uuid>/edit/", entry.edit, name="edit"),
    path("entries/<uuid:uuid>/delete/", entry.delete, name="delete"),
    path("diary/", diary.diary, name="diary"),
    path("diary/<int:year>/<int:month>/", diary.diary_month, name="diary_month"),
    path("diary/<day:day>/", diary.day, name="day"),
    path("", include("moods.insight.urls")),
    path("", include("moods.patterns.urls")),
    path("", include("moods.scales.urls")),
    path("", include("moods.portable.urls")),
]
