"""Photos at rest: encrypted under the member's own key, random names, destroyed when due."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import uuid4

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.choices import PhotoRetention, Purpose
from accounts.keys import decrypt_for, encrypt_for
from accounts.models import Grant, User
from accounts.selectors import has_grant
from moods.choices import FINAL, Status
from moods.models import CheckIn, PhotoReading, photo_storage

logger = logging.getLogger(__name__)

#: How long a photo that could not be read waits for another try.
FAILED_KEPT: Final = timedelta(hours=72)
MONTH: Final = timedelta(days=30)
#: A file that no row knows is an upload in progress for at most this long.
ORPHAN_AGE: Final = timedelta(hours=1)


def photo_store(member: User, jpeg: bytes) -> str:
    """Encrypt a photo under the member's key, write it under a random name, return the name."""
    name = uuid4().hex
    token = encrypt_for(member, jpeg)
    return photo_storage().save(f"{name[:2]}/{name}", ContentFile(token))


def photo_bytes(reading: PhotoReading) -> bytes:
    """Return the stored JPEG; FileNotFoundError when gone, KeyLost when no key fits."""
    if not reading.photo.name:
        raise FileNotFoundError("The photo is not kept.")
    with photo_storage().open(reading.photo.name) as file:
        return decrypt_for(reading.check_in.member, file.read())


def photo_drop(name: str) -> bool:
    """Delete one file; say whether it is gone. Storage trouble is logged, and the purge comes back."""
    try:
        photo_storage().delete(name)
    except OSError:
        logger.warning("A photo could not be destroyed just now; the purge will try again.", exc_info=True)
        return False
    return True


def photo_destroy(pk: int, name: str) -> bool:
    """Delete the photo of a reading, then forget its name.

    In this order: a crash in between leaves a row that is due (``photo_until``), never a file that
    no row knows. The photo may have been replaced by nobody else: a name is never used twice.
    """
    if not photo_drop(name):
        return False
    PhotoReading.objects.filter(pk=pk, photo=name).update(photo="", photo_until=None)
    return True


def photo_delete(*, check_in: CheckIn) -> bool:
    """Destroy the photo of an entry at its member's word; say whether there was one.

    A reading still to be made ends as FAILED: without a photo there is nothing to read.
    """
    reading = PhotoReading.objects.filter(check_in=check_in).exclude(photo="").first()
    if reading is None or not reading.photo.name:
        return False
    name, now = reading.photo.name, timezone.now()
    row = PhotoReading.objects.filter(pk=reading.pk)
    row.exclude(status__in=FINAL).update(
        status=Status.FAILED, reason="photo_deleted", lease=None, lease_until=None, finished_at=now
    )
    row.update(photo_until=now)
    transaction.on_commit(lambda: photo_destroy(reading.pk, name), robust=True)
    return True


def kept_until(member: User, status: str) -> tuple[bool, timedelta | None]:
    """Say whether a photo is kept once its reading has ended, and for how long (None: no end)."""
    if member.photo_retention != PhotoRetention.FORGET and has_grant(member, Purpose.PHOTO_KEEP):
        return True, MONTH if member.photo_retention == PhotoRetention.MONTH else None
    return (True, FAILED_KEPT) if status == Status.FAILED else (False, None)


def kept_photos_end(user: User, row: Grant) -> None:
    """Destroy every photo a member kept, in the moment they withdraw the consent to keep them.

    Photos whose reading is still to come are left: they end when the reading does.
    """
    _end_all(PhotoReading.objects.filter(check_in__member=user, status__in=FINAL).exclude(photo=""))


def failed_photos_end(user: User, row: Grant) -> None:
    """Destroy photos that wait for another try, in the moment a member withdraws the consent to read them.

    Photos still in the queue end at their claim, which asks for the consent again; photos kept by
    choice rest on a consent of their own.
    """
    if has_grant(user, Purpose.EMOTION) or kept_until(user, Status.READ)[0]:
        return
    failed = PhotoReading.objects.filter(check_in__member=user, status=Status.FAILED).exclude(photo="")
    _end_all(failed)


def _end_all(readings: QuerySet[PhotoReading]) -> None:
    pairs = list(readings.values_list("pk", "photo"))
    readings.update(photo_until=timezone.now())  # the purge comes back for what fails below
    for pk, name in pairs:
        transaction.on_commit(partial(photo_destroy, pk, name), robust=True)


def purge() -> int:
    """Destroy every photo that is due and every file that no row knows; return how many."""
    due = PhotoReading.objects.filter(photo_until__lte=timezone.now()).exclude(photo="")
    gone = sum(photo_destroy(pk, name) for pk, name in due.values_list("pk", "photo"))
    return gone + sum(photo_drop(name) for name in _orphans())


def _orphans() -> Iterator[str]:
    """Name files older than an hour that no row knows (a crash between file and row)."""
    storage, limit = photo_storage(), timezone.now() - ORPHAN_AGE
    for folder in _listed("", folders=True):
        names = [f"{folder}/{name}" for name in _listed(folder, folders=False)]
        known = set(PhotoReading.objects.filter(photo__in=names).values_list("photo", flat=True))
        for name in names:
            try:
                old = name not in known and storage.get_modified_time(name) < limit
            except OSError:  # deleted since it was listed
                continue
            if old:
                yield name


def _listed(folder: str, *, folders: bool) -> list[str]:
    try:
        inside, files = photo_storage().listdir(folder)
    except FileNotFoundError:  # nothing was ever stored
        return []
    return inside if folders else files
