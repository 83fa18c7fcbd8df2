"""The queue's work. The row is the truth: every step is a conditional update on status and lease.

QUEUED -> RUNNING (claimed under a lease) -> READ | UNSURE | REJECTED | FAILED. Whoever finds the
row changed since (deleted, taken back by the sweep, finished by another worker) does nothing.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final, cast
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

import inference
from accounts.choices import Purpose
from accounts.keys import KeyLost
from accounts.models import User
from accounts.selectors import has_grant
from moods.choices import Status, plane_point
from moods.models import CheckIn, PhotoReading
from moods.services import batches, bundles, photos
from moods.services.errors import EntryError

logger = logging.getLogger(__name__)

#: FAILED for these reasons leaves no photo behind: there is none, or it must not be here.
NOT_KEPT: Final = frozenset({"consent_withdrawn", "photo_gone", "key_lost"})


@dataclass(frozen=True)
class Claim:
    """The right to finish one reading: valid while the row still carries this lease."""

    pk: int
    lease: UUID
    attempts: int
    #: The bundle the photo was pinned to when it was queued; empty: whichever is active.
    version: str = ""


@dataclass(frozen=True)
class SweepReport:
    """What a sweep did: leases taken back, readings given up, rows that wait for a worker now."""

    requeued: int
    failed: int
    waiting: int


def readings_claim(*, limit: int, lease_seconds: int) -> list[Claim]:
    """Take up to ``limit`` waiting rows of one bundle under one lease; see :func:`batches.together`."""
    now = timezone.now()
    waiting = PhotoReading.objects.filter(status=Status.QUEUED, available_at__lte=now)
    if not waiting.exists():  # SQLite would take its one write lock only to find nothing
        return []
    lease = uuid4()
    with transaction.atomic():
        # PostgreSQL steps over rows other workers are claiming; SQLite ignores the lock and relies
        # on its single writer. The conditional update holds on both.
        rows = list(
            waiting.order_by("available_at", "pk")
            .select_for_update(skip_locked=True)
            .values_list("pk", "attempts", "wanted_version")[:limit]
        )
        picked = batches.together(rows)
        PhotoReading.objects.filter(pk__in=picked, status=Status.QUEUED).update(
            status=Status.RUNNING,
            lease=lease,
            lease_until=now + timedelta(seconds=lease_seconds),
            attempts=F("attempts") + 1,
            started_at=now,
        )
        ours = PhotoReading.objects.filter(lease=lease, status=Status.RUNNING).order_by("available_at", "pk")
        taken = ours.values_list("pk", "attempts", "wanted_version")
        return [Claim(pk, lease, attempts, version) for pk, attempts, version in taken]


def readings_run(*, limit: int, lease_seconds: int) -> int:
    """Claim a batch, read it, record every outcome; return how many rows were claimed."""
    claims = readings_claim(limit=limit, lease_seconds=lease_seconds)
    work = [(claim, photo) for claim in claims if (photo := _photo_of(claim)) is not None]
    if work:
        batches.read_batch(claims[0].version, work, reading_finish, reading_release)
    return len(claims)


def reading_finish(claim: Claim, reading: inference.Reading) -> bool:
    """Record how a reading ended; say whether this claim was the one to do it."""
    status = Status(reading.outcome.value.lower())
    return _end(claim, status, reading.reason or "", fields_of(reading))


def reading_release(claim: Claim, error: BaseException) -> bool:
    """Hand a claimed row back after an error: queued again after a pause, or FAILED.

    Permanent errors fail at once with their code; others are tried again until the cap.
    """
    known = error if isinstance(error, inference.InferenceError) else None
    code = known.code if known else "internal"
    if (known and known.permanent) or claim.attempts >= settings.MAEUM_READING_ATTEMPTS:
        return _end(claim, Status.FAILED, code, {})
    return _requeue(claim, code)


def reading_retry(*, check_in: CheckIn) -> bool:
    """Queue a FAILED reading again while its photo is kept; say whether that was possible."""
    if not has_grant(check_in.member, Purpose.EMOTION):
        raise EntryError("consent_needed")
    failed = PhotoReading.objects.filter(check_in=check_in, status=Status.FAILED).exclude(photo="")
    return bool(bundles.queue_again(failed.exclude(photo_until__lte=timezone.now())))


def sweep() -> SweepReport:
    """Take back leases that ran out: queued again after a pause, or FAILED at the cap."""
    now = timezone.now()
    lost = PhotoReading.objects.filter(status=Status.RUNNING, lease_until__lt=now, lease__isnull=False)
    requeued = failed = 0
    for pk, lease, attempts in lost.values_list("pk", "lease", "attempts"):
        claim = Claim(pk, cast("UUID", lease), attempts)
        if attempts < settings.MAEUM_READING_ATTEMPTS:
            requeued += _requeue(claim, "worker_lost")
        else:
            failed += _end(claim, Status.FAILED, "worker_lost", {})
    waiting = PhotoReading.objects.filter(status=Status.QUEUED, available_at__lte=now).count()
    return SweepReport(requeued, failed, waiting)


def fields_of(reading: inference.Reading) -> dict[str, Any]:
    """Turn a Reading into the columns of a PhotoReading; valence and arousal from the whole vote."""
    chances = {str(emotion): share for emotion, share in reading.probabilities.items()}
    point = plane_point(chances)
    return {
        "emotion": reading.emotion or "",
        "probabilities": chances or None,
        "confidence": reading.confidence,
        "valence": point.valence if point else None,
        "arousal": point.arousal if point else None,
        "faces": reading.faces,
        "face": asdict(reading.face) if reading.face else None,
        "pose": asdict(reading.pose) if reading.pose else None,
        "quality": asdict(reading.quality) if reading.quality else None,
        "eyewear": reading.eyewear,
        "mask": reading.mask,
        "grid": reading.grid,
        "grid_corners": reading.grid_corners,
        "ms": dict(reading.ms),
        "ensemble_version": reading.ensemble_version or "",
    }


def _photo_of(claim: Claim) -> bytes | None:
    """Return a claimed row's photo; without consent, photo or key the reading ends here."""
    row = _held(claim).select_related("check_in__member__subject_key").first()
    if row is None:
        return None
    if not has_grant(row.check_in.member, Purpose.EMOTION):
        _end(claim, Status.FAILED, "consent_withdrawn", {})
        return None
    try:
        return photos.photo_bytes(row)
    except FileNotFoundError:
        _end(claim, Status.FAILED, "photo_gone", {})
    except KeyLost as error:
        _end(claim, Status.FAILED, error.code, {})
    except OSError as error:
        logger.warning("A photo could not be opened just now.", exc_info=True)
        reading_release(claim, error)
    return None


def _held(claim: Claim) -> QuerySet[PhotoReading]:
    return PhotoReading.objects.filter(pk=claim.pk, status=Status.RUNNING, lease=claim.lease)


def _requeue(claim: Claim, code: str) -> bool:
    """Queue a row again after a pause."""
    return bool(
        _held(claim).update(
            status=Status.QUEUED,
            reason=code,
            lease=None,
            lease_until=None,
            available_at=timezone.now() + batches.pause(claim.attempts),
        )
    )


def _end(claim: Claim, status: Status, reason: str, fields: dict[str, Any]) -> bool:
    """Bring a held row to a final state, once, and see to its photo.

    Consent is asked again here: it may have been withdrawn while the photo was being read.
    """
    now = timezone.now()
    with transaction.atomic():
        row = _held(claim).select_related("check_in__member").first()
        if row is None:
            return False
        if not has_grant(row.check_in.member, Purpose.EMOTION):
            status, reason, fields = Status.FAILED, "consent_withdrawn", {}
        keep, span = _keeping(row.check_in.member, status, reason)
        until = now if not keep else now + span if span else None
        changed = _held(claim).update(
            status=status,
            reason=reason,
            lease=None,
            lease_until=None,
            finished_at=now,
            photo_until=until,
            **fields,
        )
        name = row.photo.name
        if changed and name and not keep:
            transaction.on_commit(lambda: photos.photo_destroy(claim.pk, name), robust=True)
    return bool(changed)


def _keeping(member: User, status: Status, reason: str) -> tuple[bool, timedelta | None]:
    return (False, None) if reason in NOT_KEPT else photos.kept_until(member, status)
