"""A moment is written down once, in the member's own day, and nothing is half-stored."""

from __future__ import annotations

import io
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.storage import Storage
from django.db import connection
from django.utils import timezone, translation
from PIL import Image

from accounts.choices import Purpose
from accounts.keys import decrypt_for
from accounts.models import User
from accounts.selectors import grants_of
from accounts.services import grant_withdraw
from moods import services
from moods.choices import Status
from moods.models import CheckIn, PhotoReading
from moods.services import EntryError
from tests.moods.photos import astronaut, check_in, files_in, row_of, variant
from tests.people import make_member


def withdraw(member: User, purpose: str) -> None:
    for grant in grants_of(member).filter(purpose=purpose):
        grant_withdraw(user=member, grant=grant.grant)


def refused(member: User, **words: object) -> str:
    """Return the code with which an entry is refused; nothing of it may be stored."""
    before = CheckIn.objects.count(), PhotoReading.objects.count()
    given = {"when": None, "photo": None, "mood": None} | words
    with pytest.raises(EntryError) as caught:
        services.check_in_create(member=member, **given)  # type: ignore[arg-type]
    assert (CheckIn.objects.count(), PhotoReading.objects.count()) == before
    assert str(caught.value)
    return caught.value.code


def test_photo_is_stored_encrypted_without_metadata_and_queued(member: User, photo_folder: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "PhoneMaker"
    picture = Image.open(io.BytesIO(astronaut()))
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    entry = check_in(member, out.getvalue(), note="손주가 왔어요.")
    [stored] = files_in(photo_folder)
    token = stored.read_bytes()
    assert b"\xff\xd8\xff" not in token
    assert b"PhoneMaker" not in token
    clean = Image.open(io.BytesIO(decrypt_for(member, token)))
    assert (clean.format, clean.size, dict(clean.getexif())) == ("JPEG", (512, 512), {})
    row = row_of(entry)
    assert (row.status, row.attempts, row.photo_width, row.photo_height) == (Status.QUEUED, 0, 512, 512)
    assert stored.stat().st_mode & 0o077 == 0


def test_photo_without_consent_is_refused_and_words_alone_are_taken(
    member: User, portrait: bytes, photo_folder: Path
) -> None:
    withdraw(member, Purpose.EMOTION)
    assert refused(member, photo=portrait, note="그래도 적을래요.") == "consent_needed"
    assert files_in(photo_folder) == []
    entry = check_in(member, note="그래도 적을래요.")
    assert entry.note == "그래도 적을래요."


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({}, "nothing_said"),
        ({"note": " \r\n "}, "nothing_said"),
        ({"mood": 4}, "unknown_mood"),
        ({"feeling": "hurt"}, "unknown_feeling"),
        ({"note": "가" * 4001}, "note_too_long"),
        ({"mood": 1, "tags": ["x" * 31]}, "too_many_tags"),
        ({"mood": 1, "tags": [str(n) for n in range(11)]}, "too_many_tags"),
        ({"mood": 1, "when": datetime(1899, 12, 31, tzinfo=UTC)}, "too_long_ago"),
        ({"mood": 1, "when": datetime(1947, 12, 31)}, "too_long_ago"),
        ({"mood": 1, "when": datetime(1, 1, 1)}, "too_long_ago"),
        ({"mood": 1, "when": datetime(9999, 12, 31, 23, 59)}, "in_the_future"),
    ],
)
def test_impossible_entries_are_refused_with_a_code(
    member: User, words: dict[str, object], code: str
) -> None:
    assert refused(member, **words) == code


def test_tomorrow_is_refused_but_a_fast_clock_is_not(member: User) -> None:
    assert refused(member, mood=1, when=timezone.now() + timedelta(minutes=6)) == "in_the_future"
    check_in(member, mood=1, when=timezone.now() + timedelta(minutes=4))


def test_every_refusal_has_a_sentence_in_both_languages() -> None:
    for code, sentence in services.SENTENCES.items():
        with translation.override("ko"):
            assert str(EntryError(code)) == str(sentence)
            assert str(sentence).endswith(".")


def test_entry_is_written_in_the_members_own_zone(db: None) -> None:
    traveller = make_member("traveller@example.org", time_zone="America/New_York")
    entry = check_in(traveller, mood=1, when=datetime(2026, 3, 1, 2, 30, tzinfo=UTC))
    assert (entry.local_date, entry.local_time.hour) == (date(2026, 2, 28), 21)
    assert entry.at == datetime(2026, 3, 1, 2, 30, tzinfo=UTC)


def test_skipped_hour_moves_on_and_repeated_hour_means_the_first(db: None) -> None:
    traveller = make_member("traveller@example.org", time_zone="America/New_York")
    skipped = check_in(traveller, mood=1, when=datetime(2026, 3, 8, 2, 30))
    assert (skipped.local_time.hour, skipped.local_time.minute) == (3, 30)
    twice = check_in(traveller, mood=1, when=datetime(2025, 11, 2, 1, 30))
    assert twice.at.astimezone(UTC) == datetime(2025, 11, 2, 5, 30, tzinfo=UTC)


def test_note_is_tidied_but_its_words_are_kept(member: User) -> None:
    entry = check_in(member, note=" 첫 줄\r\n둘째 줄\x00 ", tags=["#산책", "산책", " ", "가족"])
    assert (entry.note, entry.tags) == ("첫 줄\n둘째 줄", ["산책", "가족"])


def test_same_submission_gives_the_same_row(member: User, portrait: bytes, photo_folder: Path) -> None:
    submission = uuid4()
    send = {"member": member, "when": None, "photo": portrait, "mood": 1, "submission": submission}
    first, made = services.check_in_create(**send)  # type: ignore[arg-type]
    again, made_again = services.check_in_create(**send)  # type: ignore[arg-type]
    assert (made, made_again, again.pk) == (True, False, first.pk)
    assert len(files_in(photo_folder)) == 1


def test_form_that_comes_back_with_another_photo_or_other_words_loses_neither(
    member: User, portrait: bytes, photo_folder: Path
) -> None:
    """The browser's "back" shows the old form with its old mark."""
    submission = uuid4()

    def send(photo: bytes | None, note: str) -> tuple[CheckIn, bool]:
        return services.check_in_create(
            member=member, when=None, photo=photo, mood=None, note=note, submission=submission
        )

    first, _made = send(portrait, "")
    again, made = send(portrait, "한 줄 더")
    assert (made, again.pk, again.note) == (False, first.pk, "한 줄 더")
    other, made = send(variant(1), "")
    assert (made, other.pk != first.pk) == (True, True)
    assert len(files_in(photo_folder)) == 2
    words, made = send(None, "다른 말")
    assert (made, words.note) == (True, "다른 말")
    assert send(None, "줄") == (first, False)


def test_same_photo_on_the_same_day_gives_the_same_row_and_keeps_the_new_words(
    member: User, portrait: bytes, photo_folder: Path
) -> None:
    noon = timezone.now().astimezone(member.zone).replace(hour=0, minute=1)
    first = check_in(member, portrait, when=noon, note="아침")
    again, made = services.check_in_create(
        member=member, when=noon, photo=portrait, mood=2, note="저녁", tags=["가족"]
    )
    assert (made, again.pk, again.mood, again.note, again.tags) == (
        False,
        first.pk,
        2,
        "아침\n저녁",
        ["가족"],
    )
    yesterday = check_in(member, portrait, when=noon - timedelta(days=1))
    assert yesterday.pk != first.pk
    assert len(files_in(photo_folder)) == 2


def test_same_photo_of_two_members_shares_nothing(member: User, outsider: User, portrait: bytes) -> None:
    one, other = check_in(member, portrait), check_in(outsider, portrait)
    assert one.pk != other.pk
    assert one.photo_digest != other.photo_digest


@pytest.mark.parametrize("how", ["same submission", "same photo"])
@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_make_one_row_and_one_file(how: str, photo_folder: Path) -> None:
    member = make_member()
    submission = uuid4()
    barrier = threading.Barrier(4)
    results: list[tuple[int, bool]] = []

    def send() -> None:
        barrier.wait()
        try:
            entry, made = services.check_in_create(
                member=User.objects.get(pk=member.pk),
                when=None,
                photo=astronaut(),
                mood=None,
                submission=submission if how == "same submission" else uuid4(),
            )
            results.append((entry.pk, made))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert len({pk for pk, _made in results}) == 1
    assert [made for _pk, made in results].count(True) == 1
    assert (CheckIn.objects.count(), PhotoReading.objects.count()) == (1, 1)
    assert len(files_in(photo_folder)) == 1


def test_failed_transaction_leaves_no_file_and_no_row(
    member: User, portrait: bytes, photo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_fields: object) -> None:
        raise RuntimeError("the database went away")

    monkeypatch.setattr(PhotoReading.objects, "create", broken)
    with pytest.raises(RuntimeError):
        check_in(member, portrait)
    assert CheckIn.objects.count() == 0
    assert files_in(photo_folder) == []


def test_full_disk_is_a_sentence_and_stores_nothing(
    member: User, portrait: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object, **_options: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Storage, "save", full)
    assert refused(member, photo=portrait, mood=1) == "storage_down"
