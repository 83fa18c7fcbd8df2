"""A member can take everything along, and everything goes when they leave."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from accounts.exports import erase_all, export_all
from accounts.models import User
from moods import services
from moods.models import CheckIn, PhotoReading
from tests.moods.photos import check_in, files_in, variant, vote
from tests.people import make_member


def test_export_holds_words_readings_corrections_and_kept_photos(member: User) -> None:
    entry = check_in(member, variant(1), mood=2, note="손주가 왔어요.", tags=["가족"])
    waiting = check_in(member, variant(2))
    [held] = services.readings_claim(limit=1, lease_seconds=90)
    services.reading_finish(held, vote())
    services.reading_correct(check_in=CheckIn.objects.get(pk=entry.pk), feeling="neutral")
    told = {row["uuid"]: row for row in json.loads(json.dumps(export_all(member)["moods"]))}
    row = told[str(entry.uuid)]
    assert (row["mood"], row["feeling"], row["note"], row["tags"]) == (
        2,
        "neutral",
        "손주가 왔어요.",
        ["가족"],
    )
    assert row["corrected_at"]
    assert row["reading"]["status"] == "read"
    assert row["reading"]["emotion"] == "happy"
    assert sum(row["reading"]["probabilities"].values()) == pytest.approx(1)
    photo = base64.b64decode(told[str(waiting.uuid)]["reading"]["photo_jpeg_base64"])
    assert photo.startswith(b"\xff\xd8\xff")


def test_export_holds_nothing_of_others(member: User, outsider: User) -> None:
    check_in(outsider, mood=1, note="남의 글")
    assert export_all(member)["moods"] == []


@pytest.mark.django_db(transaction=True)
def test_erasing_a_member_leaves_no_row_and_no_file(photo_folder: Path) -> None:
    member, other = make_member(), make_member("charlie@example.org")
    for number in range(3):
        check_in(member, variant(number))
    kept = check_in(other, variant(9))
    erase_all(member)
    assert list(CheckIn.objects.values_list("pk", flat=True)) == [kept.pk]
    assert PhotoReading.objects.count() == 1
    assert len(files_in(photo_folder)) == 1
