"""A sitting is one scale answered once; a rhythm is a member's wish to be asked every two weeks."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from moods.scales.choices import Scale


class Sitting(models.Model):
    """One scale, answered question by question; half-filled until ``finished_at`` is set.

    The answers lie in ``sealed``, encrypted under the member's own key (a JSON list, null where
    nothing was answered): also the sum is in no column, and destroying the key shreds both.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sittings")
    scale = models.CharField(max_length=8, choices=Scale)
    #: Language and version of the wording that the last answer was given to.
    language = models.CharField(max_length=5)
    wording = models.CharField(max_length=40)
    sealed = models.BinaryField(editable=False)
    started_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    #: The member's own day and zone when the last question was answered.
    local_date = models.DateField(_("날짜"), null=True, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("짧은 물음")
        verbose_name_plural = _("짧은 물음")
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "scale"], condition=Q(finished_at__isnull=True), name="one_open_sitting"
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True, local_date__isnull=True)
                | Q(finished_at__isnull=False, local_date__isnull=False),
                name="sitting_done_has_day",
            ),
        ]
        indexes = [models.Index(fields=["member", "-local_date"], name="sittings_of_member")]

    def __str__(self) -> str:
        return self.get_scale_display()


class Rhythm(models.Model):
    """Whether a member asked to be asked WHO-5 every two weeks; no row: never asked for."""

    member = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="scale_rhythm"
    )
    on = models.BooleanField(default=False)
    #: The member's own day on which the rhythm began, or a round was put off.
    since = models.DateField()
    #: True when ``since`` is a day on which a round was put off: the next is a whole round later.
    passed = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("두 주마다 묻기")
        verbose_name_plural = _("두 주마다 묻기")

    def __str__(self) -> str:
        return f"{self.since}"
