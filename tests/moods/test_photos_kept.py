"""Photos are destroyed when due, at the member's word, and never left behind by a crash."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.choices import PhotoRetention, Purpose
from accounts.models import User
from accounts.selectors import grants_of
from accounts.services import grant_give, grant_withdraw
from inference import InferenceError
from moods import selectors, services
from moods.choices import Status
from moods.models import CheckIn, PhotoReading
from tests.moods.photos import check_in, files_in, row_of, variant, vote
from tests.people import make_member


def make_old(path: Path) -> None:
    two_hours_ago = time.time() - 7200
    os.utime(path, (two_hours_ago, two_hours_ago))


def fail(entry: CheckIn) -> None:
    [held] = services.readings_claim(limit=1, lease_seconds=90)
    assert services.reading_release(held, InferenceError("no", permanent=True, code="model_missing"))


def test_purge_destroys_what_is_due_and_leaves_the_rest(member: User, photo_folder: Path) -> None:
    gone = check_in(member, variant(1))
    fail(gone)
    waiting = check_in(member, variant(2))
    assert services.purge() == 0
    PhotoReading.objects.filter(check_in=gone).update(photo_until=timezone.now() - timedelta(seconds=1))
    assert services.purge() == 1
    assert row_of(gone).photo.name == ""
    assert selectors.photo_of(CheckIn.objects.get(pk=gone.pk)) is None
    assert selectors.photo_of(waiting) is not None
    assert not services.reading_retry(check_in=gone)
    assert len(files_in(photo_folder)) == 1


def test_purge_removes_old_files_that_no_row_knows_and_spares_young_ones(
    member: User, photo_folder: Path
) -> None:
    kept = check_in(member, variant(1))
    [known] = files_in(photo_folder)
    make_old(known)
    (photo_folder / "ab").mkdir(exist_ok=True)
    crashed, uploading = photo_folder / "ab" / "abcd", photo_folder / "ab" / "abce"
    crashed.write_bytes(b"x")
    uploading.write_bytes(b"x")
    make_old(crashed)
    assert services.purge() == 1
    assert files_in(photo_folder) == sorted([known, uploading])
    assert selectors.photo_of(kept) is not None


@pytest.mark.django_db(transaction=True)
def test_photo_that_cannot_be_deleted_now_is_deleted_by_the_purge(
    photo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = check_in(make_member(), variant(1))
    [held] = services.readings_claim(limit=1, lease_seconds=90)
    with monkeypatch.context() as patch:

        def refuse(self: FileSystemStorage, name: str) -> None:
            raise PermissionError(13, "Permission denied")

        patch.setattr(FileSystemStorage, "delete", refuse)
        assert services.reading_finish(held, vote())
    row = row_of(entry)
    assert row.status == Status.READ
    assert row.photo
    assert row.photo_until is not None
    assert row.photo_until <= timezone.now()
    assert services.purge() == 1
    assert files_in(photo_folder) == []


@pytest.mark.django_db(transaction=True)
def test_member_deletes_a_failed_photo_at_once(photo_folder: Path) -> None:
    entry = check_in(make_member(), variant(1))
    fail(entry)
    assert services.photo_delete(check_in=entry)
    assert files_in(photo_folder) == []
    assert (row_of(entry).status, row_of(entry).photo.name) == (Status.FAILED, "")
    assert not services.photo_delete(check_in=entry)


@pytest.mark.django_db(transaction=True)
def test_member_deletes_a_photo_while_it_is_being_read(photo_folder: Path) -> None:
    entry = check_in(make_member(), variant(1))
    [held] = services.readings_claim(limit=1, lease_seconds=90)
    assert services.photo_delete(check_in=entry)
    assert not services.reading_finish(held, vote())
    row = row_of(entry)
    assert (row.status, row.reason, row.emotion) == (Status.FAILED, "photo_deleted", "")
    assert files_in(photo_folder) == []


@pytest.mark.django_db(transaction=True)
def test_deleted_entry_takes_reading_and_photo_with_it(photo_folder: Path) -> None:
    entry = check_in(make_member(), variant(1))
    services.check_in_delete(check_in=entry)
    assert (CheckIn.objects.count(), PhotoReading.objects.count()) == (0, 0)
    assert files_in(photo_folder) == []


@pytest.mark.parametrize("keeps", [False, True])
def test_withdrawing_the_consent_to_read_destroys_what_waited_for_another_try(
    keeps: bool,
    member: User,
    photo_folder: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    if keeps:
        grant_give(user=member, purpose=Purpose.PHOTO_KEEP)
        member.photo_retention = PhotoRetention.MONTH
        member.save()
    entry = check_in(member, variant(1))
    fail(entry)
    grant = grants_of(member).get(purpose=Purpose.EMOTION)
    with django_capture_on_commit_callbacks(execute=True):
        grant_withdraw(user=member, grant=grant.grant)
    assert len(files_in(photo_folder)) == keeps
    assert bool(row_of(entry).photo) == keeps


def test_withdrawing_the_consent_to_keep_photos_destroys_those_already_kept(
    member: User, photo_folder: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    grant = grant_give(user=member, purpose=Purpose.PHOTO_KEEP)
    member.photo_retention = PhotoRetention.KEEP
    member.save()
    entry = check_in(member, variant(1))
    [held] = services.readings_claim(limit=1, lease_seconds=90)
    assert services.reading_finish(held, vote())
    assert len(files_in(photo_folder)) == 1
    with django_capture_on_commit_callbacks(execute=True):
        grant_withdraw(user=member, grant=grant.grant)
    assert files_in(photo_folder) == []
    assert row_of(entry).photo.name == ""
    assert row_of(entry).status == Status.READ
