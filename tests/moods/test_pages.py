"""The pages of moods: they open, keep what was typed, and belong to one person."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.choices import Purpose
from accounts.models import User
from accounts.selectors import grants_of
from accounts.services import grant_withdraw
from moods.choices import Feeling, Status
from moods.models import CheckIn, PhotoReading
from moods.services import check_in_create
from moods.templatetags.moods_tags import percent
from moods.uploads import PhotoUpload

CHANCES = {"happy": 0.68, "neutral": 0.17, "startled": 0.07, "sad": 0.04, "anxious": 0.03, "angry": 0.01}


def a_photo(colour: str = "teal", name: str = "me.jpg") -> SimpleUploadedFile:
    """Return a real small JPEG."""
    out = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), content_type="image/jpeg")


def an_entry(member: User, day: date | None = None, **words: Any) -> CheckIn:
    """Store an entry in words."""
    day = day or timezone.localdate(timezone=member.zone)
    values = {"mood": 1, "local_time": time(8, 12), "time_zone": member.time_zone} | words
    return CheckIn.objects.create(member=member, local_date=day, **values)


def a_reading(entry: CheckIn, **fields: Any) -> PhotoReading:
    """Give an entry a finished reading of joy, unless told otherwise."""
    values: dict[str, Any] = {
        "status": Status.READ,
        "emotion": Feeling.HAPPY,
        "probabilities": CHANCES,
        "confidence": 0.68,
        "valence": 0.5,
        "arousal": 0.2,
        "grid": [[0.0, 0.1], [0.4, 1.0]],
        "finished_at": timezone.now(),
    }
    return PhotoReading.objects.create(check_in=entry, **(values | fields))


def body(response: Any) -> str:
    """Return a page's text."""
    return str(response.content.decode())


@pytest.fixture
def entry(member: User) -> CheckIn:
    """Return Sunja's entry of today, with a reading and no word of her own."""
    made = an_entry(member, mood=None)
    a_reading(made)
    return made


GETS = ("entry", "entry_progress", "photo", "edit", "delete")
POSTS = ("correct", "agree", "retry", "photo_delete", "edit", "delete")


@pytest.mark.parametrize("name", ["today", "check_in", "diary", "how_it_reads"])
def test_a_page_opens_with_one_heading(as_member: Client, name: str) -> None:
    response = as_member.get(reverse(f"moods:{name}"))

    assert response.status_code == 200
    assert body(response).count("<h1") == 1


@pytest.mark.parametrize("name", ["entry", "edit", "delete"])
def test_a_page_of_an_entry_opens_with_one_heading(as_member: Client, entry: CheckIn, name: str) -> None:
    response = as_member.get(reverse(f"moods:{name}", args=[entry.uuid]))

    assert response.status_code == 200
    assert body(response).count("<h1") == 1


@pytest.mark.parametrize("name", GETS)
def test_outsider_cannot_open_members_entry(as_outsider: Client, entry: CheckIn, name: str) -> None:
    address = reverse(f"moods:{name}", args=[entry.uuid])

    assert as_outsider.get(address, headers={"HX-Request": "true"}).status_code == 404


@pytest.mark.parametrize("name", POSTS)
def test_outsider_cannot_change_members_entry(as_outsider: Client, entry: CheckIn, name: str) -> None:
    response = as_outsider.post(
        reverse(f"moods:{name}", args=[entry.uuid]), {"feeling": "sad", "mood": "-3", "note": "x"}
    )

    assert response.status_code == 404
    entry.refresh_from_db()
    assert (entry.feeling, entry.mood, entry.note, entry.agreed) == ("", None, "", False)


@pytest.mark.parametrize("name", [*GETS, *POSTS])
def test_officer_cannot_open_members_entry(as_officer: Client, entry: CheckIn, name: str) -> None:
    address = reverse(f"moods:{name}", args=[entry.uuid])

    assert as_officer.get(address).status_code in (403, 405)
    assert as_officer.post(address).status_code in (403, 405)
    assert CheckIn.objects.filter(pk=entry.pk).exists()


def test_stranger_is_sent_to_log_in(client: Client, entry: CheckIn) -> None:
    response = client.get(reverse("moods:entry", args=[entry.uuid]))

    assert response.status_code == 302
    assert reverse("account_login") in response["Location"]


def test_every_change_needs_the_token(member: User, entry: CheckIn) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(member)

    for name in POSTS:
        assert careful.post(reverse(f"moods:{name}", args=[entry.uuid])).status_code == 403
    assert careful.post(reverse("moods:check_in"), {"mood": "1"}).status_code == 403
    assert careful.post(reverse("moods:okay")).status_code == 403
    assert CheckIn.objects.count() == 1


def test_words_alone_make_an_entry(as_member: Client, member: User) -> None:
    response = as_member.post(
        reverse("moods:check_in"),
        {
            "mood": "2",
            "feeling": "happy",
            "note": "손녀가 전화를 했다.",
            "tags": ["잠"],
            "own_tags": "호떡, 눈",
        },
    )

    made = CheckIn.objects.get(member=member)
    assert response["Location"] == reverse("moods:entry", args=[made.uuid])
    assert (made.mood, made.feeling, made.note) == (2, "happy", "손녀가 전화를 했다.")
    assert made.tags == ["잠", "호떡", "눈"]


def test_a_photo_is_queued_without_javascript(as_member: Client, member: User) -> None:
    response = as_member.post(reverse("moods:check_in"), {"photo": a_photo()}, follow=True)

    assert member.check_ins.get().reading.status == Status.QUEUED
    assert response.status_code == 200
    assert '<noscript><meta http-equiv="refresh"' in body(response)
    assert "사진을 읽고 있어요" in body(response)


def test_the_same_form_sent_twice_makes_one_entry(as_member: Client, member: User) -> None:
    values = {"mood": "1", "submission": str(uuid.uuid4())}

    first = as_member.post(reverse("moods:check_in"), values)
    second = as_member.post(reverse("moods:check_in"), values)

    assert first["Location"] == second["Location"]
    assert member.check_ins.count() == 1


TYPED = {
    "mood": "-2",
    "feeling": "sad",
    "note": "무릎이 아파서 집에 있었다.",
    "tags": ["통증"],
    "own_tags": "연속극",
}


@pytest.mark.parametrize(
    ("photo", "code"),
    [
        (SimpleUploadedFile("empty.jpg", b""), "empty_file"),
        (SimpleUploadedFile("text.jpg", b"I am no picture at all, whatever my name says."), "not_an_image"),
        (SimpleUploadedFile("page.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "active_content"),
        (SimpleUploadedFile("scan.pdf", b"%PDF-1.7 ..."), "unsupported_type"),
    ],
)
def test_a_refused_photo_keeps_everything_typed(
    as_member: Client, member: User, photo: SimpleUploadedFile, code: str
) -> None:
    photo.seek(0)
    response = as_member.post(reverse("moods:check_in"), TYPED | {"photo": photo})

    page = body(response)
    assert response.status_code == 422
    assert f'data-code="{code}"' in page
    _assert_typed(page)
    assert not member.check_ins.exists()


def test_a_photo_over_the_limit_keeps_everything_typed(as_member: Client, member: User) -> None:
    heavy = SimpleUploadedFile("heavy.jpg", b"\xff\xd8\xff" + bytes(21_000_000))

    response = as_member.post(reverse("moods:check_in"), TYPED | {"photo": heavy})

    assert response.status_code == 422
    assert "20 MB보다 작은 사진" in body(response)
    _assert_typed(body(response))
    assert not member.check_ins.exists()


def test_many_files_share_the_limit(as_member: Client, member: User) -> None:
    heavy = [SimpleUploadedFile(f"{n}.jpg", b"\xff\xd8\xff" + bytes(12_000_000)) for n in range(2)]

    response = as_member.post(reverse("moods:check_in"), TYPED | {"photo": heavy})

    assert response.status_code == 422
    assert not member.check_ins.exists()


def test_the_body_of_a_stranger_is_never_read(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_args: object) -> None:
        raise AssertionError("the body was read")

    monkeypatch.setattr(PhotoUpload, "new_file", read)
    client = Client(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "a" * 32
    photo = SimpleUploadedFile("face.jpg", b"\xff\xd8\xff")

    response = client.post(reverse("moods:check_in"), {"photo": photo, "csrfmiddlewaretoken": "a" * 32})

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


def test_large_files_sent_to_other_forms_are_not_written_anywhere(
    db: None, settings: LazySettings, tmp_path: Path
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "not there")
    big = SimpleUploadedFile("big.bin", bytes(5_000_000))

    response = Client().post(reverse("account_login"), {"login": "a@example.org", "password": "x", "f": big})

    assert response.status_code == 200


def _assert_typed(page: str) -> None:
    assert "무릎이 아파서 집에 있었다." in page
    assert 'value="연속극"' in page
    for field, value in (("mood", "-2"), ("feeling", "sad"), ("tags", "통증")):
        assert re.search(rf'name="{field}" value="{value}"[^>]* checked', page), field


def test_a_body_beyond_all_measure_is_refused_unread(as_member: Client, member: User) -> None:
    response = as_member.post(reverse("moods:check_in"), {"mood": "1"}, CONTENT_LENGTH="200000000")

    assert response.status_code == 413
    assert not member.check_ins.exists()


def test_nothing_at_all_is_asked_again(as_member: Client) -> None:
    response = as_member.post(reverse("moods:check_in"), {})

    assert response.status_code == 422
    assert 'data-code="nothing_said"' in body(response)


def test_a_past_day_can_be_written_and_a_coming_one_cannot(as_member: Client, member: User) -> None:
    today = timezone.localdate(timezone=member.zone)
    past, coming = today - timedelta(days=9), today + timedelta(days=2)

    as_member.post(reverse("moods:check_in"), {"mood": "0", "date": past.isoformat(), "time": "21:30"})
    refused = as_member.post(
        reverse("moods:check_in"), {"mood": "0", "date": coming.isoformat(), "time": "09:00"}
    )

    made = member.check_ins.get()
    assert (made.local_date, made.local_time) == (past, time(21, 30))
    assert refused.status_code == 422
    assert 'data-code="in_the_future"' in body(refused)


def test_without_consent_the_photo_part_makes_way_for_words(as_member: Client, member: User) -> None:
    grant = grants_of(member).get(purpose=Purpose.EMOTION)
    grant_withdraw(user=member, grant=grant.grant)

    page = body(as_member.get(reverse("moods:check_in")))
    refused = as_member.post(reverse("moods:check_in"), TYPED | {"photo": a_photo()})
    by_hand = as_member.post(reverse("moods:check_in"), TYPED)

    assert 'type="file"' not in page
    assert reverse("accounts:consent") in page
    assert 'data-code="consent_needed"' in body(refused)
    assert by_hand.status_code == 302


def test_one_tap_is_stored_and_can_be_taken_back(as_member: Client, member: User) -> None:
    page = as_member.post(reverse("moods:okay"), {"submission": str(uuid.uuid4())}, follow=True)
    made = member.check_ins.get()

    assert made.mood == 1
    assert "되돌리기" in body(page)
    as_member.post(reverse("moods:delete", args=[made.uuid]), {"next": "today"})
    assert not member.check_ins.exists()


def test_htmx_gets_an_address_to_go_to_or_the_problem(as_member: Client, member: User) -> None:
    told = as_member.post(reverse("moods:check_in"), {"mood": "1"}, headers={"HX-Request": "true"})

    assert told["HX-Redirect"] == reverse("moods:entry", args=[member.check_ins.get().uuid])


def test_progress_asks_on_while_waiting_and_stops_when_final(as_member: Client, member: User) -> None:
    made = an_entry(member, mood=None)
    reading = a_reading(made, status=Status.QUEUED, emotion="", confidence=None, probabilities=None)
    address = reverse("moods:entry_progress", args=[made.uuid])
    ask = {"HX-Request": "true"}

    same = as_member.get(address + "?seen=queued", headers=ask)
    PhotoReading.objects.filter(pk=reading.pk).update(status=Status.RUNNING)
    moved = as_member.get(address + "?seen=queued", headers=ask)
    PhotoReading.objects.filter(pk=reading.pk).update(
        status=Status.READ, emotion="happy", confidence=0.68, probabilities=CHANCES
    )
    final = as_member.get(address + "?seen=running", headers=ask)

    assert same.status_code == 200
    assert 'id="entry"' not in body(same)
    assert "seen=queued" in body(same)
    assert (moved.status_code, moved["HX-Retarget"]) == (200, "#entry")
    assert final.status_code == 286
    assert "기쁨에 가까워" in body(final)
    assert "hx-swap-oob" in body(final)
    assert 'id="poll"' not in body(final)


def test_progress_slows_down(as_member: Client, member: User) -> None:
    made = an_entry(member, mood=None)
    reading = a_reading(made, status=Status.QUEUED)
    for seconds, pace in ((2, 1), (30, 2), (90, 3)):
        PhotoReading.objects.filter(pk=reading.pk).update(
            queued_at=timezone.now() - timedelta(seconds=seconds)
        )
        assert f"delay:{pace}s" in body(as_member.get(reverse("moods:entry", args=[made.uuid])))


def test_a_reading_is_told_with_its_doubt_and_its_bars(as_member: Client, entry: CheckIn) -> None:
    page = body(as_member.get(reverse("moods:entry", args=[entry.uuid])))

    assert "열 장 중 일곱 장쯤" in page
    assert page.index("--p:68") < page.index("--p:17") < page.index('--p:1"')
    assert "사진은 읽은 뒤에 지웠어요" in page
    assert reverse("music:for_entry", args=[entry.uuid]) in page


def test_a_correction_comes_first_and_the_guess_after(as_member: Client, entry: CheckIn) -> None:
    as_member.post(reverse("moods:correct", args=[entry.uuid]), {"feeling": "sad", "mood": "-1"})

    page = body(as_member.get(reverse("moods:entry", args=[entry.uuid])))
    entry.refresh_from_db()
    assert (entry.feeling, entry.mood) == ("sad", -1)
    assert page.index("슬퍼요") < page.index("기쁨에 가까워")
    assert "네, 맞아요" not in page
    diary = body(as_member.get(reverse("moods:diary")))
    assert '"px sad"' in diary
    assert '"px happy"' not in diary


def test_agreeing_writes_no_word_of_the_person(as_member: Client, entry: CheckIn) -> None:
    page = as_member.post(reverse("moods:agree", args=[entry.uuid]), follow=True)

    entry.refresh_from_db()
    assert (entry.agreed, entry.feeling, entry.mood) == (True, "", None)
    assert "맞다고 하셨어요" in body(page)


def test_a_correction_without_a_choice_says_so(as_member: Client, entry: CheckIn) -> None:
    page = as_member.post(reverse("moods:correct", args=[entry.uuid]), {}, follow=True)

    assert "하나를 골라 주세요" in body(page)


@pytest.mark.parametrize(
    ("status", "reason", "sentence"),
    [
        (Status.REJECTED, "no_face", "얼굴을 찾지 못했어요"),
        (Status.REJECTED, "several_faces", "얼굴이 여럿 보여요"),
        (Status.REJECTED, "something_new", "읽을 수 없는 사진이에요"),
        (Status.UNSURE, "low_confidence", "이번에는 잘 모르겠어요"),
        (Status.FAILED, "worker_lost", "읽다가 멈췄어요"),
        (Status.FAILED, "consent_withdrawn", "읽지 않았어요"),
    ],
)
def test_every_other_end_has_its_words_and_a_way_on(
    as_member: Client, member: User, status: str, reason: str, sentence: str
) -> None:
    made = an_entry(member, mood=None)
    a_reading(made, status=status, reason=reason, emotion="", probabilities=None, confidence=None, grid=None)

    page = body(as_member.get(reverse("moods:entry", args=[made.uuid])))

    assert sentence in page
    assert reverse("moods:check_in") in page
    assert reverse("moods:correct", args=[made.uuid]) in page


@pytest.fixture
def failed(as_member: Client, member: User) -> CheckIn:
    """Return an entry with a real stored photo whose reading failed."""
    photo = a_photo().read()
    made, _new = check_in_create(member=member, when=None, photo=photo, mood=None)
    until = timezone.now() + timedelta(hours=72)
    PhotoReading.objects.filter(check_in=made).update(
        status=Status.FAILED, reason="internal", photo_until=until
    )
    return made


def test_the_owner_sees_the_kept_photo_and_nobody_stores_it(
    as_member: Client, as_outsider: Client, failed: CheckIn
) -> None:
    address = reverse("moods:photo", args=[failed.uuid])

    response = as_member.get(address)

    assert Image.open(io.BytesIO(response.content)).size == (64, 64)
    assert response["Content-Type"] == "image/jpeg"
    assert "no-store" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert as_outsider.get(address).status_code == 404


def test_a_failed_reading_can_be_tried_again(as_member: Client, failed: CheckIn) -> None:
    page = body(as_member.get(reverse("moods:entry", args=[failed.uuid])))
    as_member.post(reverse("moods:retry", args=[failed.uuid]))

    assert "다시 읽기" in page
    assert "까지 잠가 두었다가 지워요" in page
    assert PhotoReading.objects.get(check_in=failed).status == Status.QUEUED


def test_the_photo_goes_at_once_and_the_entry_stays(
    as_member: Client, failed: CheckIn, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        as_member.post(reverse("moods:photo_delete", args=[failed.uuid]))

    assert as_member.get(reverse("moods:photo", args=[failed.uuid])).status_code == 404
    assert as_member.get(reverse("moods:entry", args=[failed.uuid])).status_code == 200


def test_words_can_be_changed_and_an_error_keeps_them(as_member: Client, member: User) -> None:
    made = an_entry(member, note="비가 왔다.", tags=["잠", "호떡"])
    address = reverse("moods:edit", args=[made.uuid])

    form = body(as_member.get(address))
    refused = as_member.post(address, {"note": "", "mood": ""})
    too_many = as_member.post(address, {"note": "그대로", "own_tags": ",".join("가나다라마바사아자차카")})
    as_member.post(address, {"note": "눈이 왔다.", "mood": "3", "own_tags": "호떡"})

    made.refresh_from_db()
    assert "비가 왔다." in form
    assert 'value="호떡"' in form
    assert refused.status_code == 422
    assert "그대로" in body(too_many)
    assert (made.note, made.mood, made.tags) == ("눈이 왔다.", 3, ["호떡"])


def test_deleting_asks_first(as_member: Client, entry: CheckIn) -> None:
    address = reverse("moods:delete", args=[entry.uuid])

    assert as_member.get(address).status_code == 200
    assert CheckIn.objects.filter(pk=entry.pk).exists()
    as_member.post(address)
    assert not CheckIn.objects.filter(pk=entry.pk).exists()


def test_the_diary_shows_own_days_solid_guesses_dashed_and_gaps(as_member: Client, member: User) -> None:
    an_entry(member, date(2026, 3, 2), feeling="anxious")
    a_reading(an_entry(member, date(2026, 3, 3), mood=None))

    page = body(as_member.get(reverse("moods:diary_month", args=[2026, 3])))

    assert '"px anxious"' in page
    assert page.count('"px happy g"') == 1
    assert page.count('"px none"') == 29


@pytest.mark.parametrize(
    "address", ["/diary/2026/13/", "/diary/2999/1/", "/diary/2999-01-01/", "/diary/2026-02-30/"]
)
def test_a_day_or_month_that_cannot_be_is_not_found(as_member: Client, address: str) -> None:
    assert as_member.get(address).status_code == 404


@pytest.mark.parametrize("name", ["diary", "today"])
def test_sixty_entries_cost_no_more_queries_than_one(
    as_member: Client, member: User, name: str, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    today = timezone.localdate(timezone=member.zone)
    a_reading(an_entry(member, today))
    as_member.get(reverse(f"moods:{name}"))
    with django_assert_max_num_queries(30) as one:
        as_member.get(reverse(f"moods:{name}"))
    for n in range(60):
        a_reading(an_entry(member, today - timedelta(days=n % 20)))
    with django_assert_max_num_queries(len(one.captured_queries)):
        as_member.get(reverse(f"moods:{name}"))


def test_an_english_reader_reads_dates_in_english(as_member: Client, member: User) -> None:
    member.language = "en"
    member.save()

    assert body(as_member.get(reverse("moods:diary_month", args=[2026, 3]))).count("<h1>") == 1


@pytest.mark.parametrize(("share", "shown"), [(1.0, 99), (0.9963, 99), (0.68, 68), (0.004, 0)])
def test_a_guess_is_never_shown_as_certain(share: float, shown: int) -> None:
    assert percent(share) == shown
