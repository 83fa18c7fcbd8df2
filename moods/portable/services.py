"""Look at a file, take it in, take it back. Only here are rows of an import written."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import IO, Any, Final
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django.utils import timezone

import inference
from accounts.choices import Purpose
from accounts.keys import KeyLost, decrypt_for, encrypt_for
from accounts.models import Grant, User
from accounts.selectors import has_grant
from moods.choices import Mood, Status
from moods.models import CheckIn, PhotoReading
from moods.portable import opening, selectors
from moods.portable.errors import ImportRefused, RowProblem
from moods.portable.models import ImportBatch, ImportedEntry, ImportState, StagedPhoto
from moods.portable.rows import Parsed, Row, foreign_words, sealed_text
from moods.services import photos

#: Before a version stands on a reading that came back: it is history, no count of a bundle's takes it in.
IMPORTED: Final = "imported "
MINE, BESIDE = "mine", "beside"
_BATCH: Final = 500


@dataclass(frozen=True)
class Wishes:
    """What a member decided: steps for foreign moods, other names for tags ("" drops one), conflicts."""

    moods: Mapping[str, int | None] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    conflicts: str = MINE


def import_check(*, member: User, file: IO[bytes]) -> ImportBatch:
    """Read a file and keep its rows sealed until the member has seen them; nothing enters the diary.

    Raises :class:`ImportRefused` for a file that cannot be used. An earlier file that still waits is
    forgotten: one at a time.
    """
    parsed = opening.parse(file, member)
    keeps = _keeps_photos(member)
    with transaction.atomic():
        ImportBatch.objects.filter(member=member, state=ImportState.CHECKED).delete()
        batch = ImportBatch(member=member, source=parsed.source)
        batch.save()
        wanted = [row.photo for row in parsed.rows if row.photo]
        staged = _stage(batch, file, wanted) if wanted and keeps else set()
        parsed.photos_left += sum(1 for name in wanted if name not in staged)
        batch.sealed = encrypt_for(member, sealed_text(parsed))
        batch.save(update_fields=["sealed"])
    return batch


def import_apply(*, member: User, uuid: UUID, wishes: Wishes) -> ImportBatch:
    """Take a looked-at file in, all of it or nothing; done twice, the second changes nothing.

    Raises :class:`ImportRefused` when it does not wait any more.
    """
    with ExitStack() as undo, transaction.atomic():
        batch = ImportBatch.objects.select_for_update().filter(member=member, uuid=uuid).first()
        if batch is not None and batch.state == ImportState.APPLIED:
            return batch
        if batch is None or selectors.waiting_import(member, uuid) is None:
            raise ImportRefused("not_here")
        parsed = selectors.parsed_of(batch)
        if parsed is None:
            raise ImportRefused("not_here")
        _take_in(batch, parsed, wishes, undo)
        undo.pop_all()
    return batch


def import_forget(*, member: User, uuid: UUID) -> bool:
    """Forget a file that was only looked at."""
    found = ImportBatch.objects.filter(member=member, uuid=uuid, state=ImportState.CHECKED)
    return bool(found.delete()[0])


def import_undo(*, member: User, uuid: UUID) -> tuple[ImportBatch, int]:
    """Remove what an import made and nobody changed since; return it and how many entries were left.

    Raises :class:`ImportRefused` for what was never taken in.
    """
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().filter(member=member, uuid=uuid).first()
        if batch is None or batch.state == ImportState.CHECKED:
            raise ImportRefused("not_here")
        left = selectors.touched(batch).count()
        if batch.state == ImportState.UNDONE:
            return batch, left
        batch.removed = _remove(list(selectors.untouched(batch).values_list("check_in_id", flat=True)))
        batch.state, batch.undone_at = ImportState.UNDONE, timezone.now()
        batch.save(update_fields=["state", "undone_at", "removed"])
    return batch, left


def purge() -> int:
    """Forget files that waited too long for their member's word."""
    late = timezone.now() - selectors.WAITS
    return ImportBatch.objects.filter(state=ImportState.CHECKED, created_at__lt=late).delete()[0]


def member_erase(*, member: User) -> None:
    """Remove what imports know of a member; the entries themselves are the diary's."""
    ImportBatch.objects.filter(member=member).delete()


def staged_photos_end(user: User, row: Grant) -> None:
    """Drop photos of a waiting file, in the moment the consent to keep photos is withdrawn."""
    StagedPhoto.objects.filter(batch__member=user).delete()


def _remove(pks: list[int]) -> int:
    """Remove entries with readings and photos, the files once the rows are gone; return how many."""
    for start in range(0, len(pks), _BATCH):
        entries = CheckIn.objects.filter(pk__in=pks[start : start + _BATCH])
        readings = PhotoReading.objects.filter(check_in__in=entries).exclude(photo="")
        for name in readings.values_list("photo", flat=True):
            transaction.on_commit(partial(photos.photo_drop, name), robust=True)
        entries.delete()
    return len(pks)


def _keeps_photos(member: User) -> bool:
    return has_grant(member, Purpose.EMOTION) and photos.kept_until(member, Status.READ)[0]


def _stage(batch: ImportBatch, file: IO[bytes], names: Iterable[str]) -> set[str]:
    """Keep the photos of a ZIP under the member's key until it is decided."""
    file.seek(0)
    staged = set()
    with zipfile.ZipFile(file) as archive:
        for name in dict.fromkeys(names):
            data = opening.photo_from(archive, name) if len(name) <= 200 else None
            if data is not None:
                sealed = encrypt_for(batch.member, data)
                StagedPhoto.objects.create(batch=batch, name=name, sealed=sealed)
                staged.add(name)
    return staged


def _take_in(batch: ImportBatch, parsed: Parsed, wishes: Wishes, undo: ExitStack) -> None:
    left = len(parsed.problems)
    chosen = []
    for one in selectors.judged(batch.member, parsed.rows):
        wanted = one.state == selectors.NEW or (
            one.state == selectors.CONFLICT and wishes.conflicts == BESIDE
        )
        row = _as_wished(one.row, wishes) if wanted else None
        if row is not None:
            chosen.append((row, one.row.digest))
        elif wanted:
            left += 1
    waiting = iter(chosen)
    while part := list(islice(waiting, _BATCH)):
        _store(batch, part, undo)
    StagedPhoto.objects.filter(batch=batch).delete()
    batch.made, batch.left_out, batch.sealed = len(chosen), left, b""
    batch.state, batch.applied_at = ImportState.APPLIED, timezone.now()
    batch.save()


def _as_wished(row: Row, wishes: Wishes) -> Row | None:
    """Put a member's mapping on a row; None when nothing is left that was said."""
    mood = row.mood
    if row.mood_name:
        mood = wishes.moods.get(row.mood_name)
        mood = mood if mood in Mood.values else None
    named = [wishes.tags.get(tag, tag) for tag in row.tags]
    try:
        note, tags = foreign_words(row.note, named) if row.mood_name or wishes.tags else (row.note, row.tags)
    except RowProblem:
        return None
    if mood is None and not (row.feeling or note or tags or row.reading or row.origin.startswith("maeum:")):
        return None
    return replace(row, mood=mood, note=note, tags=tags)


def _store(batch: ImportBatch, part: list[tuple[Row, str]], undo: ExitStack) -> None:
    member = batch.member
    taken = _uuids_taken([row for row, _digest in part])
    entries = [_entry(member, row, taken) for row, _digest in part]
    marks = [entry.submission for entry in entries]
    before = set(
        CheckIn.objects.filter(member=member, submission__in=marks).values_list("submission", flat=True)
    )
    for entry in entries:
        if entry.submission in before:  # taken in before, and wanted beside what it became
            entry.submission = uuid4()
    CheckIn.objects.bulk_create(entries)
    ImportedEntry.objects.bulk_create(
        ImportedEntry(
            batch=batch,
            check_in=entry,
            origin=row.origin,
            digest=digest,
            stamp=entry.updated_at,
            sealed_history=encrypt_for(member, json.dumps(row.history).encode()) if row.history else b"",
        )
        for entry, (row, digest) in zip(entries, part, strict=True)
    )
    if has_grant(member, Purpose.EMOTION):
        pairs = [(entry, row) for entry, (row, _digest) in zip(entries, part, strict=True) if row.reading]
        PhotoReading.objects.bulk_create(_reading(batch, entry, row, undo) for entry, row in pairs)


def _uuids_taken(rows: list[Row]) -> frozenset[UUID]:
    """Return which ids of our own files stand on an entry, anybody's: those get another id here."""
    wanted = [row.origin.removeprefix("maeum:") for row in rows if row.origin.startswith("maeum:")]
    return frozenset(CheckIn.objects.filter(uuid__in=wanted).values_list("uuid", flat=True))


def _entry(member: User, row: Row, taken: frozenset[UUID]) -> CheckIn:
    entry = CheckIn(
        member=member,
        local_date=row.date,
        local_time=row.time,
        time_zone=row.zone,
        mood=row.mood,
        feeling=row.feeling,
        note=row.note,
        tags=row.tags,
        agreed=row.agreed,
        agreed_to=row.agreed_to,
        corrected_at=row.corrected_at,
        # Two requests that take in the same file meet here, whatever they saw before.
        submission=uuid5(member.uuid, f"{row.origin} {row.digest}"),
    )
    if row.written_at:
        entry.created_at = row.written_at
    if row.origin.startswith("maeum:") and (known := UUID(row.origin.removeprefix("maeum:"))) not in taken:
        entry.uuid = known
    return entry


def _reading(batch: ImportBatch, entry: CheckIn, row: Row, undo: ExitStack) -> PhotoReading:
    """Bring a reading back as history: ended, never queued again, its version marked."""
    values: dict[str, Any] = dict(row.reading or {})
    finished, queued = values.pop("finished_at"), values.pop("queued_at")
    version = str(values["ensemble_version"])
    values["ensemble_version"] = version if version.startswith(IMPORTED) else f"{IMPORTED}{version}"
    now = timezone.now()
    reading = PhotoReading(
        check_in=entry,
        finished_at=datetime.fromisoformat(finished) if finished else now,
        queued_at=datetime.fromisoformat(queued) if queued else now,
        **values,
    )
    if row.photo:
        _photo(batch, row.photo, reading, undo)
    return reading


def _photo(batch: ImportBatch, name: str, reading: PhotoReading, undo: ExitStack) -> None:
    """Store one photo as any upload is: checked, written anew without its hidden data, encrypted."""
    keep, span = photos.kept_until(batch.member, Status.READ)
    staged = StagedPhoto.objects.filter(batch=batch, name=name).first() if keep else None
    if staged is None:
        return
    try:
        prepared = inference.prepare_photo(decrypt_for(batch.member, bytes(staged.sealed)))
    except (inference.PhotoError, KeyLost):
        return
    stored = photos.photo_store(batch.member, prepared.data)
    undo.callback(partial(photos.photo_drop, stored))
    reading.photo = stored
    reading.photo_width, reading.photo_height = prepared.width, prepared.height
    reading.photo_until = timezone.now() + span if span else None
    batch.photos += 1
