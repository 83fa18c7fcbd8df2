"""The ensemble's answers. As in the diary's queue the row is the truth, and a message only wakes a worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

import inference
from moods.panel.choices import MachineState, StudyState
from moods.panel.models import Face, Study
from moods.panel.services.pictures import FaceGone, face_bytes
from moods.services import batches, bundles

#: Reasons that are ours, beside those of ``inference``.
GONE: Final = "photo_gone"
LOST: Final = "worker_lost"


def waiting(study: Study | None = None) -> QuerySet[Face]:
    """Return faces that nobody reads at this moment though they should be: queued, or under a dead lease."""
    faces = Face.objects.exclude(study__state=StudyState.DRAFT)
    lost = Q(machine_state=MachineState.RUNNING, lease_until__lt=timezone.now())
    faces = faces.filter(Q(machine_state=MachineState.QUEUED) | lost)
    return faces if study is None else faces.filter(study=study)


def run(*, limit: int, study: Study | None = None) -> int:
    """Claim a batch, read it, store every outcome; return how many faces were claimed."""
    lease, pks = _claim(limit, study)
    work = []
    faces = Face.objects.filter(pk__in=pks, lease=lease).select_related("study", "reading__check_in__member")
    for face in faces:
        try:
            work.append((face.pk, face_bytes(face)))
        except FaceGone:
            _end(face.pk, lease, {"machine_state": MachineState.FAILED, "machine_reason": GONE})
    if work:
        batches.read_batch(bundles.active_version(), work, _finish(lease), _release(lease))
    return len(pks)


def _claim(limit: int, study: Study | None) -> tuple[UUID, list[int]]:
    lease, now = uuid4(), timezone.now()
    until = now + timedelta(seconds=settings.MAEUM_LEASE_SECONDS)
    with transaction.atomic():
        rows = waiting(study).order_by("pk").select_for_update(of=("self",), skip_locked=True)
        pks = list(rows.values_list("pk", flat=True)[:limit])
        tired = Face.objects.filter(pk__in=pks, attempts__gte=settings.MAEUM_READING_ATTEMPTS)
        tired.update(machine_state=MachineState.FAILED, machine_reason=LOST, lease=None, lease_until=None)
        ours = Face.objects.filter(pk__in=pks).exclude(machine_state=MachineState.FAILED)
        ours.update(
            machine_state=MachineState.RUNNING, lease=lease, lease_until=until, attempts=F("attempts") + 1
        )
    return lease, pks


def _fields(reading: inference.Reading) -> dict[str, Any]:
    """Turn a Reading into columns; an abstention keeps its guess apart, so it never counts as an answer."""
    return {
        "machine_state": MachineState(reading.outcome.value.lower()),
        "machine_reason": reading.reason or "",
        "machine_emotion": reading.emotion or "",
        "machine_probabilities": {str(k): v for k, v in reading.probabilities.items()} or None,
        "machine_version": reading.ensemble_version or "",
        "machine_at": timezone.now(),
    }


def _end(pk: int, lease: UUID, fields: dict[str, Any]) -> bool:
    """Store an outcome if this lease still holds the face (it may be gone, or asked anew)."""
    held = Face.objects.filter(pk=pk, lease=lease, machine_state=MachineState.RUNNING)
    return bool(held.update(lease=None, lease_until=None, **fields))


def _finish(lease: UUID) -> Callable[[int, inference.Reading], object]:
    return lambda pk, reading: _end(pk, lease, _fields(reading))


def _release(lease: UUID) -> Callable[[int, BaseException], object]:
    """Return what queues a face again, or gives it up: at once on a permanent error, else at the cap."""

    def release(pk: int, error: BaseException) -> None:
        known = error if isinstance(error, inference.InferenceError) else None
        code = known.code if known else "internal"
        held = Face.objects.filter(pk=pk, lease=lease, machine_state=MachineState.RUNNING)
        tired = held.filter(attempts__gte=settings.MAEUM_READING_ATTEMPTS).exists()
        if tired or (known and known.permanent):
            _end(pk, lease, {"machine_state": MachineState.FAILED, "machine_reason": code})
        else:
            held.update(machine_state=MachineState.QUEUED, machine_reason=code, lease=None, lease_until=None)

    return release
