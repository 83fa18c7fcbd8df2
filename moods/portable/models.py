"""What an import brought, so that it can be shown before and undone after."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Source(models.TextChoices):
    """Where a file comes from."""

    DAYLIO_CSV = "daylio_csv", _("Daylio 표(CSV)")
    DAYLIO_BACKUP = "daylio_backup", _("Daylio 백업")
    MAEUM = "maeum", _("마음에서 받은 파일")


class ImportState(models.TextChoices):
    """How far an import is: looked at, taken in, taken back."""

    CHECKED = "checked", _("확인하는 중")
    APPLIED = "applied", _("가져왔어요")
    UNDONE = "undone", _("되돌렸어요")


class ImportBatch(models.Model):
    """One file of one member. ``sealed`` holds its rows under the member's key until they are taken in."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    source = models.CharField(max_length=16, choices=Source)
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.CHECKED)
    sealed = models.BinaryField(default=b"", editable=False)
    #: Entries that were made, and what was left out, as counts.
    made = models.PositiveIntegerField(default=0)
    photos = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("가져오기")
        verbose_name_plural = _("가져오기")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["member", "state"], name="imports_of_member")]

    def __str__(self) -> str:
        return f"{self.get_source_display()} · {self.get_state_display()}"


class StagedPhoto(models.Model):
    """A photo of a file that is still being looked at, under the member's key; gone when it is decided."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="staged")
    name = models.CharField(max_length=200)
    sealed = models.BinaryField(editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "name"], name="one_staged_photo_a_name")]

    def __str__(self) -> str:
        return self.name


class ImportedEntry(models.Model):
    """An entry that an import made: from which line, and when it was last as the import left it."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="entries")
    check_in = models.OneToOneField(
        "moods.CheckIn", null=True, on_delete=models.SET_NULL, related_name="imported"
    )
    #: What the file calls the entry: its id there, or a digest of its line.
    origin = models.CharField(max_length=80)
    #: SHA-256 of the line, to tell on the next import whether the file says something else now.
    digest = models.CharField(max_length=64)
    #: ``updated_at`` of the entry as the import left it: a later one means that the member touched it.
    stamp = models.DateTimeField()
    #: Readings before the last one, as the file told them; history that nothing is computed from.
    sealed_history = models.BinaryField(default=b"", editable=False)

    class Meta:
        indexes = [models.Index(fields=["origin"], name="imported_by_origin")]

    def __str__(self) -> str:
        return self.origin
