"""Which bundle reads: a row decides, a photo keeps the one it was pinned to, only an administrator switches."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

import inference
from accounts.choices import Role
from accounts.models import Organisation, User
from inference import Emotion
from inference._settings import SETTINGS
from moods import selectors, services
from moods.choices import Status
from moods.models import BundleSwitch, PhotoReading
from moods.runs import HistoryError
from moods.services import BundleRefused, bundles
from tests.conftest import logged_in
from tests.moods.bundles import Shelf
from tests.moods.photos import check_in, row_of, variant
from tests.people import make_staff

pytestmark = pytest.mark.usefixtures("photo_folder")
PAGE = "admin:moods_bundleswitch_changelist"


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """Install two bundles: the default "old" says happy, "new" says sad."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "bundle.json").write_bytes(b"x" * 2048)
    shelf = Shelf(folder)
    shelf.put("old")
    shelf.put("new", Emotion.SAD)
    shelf.install(monkeypatch)
    return shelf


@pytest.fixture
def admin(db: None, organisation: Organisation) -> User:
    """Return an administrator."""
    return make_staff(None, "admin@example.org", Role.ADMIN)


def run() -> int:
    return services.readings_run(limit=8, lease_seconds=90)


def switch(version: str = "new", by: User | None = None) -> BundleSwitch:
    return services.bundle_activate(version=version, by=by, why="더 정확해요")


def test_default_of_the_installation_serves_until_somebody_switches(shelf: Shelf, member: User) -> None:
    assert services.active_version() == "old"
    assert row_of(check_in(member, variant(1))).wanted_version == "old"
    switch()
    assert services.active_version() == "new"
    assert row_of(check_in(member, variant(2))).wanted_version == "new"


def test_photo_pinned_before_a_switch_is_read_by_its_own_bundle_and_batches_do_not_mix(
    shelf: Shelf, member: User
) -> None:
    before = [check_in(member, variant(n)) for n in range(2)]
    switch()
    after = [check_in(member, variant(n)) for n in (3, 4, 5)]
    assert (run(), run(), run()) == (2, 3, 0)
    assert shelf.asked == [("old", 2), ("new", 3)]
    assert {row_of(entry).ensemble_version for entry in before} == {"old"}
    assert {row_of(entry).emotion for entry in after} == {"sad"}


def test_pinned_bundle_that_is_gone_makes_the_reading_wait_and_the_next_switch_queues_it_anew(
    shelf: Shelf, member: User
) -> None:
    entry = check_in(member, variant(1))
    del shelf.bundles["old"]
    assert run() == 1
    row = row_of(entry)
    assert (row.status, row.reason, bool(row.photo)) == (Status.FAILED, "model_missing", True)
    assert row.emotion == ""
    switch()
    row = row_of(entry)
    assert (row.status, row.wanted_version, row.photo_until) == (Status.QUEUED, "new", None)
    assert run() == 1
    assert row_of(entry).ensemble_version == "new"


def test_retry_is_pinned_to_the_bundle_that_is_active_then(shelf: Shelf, member: User) -> None:
    entry = check_in(member, variant(1))
    shelf.put("old", problem="model_changed")
    run()
    shelf.put("old")
    switch()
    PhotoReading.objects.update(status=Status.FAILED, reason="unreadable")
    assert services.reading_retry(check_in=entry)
    assert row_of(entry).wanted_version == "new"


@pytest.mark.parametrize("problem", ["model_missing", "model_changed", "model_incompatible"])
def test_bundle_with_a_problem_is_refused_with_its_own_sentence_and_the_old_one_stays(
    problem: str, shelf: Shelf, db: None
) -> None:
    shelf.put("broken", problem=problem)
    with pytest.raises(BundleRefused) as refused:
        switch("broken")
    assert refused.value.code == problem
    assert str(refused.value) == str(bundles.PROBLEMS[problem])
    assert services.active_version() == "old"
    assert not BundleSwitch.objects.exists()


def test_three_problems_have_three_sentences() -> None:
    assert len({str(sentence) for sentence in bundles.PROBLEMS.values()}) == 3


def test_bundle_with_a_class_the_diary_has_no_word_for_is_incompatible(shelf: Shelf, db: None) -> None:
    shelf.put("seven", classes=("happy", "hurt"))
    with pytest.raises(BundleRefused) as refused:
        switch("seven")
    assert refused.value.code == "model_incompatible"


@pytest.mark.parametrize(
    ("version", "why", "code"),
    [("new", "  ", "why_needed"), ("new", "가" * 301, "why_too_long"), ("old", "x", "already_active"),
     ("none", "x", "model_missing")],
)  # fmt: skip
def test_switch_that_cannot_be_made_is_refused_with_a_code(
    version: str, why: str, code: str, shelf: Shelf, db: None
) -> None:
    with pytest.raises(BundleRefused) as refused:
        services.bundle_activate(version=version, by=None, why=why)
    assert refused.value.code == code


def test_history_of_switches_can_only_grow(shelf: Shelf, admin: User) -> None:
    row = switch(by=admin)
    assert (row.previous, row.version, row.by, row.why) == ("old", "new", admin, "더 정확해요")
    row.why = "다른 말"
    for attempt in (row.save, row.delete, BundleSwitch.objects.all().delete):
        with pytest.raises(HistoryError):
            attempt()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE moods_bundleswitch SET why = 'x'")
    assert BundleSwitch.objects.get().why == "더 정확해요"


def test_administrator_switches_with_a_reason_and_the_page_shows_it(shelf: Shelf, admin: User) -> None:
    browser = logged_in(admin)
    target = reverse("admin:moods_models_activate", args=["new"])
    assert "old" in browser.get(target).content.decode()
    refused = browser.post(target, {"why": " "})
    assert refused.status_code == 422
    assert services.active_version() == "old"
    assert browser.post(target, {"why": "성별 차이가 작아요"}).status_code == 302
    assert services.active_version() == "new"
    page = browser.get(reverse(PAGE)).content.decode()
    for words in ("성별 차이가 작아요", "53.0 %", "0.020", "불안 (F1 0.41)", "2.0 KB", "2026-11-21"):
        assert words in page.replace("\xa0", " ")


@pytest.mark.parametrize("problem", ["model_missing", "model_changed", "model_incompatible"])
def test_page_says_in_red_what_is_wrong_and_how_many_wait(
    problem: str, shelf: Shelf, admin: User, member: User
) -> None:
    check_in(member, variant(1))
    shelf.put("old", problem=problem)
    run()
    page = logged_in(admin).get(reverse(PAGE)).content.decode()
    assert page.count('role="alert"') == 2
    assert str(bundles.PROBLEMS[problem]) in page
    assert reverse("admin:moods_models_activate", args=["old"]) not in page


def test_active_bundle_that_was_removed_is_still_named(shelf: Shelf, admin: User) -> None:
    switch()
    del shelf.bundles["new"]
    first = bundles.installed()[0]
    assert (first.version, first.active, first.problem) == ("new", True, "model_missing")
    assert logged_in(admin).get(reverse(PAGE)).status_code == 200


@pytest.mark.parametrize("role", [Role.OFFICER, Role.SUPERVISOR, Role.CURATOR, Role.MEMBER])
def test_nobody_but_an_administrator_opens_or_does_anything(
    role: Role, shelf: Shelf, organisation: Organisation
) -> None:
    browser = logged_in(make_staff(organisation, "other@example.org", role))
    assert_closed(browser)
    assert services.active_version() == "old"


def test_stranger_is_sent_away(shelf: Shelf, db: None) -> None:
    assert_closed(Client())


def assert_closed(browser: Client) -> None:
    """Try every address of the page as somebody who is no administrator."""
    posts = [
        reverse("admin:moods_models_activate", args=["new"]),
        reverse("admin:moods_models_reread"),
        reverse("admin:moods_models_order", args=[1, "stop"]),
        reverse("admin:moods_models_waiting"),
    ]
    answers = [browser.post(path, {"why": "x", "kind": "all"}) for path in posts]
    answers += [browser.get(reverse(name)) for name in (PAGE, "admin:moods_models_progress")]
    assert {answer.status_code for answer in answers} <= {302, 403}
    for answer in answers:
        if answer.status_code == 302:
            assert "login" in answer.headers["Location"]


def test_page_how_it_reads_follows_the_switch(shelf: Shelf, as_member: Client) -> None:
    assert selectors.active_model_card()["metrics"]["test"]["accuracy"] == pytest.approx(0.53)
    shelf.put("longer")
    switch("longer")
    page = as_member.get(reverse("moods:how_it_reads")).content.decode()
    assert "longer" in page
    assert "56.0 %" in page
    assert "가장 자주 틀리는 감정: 불안" in page


def test_real_bundles_side_by_side_are_told_apart_and_read_by_name(
    member: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copy the shipped bundle under another name, twice, and break one copy: nothing is replaced here."""
    shipped = next(info for info in inference.installed_bundles() if info.active)
    for version in ("six-copy", "six-broken"):
        shutil.copytree(shipped.folder, tmp_path / version)
        manifest = tmp_path / version / "bundle.json"
        manifest.write_text(manifest.read_text().replace(f'"{shipped.version}"', f'"{version}"'))
    next((tmp_path / "six-broken").glob("*.npz")).write_bytes(b"other")
    monkeypatch.setattr(SETTINGS, "bundles", str(tmp_path))
    found = {one.version: one for one in bundles.installed()}
    assert (found["six-copy"].problem, found["six-broken"].problem) == ("", "model_changed")
    assert found["six-copy"].size > 1_000_000
    pinned = check_in(member, variant(1))
    switch("six-copy")
    with pytest.raises(BundleRefused, match=str(bundles.PROBLEMS["model_changed"])):
        switch("six-broken")
    later = check_in(member, variant(2))
    assert (run(), run()) == (1, 1)
    assert row_of(pinned).ensemble_version == shipped.version
    assert row_of(later).ensemble_version == "six-copy"
    assert row_of(later).status in (Status.READ, Status.UNSURE)
