"""Short scales: published scoring, wording files, rounds of two weeks, and who may see an answer."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.exports import erase_all, export_all
from accounts.models import SubjectKey, User
from moods.scales import choices, selectors, services, wording
from moods.scales.choices import SHAPES, Scale
from moods.scales.errors import ScaleError
from moods.scales.models import Rhythm, Sitting
from moods.scales.wording import Wording, wording_of
from tests.conftest import logged_in
from tests.people import make_member

SEOUL = ZoneInfo("Asia/Seoul")
NEW_YORK = ZoneInfo("America/New_York")


def words(scale: str) -> Wording:
    """Return the Korean wording of a scale."""
    found = wording_of(scale, "ko")
    assert found is not None
    return found


def take(member: User, scale: str, answers: list[int]) -> Sitting:
    """Answer a whole scale as the member does."""
    sitting = services.sitting_start(member=member, wording=words(scale))
    for number, value in enumerate(answers, start=1):
        sitting = services.answer_set(
            member=member, uuid=sitting.uuid, number=number, value=str(value), wording=words(scale)
        )
    return sitting


# --- scoring ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("raw", "score", "low"), [(0, 0, True), (12, 48, True), (13, 52, False), (25, 100, False)]
)
def test_who5_is_four_times_the_sum_and_low_below_thirteen(
    member: User, raw: int, score: int, low: bool
) -> None:
    answers = [min(5, max(0, raw - 5 * at)) for at in range(5)]
    taken = selectors.taken_of(member, take(member, Scale.WHO5, answers))
    assert taken is not None
    assert (taken.raw, taken.score, taken.score_top, taken.low) == (raw, score, 100, low)


@pytest.mark.parametrize(
    ("raw", "band"),
    [(0, 0), (4, 0), (5, 1), (9, 1), (10, 2), (14, 2), (15, 3), (19, 3), (20, 4), (27, 4)],
)
def test_phq9_bands_are_those_that_were_published(raw: int, band: int) -> None:
    assert choices.band(raw) == band


@pytest.mark.parametrize(
    ("answers", "more"), [([1, 1], False), ([3, 0], True), ([1, 2], True), ([3, 3], True)]
)
def test_phq2_offers_more_from_three_on(member: User, answers: list[int], more: bool) -> None:
    taken = selectors.taken_of(member, take(member, Scale.PHQ2, answers))
    assert taken is not None
    assert taken.low is more


@given(st.sampled_from(list(Scale)), st.data())
def test_ease_runs_from_nothing_to_one_and_never_against_the_score(scale: Scale, data: st.DataObject) -> None:
    top = SHAPES[scale].top
    less = data.draw(st.integers(0, top))
    more = data.draw(st.integers(less, top))
    first, second = choices.ease(scale, less), choices.ease(scale, more)
    assert 0 <= min(first, second) <= max(first, second) <= 1
    assert first <= second if scale == Scale.WHO5 else first >= second


# --- wording ------------------------------------------------------------------------------------
def test_every_scale_has_both_languages_with_source_and_licence_of_their_own() -> None:
    for scale in Scale:
        for language in ("ko", "en"):
            found = wording_of(scale, language)
            assert found is not None
            assert found.source
            assert found.licence
            assert found.notice
            assert found.language == language
    assert words("phq2").items == words("phq9").items[:2]


def test_our_own_translation_says_so_where_it_is_read(as_member: Client) -> None:
    assert words("who5").own_translation
    page = as_member.get(reverse("moods:scales_start", args=["who5"])).content.decode()
    assert "공식 한국어판이 아니에요" in page


# --- switched off -------------------------------------------------------------------------------
def test_scale_left_out_of_the_setting_is_404_and_gone_from_the_menu(
    member: User, as_member: Client, settings: LazySettings
) -> None:
    taken = take(member, Scale.WHO5, [3] * 5)
    services.rhythm_set(member=member, on=True)
    settings.MAEUM_SCALES = ["phq2", "phq9"]
    for name, argument in (
        ("scales_start", "who5"),
        ("scales_result", taken.uuid),
        ("scales_care", taken.uuid),
        ("scales_delete", taken.uuid),
    ):
        assert as_member.get(reverse(f"moods:{name}", args=[argument])).status_code == 404, name
    assert as_member.post(reverse("moods:scales_rhythm"), {"on": "1"}).status_code == 404
    page = as_member.get(reverse("moods:scales")).content.decode()
    assert "WHO-5" not in page
    assert "안부" not in page
    assert as_member.get(reverse("moods:scales_due")).content == b""
    assert export_all(member)["scales"]["sittings"][0]["score"] == 60


def test_without_data_files_there_are_no_scales_and_the_product_works(
    as_member: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wording, "FOLDER", tmp_path)
    assert as_member.get(reverse("moods:scales")).status_code == 404
    for scale in Scale:
        assert as_member.get(reverse("moods:scales_start", args=[scale])).status_code == 404
    assert as_member.get(reverse("moods:scales_due")).content == b""
    assert as_member.get(reverse("moods:today")).status_code == 200
    assert as_member.get(reverse("moods:crisis")).status_code == 200


def test_one_deleted_file_takes_one_scale_in_one_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in wording.FOLDER.glob("*.toml"):
        if path.name != "who5.ko.toml":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(wording, "FOLDER", tmp_path)
    assert wording_of("who5", "ko") is None
    assert wording_of("who5", "en") is not None
    assert wording_of("phq9", "ko") is not None


def test_without_the_short_form_the_long_one_can_be_asked_for(
    as_member: Client, settings: LazySettings
) -> None:
    settings.MAEUM_SCALES = ["phq9"]
    assert (
        reverse("moods:scales_start", args=["phq9"])
        in as_member.get(reverse("moods:scales")).content.decode()
    )


# --- rounds of two weeks ------------------------------------------------------------------------
def test_nobody_is_asked_who_did_not_ask_for_it(member: User, as_member: Client) -> None:
    assert not selectors.is_due(member)
    take(member, Scale.WHO5, [3] * 5)
    later = selectors.local_today(member) + timedelta(days=14)
    assert not selectors.is_due(member, later)
    assert as_member.get(reverse("moods:scales_due")).content == b""
    assert not Rhythm.objects.exists()


def test_switching_on_asks_once_and_again_two_weeks_after_the_answer(member: User, as_member: Client) -> None:
    assert as_member.post(reverse("moods:scales_rhythm"), {"on": "1"}).status_code == 302
    today = selectors.local_today(member)
    assert selectors.is_due(member)
    assert "지난 두 주는 어떠셨어요" in as_member.get(reverse("moods:scales_due")).content.decode()
    take(member, Scale.WHO5, [3] * 5)
    due = [day for day in range(30) if selectors.is_due(member, today + timedelta(days=day))]
    assert due == [*range(14, 21), *range(28, 30)]  # offered for a week, then it rests


def test_switching_off_ends_it_and_keeps_the_answers(member: User, as_member: Client) -> None:
    as_member.post(reverse("moods:scales_rhythm"), {"on": "1"})
    take(member, Scale.WHO5, [3] * 5)
    as_member.post(reverse("moods:scales_rhythm"), {"on": "0"})
    assert not selectors.is_due(member, selectors.local_today(member) + timedelta(days=14))
    assert len(selectors.scales_of(member)) == 1


def test_putting_off_is_quiet_for_two_weeks(member: User, as_member: Client) -> None:
    services.rhythm_set(member=member, on=True)
    assert as_member.post(reverse("moods:scales_put_off")).status_code == 302
    today = selectors.local_today(member)
    assert not any(selectors.is_due(member, today + timedelta(days=day)) for day in range(14))
    assert selectors.is_due(member, today + timedelta(days=14))
    as_member.post(reverse("moods:scales_put_off"))  # a second tap later moves nothing
    assert selectors.is_due(member, today + timedelta(days=14))


@pytest.mark.parametrize(
    ("zone", "name", "answered", "quiet", "due"),
    [
        # 00:10 in Seoul is the day before in UTC: it counts as the Seoul day.
        (SEOUL, "Asia/Seoul", (2026, 3, 2, 0, 10), (2026, 3, 15, 23, 59), (2026, 3, 16, 0, 1)),
        # Clocks go forward on 8 March and back on 1 November 2026 in New York.
        (NEW_YORK, "America/New_York", (2026, 3, 7, 23, 50), (2026, 3, 20, 23, 59), (2026, 3, 21, 0, 1)),
        (NEW_YORK, "America/New_York", (2026, 10, 31, 0, 10), (2026, 11, 13, 23, 59), (2026, 11, 14, 0, 1)),
    ],
)
def test_two_weeks_are_counted_in_the_members_own_days(
    db: None,
    zone: ZoneInfo,
    name: str,
    answered: tuple[int, ...],
    quiet: tuple[int, ...],
    due: tuple[int, ...],
) -> None:
    member = make_member(time_zone=name)
    with time_machine.travel(datetime(*answered, tzinfo=zone), tick=False):  # type: ignore[arg-type,misc]
        services.rhythm_set(member=member, on=True)
        sitting = take(member, Scale.WHO5, [3] * 5)
        assert sitting.local_date == date(*answered[:3])
        assert sitting.time_zone == name
    with time_machine.travel(datetime(*quiet, tzinfo=zone), tick=False):  # type: ignore[arg-type,misc]
        assert not selectors.is_due(member)
    with time_machine.travel(datetime(*due, tzinfo=zone), tick=False):  # type: ignore[arg-type,misc]
        assert selectors.is_due(member)


# --- answers: private, sealed, taken along ------------------------------------------------------
def test_answers_and_sums_are_readable_only_with_the_members_key(member: User, outsider: User) -> None:
    sitting = Sitting.objects.get(pk=take(member, Scale.PHQ9, [1, 2, 3, 0, 1, 2, 3, 0, 1]).pk)
    assert b"[1, 2, 3" not in bytes(sitting.sealed)
    assert selectors.answers_of(member, sitting) == [1, 2, 3, 0, 1, 2, 3, 0, 1]
    SubjectKey.objects.filter(user=member).delete()
    member = User.objects.get(pk=member.pk)
    assert selectors.scales_of(member) == []
    assert export_all(member)["scales"]["sittings"][0]["answers"] is None


def test_others_find_nothing(member: User, as_outsider: Client, as_officer: Client) -> None:
    taken = take(member, Scale.PHQ2, [3, 3])
    half = services.sitting_start(member=member, wording=words("who5"))
    for path in (
        reverse("moods:scales_result", args=[taken.uuid]),
        reverse("moods:scales_care", args=[taken.uuid]),
        reverse("moods:scales_delete", args=[taken.uuid]),
        reverse("moods:scales_question", args=[half.uuid, 1]),
    ):
        assert as_outsider.get(path).status_code == 404, path
        assert as_officer.get(path).status_code == 403, path
        assert Client().get(path).status_code == 302, path
    assert (
        as_outsider.post(reverse("moods:scales_question", args=[half.uuid, 1]), {"value": "5"}).status_code
        == 404
    )
    assert as_outsider.post(reverse("moods:scales_delete", args=[taken.uuid])).status_code == 404
    assert selectors.answers_of(member, Sitting.objects.get(pk=half.pk)) == [None] * 5
    assert Sitting.objects.count() == 2


def test_export_holds_every_answer_and_erasing_leaves_no_row(member: User, outsider: User) -> None:
    take(member, Scale.WHO5, [5, 4, 3, 2, 1])
    services.sitting_start(member=member, wording=words("phq9"))
    services.rhythm_set(member=member, on=True)
    take(outsider, Scale.WHO5, [1] * 5)
    told = json.loads(json.dumps(export_all(member)["scales"]))
    assert [(row["scale"], row["answers"], row["score"]) for row in told["sittings"]] == [
        ("who5", [5, 4, 3, 2, 1], 60),
        ("phq9", [None] * 9, None),
    ]
    assert told["every_two_weeks"]["on"] is True
    erase_all(member)
    assert list(Sitting.objects.values_list("member", flat=True)) == [outsider.pk]
    assert not Rhythm.objects.exists()


def test_a_bad_value_is_refused_and_changes_nothing(member: User) -> None:
    sitting = services.sitting_start(member=member, wording=words("phq2"))
    for value in ("", "4", "-1", "1.0", "x", "٣"):
        with pytest.raises(ScaleError) as caught:
            services.answer_set(
                member=member, uuid=sitting.uuid, number=1, value=value, wording=words("phq2")
            )
        assert caught.value.code == "scale_bad_answer"
    assert selectors.answers_of(member, Sitting.objects.get(pk=sitting.pk)) == [None, None]


def test_history_costs_the_same_number_of_queries_however_long_it_is(
    member: User, django_assert_num_queries: object
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = logged_in(member)
    counts = []
    start = datetime(2025, 1, 6, 9, tzinfo=SEOUL)
    for rounds in range(8):
        with time_machine.travel(start + timedelta(days=14 * rounds), tick=False):
            take(member, Scale.WHO5, [rounds % 6] * 5)
        if rounds in (1, 7):
            with CaptureQueriesContext(
                connection,
            ) as seen:
                assert client.get(reverse("moods:scales")).status_code == 200
            counts.append(len(seen))
    assert counts[0] == counts[1]
