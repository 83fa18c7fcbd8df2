"""Kept photos read again: only readings change, in the background, once, and only where they may."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import inference
from accounts.choices import PhotoRetention, Purpose, Role
from accounts.exports import export_all
from accounts.models import User
from accounts.services import grant_give
from inference import Emotion, InferenceError, Outcome, Reading, Reason
from moods import bundle_facts, selectors, services, tasks
from moods.choices import Status
from moods.models import CheckIn, PhotoReading, Reread, RereadRun
from moods.runs import RereadKind, RereadState, RunState
from moods.services import RereadRefused, rereads
from tests.conftest import logged_in
from tests.moods.bundles import Shelf
from tests.moods.photos import check_in, files_in, refusal, row_of, variant
from tests.moods.test_check_in import withdraw
from tests.people import make_member, make_staff

pytestmark = pytest.mark.usefixtures("photo_folder")


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """Install two bundles: the default "old" says happy, "new" says sad."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    shelf = Shelf(folder)
    shelf.put("old")
    shelf.put("new", Emotion.SAD)
    shelf.install(monkeypatch)
    return shelf


@pytest.fixture
def keeper(db: None) -> User:
    """Return a member who keeps her photos."""
    return make_keeper()


def make_keeper(email: str = "sunja@example.org") -> User:
    member = make_member(email)
    grant_give(user=member, purpose=Purpose.PHOTO_KEEP)
    member.photo_retention = PhotoRetention.KEEP
    member.save()
    return member


def read_before(member: User, count: int) -> list[CheckIn]:
    """Store photos and read them with the bundle that is active now."""
    entries = [check_in(member, variant(n)) for n in range(count)]
    while services.readings_run(limit=8, lease_seconds=90):
        pass
    assert {row_of(entry).status for entry in entries} == {Status.READ}
    return entries


def switch() -> None:
    services.bundle_activate(version="new", by=None, why="더 정확해요")


def start(kind: str = RereadKind.STALE) -> RereadRun:
    return services.reread_start(kind=kind, by=None)


def run(limit: int = 8) -> int:
    return services.rereads_run(limit=limit, lease_seconds=90)


def run_all() -> None:
    while run():
        pass


def due() -> None:
    Reread.objects.update(available_at=timezone.now() - timedelta(seconds=1))


def test_stale_photos_are_read_again_once_and_what_changed_is_counted(shelf: Shelf, keeper: User) -> None:
    entries = read_before(keeper, 3)
    switch()
    order = start()
    assert (order.version, order.expected) == ("new", 3)
    run_all()
    order.refresh_from_db()
    assert (order.state, order.open) == (RunState.DONE, None)
    assert {(row_of(entry).emotion, row_of(entry).ensemble_version) for entry in entries} == {("sad", "new")}
    said = bundle_facts.progress(order)
    assert (said.done, said.changed, said.left) == (3, 3, 0)
    assert said.changes == (("기쁨", "슬픔", 3),)
    with pytest.raises(RereadRefused) as refused:
        start()
    assert refused.value.code == "nothing_to_read"


def test_persons_word_outranks_and_is_not_touched(shelf: Shelf, keeper: User) -> None:
    corrected, agreed, _silent = read_before(keeper, 3)
    services.reading_correct(check_in=corrected, feeling="neutral", mood=1)
    assert services.reading_agree(check_in=agreed, seen="happy")
    before = list(CheckIn.objects.order_by("pk").values())
    switch()
    start()
    run_all()
    assert list(CheckIn.objects.order_by("pk").values()) == before
    browser = logged_in(keeper)
    page = browser.get(reverse("moods:entry", args=[corrected.uuid])).content.decode()
    assert page.index("직접 적으신 말") < page.index("슬픔에 가까워")
    shown = selectors.entry_for(keeper, corrected.uuid)
    assert shown is not None
    assert selectors.shown_feeling(shown) == ("neutral", True)
    assert selectors.mood_point(shown) == selectors.own_point(1, "neutral")


def test_agreement_to_an_old_guess_is_not_carried_to_a_different_one(shelf: Shelf, keeper: User) -> None:
    [entry] = read_before(keeper, 1)
    services.reading_agree(check_in=entry, seen="happy")
    switch()
    start()
    run_all()
    browser = logged_in(keeper)
    page = browser.get(reverse("moods:entry", args=[entry.uuid])).content.decode()
    assert "전에는 ‘기쁨’ 짐작에 맞다고 하셨어요" in page
    assert "네, 맞아요" in page
    browser.post(reverse("moods:agree", args=[entry.uuid]), {"seen": "happy"})  # the page was older
    entry.refresh_from_db()
    assert entry.agreed_to == "happy"
    browser.post(reverse("moods:agree", args=[entry.uuid]), {"seen": "sad"})
    entry.refresh_from_db()
    assert (entry.agreed, entry.agreed_to) == (True, "sad")


def test_old_guess_stays_until_the_new_one_is_there_and_when_it_cannot_be_had(
    shelf: Shelf, keeper: User
) -> None:
    [entry] = read_before(keeper, 1)
    switch()
    shelf.answers["new"] = refusal(Outcome.FAILED, Reason.INTERNAL)
    start()
    assert row_of(entry).status == Status.READ
    run_all()
    row = row_of(entry)
    assert (row.status, row.emotion, row.ensemble_version) == (Status.READ, "happy", "old")
    item = Reread.objects.get()
    assert (item.state, item.reason) == (RereadState.FAILED, "internal")


def test_new_photos_come_first(shelf: Shelf, keeper: User) -> None:
    read_before(keeper, 4)
    switch()
    start()
    assert run(limit=2) == 2
    check_in(keeper, variant(50))
    shelf.asked.clear()
    tasks.read_photos()
    assert shelf.asked == [("new", 1), ("new", 2)]


def test_photo_that_comes_between_two_batches_waits_for_one_batch_only(
    shelf: Shelf, keeper: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = read_before(keeper, 17)
    switch()
    start()
    came: list[CheckIn] = []

    def read(photos: Sequence[bytes], *, version: str | None = None) -> list[Reading]:
        if not came:
            came.append(check_in(keeper, variant(99)))
        return shelf.read(photos, version=version)

    monkeypatch.setattr(inference, "read_photos", read)
    shelf.asked.clear()
    tasks.read_photos()
    assert shelf.asked == [("new", 8), ("new", 1), ("new", 8), ("new", 1)]
    assert {row_of(entry).ensemble_version for entry in entries} == {"new"}


def test_pause_takes_nothing_and_resume_goes_on_where_it_was(shelf: Shelf, keeper: User) -> None:
    read_before(keeper, 5)
    switch()
    order = start()
    assert run(limit=2) == 2
    assert services.reread_pause(order)
    assert not services.reread_pause(order)
    assert run() == 0
    assert services.rereads_sweep() == 0
    assert services.reread_resume(order)
    run_all()
    order.refresh_from_db()
    assert (order.state, bundle_facts.progress(order).done) == (RunState.DONE, 5)


def test_stopped_run_ends_and_leaves_the_rest_as_it_was(shelf: Shelf, keeper: User) -> None:
    read_before(keeper, 3)
    switch()
    order = start()
    run(limit=1)
    assert services.reread_stop(order)
    assert run() == 0
    versions = sorted(PhotoReading.objects.values_list("ensemble_version", flat=True))
    assert versions == ["new", "old", "old"]
    assert start().expected == 2


def test_only_one_run_is_open(shelf: Shelf, keeper: User) -> None:
    read_before(keeper, 1)
    order = start(RereadKind.ALL)
    services.reread_pause(order)
    with pytest.raises(RereadRefused) as refused:
        start(RereadKind.ALL)
    assert refused.value.code == "already_open"


def test_switch_pauses_a_run_of_the_other_bundle_which_can_then_only_be_stopped(
    shelf: Shelf, keeper: User
) -> None:
    read_before(keeper, 2)
    order = start(RereadKind.ALL)
    switch()
    order.refresh_from_db()
    assert (order.state, order.reason) == (RunState.PAUSED, "switched")
    with pytest.raises(RereadRefused) as refused:
        services.reread_resume(order)
    assert refused.value.code == "not_active"
    assert services.reread_stop(order)


def test_bundle_that_breaks_pauses_the_run_and_loses_nothing(shelf: Shelf, keeper: User) -> None:
    read_before(keeper, 2)
    switch()
    order = start()
    shelf.put("new", problem="model_changed")
    assert run() == 2
    order.refresh_from_db()
    assert (order.state, order.reason) == (RunState.PAUSED, "model_changed")
    assert set(PhotoReading.objects.values_list("status", "ensemble_version")) == {("read", "old")}
    assert set(Reread.objects.values_list("state", "attempts")) == {("queued", 0)}
    shelf.put("new", Emotion.SAD)
    due()
    services.reread_resume(order)
    run_all()
    assert set(PhotoReading.objects.values_list("ensemble_version", flat=True)) == {"new"}


def test_consent_withdrawn_in_between_is_skipped(shelf: Shelf, keeper: User) -> None:
    [entry] = read_before(keeper, 1)
    switch()
    order = start()
    [held] = services.rereads_claim(order, limit=8, lease_seconds=90)
    withdraw(keeper, Purpose.EMOTION)
    assert services.reread_finish(held, shelf.answers["new"])
    assert row_of(entry).ensemble_version == "old"
    item = Reread.objects.get()
    assert (item.state, item.reason, item.now_emotion) == (RereadState.SKIPPED, "consent_withdrawn", "")


def test_consent_withdrawn_before_the_claim_is_never_opened(shelf: Shelf, keeper: User) -> None:
    read_before(keeper, 1)
    switch()
    order = start()
    rereads._feed(order)
    withdraw(keeper, Purpose.EMOTION)
    shelf.asked.clear()
    run_all()
    assert shelf.asked == []
    assert Reread.objects.get().reason == "consent_withdrawn"


def test_photo_deleted_in_between_is_skipped(shelf: Shelf, keeper: User) -> None:
    [entry] = read_before(keeper, 1)
    switch()
    order = start()
    [held] = services.rereads_claim(order, limit=8, lease_seconds=90)
    services.photo_delete(check_in=entry)
    services.reread_finish(held, shelf.answers["new"])
    assert (row_of(entry).emotion, Reread.objects.get().reason) == ("happy", "photo_not_kept")


def test_rereading_never_lengthens_how_long_a_photo_is_kept(shelf: Shelf, keeper: User) -> None:
    keeper.photo_retention = PhotoRetention.MONTH
    keeper.save()
    [entry] = read_before(keeper, 1)
    until = timezone.now() + timedelta(days=3)
    PhotoReading.objects.update(photo_until=until)
    switch()
    start()
    run_all()
    assert row_of(entry).photo_until == until
    assert row_of(entry).photo


@pytest.mark.django_db(transaction=True)
def test_photo_that_waited_for_another_try_is_destroyed_once_it_was_read(
    shelf: Shelf, photo_folder: Path
) -> None:
    entry = check_in(make_member(), variant(1))
    shelf.put("old", problem="model_changed")
    services.readings_run(limit=8, lease_seconds=90)
    shelf.put("old")
    assert len(files_in(photo_folder)) == 1
    assert start(RereadKind.MISSING).expected == 1
    run_all()
    row = row_of(entry)
    assert (row.status, row.emotion, row.photo.name, row.reason) == (Status.READ, "happy", "", "")
    assert files_in(photo_folder) == []


def test_killed_worker_loses_nothing_and_a_late_answer_changes_nothing(shelf: Shelf, keeper: User) -> None:
    [entry] = read_before(keeper, 1)
    switch()
    order = start()
    [dead] = services.rereads_claim(order, limit=8, lease_seconds=90)
    Reread.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert services.rereads_sweep() == 1
    due()
    run_all()
    assert row_of(entry).ensemble_version == "new"
    assert not services.reread_finish(dead, replace(shelf.answers["old"], emotion=Emotion.ANGRY))
    assert row_of(entry).emotion == "sad"
    assert Reread.objects.get().attempts == 2


def test_photo_that_always_kills_its_worker_is_given_up_at_the_cap(shelf: Shelf, keeper: User) -> None:
    [entry] = read_before(keeper, 1)
    switch()
    order = start()
    for _attempt in range(4):
        due()
        assert len(services.rereads_claim(order, limit=8, lease_seconds=90)) == 1
        Reread.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        services.rereads_sweep()
    item = Reread.objects.get()
    assert (item.state, item.reason) == (RereadState.FAILED, "worker_lost")
    assert row_of(entry).emotion == "happy"
    order.refresh_from_db()
    assert order.state == RunState.DONE


def test_passing_trouble_is_tried_again(shelf: Shelf, keeper: User) -> None:
    read_before(keeper, 1)
    switch()
    order = start()
    [held] = services.rereads_claim(order, limit=8, lease_seconds=90)
    services.reread_release(held, InferenceError("busy", permanent=False, code="internal"))
    assert run() == 0
    order.refresh_from_db()
    assert order.state == RunState.RUNNING
    due()
    run_all()
    assert Reread.objects.get().state == RereadState.DONE


@pytest.mark.django_db(transaction=True)
def test_two_workers_read_every_photo_exactly_once(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rereads, "CHUNK", 5)
    read_before(make_keeper(), 16)
    switch()
    order = start()
    shelf.asked.clear()
    barrier = threading.Barrier(2)

    def work() -> None:
        barrier.wait()
        try:
            for _turn in range(40):
                run(limit=3)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for worker in [pool.submit(work) for _ in range(2)]:
            worker.result()
    order.refresh_from_db()
    assert order.state == RunState.DONE
    assert sum(count for _version, count in shelf.asked) == 16
    assert set(Reread.objects.values_list("state", "attempts")) == {("done", 1)}


def test_counts_say_what_can_be_read_and_why_the_rest_cannot(shelf: Shelf, keeper: User) -> None:
    read_before(keeper, 3)
    gone = CheckIn.objects.order_by("pk")[0]
    services.photo_delete(check_in=gone)
    other = make_keeper("other@example.org")
    check_in(other, variant(70))
    services.readings_run(limit=8, lease_seconds=90)
    PhotoReading.objects.filter(check_in=gone).update(photo="")
    withdraw(other, Purpose.EMOTION)
    found = {row.kind: row for row in bundle_facts.kind_counts("new")}
    stale = found[RereadKind.STALE]
    assert (stale.readable, stale.not_kept, stale.no_consent) == (2, 1, 1)
    assert found[RereadKind.MISSING].readable == 0
    assert found[RereadKind.ALL].readable == 2
    assert {row.kind: row.readable for row in bundle_facts.kind_counts("old")}[RereadKind.STALE] == 0


def test_estimate_comes_from_measured_milliseconds_or_is_not_given(shelf: Shelf, keeper: User) -> None:
    assert bundle_facts.seconds_for(100, "new") is None
    read_before(keeper, 3)
    assert bundle_facts.seconds_for(100, "new") == pytest.approx(4.0)
    PhotoReading.objects.filter(pk=PhotoReading.objects.latest("pk").pk).update(
        ensemble_version="new", ms={"decode": 5, "vote": 15}
    )
    assert bundle_facts.seconds_for(100, "new") == pytest.approx(2.0)


def test_command_counts_and_starts(shelf: Shelf, keeper: User) -> None:
    read_before(keeper, 2)
    switch()
    out = StringIO()
    call_command("reread_photos", "--stale", "--dry-run", stdout=out)
    assert "2" in out.getvalue()
    assert not RereadRun.objects.exists()
    call_command("reread_photos", "--stale", stdout=StringIO())
    assert RereadRun.objects.get().expected == 2
    with pytest.raises(CommandError, match=r"already_open"):
        call_command("reread_photos", "--all", stdout=StringIO())


def test_export_tells_the_member_what_was_read_before(shelf: Shelf, keeper: User) -> None:
    read_before(keeper, 1)
    switch()
    start()
    run_all()
    [entry] = export_all(keeper)["moods"]
    [again] = entry["reading"]["read_again"]
    assert (again["was_emotion"], again["was_version"], again["now_emotion"]) == ("happy", "old", "sad")


def test_administrator_starts_pauses_resumes_and_stops_on_the_page(shelf: Shelf, keeper: User) -> None:
    read_before(keeper, 2)
    switch()
    browser = logged_in(make_staff(None, "admin@example.org", Role.ADMIN))
    page = reverse("admin:moods_bundleswitch_changelist")
    browser.post(reverse("admin:moods_models_reread"), {"kind": "stale"})
    order = RereadRun.objects.get()
    assert "2장 가운데 0장" in browser.get(page).content.decode()
    for word, state in [("pause", "paused"), ("resume", "running"), ("stop", "stopped")]:
        browser.post(reverse("admin:moods_models_order", args=[order.pk, word]))
        order.refresh_from_db()
        assert order.state == state
    assert browser.get(reverse("admin:moods_models_progress")).headers["HX-Refresh"] == "true"
    assert browser.post(reverse("admin:moods_models_reread"), {"kind": "every"}).status_code == 404


def test_heat_map_lies_over_a_kept_photo_and_goes_with_it(
    shelf: Shelf, keeper: User, photo_folder: Path
) -> None:
    [entry] = read_before(keeper, 1)
    address = reverse("moods:entry", args=[entry.uuid])
    browser = logged_in(keeper)
    answer = browser.get(address)
    page = answer.content.decode()
    # corners (1,1)..(9,9) of a 2 x 2 grid: four photo pixels a cell
    assert 'class="heat" viewBox="0 0 512 512"' in page
    assert "matrix(4.0000 0.0000 0.0000 4.0000 1.0000 1.0000)" in page
    assert "무엇을 보았나요" in page
    assert "no-store" in answer.headers["Cache-Control"]
    PhotoReading.objects.update(photo="")
    page = browser.get(address).content.decode()
    assert 'class="heat"' not in page
    assert 'class="outline"' in page


def test_nobody_else_sees_the_heat_map(shelf: Shelf, keeper: User, as_outsider: Client) -> None:
    [entry] = read_before(keeper, 1)
    assert as_outsider.get(reverse("moods:entry", args=[entry.uuid])).status_code == 404
