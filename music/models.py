"""Tracks and where they play; what was suggested to whom; what a player reported."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from moods.models import CheckIn
from music.choices import (
    Confidence,
    Era,
    EventKind,
    Instrument,
    Journey,
    LabelSource,
    Licence,
    MoodWord,
    SourceKind,
    SourceState,
)

AXIS = (MinValueValidator(-1.0), MaxValueValidator(1.0))
UNIT = (MinValueValidator(0.0), MaxValueValidator(1.0))
YOUTUBE_ID = RegexValidator(r"\A[A-Za-z0-9_-]{11}\Z", _("YouTube 영상 번호는 11글자예요."))


class TrackQuerySet(models.QuerySet["Track"]):
    """Questions about tracks."""

    def playable(self) -> TrackQuerySet:
        """Keep enabled tracks with at least one source that may and does play."""
        sources = TrackSource.objects.filter(track=models.OuterRef("pk")).playable()
        return self.filter(models.Exists(sources), enabled=True)


class Track(models.Model):
    """One recording of one work, placed on the valence-arousal plane by a named labeller."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(_("제목"), max_length=200)
    title_ko = models.CharField(_("한국어 제목"), max_length=200, blank=True)
    composer = models.CharField(_("작곡가"), max_length=120)
    composer_ko = models.CharField(_("작곡가 (한국어)"), max_length=120, blank=True)
    performer = models.CharField(_("연주자"), max_length=160, blank=True)
    era = models.CharField(_("시대"), max_length=12, choices=Era)
    instrument = models.CharField(_("편성"), max_length=12, choices=Instrument)
    valence = models.FloatField(_("밝기"), validators=AXIS)
    arousal = models.FloatField(_("힘"), validators=AXIS)
    energy = models.FloatField(_("소리의 세기"), validators=UNIT)
    mood_words = models.JSONField(_("마음 낱말"), default=list)
    licence = models.CharField(_("이용 조건"), max_length=20, choices=Licence)
    licence_url = models.URLField(_("이용 조건 주소"), max_length=300, blank=True)
    #: Which data set or page the facts of the row came from.
    facts_from = models.CharField(_("출처"), max_length=120)
    label_source = models.CharField(_("누가 붙였나"), max_length=10, choices=LabelSource)
    label_confidence = models.FloatField(_("자신"), validators=UNIT)
    reason = models.CharField(_("까닭"), max_length=200, blank=True)
    #: Shown with its word wherever the track is; no ranking reads it.
    sponsored = models.BooleanField(_("후원"), default=False)
    enabled = models.BooleanField(_("사용"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TrackQuerySet.as_manager()

    class Meta:
        verbose_name = _("곡")
        verbose_name_plural = _("곡")
        ordering = ["composer", "title", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valence__range=(-1, 1)) & Q(arousal__range=(-1, 1)),
                name="track_on_the_plane",
            ),
            models.CheckConstraint(
                condition=Q(energy__range=(0, 1)) & Q(label_confidence__range=(0, 1)),
                name="track_unit_ranges",
            ),
        ]
        indexes = [models.Index(fields=["valence", "arousal"], name="track_by_mood")]

    def __str__(self) -> str:
        return f"{self.composer}: {self.title}"

    @property
    def name(self) -> str:
        """Return the title in the reader's language, where there is one."""
        return self.title_ko if _is_korean() and self.title_ko else self.title

    @property
    def by(self) -> str:
        """Return the composer in the reader's language, where there is one."""
        return self.composer_ko if _is_korean() and self.composer_ko else self.composer

    @property
    def words(self) -> list[str]:
        """Return the mood words in the reader's language."""
        return [str(MoodWord(word).label) for word in self.mood_words if word in MoodWord.values]


def _is_korean() -> bool:
    return (get_language() or "ko").startswith("ko")


class TrackSourceQuerySet(models.QuerySet["TrackSource"]):
    """Questions about sources."""

    def playable(self) -> TrackSourceQuerySet:
        """Keep sources that are switched on and not set aside."""
        return self.filter(enabled=True).exclude(state=SourceState.QUARANTINED)


class TrackSource(models.Model):
    """One place a track plays from: a YouTube video or an audio file somebody hosts."""

    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="sources")
    kind = models.CharField(_("종류"), max_length=8, choices=SourceKind)
    youtube_id = models.CharField(max_length=11, blank=True, validators=[YOUTUBE_ID])
    url = models.URLField(_("오디오 주소"), max_length=500, blank=True)
    page_url = models.URLField(_("출처 주소"), max_length=500, blank=True)
    licence_confidence = models.CharField(_("권리 확인"), max_length=8, choices=Confidence)
    enabled = models.BooleanField(_("사용"), default=True)
    state = models.CharField(_("상태"), max_length=12, choices=SourceState, default=SourceState.UNKNOWN)
    #: Why it was set aside: an IFrame error number, ``gone``, ``region``, ``embed``.
    state_reason = models.CharField(max_length=20, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)

    objects = TrackSourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("재생 경로")
        verbose_name_plural = _("재생 경로")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(kind=SourceKind.YOUTUBE, url="") & ~Q(youtube_id=""))
                | (Q(kind=SourceKind.AUDIO, youtube_id="") & ~Q(url="")),
                name="source_is_one_kind",
            ),
            models.UniqueConstraint(
                fields=["youtube_id"], condition=~Q(youtube_id=""), name="one_track_a_video"
            ),
            models.UniqueConstraint(fields=["url"], condition=~Q(url=""), name="one_track_a_file"),
        ]

    def __str__(self) -> str:
        return self.youtube_id or self.url

    @property
    def playable(self) -> bool:
        """Say whether it is switched on and not set aside."""
        return self.enabled and self.state != SourceState.QUARANTINED


class Suggestion(models.Model):
    """A track that was shown for a check-in: the point it was chosen for, and how far it lay.

    Rows are kept as history. A newer choice (the member corrected the reading, or the track
    stopped playing) marks the old row ``replaced_at``; at most one row a place is current.
    """

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="suggestions")
    check_in = models.ForeignKey(CheckIn, on_delete=models.CASCADE, related_name="suggestions")
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="suggestions")
    journey = models.CharField(max_length=10, choices=Journey, default=Journey.STAY)
    position = models.PositiveSmallIntegerField()
    #: The mood of the moment, before the journey moved the target.
    valence = models.FloatField(validators=AXIS)
    arousal = models.FloatField(validators=AXIS)
    distance = models.FloatField()
    chosen_at = models.DateTimeField(default=timezone.now)
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("추천")
        verbose_name_plural = _("추천")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["check_in", "journey", "position"],
                condition=Q(replaced_at__isnull=True),
                name="one_current_track_a_place",
            ),
        ]
        indexes = [models.Index(fields=["member", "-chosen_at"], name="suggested_to_member")]

    def __str__(self) -> str:
        return f"{self.position}. {self.track}"


class PlayerEvent(models.Model):
    """One report of a browser's player; ``key`` comes from the browser and makes it idempotent."""

    key = models.UUIDField(default=uuid.uuid4, unique=True)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="player_events"
    )
    source = models.ForeignKey(TrackSource, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=8, choices=EventKind)
    error_code = models.PositiveSmallIntegerField(null=True, blank=True)
    #: Seconds into the track, where the player knew.
    at_second = models.FloatField(null=True, blank=True, validators=[MinValueValidator(0.0)])
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("재생 기록")
        verbose_name_plural = _("재생 기록")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=EventKind.ERROR) | Q(error_code__isnull=True),
                name="only_errors_have_codes",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["member", "at"], name="events_of_member"),
            models.Index(fields=["source", "kind", "at"], name="events_of_source"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.source_id}"
