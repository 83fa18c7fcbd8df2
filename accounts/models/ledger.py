"""Two append-only, hash-chained ledgers: what a person agreed to, and who looked.

Each subject has a chain of its own in each ledger: ``digest`` is SHA-256 over the row's content
and the digest before it, so a changed, removed or inserted row breaks the chain. Rows know the
person only by a random subject key; free text is encrypted under that person's data key.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import datetime
from typing import Any, ClassVar, NoReturn, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.choices import Decision, Purpose
from accounts.models.people import Organisation, User


class LedgerError(RuntimeError):
    """Somebody tried to change or remove a row of an append-only ledger."""


def _canonical(value: Any) -> Any:
    """Return a value as every database gives it back: bytes as hex, moments as seconds."""
    if isinstance(value, (bytes, memoryview)):
        return value.hex()
    return value.timestamp() if isinstance(value, datetime) else value


class LedgerQuerySet(models.QuerySet[Any]):
    """Rows can be added and read, nothing else."""

    def update(self, **fields: Any) -> NoReturn:
        raise LedgerError("Ledger rows are never changed.")

    def delete(self) -> NoReturn:
        raise LedgerError("Ledger rows are never removed.")


class LedgerRow(models.Model):
    """What both ledgers share: subject, place in the chain, digests."""

    subject = models.UUIDField(editable=False)
    sequence = models.PositiveIntegerField(editable=False)
    previous = models.CharField(max_length=64, blank=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)

    #: Fields that enter the digest, besides subject, sequence, previous and at.
    CHAINED: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True

    def content(self) -> str:
        """Return the row as canonical JSON, as it enters the digest."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.CHAINED}
        values = {name: _canonical(value) for name, value in values.items()}
        frame = [self.subject.hex, self.sequence, self.previous, self.at.timestamp()]
        return json.dumps([frame, values], sort_keys=True, default=str, ensure_ascii=False)

    def expected_digest(self) -> str:
        """Return the SHA-256 hex digest this row must carry."""
        return hashlib.sha256(self.content().encode()).hexdigest()

    def save(self, *args: Any, **options: Any) -> None:
        """Link the new row to the chain and insert it; an existing row raises LedgerError.

        The unique (subject, sequence) constraint makes of two simultaneous writers one loser; the
        services hold a lock on the subject's key so that in practice none loses.
        """
        if self.pk is not None:
            raise LedgerError("Ledger rows are never changed.")
        last = type(self)._default_manager.filter(subject=self.subject).order_by("sequence").last()
        self.follow(last)
        super().save(*args, **options)

    def follow(self, last: LedgerRow | None) -> None:
        """Take the place after ``last`` (None: the first place) in the subject's chain."""
        self.sequence = last.sequence + 1 if last else 1
        self.previous = last.digest if last else ""
        self.digest = self.expected_digest()

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise LedgerError("Ledger rows are never removed.")


class GrantQuerySet(LedgerQuerySet):
    """Questions about consent."""

    def active(self) -> Self:
        """Keep grants that were given, not withdrawn, and have not run out."""
        withdrawn = Grant.objects.filter(
            subject=OuterRef("subject"), grant=OuterRef("grant"), decision=Decision.WITHDRAWN
        )
        return self.filter(
            ~Exists(withdrawn),
            Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()),
            decision=Decision.GIVEN,
        )


class Grant(LedgerRow):
    """One dated, purpose-bound, revocable consent: a row when given, another when withdrawn."""

    grant = models.UUIDField(default=uuid.uuid4, editable=False)
    decision = models.CharField(max_length=10, choices=Decision)
    purpose = models.CharField(_("목적"), max_length=24, choices=Purpose)
    data_classes = models.JSONField(default=list)
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="grants"
    )
    notice_version = models.CharField(max_length=20)
    notice_hash = models.CharField(max_length=64)
    language = models.CharField(max_length=5)
    method = models.CharField(max_length=20)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = GrantQuerySet.as_manager()
    CHAINED = (
        "grant",
        "decision",
        "purpose",
        "data_classes",
        "organisation_id",
        "notice_version",
        "notice_hash",
        "language",
        "method",
        "expires_at",
    )

    class Meta:
        verbose_name = _("동의")
        verbose_name_plural = _("동의 기록")
        constraints = [
            models.UniqueConstraint(fields=["subject", "sequence"], name="grant_chain"),
            models.UniqueConstraint(fields=["grant", "decision"], name="grant_decided_once"),
        ]
        indexes = [models.Index(fields=["organisation", "purpose"], name="grant_by_organisation")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} · {self.get_decision_display()}"


class AccessEntry(LedgerRow):
    """Who looked at whose data, when, why: shown to the person looked at."""

    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="looks")
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    action = models.CharField(max_length=40)
    data_classes = models.JSONField(default=list)
    reason = models.BinaryField(blank=True, default=b"")
    grant = models.UUIDField(null=True, blank=True)

    objects = LedgerQuerySet.as_manager()
    CHAINED = ("actor_id", "organisation_id", "action", "data_classes", "reason", "grant")

    class Meta:
        verbose_name = _("열람 기록")
        verbose_name_plural = _("열람 기록")
        constraints = [models.UniqueConstraint(fields=["subject", "sequence"], name="access_chain")]
        indexes = [models.Index(fields=["actor", "at"], name="access_by_actor")]

    def __str__(self) -> str:
        return f"{self.action} · {self.at:%Y-%m-%d %H:%M}"
