"""CheckIn is the person's word; PhotoReading is the machine's guess about one photo."""

from __future__ import annotations

import zoneinfo
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from moods.choices import FINAL, Feeling, Mood, Point, Status
from moods.runs import BundleSwitch, Reread, RereadRun

__all__ = ["BundleSwitch", "CheckIn", "PhotoReading", "Reread", "RereadRun", "photo_storage"]

ACTIVE = (Status.QUEUED, Status.RUNNING)


def photo_storage() -> Storage:
    """Return the private storage; a callable, so that migrations do not freeze a path."""
    return storages["photos"]


class CheckIn(models.Model):
    """One moment of one member, at that member's local date and time.

    ``mood`` and ``feeling`` are the member's own word. They outrank every reading, for ever: no
    code that stores a reading writes to them.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="check_ins")
    local_date = models.DateField(_("날짜"))
    local_time = models.TimeField(_("시각"))
    time_zone = models.CharField(max_length=64)
    mood = models.SmallIntegerField(_("기분"), choices=Mood, null=True, blank=True)
    feeling = models.CharField(_("느낌"), max_length=10, choices=Feeling, blank=True)
    note = models.TextField(_("한 줄"), blank=True, max_length=4000)
    tags = models.JSONField(default=list, blank=True)
    #: True once the member has said that a reading was right.
    agreed = models.BooleanField(default=False)
    #: The guess they said it of: a later reading that says something else is not agreed to.
    agreed_to = models.CharField(max_length=10, choices=Feeling, blank=True)
    corrected_at = models.DateTimeField(null=True, blank=True)
    #: HMAC of the uploaded bytes under the member's key: same photo, same day, same row.
    photo_digest = models.CharField(max_length=64, blank=True)
    #: Made with each form: a double click or a second tab sends it twice, and one row is stored.
    submission = models.UUIDField(default=uuid4)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("마음 기록")
        verbose_name_plural = _("마음 기록")
        ordering = ["-local_date", "-local_time", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["member", "submission"], name="one_row_a_submission"),
            models.UniqueConstraint(
                fields=["member", "local_date", "photo_digest"],
                condition=~Q(photo_digest=""),
                name="one_row_a_photo_a_day",
            ),
            models.CheckConstraint(
                condition=Q(mood__isnull=True) | Q(mood__range=(-3, 3)), name="mood_in_range"
            ),
        ]
        indexes = [models.Index(fields=["member", "-local_date"], name="entries_of_member")]

    def __str__(self) -> str:
        return f"{self.local_date} {self.local_time:%H:%M}"

    @property
    def at(self) -> datetime:
        """Return the moment, in the zone it was written in."""
        zone = zoneinfo.ZoneInfo(self.time_zone)
        return datetime.combine(self.local_date, self.local_time, tzinfo=zone)


class PhotoReading(models.Model):
    """What the ensemble made of one photo, and how far the work is.

    QUEUED -> RUNNING (claimed, with a lease) -> READ | UNSURE | REJECTED | FAILED. A lease that
    ran out goes back to QUEUED until ``attempts`` reaches the cap, then FAILED. Every step is a
    conditional update on ``status`` and ``lease``, so a second delivery changes nothing.
    """

    check_in = models.OneToOneField(CheckIn, on_delete=models.CASCADE, related_name="reading")
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    reason = models.CharField(max_length=30, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    available_at = models.DateTimeField(default=timezone.now)
    lease = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    #: The bundle that was active when the photo was queued, and that reads it; empty: not known then.
    wanted_version = models.CharField(max_length=60, blank=True)
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    photo = models.FileField(storage=photo_storage, max_length=120, blank=True)
    #: When the purge destroys a photo that is still here; null with a photo: still to be read, or
    #: kept by choice.
    photo_until = models.DateTimeField(null=True, blank=True)
    #: Of the stored photo in pixels; face box and grid corners are in the same pixels.
    photo_width = models.PositiveIntegerField(null=True, blank=True)
    photo_height = models.PositiveIntegerField(null=True, blank=True)

    emotion = models.CharField(max_length=10, choices=Feeling, blank=True)
    probabilities = models.JSONField(null=True, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    valence = models.FloatField(null=True, blank=True)
    arousal = models.FloatField(null=True, blank=True)
    faces = models.PositiveSmallIntegerField(null=True, blank=True)
    face = models.JSONField(null=True, blank=True)
    pose = models.JSONField(null=True, blank=True)
    quality = models.JSONField(null=True, blank=True)
    eyewear = models.CharField(max_length=12, null=True, blank=True)  # noqa: DJ001  null is "unknown"
    mask = models.CharField(max_length=12, null=True, blank=True)  # noqa: DJ001  null is "unknown"
    #: Coarse activation map of the winning class: rows of 0..1, no pixels; outlives the photo.
    grid = models.JSONField(null=True, blank=True)
    grid_corners = models.JSONField(null=True, blank=True)
    ms = models.JSONField(null=True, blank=True)
    ensemble_version = models.CharField(max_length=60, blank=True)

    class Meta:
        verbose_name = _("사진 읽기")
        verbose_name_plural = _("사진 읽기")
        indexes = [
            # The claim and the sweep look only at unfinished work, which is always a short list.
            models.Index(fields=["available_at"], condition=Q(status=Status.QUEUED), name="readings_waiting"),
            models.Index(fields=["lease_until"], condition=Q(status=Status.RUNNING), name="readings_leased"),
            models.Index(fields=["photo_until"], condition=~Q(photo=""), name="photos_to_purge"),
        ]

    def __str__(self) -> str:
        return self.get_status_display()

    @property
    def is_final(self) -> bool:
        """Say whether no more work will be done."""
        return self.status in FINAL

    @property
    def point(self) -> Point | None:
        """Return the guess on the plane, or None when there is none."""
        if self.valence is None or self.arousal is None:
            return None
        return Point(self.valence, self.arousal)

    @property
    def chances(self) -> list[tuple[str, float]]:
        """Return (emotion, probability) pairs, the likeliest first."""
        pairs: dict[str, Any] = self.probabilities or {}
        return sorted(pairs.items(), key=lambda pair: -pair[1])


# At the end, because the models of the study refer to those above.
from moods.panel import models as panel_models  # noqa: E402, F401
from moods.portable import models as portable_models  # noqa: E402, F401
from moods.scales import models as scale_models  # noqa: E402, F401
