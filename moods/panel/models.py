"""What a study is made of: faces, people who name them, their answers, and the links they came by."""

from __future__ import annotations

import secrets
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from moods.choices import Feeling
from moods.models import PhotoReading
from moods.panel.choices import PER_HALF, Half, MachineState, StudyState


def new_seed() -> int:
    """Return the seed of one person's order of faces."""
    return secrets.randbelow(2**31)


class Study(models.Model):
    """One comparison of people and ensemble on the same faces.

    ``key`` is a Fernet key, sealed under the master key: it encrypts the data-set faces, so that
    deleting the row leaves no readable copy of them anywhere.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    title = models.CharField(_("이름"), max_length=80)
    state = models.CharField(max_length=8, choices=StudyState, default=StudyState.DRAFT)
    per_half = models.PositiveSmallIntegerField(_("절반마다 얼굴 수"), default=PER_HALF)
    #: The form's mark: a double click makes one study.
    submission = models.UUIDField(default=uuid4, unique=True, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="panel_studies"
    )
    made_at = models.DateTimeField(default=timezone.now)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    #: What data set the imported faces are from, and under which terms they may be shown.
    source = models.CharField(max_length=120, blank=True)
    terms = models.TextField(blank=True, max_length=2000)
    key = models.TextField(editable=False)

    class Meta:
        verbose_name = _("사람 대 AI 연구")
        verbose_name_plural = _("사람 대 AI 연구")
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return self.title


class Face(models.Model):
    """One face of a study, its label, and the ensemble's answer.

    A data-set face has a file of its own, encrypted under the study's key. An own face has none:
    it is cut from the photo that the member keeps, each time it is shown, so that no second copy
    outlives the first. ``uuid`` is random and says nothing of label, half or source.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="faces")
    half = models.CharField(max_length=8, choices=Half)
    label = models.CharField(max_length=10, choices=Feeling)
    file = models.CharField(max_length=120, blank=True, editable=False)
    reading = models.ForeignKey(
        PhotoReading, null=True, blank=True, on_delete=models.CASCADE, related_name="panel_faces"
    )

    machine_state = models.CharField(max_length=10, choices=MachineState, default=MachineState.QUEUED)
    machine_reason = models.CharField(max_length=30, blank=True)
    machine_emotion = models.CharField(max_length=10, choices=Feeling, blank=True)
    machine_probabilities = models.JSONField(null=True, blank=True)
    machine_version = models.CharField(max_length=60, blank=True)
    machine_at = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("연구 얼굴")
        verbose_name_plural = _("연구 얼굴")
        constraints = [
            models.UniqueConstraint(
                fields=["study", "reading"], condition=Q(reading__isnull=False), name="panel_photo_once"
            ),
            models.CheckConstraint(
                condition=(Q(half=Half.OWN) & Q(reading__isnull=False) & Q(file=""))
                | (Q(half=Half.DATASET) & Q(reading__isnull=True) & ~Q(file="")),
                name="panel_face_has_one_source",
            ),
        ]
        indexes = [
            models.Index(
                fields=["study"],
                condition=Q(machine_state__in=[MachineState.QUEUED, MachineState.RUNNING]),
                name="panel_faces_unread",
            )
        ]

    def __str__(self) -> str:
        return str(self.uuid)


class Participant(models.Model):
    """Somebody who names feelings: staff under their own log-in, or a guest who came by a link."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="participants")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="panel_participations",
    )
    #: Who invited a guest: the actor of the access log, for a guest has no account.
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    name = models.CharField(_("이름이나 머리글자"), max_length=40, blank=True)
    seed = models.PositiveIntegerField(default=new_seed, editable=False)
    consent_version = models.CharField(max_length=20)
    consented_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("참여자")
        verbose_name_plural = _("참여자")
        constraints = [
            models.UniqueConstraint(
                fields=["study", "user"], condition=Q(user__isnull=False), name="panel_person_once"
            )
        ]

    def __str__(self) -> str:
        return self.name or str(self.uuid)


class Answer(models.Model):
    """What one person said of one face; a row exists from the moment the face was shown.

    ``answered_at`` null: seen, not answered yet. ``feeling`` empty with ``answered_at``: "I don't know".
    """

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="answers")
    face = models.ForeignKey(Face, on_delete=models.CASCADE, related_name="answers")
    feeling = models.CharField(max_length=10, choices=Feeling, blank=True)
    shown_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("답")
        verbose_name_plural = _("답")
        constraints = [
            models.UniqueConstraint(fields=["participant", "face"], name="panel_one_answer_a_face"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=False) | Q(feeling=""), name="panel_answer_has_time"
            ),
        ]

    def __str__(self) -> str:
        return self.get_feeling_display() or "-"


class Link(models.Model):
    """A link that works once: into a study for a guest, or onto another device of a participant.

    Only the SHA-256 of the token is stored; the link itself is shown once, to who made it.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="links")
    participant = models.ForeignKey(
        Participant, null=True, blank=True, on_delete=models.CASCADE, related_name="links"
    )
    #: True leads a participant to another device; False invites a guest.
    for_device = models.BooleanField(default=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    note = models.CharField(_("누구에게"), max_length=40, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("초대 링크")
        verbose_name_plural = _("초대 링크")
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="panel_link_ends_later")
        ]

    def __str__(self) -> str:
        return self.note or str(self.uuid)

    @property
    def is_open(self) -> bool:
        """Say whether the link can still be used."""
        return self.used_at is None and self.expires_at > timezone.now()
