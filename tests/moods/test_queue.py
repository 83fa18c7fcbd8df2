"""The queue: every row ends exactly once, whatever happens to workers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone

import inference
from accounts.choices import PhotoRetention, Purpose
from accounts.models import User
from accounts.services import grant_give
from inference import Emotion, InferenceError, Outcome, Reading, Reason
from moods import services
from moods.choices import EMOTION_PLANE, FINAL, Status
from moods.models import CheckIn, PhotoReading
from moods.services import Claim
from tests.moods.photos import check_in, files_in, refusal, row_of, variant, vote
from tests.moods.test_check_in import withdraw
from tests.people import make_member

pytestmark = pytest.mark.usefixtures("photo_folder")


def claim(limit: int = 8, lease_seconds: int = 90) -> list[Claim]:
    return services.readings_claim(limit=limit, lease_seconds=lease_seconds)


def run() -> int:
    return services.readings_run(limit=8, lease_seconds=90)


def queue(member: User, count: int) -> list[CheckIn]:
    return [check_in(member, variant(n)) for n in range(count)]


def due() -> None:
    """Let every pause be over."""
    PhotoReading.objects.update(available_at=timezone.now() - timedelta(seconds=1))


def answer(monkeypatch: pytest.MonkeyPatch, read: Callable[[Sequence[bytes]], list[Reading]]) -> None:
    """Replace the ensemble at its one door, whichever bundle is asked for."""
    monkeypatch.setattr(inference, "read_photos", lambda photos, *, version=None: read(photos))


def test_claimed_row_is_claimed_once(member: User) -> None:
    entry, _other = queue(member, 2)
    first = claim(limit=1)
    assert [row.pk for row in first] == [row_of(entry).pk]
    row = row_of(entry)
    assert (row.status, row.lease, row.attempts) == (Status.RUNNING, first[0].lease, 1)
    assert len(claim()) == 1
    assert claim() == []


def test_row_that_is_not_due_is_left_alone(member: User) -> None:
    queue(member, 1)
    PhotoReading.objects.update(available_at=timezone.now() + timedelta(seconds=30))
    assert claim() == []


@pytest.mark.django_db(transaction=True)
def test_many_workers_share_rows_without_overlap() -> None:
    queue(make_member(), 12)
    barrier = threading.Barrier(4)
    taken: list[int] = []

    def work() -> None:
        barrier.wait()
        try:
            while claims := claim(limit=2):
                taken.extend(one.pk for one in claims)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 12


def test_reading_is_stored_with_the_mean_of_the_whole_vote(member: User) -> None:
    entry = queue(member, 1)[0]
    reading = vote(Emotion.HAPPY, 0.75)
    assert services.reading_finish(claim()[0], reading)
    row = row_of(entry)
    assert (row.status, row.emotion, row.confidence, row.reason, row.lease) == (
        "read",
        "happy",
        0.75,
        "",
        None,
    )
    rest = [EMOTION_PLANE[name] for name in Emotion if name != Emotion.HAPPY]
    place = EMOTION_PLANE[Emotion.HAPPY]
    assert row.valence == pytest.approx(0.75 * place.valence + 0.05 * sum(p.valence for p in rest))
    assert row.arousal == pytest.approx(0.75 * place.arousal + 0.05 * sum(p.arousal for p in rest))
    assert row.grid == [[0.0, 1.0], [0.5, 0.2]]
    assert row.probabilities is not None
    assert sum(row.probabilities.values()) == pytest.approx(1)
    assert row.finished_at is not None


def test_second_finish_changes_nothing(member: User) -> None:
    entry = queue(member, 1)[0]
    [held] = claim()
    assert services.reading_finish(held, vote(Emotion.HAPPY))
    before = row_of(entry).finished_at
    assert not services.reading_finish(held, vote(Emotion.SAD))
    assert not services.reading_release(held, RuntimeError())
    assert (row_of(entry).emotion, row_of(entry).finished_at) == ("happy", before)


def test_finish_under_a_lease_that_was_taken_back_changes_nothing(member: User) -> None:
    entry = queue(member, 1)[0]
    [slow] = claim()
    PhotoReading.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    services.sweep()
    due()
    [quick] = claim()
    assert not services.reading_finish(slow, vote(Emotion.SAD))
    assert services.reading_finish(quick, vote(Emotion.HAPPY))
    assert row_of(entry).emotion == "happy"


def test_sweep_takes_back_lost_leases_with_growing_pauses_and_fails_at_the_cap(
    member: User, settings: LazySettings
) -> None:
    settings.MAEUM_READING_ATTEMPTS = 3
    settings.MAEUM_BACKOFF_SECONDS = 10
    entry = queue(member, 1)[0]
    for attempt, (least, most) in enumerate([(5, 15), (10, 30)], start=1):
        assert len(claim()) == 1
        PhotoReading.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert services.sweep() == services.SweepReport(requeued=1, failed=0, waiting=0)
        row = row_of(entry)
        pause = (row.available_at - timezone.now()).total_seconds()
        assert (row.status, row.attempts) == (Status.QUEUED, attempt)
        assert least - 1 <= pause <= most
        due()
    assert len(claim()) == 1
    PhotoReading.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert services.sweep() == services.SweepReport(requeued=0, failed=1, waiting=0)
    row = row_of(entry)
    assert (row.status, row.reason) == (Status.FAILED, "worker_lost")
    assert row.photo
    assert row.photo_until is not None
    assert timedelta(hours=71) < row.photo_until - timezone.now() <= timedelta(hours=72)


def test_sweep_leaves_running_leases_alone_and_counts_what_waits(member: User) -> None:
    queue(member, 3)
    claim(limit=1)
    assert services.sweep() == services.SweepReport(requeued=0, failed=0, waiting=2)


def test_row_that_was_tried_before_is_taken_alone(member: User) -> None:
    entries = queue(member, 4)
    poison = row_of(entries[2])
    PhotoReading.objects.filter(pk=poison.pk).update(attempts=1)
    assert [one.pk for one in claim()] == [row_of(entries[n]).pk for n in (0, 1, 3)]
    assert [one.pk for one in claim()] == [poison.pk]


def test_photo_that_breaks_a_batch_does_not_fail_the_others(
    member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = queue(member, 4)
    poison = services.photos.photo_bytes(row_of(entries[2]))

    def read(photos: Sequence[bytes]) -> list[Reading]:
        if poison in photos:
            raise ValueError("this one breaks the batch")
        return [vote()] * len(photos)

    answer(monkeypatch, read)
    assert run() == 4
    assert [row_of(entry).status for entry in entries] == ["read", "read", "queued", "read"]
    assert row_of(entries[2]).reason == "internal"


def test_passing_trouble_queues_again_and_permanent_trouble_fails_at_once(
    member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    passing, permanent = queue(member, 2)

    def read(photos: Sequence[bytes]) -> list[Reading]:
        raise InferenceError("not now", permanent=False, code="internal")

    answer(monkeypatch, read)
    assert services.readings_run(limit=1, lease_seconds=90) == 1
    row = row_of(passing)
    assert (row.status, row.reason, row.lease) == (Status.QUEUED, "internal", None)
    assert row.available_at > timezone.now()

    def missing(photos: Sequence[bytes]) -> list[Reading]:
        raise InferenceError("no bundle", permanent=True, code="model_missing")

    answer(monkeypatch, missing)
    assert run() == 1
    row = row_of(permanent)
    assert (row.status, row.reason) == (Status.FAILED, "model_missing")
    assert row.photo


def test_passing_trouble_at_the_cap_fails_with_its_code(member: User, settings: LazySettings) -> None:
    settings.MAEUM_READING_ATTEMPTS = 1
    entry = queue(member, 1)[0]
    services.reading_release(claim()[0], InferenceError("busy", permanent=False, code="internal"))
    assert (row_of(entry).status, row_of(entry).reason) == (Status.FAILED, "internal")


@pytest.mark.django_db(transaction=True)
def test_photo_is_destroyed_once_it_was_read_refused_or_left_unsure(photo_folder: Path) -> None:
    member = make_member()
    entries = queue(member, 3)
    readings = [
        vote(),
        refusal(Outcome.REJECTED, Reason.NO_FACE),
        refusal(Outcome.UNSURE, Reason.LOW_CONFIDENCE),
    ]
    for one, reading in zip(claim(), readings, strict=True):
        assert services.reading_finish(one, reading)
    assert files_in(photo_folder) == []
    for entry in entries:
        row = row_of(entry)
        assert row.status in FINAL
        assert (row.photo.name, row.photo_until) == ("", None)
        assert entry.photo_digest


@pytest.mark.parametrize(
    ("choice", "days"), [(PhotoRetention.MONTH, 30), (PhotoRetention.KEEP, None), (PhotoRetention.FORGET, 0)]
)
@pytest.mark.django_db(transaction=True)
def test_photo_is_kept_only_by_the_members_choice(choice: str, days: int | None, photo_folder: Path) -> None:
    member = make_member()
    grant_give(user=member, purpose=Purpose.PHOTO_KEEP)
    member.photo_retention = choice
    member.save()
    entry = queue(member, 1)[0]
    services.reading_finish(claim()[0], vote())
    row = row_of(entry)
    assert len(files_in(photo_folder)) == (0 if days == 0 else 1)
    if days:
        assert row.photo_until is not None
        assert abs(row.photo_until - timezone.now() - timedelta(days=days)) < timedelta(minutes=1)
    else:
        assert row.photo_until is None


@pytest.mark.django_db(transaction=True)
def test_choice_to_keep_without_the_grant_keeps_nothing(photo_folder: Path) -> None:
    member = make_member()
    member.photo_retention = PhotoRetention.KEEP
    member.save()
    queue(member, 1)
    services.reading_finish(claim()[0], vote())
    assert files_in(photo_folder) == []


@pytest.mark.django_db(transaction=True)
def test_consent_withdrawn_before_reading_ends_it_unread_and_destroys_the_photo(
    photo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = make_member()
    entry = check_in(member, variant(1), mood=1, note="내 말은 남아요.")
    seen: list[int] = []
    answer(monkeypatch, lambda photos: [seen.append(1) or vote() for _ in photos])  # type: ignore[func-returns-value]
    withdraw(member, Purpose.EMOTION)
    assert run() == 1
    row = row_of(entry)
    assert seen == []
    assert (row.status, row.reason, row.photo.name) == (Status.FAILED, "consent_withdrawn", "")
    assert files_in(photo_folder) == []
    entry.refresh_from_db()
    assert (entry.mood, entry.note) == (1, "내 말은 남아요.")


@pytest.mark.django_db(transaction=True)
def test_consent_withdrawn_while_reading_stores_nothing_of_the_reading(photo_folder: Path) -> None:
    member = make_member()
    entry = queue(member, 1)[0]
    [held] = claim()
    withdraw(member, Purpose.EMOTION)
    services.reading_finish(held, vote())
    row = row_of(entry)
    assert (row.status, row.reason, row.emotion, row.probabilities) == (
        "failed",
        "consent_withdrawn",
        "",
        None,
    )
    assert files_in(photo_folder) == []


def test_reading_never_touches_the_persons_word(member: User) -> None:
    entry = check_in(member, variant(1), mood=-2, feeling="sad", note="힘든 날", tags=["잠"])
    services.reading_finish(claim()[0], vote(Emotion.HAPPY))
    entry.refresh_from_db()
    assert (entry.mood, entry.feeling, entry.note, entry.tags) == (-2, "sad", "힘든 날", ["잠"])


def test_photo_that_is_gone_fails_with_a_reason_and_its_row_is_not_tried_again(
    member: User, photo_folder: Path
) -> None:
    entry = queue(member, 1)[0]
    files_in(photo_folder)[0].unlink()
    assert run() == 1
    assert (row_of(entry).status, row_of(entry).reason) == (Status.FAILED, "photo_gone")


def test_failed_reading_can_be_tried_again_while_its_photo_is_kept(member: User) -> None:
    entry = queue(member, 1)[0]
    services.reading_release(claim()[0], InferenceError("no", permanent=True, code="model_missing"))
    assert services.reading_retry(check_in=entry)
    row = row_of(entry)
    assert (row.status, row.attempts, row.reason, row.photo_until) == (Status.QUEUED, 0, "", None)
    assert not services.reading_retry(check_in=entry)
    services.reading_finish(claim()[0], vote())
    assert row_of(entry).status == Status.READ
    assert not services.reading_retry(check_in=entry)


def test_retry_without_consent_is_refused(member: User) -> None:
    entry = queue(member, 1)[0]
    services.reading_release(claim()[0], InferenceError("no", permanent=True, code="model_missing"))
    withdraw(member, Purpose.EMOTION)
    with pytest.raises(services.EntryError) as caught:
        services.reading_retry(check_in=entry)
    assert caught.value.code == "consent_needed"


def test_claim_of_a_deleted_entry_ends_quietly(member: User, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = queue(member, 1)[0]
    [held] = claim()
    services.check_in_delete(check_in=entry)
    assert not services.reading_finish(held, vote())
    assert not services.reading_release(Claim(held.pk, uuid4(), 1), RuntimeError())
