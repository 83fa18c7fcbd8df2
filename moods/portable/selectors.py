"""Questions about imports; nothing here writes. Every one is asked about one member."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Final
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.keys import KeyLost, decrypt_for
from accounts.models import User
from moods.models import CheckIn
from moods.portable.models import ImportBatch, ImportedEntry, ImportState
from moods.portable.rows import Parsed, Row, from_sealed_text

#: How long a file that was looked at waits for the member's word.
WAITS: Final = timedelta(hours=24)
_CHUNK: Final = 500

NEW, SAME, CONFLICT = "new", "same", "conflict"


@dataclass(frozen=True)
class Judged:
    """A row and what it means for the diary; ``here`` is the entry that it meets."""

    row: Row
    state: str
    here: CheckIn | None = None


def imports_of(member: User) -> QuerySet[ImportBatch]:
    """Return what a member took in, or took back, the newest first."""
    return ImportBatch.objects.filter(member=member).exclude(state=ImportState.CHECKED).defer("sealed")


def import_of(member: User, uuid: UUID) -> ImportBatch | None:
    """Return one import of the member, if it is theirs."""
    return ImportBatch.objects.filter(member=member, uuid=uuid).first()


def waiting_import(member: User, uuid: UUID) -> ImportBatch | None:
    """Return an import of the member that still waits for their word."""
    found = ImportBatch.objects.filter(member=member, uuid=uuid, state=ImportState.CHECKED)
    return found.filter(created_at__gte=timezone.now() - WAITS).first()


def parsed_of(batch: ImportBatch) -> Parsed | None:
    """Return the rows of a waiting import; None once its key is gone."""
    try:
        return from_sealed_text(decrypt_for(batch.member, bytes(batch.sealed)))
    except KeyLost:
        return None


def judged(member: User, rows: Iterable[Row]) -> Iterator[Judged]:
    """Say of every row whether it is new, here already, or meets an entry that says something else."""
    waiting = iter(rows)
    while part := list(islice(waiting, _CHUNK)):
        yield from _judged_part(member, part)


def _judged_part(member: User, rows: list[Row]) -> Iterator[Judged]:
    own = CheckIn.objects.filter(member=member)
    uuids = [row.origin.removeprefix("maeum:") for row in rows if row.origin.startswith("maeum:")]
    by_uuid = {f"maeum:{entry.uuid}": entry for entry in own.filter(uuid__in=uuids)}
    came = ImportedEntry.objects.filter(
        batch__member=member, check_in__isnull=False, origin__in=[row.origin for row in rows]
    ).select_related("check_in")
    by_origin = {one.origin: one for one in came}
    by_moment: dict[tuple[date, int, int], list[CheckIn]] = {}
    for entry in own.filter(local_date__in={row.date for row in rows}):
        key = (entry.local_date, entry.local_time.hour, entry.local_time.minute)
        by_moment.setdefault(key, []).append(entry)
    for row in rows:
        if known := by_uuid.get(row.origin):
            yield Judged(row, SAME if says_the_same(known, row) else CONFLICT, known)
        elif before := by_origin.get(row.origin):
            same = before.digest == row.digest
            yield Judged(row, SAME if same else CONFLICT, before.check_in)
        else:
            yield _by_moment(row, by_moment.get((row.date, row.time.hour, row.time.minute), []))


def _by_moment(row: Row, there: list[CheckIn]) -> Judged:
    if not there:
        return Judged(row, NEW)
    same = next((entry for entry in there if says_the_same(entry, row)), None)
    if same is not None:
        return Judged(row, SAME, same)
    # Several entries of one minute in our own file are several entries.
    return Judged(row, NEW if row.origin.startswith("maeum:") else CONFLICT, there[0])


def says_the_same(entry: CheckIn, row: Row) -> bool:
    """Say whether a row brings no word that the entry lacks; a foreign mood waits for its mapping."""
    words = entry.note == row.note and set(entry.tags) == set(row.tags)
    if row.mood_name:
        return words
    return (
        words
        and (entry.mood, entry.feeling) == (row.mood, row.feeling)
        and (entry.local_date, entry.local_time, entry.time_zone) == (row.date, row.time, row.zone)
        and (entry.agreed, entry.agreed_to) == (row.agreed, row.agreed_to)
    )


def untouched(batch: ImportBatch) -> QuerySet[ImportedEntry]:
    """Return what an import made and nobody changed since."""
    return batch.entries.filter(check_in__isnull=False, check_in__updated_at=F("stamp"))


def touched(batch: ImportBatch) -> QuerySet[ImportedEntry]:
    """Return what an import made and its member changed since: undoing leaves these."""
    changed = batch.entries.filter(check_in__isnull=False).exclude(check_in__updated_at=F("stamp"))
    return changed.select_related("check_in").order_by("check_in__local_date", "check_in__local_time")
