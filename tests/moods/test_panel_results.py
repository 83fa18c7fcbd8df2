"""Human versus AI: every number can be traced to rows, and to what others have published."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone
from PIL import Image

import inference
from accounts.models import User
from accounts.selectors import access_entries_of
from inference import Emotion, Outcome, Reading, Reason
from moods.panel import services
from moods.panel.choices import Half, MachineState
from moods.panel.models import Face, Study
from moods.panel.results import own_scores, results_of, table_of
from moods.panel.statistics import Item, Said, agreement, part, score, wilson
from tests.conftest import logged_in
from tests.moods.photos import refusal, vote
from tests.moods.studies import (
    allow_all,
    answer_all,
    draft,
    guest,
    kept_photo,
    machine_says,
    manager,
    opened,
    taker_of,
)


@pytest.fixture
def admin(db: None) -> User:
    """Return an administrator."""
    return manager()


def test_wilson_interval_is_the_published_one() -> None:
    # Newcombe 1998, Statistics in Medicine 17, table I, method 3 (score, no continuity correction).
    published = {(81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605), (0, 20): (0.0, 0.1611)}
    for (right, n), (low, high) in published.items():
        assert wilson(right, n) == pytest.approx((low, high), abs=5e-5)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)
    with pytest.raises(ValueError, match="share"):
        wilson(3, 2)


def test_leaving_out_and_abstaining_are_neither_right_nor_wrong_answers() -> None:
    found = score([("sad", "sad"), ("sad", ""), ("sad", "happy"), ("angry", "angry")])
    assert (found.asked, found.answered, found.right, found.skipped) == (4, 3, 2, 1)
    assert found.accuracy == 0.5
    assert found.of_answered == pytest.approx(2 / 3)
    assert score([]).accuracy is None


def test_agreement_is_one_where_all_agree_and_unsaid_where_nobody_can() -> None:
    rows = [Said(p, f, word) for p in (1, 2, 3) for f, word in ((10, "sad"), (11, "happy"), (12, "happy"))]
    whole = agreement([10, 11, 12], rows, [1, 2, 3])
    assert (whole.kappa, whole.alpha, whole.kappa_faces) == (1.0, 1.0, 3)
    alone = agreement([10], rows[:1], [1])
    assert (alone.kappa, alone.alpha) == (None, None)
    holes = agreement([10, 11, 12], [*rows[:4], Said(2, 11, ""), *rows[5:]], [1, 2, 3])
    assert holes.kappa_faces == 2
    assert holes.alpha_faces == 3


def test_parts_are_counted_by_hand() -> None:
    items = [
        Item(1, Half.DATASET, "sad", "sad", MachineState.READ),
        Item(2, Half.DATASET, "happy", "sad", MachineState.READ),
        Item(3, Half.OWN, "sad", "sad", MachineState.UNSURE),
        Item(4, Half.OWN, "happy", "", MachineState.QUEUED),
    ]
    said = [Said(7, 1, "sad"), Said(7, 2, "happy"), Said(7, 3, ""), Said(7, 4, "happy"),
            Said(8, 1, "angry"), Said(8, 2, "happy"), Said(8, 3, "sad"), Said(8, 4, "sad"),
            Said(9, 1, "sad")]  # fmt: skip
    both = part(items, said, [7, 8], None)
    assert (both.faces, both.unread) == (4, 1)
    assert dict(both.people)[7].right == 3
    assert dict(both.people)[8].right == 2
    assert both.human_mean == pytest.approx((3 / 4 + 2 / 4) / 2)
    assert (both.machine.asked, both.machine.answered, both.machine.right) == (3, 2, 1)
    assert both.machine_forced.right == 2
    sad = next(row for row in both.classes if row.label == "sad")
    assert sad.human_mean == pytest.approx(1 / 2)
    assert both.human_confusion["sad", ""] == 1
    assert both.human_confusion["sad", "angry"] == 1
    own = part(items, said, [7, 8], Half.OWN)
    assert (own.faces, own.human.asked, own.machine.asked, own.machine.answered) == (2, 4, 1, 0)


def test_results_and_table_say_what_was_answered(admin: User) -> None:
    study = opened(admin, "happy sad angry neutral")
    machine_says(study, "sad")
    for wrong, skip in ((1, 0), (0, 2)):
        answer_all(guest(study, admin), study, wrong=wrong, skip=skip)
    guest(study, admin)  # began only
    found = results_of(study)
    assert [one.right for _pk, one in found.both.people] == [3, 2]
    assert (found.unfinished, found.versions) == (1, ("test",))
    assert found.both.machine.right == 1
    rows = list(csv.DictReader(io.StringIO(table_of(study))))
    assert len(rows) == 8
    assert sum(row["label"] == row["answer"] for row in rows) == found.both.human.right == 5
    assert sum(row["answer"] == "" for row in rows) == found.both.human.skipped == 2
    page = logged_in(admin).get(reverse("panel:results", args=[study.uuid])).content.decode()
    assert "62%" in page  # the mean of 3/4 and 2/4, rounded to even
    assert page.count("<h1") == 1
    assert "이 절반에는 얼굴이 없어요." in page


def test_participant_sees_own_score_beside_the_machine_after_finishing(admin: User) -> None:
    study = opened(admin, "happy sad angry")
    machine_says(study, "happy")
    browser = guest(study, admin)
    done = reverse("panel:done", args=[study.uuid])
    assert browser.get(done).status_code == 302
    answer_all(browser, study, wrong=1)
    page = browser.get(done).content.decode()
    assert "얼굴 3장 가운데 2장의 답이 이름표와 같았어요" in page
    both = own_scores(taker_of(study))[-1]
    assert (both.person.right, both.machine.right, both.machine.asked) == (2, 1, 3)


def test_export_stands_in_the_log_of_members_whose_photos_are_in_it(admin: User, member: User) -> None:
    study = draft(admin)
    allow_all(member)
    kept_photo(member)
    services.own_draw(study=study, by=admin)
    study = services.study_open(study=study, although_short=True)
    answer_all(guest(study, admin), study)
    response = logged_in(admin).get(reverse("panel:export", args=[study.uuid]))
    assert "no-store" in response.headers["Cache-Control"]
    assert response.content.startswith(b"\xef\xbb\xbf")
    entry = access_entries_of(member).first()
    assert entry is not None
    assert (entry.action, entry.actor) == ("panel_exported", admin)
    assert member.email not in response.content.decode()


# --- the ensemble's answers ---------------------------------------------------------------------
@pytest.fixture
def study(admin: User) -> Study:
    """Return an open study of three faces."""
    return opened(admin)


def stub(monkeypatch: pytest.MonkeyPatch, readings: list[Reading] | Exception) -> None:
    """Let the door of ``inference`` answer without a model: how rows end is what is tested here."""

    def read(photos: list[bytes], *, version: str | None = None) -> list[Reading]:
        if isinstance(readings, Exception):
            raise readings
        return readings[: len(photos)]

    monkeypatch.setattr(inference, "read_photos", read)


def test_answers_abstentions_and_versions_are_stored(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = [vote(Emotion.SAD), refusal(Outcome.REJECTED, Reason.NO_FACE), vote(Emotion.HAPPY)]
    stub(monkeypatch, outcomes)
    assert services.machine_run(limit=8) == 3
    assert services.machine_run(limit=8) == 0
    states = sorted(study.faces.values_list("machine_state", "machine_emotion", "machine_version"))
    assert states == [("read", "happy", "test"), ("read", "sad", "test"), ("rejected", "", "test")]
    assert services.machine_again(study=study) == 3
    assert set(study.faces.values_list("machine_state", "machine_version")) == {("queued", "")}


def test_drafts_are_not_read_and_dead_leases_are_taken_back(
    admin: User, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft(admin)
    stub(monkeypatch, [vote()] * 8)
    past = timezone.now() - timedelta(minutes=5)
    first = study.faces.order_by("pk").first()
    assert first is not None
    study.faces.filter(pk=first.pk).update(machine_state="running", lease=study.uuid, lease_until=past)
    assert services.machine_run(limit=8) == 3
    assert Face.objects.filter(machine_state="queued").count() == 3


def test_failure_is_tried_again_and_given_up_at_the_cap(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub(monkeypatch, RuntimeError("strange"))
    for _ in range(20):
        if not services.machine_run(limit=1):
            break
    assert set(study.faces.values_list("machine_state", "machine_reason")) == {("failed", "internal")}


def test_permanent_failure_is_not_tried_again(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    stub(monkeypatch, inference.InferenceError("gone", permanent=True, code="model_missing"))
    services.machine_run(limit=8)
    assert set(study.faces.values_list("machine_state", "attempts")) == {("failed", 1)}


def test_withdrawn_photo_is_not_read(admin: User, member: User, monkeypatch: pytest.MonkeyPatch) -> None:
    study = draft(admin, labels="sad")
    allow_all(member)
    entry = kept_photo(member)
    services.own_draw(study=study, by=admin)
    study = services.study_open(study=study, although_short=True)
    member.is_active = False
    member.save()
    stub(monkeypatch, [vote()] * 8)
    services.machine_run(limit=8)
    own = study.faces.get(reading__check_in=entry)
    assert (own.machine_state, own.machine_reason) == ("failed", "photo_gone")
    assert study.faces.get(half="dataset").machine_state == "read"


# --- commands -----------------------------------------------------------------------------------
@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of three classes of synthetic pictures."""
    for place, name in enumerate(("happy", "sad", "angry")):
        (tmp_path / "set" / name).mkdir(parents=True)
        for number in range(4):
            shade = Image.effect_noise((30, 30), 40 + 20 * place + number)
            shade.save(tmp_path / "set" / name / f"{name}{number}.png")
    return tmp_path / "set"


def test_import_takes_classes_in_turns_and_notes_the_terms(admin: User, folder: Path) -> None:
    study = services.study_create(by=admin, title="가져오기", per_half=6)
    out = io.StringIO()
    options = {"study": str(study.uuid), "source": "folder", "root": folder, "stdout": out}
    with pytest.raises(CommandError, match="terms"):
        call_command("panel_import", **options)
    call_command("panel_import", **options, terms="made here")
    assert out.getvalue() == "6 faces imported.\n"
    labels = sorted(study.faces.values_list("label", flat=True))
    assert labels == ["angry", "angry", "happy", "happy", "sad", "sad"]
    study.refresh_from_db()
    assert (study.source, study.terms) == ("folder all", "made here")
    with pytest.raises(CommandError, match="draft"):
        call_command("panel_read", study=str(study.uuid))
    study = services.study_open(study=study, although_short=True)
    with pytest.raises(CommandError, match="draft"):
        call_command("panel_import", **options, terms="made here")


def test_import_of_nothing_is_a_sentence(admin: User, tmp_path: Path) -> None:
    study = services.study_create(by=admin, title="빈 것", per_half=6)
    options = {"study": str(study.uuid), "source": "folder", "root": tmp_path / "no", "terms": "x"}
    with pytest.raises(CommandError):
        call_command("panel_import", **options)
    assert not study.faces.exists()
    with pytest.raises(CommandError, match="no study"):
        call_command("panel_import", **{**options, "study": "3f0b6a2e-98f7-4f0e-8a8c-5a35b0b1c111"})
