"""Everything goes out, and comes back as it was."""

from __future__ import annotations

import csv
import io
import json
import re
import tracemalloc
import zipfile
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.choices import PhotoRetention, Purpose
from accounts.models import User
from accounts.services import grant_give
from moods import services as moods_services
from moods.choices import Feeling
from moods.models import CheckIn, PhotoReading
from moods.portable import archive, fhir, selectors, services, state_of_mind, tables, telling
from moods.portable.models import ImportState
from moods.portable.report import figures, pdf, periods
from moods.portable.report.letters import letters
from moods.portable.services import Wishes
from tests.moods.photos import check_in, files_in, variant, vote
from tests.people import PASSWORD, make_member

ROOT = Path(__file__).resolve().parents[2]


def opened(member: User) -> zipfile.ZipFile:
    return zipfile.ZipFile(archive.export_write(member))


def told(member: User) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(opened(member).read("maeum.json"))
    return found


def taken_back(member: User, file: Any) -> None:
    batch = services.import_check(member=member, file=file)
    services.import_apply(member=member, uuid=batch.uuid, wishes=Wishes())


def keep_photos(member: User) -> None:
    grant_give(user=member, purpose=Purpose.PHOTO_KEEP)
    member.photo_retention = PhotoRetention.KEEP
    member.save()


def read_one(member: User, number: int = 1, **words: Any) -> CheckIn:
    entry = check_in(member, variant(number), **words)
    [held] = moods_services.readings_claim(limit=1, lease_seconds=90)
    moods_services.reading_finish(held, vote())
    return CheckIn.objects.get(pk=entry.pk)


def test_export_fits_its_own_schema_which_lies_in_it_and_in_the_documents(member: User) -> None:
    keep_photos(member)
    entry = read_one(member, note="손주가 왔어요.", tags=["가족"], mood=2)
    moods_services.reading_correct(check_in=entry, feeling="neutral")
    found = opened(member)
    schema = json.loads(found.read(archive.SCHEMA))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(found.read("maeum.json")), schema)
    assert (ROOT / "docs" / archive.SCHEMA).read_bytes() == found.read(archive.SCHEMA)
    broken = told(member)
    broken["entries"][0]["mood"] = 9
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema)


def test_export_holds_photos_readings_consents_and_who_looked(member: User, outsider: User) -> None:
    keep_photos(member)
    entry = read_one(member)
    check_in(outsider, mood=1, note="남의 글")
    found = opened(member)
    assert found.read(telling.photo_name(entry)).startswith(b"\xff\xd8\xff")
    text = found.read("maeum.json").decode()
    assert "남의 글" not in text
    account = json.loads(text)["rooms"]["account"]
    assert len(account["consents"]) == 4
    assert account["looks"] == []
    assert json.loads(text)["entries"][0]["reading"]["emotion"] == "happy"
    assert len(list(csv.reader(io.StringIO(found.read("tables/consents.csv").decode("utf-8-sig"))))) == 5


def test_tables_open_in_excel_and_run_nothing(member: User) -> None:
    check_in(member, mood=-3, note='=HYPERLINK("http://evil","x")', tags=["@sum", "-1+1"])
    data = opened(member).read("tables/entries.csv")
    assert data.startswith(b"\xef\xbb\xbf")
    [row] = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    assert row["note"].startswith("'=")
    assert row["tags"].startswith("'@")
    assert row["mood"] == "-3"
    assert [tables.harmless(value) for value in ("\tx", "＝1", 5, True)] == ["'\tx", "'＝1", 5, "yes"]


def test_round_trip_brings_photo_reading_and_correction_back_as_history(
    member: User, photo_folder: Path
) -> None:
    keep_photos(member)
    entry = read_one(member, note="글", when=datetime(2024, 3, 9, 15, 10, tzinfo=UTC))
    moods_services.reading_correct(check_in=entry, feeling="sad", mood=-1)
    before, file = told(member), archive.export_write(member)
    moods_services.check_ins_erase(member=member)
    taken_back(member, file)
    after = told(member)
    [was], [now] = before["entries"], after["entries"]
    assert now["reading"].pop("imported") is True
    assert was["reading"].pop("imported") is False
    assert now == was
    reading = PhotoReading.objects.get()
    assert reading.ensemble_version == "imported test"
    assert not moods_services.readings_claim(limit=9, lease_seconds=9)
    stored = files_in(photo_folder)
    assert len([path for path in stored if not path.read_bytes().startswith(b"\xff\xd8")]) >= 1


def test_photo_does_not_come_back_without_the_consent_to_keep_it(member: User) -> None:
    keep_photos(member)
    read_one(member)
    file = archive.export_write(member)
    moods_services.check_ins_erase(member=member)
    member.photo_retention = PhotoRetention.FORGET
    member.save()
    taken_back(member, file)
    assert PhotoReading.objects.get().photo.name == ""


def test_forged_readings_are_cut_to_the_known_shape(member: User) -> None:
    reading = {
        "status": "read", "emotion": "happy", "probabilities": {"happy": 1.0}, "confidence": 7, "grid": [["<b>"]],
        "face": {"a": {"b": {"c": {"d": [1]}}}}, "faces": -3, "eyewear": 5, "evil": 1, "photo": None,
    }  # fmt: skip
    entry = telling.entry_told(member, check_in(member, mood=1)) | {"reading": reading}
    moods_services.check_ins_erase(member=member)
    taken_back(member, io.BytesIO(json.dumps({"entries": [entry]}).encode()))
    row = PhotoReading.objects.get()
    assert (row.confidence, row.grid, row.face, row.faces) == (None, None, None, None)
    assert row.emotion == "happy"


_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60).map(str.strip)
_TAG = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)
_ZONES = st.sampled_from(["Asia/Seoul", "America/New_York", "Europe/Berlin", "Pacific/Apia", "Etc/GMT+5"])
_ENTRY = st.fixed_dictionaries(
    {
        "local_date": st.dates(date(1950, 1, 1), date(2026, 1, 1)),
        "local_time": st.times(),
        "time_zone": _ZONES,
        "mood": st.none() | st.integers(-3, 3),
        "feeling": st.sampled_from(["", *Feeling.values]),
        "note": _TEXT,
        "tags": st.lists(_TAG, max_size=10, unique=True),
        "agreed": st.booleans(),
        "agreed_to": st.sampled_from(["", *Feeling.values]),
        "corrected_at": st.none()
        | st.datetimes(datetime(2001, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC)),
    }
).filter(lambda one: one["mood"] is not None or one["feeling"] or one["note"] or one["tags"])


class RoundTrip(TestCase):
    """A class, because hypothesis must have a fresh transaction for every example."""

    @given(diary=st.lists(_ENTRY, max_size=6))
    def test_random_diary_comes_back_word_for_word(self, diary: list[dict[str, Any]]) -> None:
        member = make_member()
        for words in diary:
            CheckIn.objects.create(member=member, **words)
        before, file = told(member)["entries"], archive.export_write(member)
        moods_services.check_ins_erase(member=member)
        if not diary:
            return
        batch = services.import_check(member=member, file=file)
        states = {one.state for one in selectors.judged(member, _parsed(batch).rows)}
        done = services.import_apply(member=member, uuid=batch.uuid, wishes=Wishes())
        assert (states, done.left_out, done.state) == ({"new"}, 0, ImportState.APPLIED)
        assert told(member)["entries"] == before


def _parsed(batch: Any) -> Any:
    found = selectors.parsed_of(batch)
    assert found is not None
    return found


def test_second_import_of_an_export_changes_nothing(member: User) -> None:
    check_in(member, mood=1, note="하나")
    check_in(member, mood=1, note="둘")
    file = archive.export_write(member)
    before = told(member)["entries"]
    batch = services.import_check(member=member, file=file)
    assert services.import_apply(member=member, uuid=batch.uuid, wishes=Wishes()).made == 0
    assert told(member)["entries"] == before


def test_ten_years_are_written_without_holding_them(member: User) -> None:
    start = date(2016, 1, 1)
    CheckIn.objects.bulk_create(
        CheckIn(
            member=member, local_date=start + timedelta(days=at), local_time=time(9), time_zone="Asia/Seoul",
            mood=1, note="가" * 1000,
        )
        for at in range(3650)
    )  # fmt: skip
    tracemalloc.start()
    try:
        size = len(opened(member).read("maeum.json"))
        archive.export_write(member).close()
        tracemalloc.reset_peak()
        archive.export_write(member).close()
        peak = tracemalloc.get_traced_memory()[1] - tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert size > 10_000_000
    assert peak < size


def test_state_of_mind_tells_only_the_members_own_word(member: User) -> None:
    said = check_in(member, mood=-1, feeling="anxious", tags=["날씨", "약", "손주"], note="글")
    read_one(member)
    [sample] = list(state_of_mind.samples(member))
    assert sample["uuid"] == str(said.uuid)
    assert sample["valence"] == pytest.approx(-1 / 3, abs=1e-6)
    assert (sample["kind"], sample["valenceClassificationRawValue"]) == ("momentaryEmotion", 3)
    assert (sample["labels"], sample["associationRawValues"]) == (["anxious"], [18, 8])
    assert datetime.fromisoformat(sample["startDate"]).utcoffset() == timedelta(hours=9)


OBSERVATION: dict[str, Any] = {
    "type": "object",
    "required": ["resourceType", "status", "code", "subject", "effectiveDateTime", "valueQuantity"],
    "properties": {
        "resourceType": {"const": "Observation"},
        "status": {"enum": ["registered", "preliminary", "final", "amended"]},
        "code": {
            "type": "object",
            "required": ["coding"],
            "properties": {
                "coding": {"type": "array", "minItems": 1, "items": {"required": ["system", "code"]}}
            },
        },
        "subject": {"required": ["reference"]},
        "effectiveDateTime": {
            "type": "string",
            "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*[+-]\d\d:\d\d$",
        },
        "valueQuantity": {
            "required": ["value", "system", "code"],
            "properties": {"value": {"type": "number"}},
        },
        "component": {"type": "array", "minItems": 1, "items": {"required": ["code"]}},
    },
}


def test_fhir_bundle_keeps_word_and_guess_apart(member: User) -> None:
    keep_photos(member)
    entry = read_one(member, note="글")
    moods_services.reading_correct(check_in=entry, feeling="sad")
    bundle = json.loads(opened(member).read("fhir-bundle.json"))
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "collection")
    kinds = [one["resource"]["resourceType"] for one in bundle["entry"]]
    assert kinds == ["Patient", "CodeSystem", "Observation", "Device", "Observation"]
    observations = [
        one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == "Observation"
    ]
    for one in observations:
        jsonschema.validate(one, OBSERVATION)
    said, guess = observations
    assert (said["status"], guess["status"]) == ("final", "preliminary")
    assert said["valueQuantity"]["value"] < 0 < guess["valueQuantity"]["value"]
    addresses = [one["fullUrl"] for one in bundle["entry"]]
    assert len(set(addresses)) == len(addresses)
    assert {guess["device"]["reference"], said["subject"]["reference"]} <= set(addresses)
    concepts = {one["code"] for one in bundle["entry"][1]["resource"]["concept"]}
    used = set(re.findall(r'"system": ?"urn:uuid:[^"]+", "code": "([^"]+)"', json.dumps(observations)))
    assert used <= concepts
    assert {name for name, _unused in fhir._LOINC_TOTALS.values()} == {"55758-7", "44261-6"}


def test_report_counts_only_own_words_and_shows_only_chosen_notes(member: User) -> None:
    now = datetime(2026, 5, 20, 3, 0, tzinfo=UTC)
    for back, mood in ((3, -2), (2, 1), (1, 3)):
        check_in(member, when=now - timedelta(days=back), mood=mood, note=f"글 {mood}")
    check_in(member, when=now - timedelta(days=40), mood=-3)
    period = periods.period_asked(member, "month", "2026-05")
    notes = figures.notes_in(member, period)
    report = figures.report_of(member, period, {notes[0].uuid})
    assert [note.text for note in report.notes] == ["글 -2"]
    assert figures.report_of(member, period).notes == []
    assert (report.written, report.hard, report.good) == (3, 1, 2)
    assert report.mean == pytest.approx((-2 + 1 + 3) / 9)
    assert report.mean_before == pytest.approx(-1)
    last = next(day for day in report.days if day.date == date(2026, 5, 19))
    assert last.mean == pytest.approx(2 / 9)
    assert last.low is not None
    assert last.low < 2 / 9


@pytest.mark.parametrize("span", ["month", "quarter"])
def test_report_is_two_pages(member: User, span: str) -> None:
    for at in range(20):
        check_in(
            member, when=datetime(2026, 5, 1 + at, 3, tzinfo=UTC), mood=at % 7 - 3, note="긴 글 🙂 " * 200
        )
    period = periods.period_asked(member, span, "2026-05")
    chosen = {note.uuid for note in figures.notes_in(member, period)}
    data = pdf.report_write(figures.report_of(member, period, chosen)).read()
    assert data.startswith(b"%PDF")
    assert len(re.findall(rb"/Type /Page\b", data)) == 2


def test_report_needs_no_font_file(member: User, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    check_in(member, mood=1)
    monkeypatch.setattr("moods.portable.report.letters.FOLDER", tmp_path)
    letters.cache_clear()
    try:
        data = pdf.report_write(figures.report_of(member, periods.period_asked(member, "", ""))).read()
    finally:
        letters.cache_clear()
    assert b"HYGothic-Medium" in data


def test_periods_are_calendar_months_and_quarters(member: User) -> None:
    quarter = periods.period_asked(member, "quarter", "2025-12")
    assert (quarter.start, quarter.end, quarter.days) == (date(2025, 10, 1), date(2025, 12, 31), 92)
    back = periods.before(quarter)
    assert back is not None
    assert (back.start, back.end) == (date(2025, 7, 1), date(2025, 9, 30))
    future = periods.period_asked(member, "decade", "2999-01")
    assert periods.after(member, future) is None
    months = [periods.period_asked(member, "month", f"2024-{at:02d}") for at in range(1, 13)]
    assert all(one.end + timedelta(days=1) == two.start for one, two in pairwise(months))


def test_everything_is_handed_out_only_after_the_password(member: User) -> None:
    client = Client()
    client.post(reverse("account_login"), {"login": member.email, "password": PASSWORD})
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": 0}]
    session.save()
    address = reverse("moods:portable_export", args=["everything"])
    assert client.post(address)["Location"].startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    answer = client.post(address)
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith('attachment; filename="maeum-')
    assert "no-store" in answer["Cache-Control"]
    found = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    assert found.testzip() is None
    assert client.get(address).status_code == 405
    for kind, status in (("fhir", 200), ("state-of-mind", 200), ("nothing", 404)):
        assert client.post(reverse("moods:portable_export", args=[kind])).status_code == status


def test_pages_of_taking_along_open_and_report_comes_as_a_file(as_member: Client, member: User) -> None:
    check_in(member, mood=1, note="<script>글</script>")
    home = as_member.get(reverse("moods:portable_home")).content.decode()
    assert reverse("accounts:erase") in home
    page = as_member.get(reverse("moods:portable_report")).content.decode()
    assert "&lt;script&gt;글" in page
    answer = as_member.post(reverse("moods:portable_report"), {"span": "quarter"})
    assert b"".join(answer.streaming_content).startswith(b"%PDF")  # type: ignore[attr-defined]
    assert as_member.get(reverse("moods:portable_import")).status_code == 200


def test_staff_who_are_no_members_have_no_such_pages(as_officer: Client) -> None:
    assert as_officer.get(reverse("moods:portable_home")).status_code == 403
