"""Read kept photos again with the active bundle: start, pause, resume, stop, and the work itself.

The work shares the workers and the duties of ``queue``: rows are the truth, every step is a
conditional update on state and lease, new photos always come first (``moods.tasks``). Only the
reading changes, and only once the new answer is there; a person's ``mood``, ``feeling``, ``agreed``
and ``corrected_at`` are never written here, and a photo is never kept longer than before.

``agreed`` stays as it was said, together with what it was said of (``agreed_to``): pages do not
carry it over to a guess that says something else.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, cast
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

import inference
from accounts.choices import Purpose
from accounts.keys import KeyLost
from accounts.models import User
from accounts.selectors import has_grant, people_granting
from moods.choices import FINAL, Status
from moods.models import PhotoReading, Reread, RereadRun
from moods.runs import RereadKind, RereadState, RunState
from moods.services import batches, bundles, photos
from moods.services.queue import fields_of

logger = logging.getLogger(__name__)

#: Rows made at once; a run over a hundred thousand photos never holds more than this in memory.
CHUNK: Final = 200
OPEN: Final = (RereadState.QUEUED, RereadState.RUNNING)
#: Every reason for which an order is refused.
SENTENCES: Final[dict[str, str | Promise]] = bundles.PROBLEMS | {
    "nothing_to_read": _("다시 읽을 사진이 없습니다."),
    "already_open": _("이미 시작한 다시 읽기가 있습니다. 그것을 끝내거나 그만둔 뒤에 시작해 주세요."),
    "not_active": _("지금 쓰는 묶음이 바뀌어서 이어 읽을 수 없습니다. 그만두고 새로 시작해 주세요."),
}


class RereadRefused(Exception):
    """An order that was not taken.

    Attributes:
        code: stable, a key of :data:`SENTENCES`.
        message: one sentence in the reader's language (lazy).
    """

    def __init__(self, code: str) -> None:
        self.code = code
        self.message = SENTENCES[code]
        super().__init__(code)

    def __str__(self) -> str:
        return str(self.message)


@dataclass(frozen=True)
class RereadClaim:
    """The right to finish one rereading: valid while the row still carries this lease."""

    pk: int
    lease: UUID
    attempts: int


def of_kind(kind: str, version: str) -> Q:
    """Return which ended readings a kind means, kept or not."""
    if kind == RereadKind.MISSING:
        return Q(status=Status.FAILED)
    if kind == RereadKind.STALE:
        return Q(status__in=(Status.READ, Status.UNSURE, Status.REJECTED)) & ~Q(ensemble_version=version)
    return Q(status__in=FINAL)


def kept() -> QuerySet[PhotoReading]:
    """Return ended readings whose photo is still here and not due."""
    ended = PhotoReading.objects.filter(status__in=FINAL).exclude(photo="")
    return ended.exclude(photo_until__lte=timezone.now())


def readable(kind: str, version: str) -> QuerySet[PhotoReading]:
    """Return the readings a run of this kind would read again: photo kept, consent active."""
    allowed = Q(check_in__member__in=people_granting(Purpose.EMOTION))
    return kept().filter(of_kind(kind, version), allowed)


def reread_start(*, kind: str, by: User | None) -> RereadRun:
    """Order kept photos to be read again with the active bundle; raises :class:`RereadRefused`."""
    active = next((one for one in bundles.installed() if one.active), None)
    if active is None or active.problem:
        raise RereadRefused(active.problem if active else inference.Reason.MODEL_MISSING.value)
    expected = readable(kind, active.version).count()
    if not expected:
        raise RereadRefused("nothing_to_read")
    try:
        with transaction.atomic():
            return RereadRun.objects.create(
                kind=RereadKind(kind), version=active.version, expected=expected, by=by
            )
    except IntegrityError as error:
        raise RereadRefused("already_open") from error


def reread_pause(run: RereadRun) -> bool:
    """Take no more photos of a run; say whether it was running."""
    return _move(run, (RunState.RUNNING,), state=RunState.PAUSED, reason="")


def reread_resume(run: RereadRun) -> bool:
    """Go on with a paused run; raises :class:`RereadRefused` once another bundle is active."""
    if run.version != bundles.active_version():
        raise RereadRefused("not_active")
    return _move(run, (RunState.PAUSED,), state=RunState.RUNNING, reason="")


def reread_stop(run: RereadRun) -> bool:
    """End a run for good; what was read again stays."""
    with transaction.atomic():
        left = (RunState.RUNNING, RunState.PAUSED)
        stopped = _move(run, left, state=RunState.STOPPED, open=None, ended_at=timezone.now())
        if stopped:
            waiting = Reread.objects.filter(run=run, state=RereadState.QUEUED)
            waiting.update(state=RereadState.SKIPPED, reason="stopped", finished_at=timezone.now())
    return stopped


def rereads_run(*, limit: int, lease_seconds: int) -> int:
    """Claim a batch of the running order, read it, record every outcome; return how many were claimed."""
    run = RereadRun.objects.filter(state=RunState.RUNNING).first()
    if run is None:
        return 0
    claims = rereads_claim(run, limit=limit, lease_seconds=lease_seconds)
    work = [(claim, photo) for claim in claims if (photo := _photo_of(claim)) is not None]
    if work:
        batches.read_batch(run.version, work, reread_finish, reread_release)
    return len(claims)


def rereads_claim(run: RereadRun, *, limit: int, lease_seconds: int) -> list[RereadClaim]:
    """Take up to ``limit`` photos of a run under one lease; make the next rows, or close it, if none wait."""
    now = timezone.now()
    waiting = Reread.objects.filter(
        run=run, run__state=RunState.RUNNING, state=RereadState.QUEUED, available_at__lte=now
    )
    if not waiting.exists() and not _feed(run):
        _close(run)
        return []
    lease = uuid4()
    with transaction.atomic():
        rows = list(
            waiting.order_by("available_at", "pk")
            .select_for_update(skip_locked=True, of=("self",))
            .values_list("pk", "attempts")[:limit]
        )
        picked = batches.together([(pk, attempts, run.version) for pk, attempts in rows])
        Reread.objects.filter(pk__in=picked, state=RereadState.QUEUED).update(
            state=RereadState.RUNNING,
            lease=lease,
            lease_until=now + timedelta(seconds=lease_seconds),
            attempts=F("attempts") + 1,
        )
        ours = Reread.objects.filter(lease=lease, state=RereadState.RUNNING).order_by("pk")
        return [RereadClaim(pk, lease, attempts) for pk, attempts in ours.values_list("pk", "attempts")]


def reread_finish(claim: RereadClaim, reading: inference.Reading) -> bool:
    """Replace a reading by its new answer; say whether this claim was the one to do it.

    Nothing is replaced where the photo could not be read this time, where the consent is gone, or
    where the reading has changed since the run took it up.
    """
    if reading.outcome == inference.Outcome.FAILED:
        return _end(claim, RereadState.FAILED, reading.reason or "internal")
    status = Status(reading.outcome.value.lower())
    with transaction.atomic():
        item = _held(claim).select_related("reading__check_in__member").first()
        if item is None:
            return False
        if obstacle := _obstacle(item):
            return _end(claim, RereadState.SKIPPED, obstacle)
        now = {"status": status, "emotion": reading.emotion or "", "confidence": reading.confidence}
        if not _end(claim, RereadState.DONE, "", **{f"now_{name}": value for name, value in now.items()}):
            return False
        fields = fields_of(reading) | {"reason": reading.reason or ""}
        if not _unchanged(item).update(status=status, **fields):
            Reread.objects.filter(pk=claim.pk).update(
                state=RereadState.SKIPPED,
                reason="changed",
                now_status="",
                now_emotion="",
                now_confidence=None,
            )
            return False
        _see_to_photo(item, status)
    return True


def reread_release(claim: RereadClaim, error: BaseException) -> bool:
    """Hand a claimed row back after an error; the reading stays as it was.

    If the bundle cannot be used, the whole run pauses with its code and no attempt is counted.
    """
    known = error if isinstance(error, inference.InferenceError) else None
    code = known.code if known else "internal"
    if known and known.permanent:
        runs = RereadRun.objects.filter(items__pk=claim.pk, state=RunState.RUNNING)
        runs.update(state=RunState.PAUSED, reason=code)
        return _requeue(claim, code, attempts=claim.attempts - 1)
    if claim.attempts >= settings.MAEUM_READING_ATTEMPTS:
        return _end(claim, RereadState.FAILED, code)
    return _requeue(claim, code, attempts=claim.attempts)


def rereads_sweep() -> int:
    """Take back leases that ran out; return how many runs wait for a worker."""
    now = timezone.now()
    lost = Reread.objects.filter(state=RereadState.RUNNING, lease_until__lt=now, lease__isnull=False)
    for pk, lease, attempts in lost.values_list("pk", "lease", "attempts"):
        claim = RereadClaim(pk, cast("UUID", lease), attempts)
        if attempts < settings.MAEUM_READING_ATTEMPTS:
            _requeue(claim, "worker_lost", attempts=attempts)
        else:
            _end(claim, RereadState.FAILED, "worker_lost")
    for run in RereadRun.objects.filter(state=RunState.RUNNING, fed=True):
        _close(run)
    return RereadRun.objects.filter(state=RunState.RUNNING).count()


def _feed(run: RereadRun) -> int:
    """Make rows for the next readings of a run, idempotently; return how many.

    Only readings queued before the run began: what is new was read with the active bundle anyway.
    """
    while not run.fed:
        before = readable(run.kind, run.version).filter(pk__gt=run.cursor, queued_at__lt=run.started_at)
        found = list(before.order_by("pk")[:CHUNK])
        last, fed = found[-1].pk if found else run.cursor, len(found) < CHUNK
        with transaction.atomic():
            Reread.objects.bulk_create([_item(run, reading) for reading in found], ignore_conflicts=True)
            RereadRun.objects.filter(pk=run.pk, cursor=run.cursor).update(cursor=last, fed=fed)
        run.refresh_from_db()
        if found:
            return len(found)
    return 0


def _item(run: RereadRun, reading: PhotoReading) -> Reread:
    return Reread(
        run=run,
        reading=reading,
        available_at=run.started_at,
        was_status=reading.status,
        was_emotion=reading.emotion,
        was_confidence=reading.confidence,
        was_version=reading.ensemble_version,
    )


def _close(run: RereadRun) -> None:
    """End a run that has nothing left; a row that rests or is in a worker's hands keeps it open."""
    if run.fed and not Reread.objects.filter(run=run, state__in=OPEN).exists():
        _move(run, (RunState.RUNNING,), state=RunState.DONE, open=None, ended_at=timezone.now())


def _photo_of(claim: RereadClaim) -> bytes | None:
    """Return a claimed row's photo; where it must not or cannot be read, the row ends here."""
    item = _held(claim).select_related("reading__check_in__member__subject_key").first()
    if item is None:
        return None
    if obstacle := _obstacle(item):
        _end(claim, RereadState.SKIPPED, obstacle)
        return None
    try:
        return photos.photo_bytes(item.reading)
    except FileNotFoundError:
        _end(claim, RereadState.SKIPPED, "photo_not_kept")
    except KeyLost as error:
        _end(claim, RereadState.SKIPPED, error.code)
    except OSError as error:
        logger.warning("A photo could not be opened just now.", exc_info=True)
        reread_release(claim, error)
    return None


def _obstacle(item: Reread) -> str:
    """Say why a photo must not be read again now; empty if it may."""
    if not has_grant(item.reading.check_in.member, Purpose.EMOTION):
        return "consent_withdrawn"
    if not kept().filter(pk=item.reading_id).exists():
        return "photo_not_kept"
    return "" if _unchanged(item).exists() else "changed"


def _unchanged(item: Reread) -> QuerySet[PhotoReading]:
    same = kept().filter(pk=item.reading_id, photo=item.reading.photo.name)
    return same.filter(status=item.was_status, ensemble_version=item.was_version)


def _see_to_photo(item: Reread, status: str) -> None:
    """Destroy a photo that waited only for another try; any other keeps the end it had."""
    reading = item.reading
    if item.was_status != Status.FAILED or photos.kept_until(reading.check_in.member, status)[0]:
        return
    pk, name = reading.pk, reading.photo.name or ""
    PhotoReading.objects.filter(pk=pk, photo=name).update(photo_until=timezone.now())
    transaction.on_commit(lambda: photos.photo_destroy(pk, name), robust=True)


def _held(claim: RereadClaim) -> QuerySet[Reread]:
    return Reread.objects.filter(pk=claim.pk, state=RereadState.RUNNING, lease=claim.lease)


def _requeue(claim: RereadClaim, code: str, *, attempts: int) -> bool:
    later = timezone.now() + batches.pause(claim.attempts)
    return bool(
        _held(claim).update(
            state=RereadState.QUEUED,
            reason=code,
            attempts=attempts,
            lease=None,
            lease_until=None,
            available_at=later,
        )
    )


def _end(claim: RereadClaim, state: RereadState, reason: str, **fields: object) -> bool:
    ended = {"state": state, "reason": reason, "lease": None, "lease_until": None}
    return bool(_held(claim).update(finished_at=timezone.now(), **ended, **fields))


def _move(run: RereadRun, states: tuple[RunState, ...], **fields: object) -> bool:
    moved = bool(RereadRun.objects.filter(pk=run.pk, state__in=states).update(**fields))
    run.refresh_from_db()
    return moved
