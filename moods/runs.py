"""Which bundle reads photos, and the runs that read kept photos again with it."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from moods.choices import Feeling, Status

VERSION_LENGTH = 60


class HistoryError(RuntimeError):
    """Somebody tried to change or remove a row of an append-only history."""


class HistoryQuerySet(models.QuerySet["BundleSwitch"]):
    """Rows can be added and read, nothing else; the database refuses it too (migration 0002)."""

    def update(self, **fields: Any) -> NoReturn:
        raise HistoryError("A switch that was made is never changed.")

    def delete(self) -> NoReturn:
        raise HistoryError("A switch that was made is never removed.")


class BundleSwitch(models.Model):
    """One switch of the bundle that reads photos: who, when, from what to what, and why.

    The latest row says which bundle is active. Without any, the installation's own default serves
    (``inference/bundles/current.txt`` or ``MAEUM_BUNDLE``).
    """

    version = models.CharField(_("묶음"), max_length=VERSION_LENGTH, editable=False)
    previous = models.CharField(_("이전 묶음"), max_length=VERSION_LENGTH, blank=True, editable=False)
    #: Null: made at the command line.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("바꾼 사람"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    why = models.CharField(_("까닭"), max_length=300, editable=False)
    at = models.DateTimeField(_("바꾼 때"), default=timezone.now, editable=False)

    objects = HistoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("읽기 묶음 바꾼 기록")
        verbose_name_plural = _("읽기 묶음과 다시 읽기")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.previous or '-'} → {self.version}"

    def save(self, *args: Any, **options: Any) -> None:
        """Insert a new row; an existing one raises HistoryError."""
        if not self._state.adding:
            raise HistoryError("A switch that was made is never changed.")
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise HistoryError("A switch that was made is never removed.")


class RereadKind(models.TextChoices):
    """Which kept photos a run reads again."""

    MISSING = "missing", _("못 읽은 사진")
    STALE = "stale", _("다른 묶음으로 읽은 사진")
    ALL = "all", _("남아 있는 모든 사진")


class RunState(models.TextChoices):
    """How far a run is; the last two are final."""

    RUNNING = "running", _("읽는 중")
    PAUSED = "paused", _("잠시 멈춤")
    DONE = "done", _("끝남")
    STOPPED = "stopped", _("그만둠")


class RereadRun(models.Model):
    """One order to read kept photos again with one bundle; pinned to that version for its whole life."""

    kind = models.CharField(_("대상"), max_length=10, choices=RereadKind)
    version = models.CharField(_("묶음"), max_length=VERSION_LENGTH)
    state = models.CharField(_("상태"), max_length=10, choices=RunState, default=RunState.RUNNING)
    #: Why it paused by itself: ``switched``, or the code of a bundle that cannot be used.
    reason = models.CharField(max_length=30, blank=True)
    #: True while running or paused, then null: at most one run is open.
    open = models.BooleanField(null=True, default=True, unique=True)
    #: Photos that fitted when the run was started; a moment's count, for progress only.
    expected = models.PositiveIntegerField(_("어림한 장수"))
    #: Readings up to this primary key have their row in this run.
    cursor = models.BigIntegerField(default=0)
    #: True once every reading that fits has its row.
    fed = models.BooleanField(default=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("시작한 사람"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    started_at = models.DateTimeField(_("시작한 때"), default=timezone.now)
    ended_at = models.DateTimeField(_("끝난 때"), null=True, blank=True)

    class Meta:
        verbose_name = _("다시 읽기")
        verbose_name_plural = _("다시 읽기")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.version}"


class RereadState(models.TextChoices):
    """How far one photo of a run is; the last three are final."""

    QUEUED = "queued", _("차례를 기다림")
    RUNNING = "running", _("읽는 중")
    DONE = "done", _("다시 읽음")
    SKIPPED = "skipped", _("건너뜀")
    FAILED = "failed", _("읽지 못함")


class Reread(models.Model):
    """One photo of a run: the work to do, then what the guess was before and what it became.

    The reading itself is left as it is until the new answer is there, so that a page or a chart
    never loses a guess to a run that is slow, paused or broken.
    """

    run = models.ForeignKey(RereadRun, on_delete=models.CASCADE, related_name="items")
    reading = models.ForeignKey("moods.PhotoReading", on_delete=models.CASCADE, related_name="rereads")
    state = models.CharField(max_length=10, choices=RereadState, default=RereadState.QUEUED)
    reason = models.CharField(max_length=30, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    available_at = models.DateTimeField(default=timezone.now)
    lease = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    was_status = models.CharField(max_length=10, choices=Status)
    was_emotion = models.CharField(max_length=10, choices=Feeling, blank=True)
    was_confidence = models.FloatField(null=True, blank=True)
    was_version = models.CharField(max_length=VERSION_LENGTH, blank=True)
    now_status = models.CharField(max_length=10, choices=Status, blank=True)
    now_emotion = models.CharField(max_length=10, choices=Feeling, blank=True)
    now_confidence = models.FloatField(null=True, blank=True)

    class Meta:
        verbose_name = _("다시 읽은 사진")
        verbose_name_plural = _("다시 읽은 사진")
        constraints = [models.UniqueConstraint(fields=["run", "reading"], name="one_row_a_reading_a_run")]
        indexes = [
            models.Index(
                fields=["available_at"], condition=Q(state=RereadState.QUEUED), name="rereads_waiting"
            ),
            models.Index(
                fields=["lease_until"], condition=Q(state=RereadState.RUNNING), name="rereads_leased"
            ),
        ]

    def __str__(self) -> str:
        return self.get_state_display()
