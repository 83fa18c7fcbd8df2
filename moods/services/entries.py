"""Write down what a person says, and take in the photo they show."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

import inference
from accounts.choices import Purpose
from accounts.keys import keyed_digest
from accounts.models import User
from accounts.selectors import has_grant
from moods.choices import Feeling, Mood, Status
from moods.models import CheckIn, PhotoReading
from moods.services import bundles, photos
from moods.services.errors import EntryError, from_photo_error

NOTE_LENGTH: Final = 4000
TAGS: Final = 10
TAG_LENGTH: Final = 30
OLDEST: Final = date(1900, 1, 1)
#: A phone's clock may run ahead by this much without its owner living in the future.
CLOCK_SKEW: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class Words:
    """What a person says of one moment, checked."""

    mood: int | None
    feeling: str
    note: str
    tags: list[str]

    def __bool__(self) -> bool:
        return self.mood is not None or bool(self.feeling or self.note or self.tags)


@dataclass(frozen=True)
class Intake:
    """A photo that was taken in: its keyed digest, its place in the storage, its size in pixels."""

    digest: str
    name: str
    width: int
    height: int


def check_in_create(
    *,
    member: User,
    when: datetime | None,
    photo: bytes | None,
    mood: int | None,
    feeling: str = "",
    note: str = "",
    tags: Sequence[str] = (),
    submission: UUID | None = None,
) -> tuple[CheckIn, bool]:
    """Store one moment of a member; raises :class:`EntryError` before anything is stored.

    1. The same form sent twice, or the same photo on the same local day, gives the existing row. A
       form that comes again with something else in it (the browser's "back") makes a new one.
    2. Without consent to read emotions no photo is taken.
    3. The encrypted file is written first, then both rows in one transaction; if that fails, the
       file is deleted. The caller wakes a worker (:func:`moods.tasks.wake`).

    Args:
        when: the moment, aware, or naive in the member's own zone; None is now.

    Returns:
        the row, and whether it was made by this call.
    """
    submission = submission or uuid4()
    words = words_checked(mood, feeling, note, tags)
    at = moment_checked(member, when)
    digest = keyed_digest(member, photo) if photo is not None else ""
    if existing := CheckIn.objects.filter(member=member, submission=submission).first():
        if _says_the_same(existing, words, digest):
            return (_add_words(existing, words) if digest else existing), False
        submission = uuid4()
    if photo is None and not words:
        raise EntryError("nothing_said")
    if photo is not None:
        if not has_grant(member, Purpose.EMOTION):
            raise EntryError("consent_needed")
        if same := _same_photo(member, at.date(), digest):
            return _add_words(same, words), False
    intake = _take_in(member, photo, digest) if photo is not None else None
    return _store(member, at, words, submission, intake)


def check_in_update(
    *, check_in: CheckIn, mood: int | None, feeling: str = "", note: str = "", tags: Sequence[str] = ()
) -> CheckIn:
    """Replace the words of an entry; raises :class:`EntryError`."""
    words = words_checked(mood, feeling, note, tags)
    reading = PhotoReading.objects.filter(check_in=check_in).first()
    if not words and reading is None:
        raise EntryError("nothing_said")
    if words.feeling and words.feeling != check_in.feeling and reading is not None:
        check_in.corrected_at, check_in.agreed, check_in.agreed_to = timezone.now(), False, ""
    check_in.mood, check_in.feeling = words.mood, words.feeling
    check_in.note, check_in.tags = words.note, words.tags
    check_in.save()
    return check_in


def reading_correct(*, check_in: CheckIn, feeling: str, mood: int | None = None) -> CheckIn:
    """Write down that a reading was wrong and what the member says instead; it outranks for ever."""
    words = words_checked(mood, feeling, "", ())
    if not words:
        raise EntryError("unknown_feeling")
    if words.feeling:
        check_in.feeling = words.feeling
    if words.mood is not None:
        check_in.mood = words.mood
    check_in.agreed, check_in.agreed_to, check_in.corrected_at = False, "", timezone.now()
    check_in.save(update_fields=["feeling", "mood", "agreed", "agreed_to", "corrected_at", "updated_at"])
    return check_in


def reading_agree(*, check_in: CheckIn, seen: str = "") -> bool:
    """Write down that a reading was right; nothing changes where the member has said otherwise.

    This is no self-report: ``mood`` and ``feeling`` stay as they are. ``seen`` is the guess that was
    on the page: if the photo has been read again since and the guess is another, nothing is agreed to.
    """
    reading = PhotoReading.objects.filter(check_in=check_in, status=Status.READ).first()
    if reading is None or check_in.feeling not in ("", reading.emotion) or seen not in ("", reading.emotion):
        return False
    check_in.agreed, check_in.agreed_to = True, reading.emotion
    check_in.save(update_fields=["agreed", "agreed_to", "updated_at"])
    return True


def check_in_delete(*, check_in: CheckIn) -> None:
    """Remove an entry, its reading and its photo.

    The file goes after the row: should that fail, the purge finds a file that no row knows.
    """
    _remove(CheckIn.objects.filter(pk=check_in.pk))


def check_ins_erase(*, member: User) -> None:
    """Remove everything a member ever wrote or showed."""
    _remove(CheckIn.objects.filter(member=member))


def words_checked(mood: int | None, feeling: str, note: str, tags: Sequence[str]) -> Words:
    """Tidy what a person said; raises :class:`EntryError` for what cannot be."""
    if mood is not None and mood not in Mood.values:
        raise EntryError("unknown_mood")
    if feeling and feeling not in Feeling.values:
        raise EntryError("unknown_feeling")
    # PostgreSQL cannot store NUL; browsers send CRLF.
    note = note.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(note) > NOTE_LENGTH:
        raise EntryError("note_too_long")
    tidy = list(dict.fromkeys(tag.replace("\x00", "").strip().lstrip("#") for tag in tags))
    tidy = [tag for tag in tidy if tag]
    if len(tidy) > TAGS or any(len(tag) > TAG_LENGTH for tag in tidy):
        raise EntryError("too_many_tags")
    return Words(mood, feeling, note, tidy)


def moment_checked(member: User, when: datetime | None) -> datetime:
    """Return the moment in the member's zone; raises :class:`EntryError` when it cannot be lived.

    A naive time is the member's wall clock. One that daylight saving skips moves on to the hour
    that exists (by going through UTC); of one that comes twice, the first is meant.
    """
    now = timezone.now()
    try:
        at = _in_zone(when or now, member.zone)
    except OverflowError:  # the first or last day a datetime can hold
        raise EntryError("too_long_ago" if when and when.year < 3000 else "in_the_future") from None
    if at > now + CLOCK_SKEW:
        raise EntryError("in_the_future")
    born = date(member.birth_year, 1, 1) if member.birth_year else OLDEST
    if at.date() < max(born, OLDEST):
        raise EntryError("too_long_ago")
    return at


def _in_zone(when: datetime, zone: zoneinfo.ZoneInfo) -> datetime:
    aware = when.replace(tzinfo=zone) if timezone.is_naive(when) else when
    return aware.astimezone(UTC).astimezone(zone)


def _remove(entries: QuerySet[CheckIn]) -> None:
    with transaction.atomic():
        readings = PhotoReading.objects.filter(check_in__in=entries).exclude(photo="")
        names = list(readings.values_list("photo", flat=True))
        entries.delete()
        transaction.on_commit(lambda: [photos.photo_drop(name) for name in names], robust=True)


def _take_in(member: User, photo: bytes, digest: str) -> Intake:
    """Check and normalise the bytes, then store them encrypted; raises :class:`EntryError`."""
    try:
        prepared = inference.prepare_photo(photo)
    except inference.PhotoError as error:
        raise from_photo_error(error) from error
    try:
        name = photos.photo_store(member, prepared.data)
    except OSError as error:  # disk full, bucket unreachable
        raise EntryError("storage_down") from error
    return Intake(digest, name, prepared.width, prepared.height)


def _store(
    member: User, at: datetime, words: Words, submission: UUID, intake: Intake | None
) -> tuple[CheckIn, bool]:
    """Write both rows in one transaction; of two simultaneous requests the loser gets the winner's."""
    digest = intake.digest if intake else ""
    version = bundles.active_version() if intake else ""
    try:
        with transaction.atomic():
            check_in = CheckIn.objects.create(
                member=member,
                local_date=at.date(),
                local_time=at.time().replace(tzinfo=None),
                time_zone=member.time_zone,
                mood=words.mood,
                feeling=words.feeling,
                note=words.note,
                tags=words.tags,
                submission=submission,
                photo_digest=digest,
            )
            if intake:
                PhotoReading.objects.create(
                    check_in=check_in,
                    photo=intake.name,
                    photo_width=intake.width,
                    photo_height=intake.height,
                    wanted_version=version,
                )
    except BaseException as error:
        if intake:
            photos.photo_drop(intake.name)
        winner = _winner(member, at.date(), submission, digest) if isinstance(error, IntegrityError) else None
        if winner is None:
            raise
        return winner, False
    return check_in, True


def _winner(member: User, day: date, submission: UUID, digest: str) -> CheckIn | None:
    """Find the row that made ours impossible."""
    same = CheckIn.objects.filter(member=member, submission=submission).first()
    return same or _same_photo(member, day, digest)


def _says_the_same(check_in: CheckIn, words: Words, digest: str) -> bool:
    """Say whether a form sent again brings nothing that would be lost: the same photo, or the same words."""
    if digest:
        return check_in.photo_digest == digest
    return (
        words.mood in (None, check_in.mood)
        and words.feeling in ("", check_in.feeling)
        and words.note in check_in.note
        and set(words.tags) <= set(check_in.tags)
    )


def _same_photo(member: User, day: date, digest: str) -> CheckIn | None:
    if not digest:
        return None
    return CheckIn.objects.filter(member=member, local_date=day, photo_digest=digest).first()


def _add_words(check_in: CheckIn, words: Words) -> CheckIn:
    """Keep what a person said beside a photo that is here already: fill gaps, add to the note."""
    before = (check_in.mood, check_in.feeling, check_in.note, list(check_in.tags))
    if check_in.mood is None:
        check_in.mood = words.mood
    check_in.feeling = check_in.feeling or words.feeling
    if words.note and words.note not in check_in.note:
        check_in.note = f"{check_in.note}\n{words.note}".strip()[:NOTE_LENGTH]
    check_in.tags = list(dict.fromkeys([*check_in.tags, *words.tags]))[:TAGS]
    if before != (check_in.mood, check_in.feeling, check_in.note, check_in.tags):
        check_in.save(update_fields=["mood", "feeling", "note", "tags", "updated_at"])
    return check_in
