"""Other diaries and our own files come in: shown first, all or nothing, and back out again."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from moods.models import CheckIn
from moods.portable import opening, selectors, services
from moods.portable.errors import ImportRefused
from moods.portable.models import ImportBatch, ImportedEntry, ImportState
from moods.portable.services import Wishes
from tests.moods.photos import check_in

HEAD = "full_date,date,weekday,time,mood,activities,note_title,note\n"
CSV = (
    HEAD
    + '2024-03-01,March 1,Friday,08:15,rad,"family | good meal",,"Grandson came"\n'
    + '2024-03-02,March 2,Saturday,9:05 pm,meh,sleep,Title,"Two\nlines"\n'
    + "2024-03-03,March 3,Sunday,07:00,빙글빙글,,,\n"
)


def parsed(member: User, data: bytes | str) -> Any:
    raw = data.encode() if isinstance(data, str) else data
    return opening.parse(io.BytesIO(raw), member)


def refused(member: User, data: bytes | str) -> str:
    with pytest.raises(ImportRefused) as caught:
        parsed(member, data)
    return caught.value.code


def zipped(parts: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def backup(**changes: Any) -> bytes:
    values = {
        "version": 15,
        "customMoods": [
            {"id": 1, "custom_name": "", "mood_group_id": 1, "predefined_name_id": 1},
            {"id": 6, "custom_name": "meh+", "mood_group_id": 2, "predefined_name_id": -1},
        ],
        "tags": [{"id": 9, "name": "walk"}],
        "dayEntries": [
            {
                "id": 7, "year": 2023, "month": 10, "day": 19, "hour": 10, "minute": 45, "mood": 6,
                "note": "First<br>second &amp; third", "note_title": "", "tags": [9, 404],
                "timeZoneOffset": -18000000, "assets": [12],
            }
        ],
        **changes,
    }  # fmt: skip
    return zipped({"backup.daylio": base64.b64encode(json.dumps(values).encode())})


def apply(member: User, data: bytes | str, **wishes: Any) -> ImportBatch:
    raw = data.encode() if isinstance(data, str) else data
    batch = services.import_check(member=member, file=io.BytesIO(raw))
    return services.import_apply(member=member, uuid=batch.uuid, wishes=Wishes(**wishes))


def test_daylio_table_is_read_with_moods_times_and_activities(member: User) -> None:
    found = parsed(member, CSV)
    first, second, third = found.rows
    assert (first.date, first.time, first.tags) == (date(2024, 3, 1), time(8, 15), ["family", "good meal"])
    assert (second.time, second.note) == (time(21, 5), "Title\nTwo\nlines")
    assert third.mood_name == "빙글빙글"
    assert found.moods == {"rad": 3, "meh": 0, "빙글빙글": None}
    assert not found.problems


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp949"])
def test_table_may_come_in_the_letters_of_any_spreadsheet(member: User, encoding: str) -> None:
    assert [row.mood_name for row in parsed(member, CSV.encode(encoding)).rows][-1] == "빙글빙글"


def test_bad_rows_are_told_by_number_and_spoil_nothing(member: User) -> None:
    rows = (
        "2024-13-01,,,08:00,rad,,,\n"
        "2024-01-02,,,25:00,rad,,,\n"
        "2999-01-01,,,08:00,rad,,,\n"
        "1899-01-01,,,08:00,rad,,,\n"
        "2024-01-03,,,08:00,rad,,,fine\n"
        f"2024-01-04,,,08:00,rad,,,{'x' * 4001}\n"
        "2024-01-05,,,08:00,,,,\n"
        "2024-01-06,,,08:00,rad,,,,one,too,many\n"
        "2024-01-03,,,08:00,rad,,,fine\n"
    )
    found = parsed(member, HEAD + rows)
    assert [row.note for row in found.rows] == ["fine"]
    assert [(one.number, one.code) for one in found.problems] == [
        (2, "bad_date"),
        (3, "bad_time"),
        (4, "in_the_future"),
        (5, "too_long_ago"),
        (7, "note_too_long"),
        (8, "nothing_said"),
        (9, "bad_row"),
        (10, "twice"),
    ]


def test_line_of_ten_megabytes_is_one_bad_row(member: User) -> None:
    found = parsed(
        member, HEAD + f"2024-01-01,,,08:00,rad,,,{'x' * 10_000_000}\n2024-01-02,,,08:00,rad,,,ok\n"
    )
    assert [row.note for row in found.rows] == ["ok"]
    assert [one.code for one in found.problems] == ["line_too_long"]


def test_daylio_backup_keeps_own_moods_zone_and_plain_text(member: User) -> None:
    found = parsed(member, backup())
    [row] = found.rows
    assert (row.date, row.time, row.zone) == (date(2023, 11, 19), time(10, 45), "Etc/GMT+5")
    assert (row.note, row.tags, row.mood_name) == ("First\nsecond & third", ["walk"], "meh+")
    assert found.moods == {"meh+": 2}
    assert found.photos_left == 1


def test_more_tags_than_fit_go_to_the_note(member: User) -> None:
    names = [f"tag{number}" for number in range(12)] + ["x" * 40]
    tags = [{"id": at, "name": name} for at, name in enumerate(names)]
    entry = {"id": 1, "year": 2023, "month": 0, "day": 1, "hour": 1, "minute": 1, "mood": 1, "note": "n"}
    entry["tags"] = list(range(13))
    [row] = parsed(member, backup(tags=tags, dayEntries=[entry])).rows
    assert row.tags == names[:10]
    assert all(name in row.note for name in names[10:])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\xff\xd8\xff\xe0 a photo \x00\x00", "unknown_kind"),
        (b"hello, this is a letter", "unknown_kind"),
        (b'{"entries": 7}', "wrong_shape"),
        (b'{"version": 2, "entries": []}', "newer_version"),
        (b'{"entries": []}', "no_rows"),
        (b'{"entries": [', "broken_json"),
        (b"[" * 200_000, "broken_json"),
        (b'{"entries": [NaN]}', "broken_json"),
        (b'{"version": ' + b"9" * 6000 + b"}", "broken_json"),
        (b"[1, 2]", "wrong_shape"),
        (b"PK\x03\x04 not really", "broken_zip"),
        (zipped({"a.exe": b"MZ"}), "unknown_kind"),
        (zipped({"backup.daylio": b"!!! no base64 !!!"}), "broken_json"),
        (zipped({"maeum.json": b"null"}), "wrong_shape"),
    ],
)
def test_hostile_and_broken_files_are_refused_with_a_code(member: User, data: bytes, code: str) -> None:
    assert refused(member, data) == code
    assert not ImportBatch.objects.exists()


def test_zip_bombs_are_not_opened(member: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MOST_TEXT", 1_000_000)
    assert refused(member, zipped({"maeum.json": b" " * 5_000_000})) == "bomb"
    monkeypatch.setattr(opening, "MOST_OPENED", 4_000_000)
    assert refused(member, zipped({"maeum.json": b" ", "photos/a.jpg": b" " * 5_000_000})) == "bomb"
    monkeypatch.setattr(opening, "MOST_PARTS", 3)
    assert refused(member, zipped({str(at): b"" for at in range(4)})) == "too_many_parts"


def test_names_that_climb_out_of_the_zip_write_nothing(member: User, tmp_path: Any) -> None:
    entry = own_entry() | {"reading": {"status": "rejected", "photo": "../../../../tmp/slip.jpg"}}
    parts = {
        "../../../../tmp/slip.jpg": b"\xff\xd8\xff",
        "maeum.json": json.dumps({"entries": [entry]}).encode(),
    }
    batch = apply(member, zipped(parts))
    assert (batch.made, batch.photos) == (1, 0)
    assert not list(tmp_path.rglob("slip*"))


def own_entry(**changes: Any) -> dict[str, Any]:
    return {
        "uuid": "6d616575-6d00-4d65-8000-000000000001", "date": "2024-05-05", "time": "00:10:00",
        "time_zone": "Asia/Seoul", "mood": 1, "feeling": None, "note": "말", "tags": ["잠"], "agreed": False,
        "agreed_to": None, "corrected_at": None, "written_at": "2024-05-05T00:10:00+09:00", "reading": None,
        **changes,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"uuid": "no"}, "bad_row"),
        ({"mood": 4}, "unknown_mood"),
        ({"mood": True}, "unknown_mood"),
        ({"feeling": "bored"}, "unknown_feeling"),
        ({"feeling": ["sad"]}, "unknown_feeling"),
        ({"note": 7}, "bad_row"),
        ({"note": "x" * 4001}, "note_too_long"),
        ({"tags": [str(n) for n in range(11)]}, "too_many_tags"),
        ({"tags": "abc"}, "bad_row"),
        ({"time_zone": "Mars/Olympus"}, "bad_zone"),
        ({"time_zone": "../../etc/passwd"}, "bad_zone"),
        ({"time": "00:10:00+09:00"}, "bad_time"),
        ({"date": "0000-00-00"}, "bad_date"),
        ({"mood": None, "note": "", "tags": []}, "nothing_said"),
    ],
)
def test_rows_of_our_own_shape_are_checked_one_by_one(member: User, changes: Any, code: str) -> None:
    good = own_entry(uuid="6d616575-6d00-4d65-8000-000000000002")
    found = parsed(member, json.dumps({"entries": [own_entry(**changes), good, 5]}))
    assert [(one.number, one.code) for one in found.problems] == [(1, code), (3, "bad_row")]
    assert len(found.rows) == 1


def test_text_no_database_holds_is_made_holdable(member: User) -> None:
    batch = apply(member, json.dumps({"entries": [own_entry(note="a\x00b\ud800c", tags=["\x00t"])]}))
    assert batch.made == 1
    assert CheckIn.objects.get(member=member).note == "ab?c"


def test_import_maps_moods_and_tags_as_the_member_wishes(member: User) -> None:
    batch = apply(member, CSV, moods={"rad": 2, "meh": 9}, tags={"family": "사람", "good meal": ""})
    assert batch.made == 2, "the third said nothing but a mood without a step"
    first, second = CheckIn.objects.filter(member=member).order_by("local_date")
    assert (first.mood, first.tags, first.time_zone) == (2, ["사람"], "Asia/Seoul")
    assert second.mood is None


def test_second_look_at_the_same_file_finds_everything_there(member: User) -> None:
    apply(member, CSV, moods={"rad": 3})
    entry = CheckIn.objects.filter(member=member).earliest("local_date")
    entry.note = "고친 글"
    entry.save()
    states = [one.state for one in selectors.judged(member, parsed(member, CSV).rows)]
    assert states == ["same", "same", "new"]
    assert apply(member, CSV).made == 0


def test_entry_of_the_same_minute_with_other_words_is_a_conflict_and_stays(member: User) -> None:
    mine = check_in(member, when=datetime(2024, 2, 29, 23, 15, tzinfo=UTC), mood=-3, note="내 말")
    [first, *_rest] = selectors.judged(member, parsed(member, CSV).rows)
    assert (first.state, first.here) == ("conflict", mine)
    assert apply(member, CSV).made == 1
    mine.refresh_from_db()
    assert (mine.mood, mine.note) == (-3, "내 말")
    assert apply(member, CSV, conflicts="beside").made == 1
    assert CheckIn.objects.filter(member=member, local_date=date(2024, 3, 1)).count() == 2


def test_import_sent_twice_is_taken_in_once(member: User) -> None:
    batch = services.import_check(member=member, file=io.BytesIO(CSV.encode()))
    for _turn in range(2):
        services.import_apply(member=member, uuid=batch.uuid, wishes=Wishes())
    assert CheckIn.objects.filter(member=member).count() == 2
    batch.refresh_from_db()
    assert batch.state == ImportState.APPLIED
    assert bytes(batch.sealed) == b""


def test_undo_removes_what_came_and_keeps_what_was_touched_or_there_before(member: User) -> None:
    before = check_in(member, mood=1, note="전부터")
    batch = apply(member, CSV)
    touched = CheckIn.objects.filter(member=member).earliest("local_date")
    touched.note = "손댄 글"
    touched.save()
    assert [one.check_in for one in selectors.touched(batch)] == [touched]
    done, left = services.import_undo(member=member, uuid=batch.uuid)
    again, _left = services.import_undo(member=member, uuid=batch.uuid)
    assert (done.removed, left, again.removed) == (1, 1, 1)
    assert set(CheckIn.objects.filter(member=member)) == {before, touched}


def test_failure_halfway_leaves_the_diary_as_it_was(member: User, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = services.import_check(member=member, file=io.BytesIO(CSV.encode()))
    monkeypatch.setattr(ImportedEntry.objects, "bulk_create", lambda rows: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.import_apply(member=member, uuid=batch.uuid, wishes=Wishes())
    assert not CheckIn.objects.filter(member=member).exists()
    batch.refresh_from_db()
    assert batch.state == ImportState.CHECKED


def test_somebody_elses_export_becomes_entries_of_ones_own(member: User, outsider: User) -> None:
    theirs = check_in(outsider, mood=2, note="남의 글")
    data = json.dumps({"entries": [own_entry(uuid=str(theirs.uuid), note="바꾼 글")]})
    assert apply(member, data).made == 1
    theirs.refresh_from_db()
    assert (theirs.note, theirs.member) == ("남의 글", outsider)
    mine = CheckIn.objects.get(member=member)
    assert mine.uuid != theirs.uuid
    assert apply(member, data).made == 0, "known by where it came from"


def send(client: Client, data: bytes, name: str = "daylio.csv") -> Any:
    return client.post(reverse("moods:portable_import"), {"file": SimpleUploadedFile(name, data)})


def test_file_is_shown_before_it_comes_in_and_can_be_taken_back(as_member: Client, member: User) -> None:
    shown = send(as_member, CSV.encode())
    assert not CheckIn.objects.filter(member=member).exists()
    page = as_member.get(shown["Location"]).content.decode()
    assert "빙글빙글" in page
    assert "Grandson came" in page
    told = as_member.post(shown["Location"], {"mood-0": "3", "mood-1": "0", "mood-2": "-1", "tag-0": "가족"})
    assert CheckIn.objects.filter(member=member, mood__isnull=False).count() == 3
    assert as_member.get(told["Location"]).status_code == 200
    as_member.post(told["Location"])
    assert not CheckIn.objects.filter(member=member).exists()
    assert "되돌린 가져오기" in as_member.get(told["Location"]).content.decode()


def test_bad_file_gets_one_kind_sentence(as_member: Client) -> None:
    page = send(as_member, b"not a diary")
    assert page.status_code == 422
    assert 'data-code="unknown_kind"' in page.content.decode()
    assert as_member.post(reverse("moods:portable_import")).status_code == 422


def test_too_large_a_file_is_refused(as_member: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moods.portable.uploads.MOST_BYTES", 1000)
    page = send(as_member, CSV.encode() * 100)
    assert (page.status_code, 'data-code="too_large"' in page.content.decode()) == (422, True)


def test_form_without_its_token_is_refused(member: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(member)
    assert send(client, CSV.encode()).status_code == 403


def test_imports_of_others_are_not_found(as_member: Client, as_outsider: Client, member: User) -> None:
    batch = services.import_check(member=member, file=io.BytesIO(CSV.encode()))
    for name in ("preview", "rows", "undo"):
        assert as_outsider.get(reverse(f"moods:portable_{name}", args=[batch.uuid])).status_code == 404
    assert as_outsider.post(reverse("moods:portable_preview", args=[batch.uuid])).status_code == 404
    as_outsider.post(reverse("moods:portable_forget", args=[batch.uuid]))
    assert ImportBatch.objects.filter(pk=batch.pk).exists()
    as_member.post(reverse("moods:portable_forget", args=[batch.uuid]))
    assert not ImportBatch.objects.exists()


def test_file_nobody_decided_about_is_forgotten_after_a_day(member: User) -> None:
    batch = services.import_check(member=member, file=io.BytesIO(CSV.encode()))
    assert b"Grandson" not in bytes(batch.sealed)
    ImportBatch.objects.update(created_at=datetime(2024, 1, 1, tzinfo=UTC))
    with pytest.raises(ImportRefused, match="가져오기"):
        services.import_apply(member=member, uuid=batch.uuid, wishes=Wishes())
    assert services.purge() >= 1
    assert not ImportBatch.objects.exists()
