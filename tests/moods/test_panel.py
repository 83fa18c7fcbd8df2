"""Human versus AI: who may come in, what is stored, what leaks not, what ends with a consent."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client, TestCase
from django.urls import reverse
from django.utils import timezone

from accounts import exports
from accounts.choices import Purpose, Role
from accounts.models import Organisation, User
from accounts.selectors import access_entries_of, grants_of, has_grant
from accounts.services import grant_withdraw
from moods.choices import Feeling
from moods.panel import policies, selectors, services
from moods.panel.choices import MOST_PER_MEMBER
from moods.panel.errors import PanelError
from moods.panel.models import Answer, Face, Link, Participant, Study
from tests.conftest import logged_in
from tests.moods.photos import files_in
from tests.moods.studies import (
    allow_all,
    answer_all,
    draft,
    forget_photo,
    guest,
    kept_photo,
    machine_says,
    manager,
    opened,
    picture,
    taker_of,
)
from tests.people import make_member, make_staff

MANAGING = ("study", "results", "export", "delete")
TAKING = ("go", "done", "device", "erase")


@pytest.fixture
def admin(db: None) -> User:
    """Return an administrator."""
    return manager()


@pytest.fixture
def study(admin: User) -> Study:
    """Return an open study of three data-set faces."""
    return opened(admin)


def withdraw(user: User, purpose: str) -> None:
    """Withdraw every grant of a purpose."""
    for row in grants_of(user).filter(purpose=purpose):
        grant_withdraw(user=user, grant=row.grant)


# --- who may ------------------------------------------------------------------------------------
def test_members_and_officers_cannot_manage_studies(
    study: Study, as_outsider: Client, as_officer: Client
) -> None:
    for name in MANAGING:
        path = reverse(f"panel:{name}", args=[study.uuid])
        assert as_outsider.get(path).status_code == 403, name
        assert as_officer.get(path).status_code == 403, name
        assert Client().get(path).status_code == 302, name
    assert as_outsider.get(reverse("panel:home")).status_code == 403
    assert as_outsider.get(reverse("panel:new")).status_code == 403
    assert as_outsider.post(reverse("panel:open", args=[study.uuid])).status_code == 403


def test_supervisors_and_administrators_manage_studies(organisation: Organisation, admin: User) -> None:
    supervisor = make_staff(organisation, "lead@example.org", Role.SUPERVISOR)
    assert policies.may_manage(supervisor)
    assert policies.may_manage(admin)
    admin.is_active = False
    assert not policies.may_manage(admin)


def test_strangers_members_and_staff_who_did_not_join_find_no_face(
    study: Study, as_outsider: Client, as_officer: Client
) -> None:
    face = study.faces.first()
    assert face is not None
    for client in (Client(), as_outsider, as_officer):
        for name in ("face", "picture"):
            assert client.get(reverse(f"panel:{name}", args=[study.uuid, face.uuid])).status_code == 404
        for name in TAKING[1:]:
            assert client.get(reverse(f"panel:{name}", args=[study.uuid])).status_code == 404
    assert Client().get(reverse("panel:go", args=[study.uuid])).status_code == 404
    assert Answer.objects.count() == 0


def test_members_cannot_join_and_staff_can_only_while_it_is_open(
    study: Study, as_outsider: Client, as_officer: Client
) -> None:
    join = reverse("panel:join", args=[study.uuid])
    assert as_outsider.post(join, {"agreed": "on"}).status_code == 403
    assert as_officer.post(join, {}).status_code == 422
    assert as_officer.post(join, {"agreed": "on"}).status_code == 302
    assert as_officer.post(join, {"agreed": "on"}).status_code == 302
    assert Participant.objects.filter(study=study).count() == 1
    services.study_close(study=study)
    late = logged_in(make_staff(None, "late@example.org", Role.CURATOR))
    late.post(join, {"agreed": "on"})
    assert Participant.objects.filter(study=study).count() == 1


# --- links --------------------------------------------------------------------------------------
def test_link_lets_one_guest_in_once(study: Study, admin: User) -> None:
    token = services.links_make(study=study, by=admin)[0].token
    path = reverse("panel:link", args=[token])
    assert not Link.objects.filter(digest__contains=token).exists()
    assert Client().get(path).status_code == 200  # a mail scanner looks
    first, second = Client(), Client()
    assert first.post(path, {"agreed": "on"}).status_code == 302
    assert second.post(path, {"agreed": "on"}).status_code == 404
    assert first.get(path).status_code == 404
    assert Participant.objects.filter(study=study).count() == 1
    with pytest.raises(PanelError) as refused:
        services.link_use(token=token, agreed=True)
    assert refused.value.code == "link_dead"


def test_wrong_expired_revoked_and_closed_links_look_alike(study: Study, admin: User) -> None:
    tokens = [one.token for one in services.links_make(study=study, by=admin, count=3)]
    links = list(Link.objects.order_by("pk"))
    past = timezone.now() - timedelta(days=9)
    Link.objects.filter(pk=links[0].pk).update(made_at=past, expires_at=past + timedelta(days=1))
    boss = logged_in(admin)
    boss.post(reverse("panel:link_revoke", args=[study.uuid, links[1].uuid]))
    pages = [Client().get(reverse("panel:link", args=[token])) for token in (*tokens[:2], "guessed")]
    services.study_close(study=study)
    pages.append(Client().get(reverse("panel:link", args=[tokens[2]])))
    assert {page.status_code for page in pages} == {404}
    assert len({page.content.count(b"<p>") for page in pages}) == 1
    assert Participant.objects.count() == 0


def test_guest_must_agree_and_nothing_is_ticked_beforehand(study: Study, admin: User) -> None:
    token = services.links_make(study=study, by=admin)[0].token
    path = reverse("panel:link", args=[token])
    assert b"checked" not in Client().get(path).content
    assert Client().post(path, {"name": "ㄱㅅㅈ"}).status_code == 422
    assert Participant.objects.count() == 0
    assert Client().post(path, {"agreed": "on", "name": "ㄱㅅㅈ"}).status_code == 302
    taker = taker_of(study)
    assert (taker.name, taker.user, taker.invited_by) == ("ㄱㅅㅈ", None, admin)
    assert taker.consent_version


def test_fresh_links_are_shown_once(study: Study, admin: User) -> None:
    boss = logged_in(admin)
    page = boss.post(
        reverse("panel:links", args=[study.uuid]), {"count": 2, "days": 3, "note": ""}, follow=True
    )
    assert page.content.count(b"/panel/in/") == 2
    assert b"/panel/in/" not in boss.get(reverse("panel:study", args=[study.uuid])).content
    boss.post(reverse("panel:links", args=[study.uuid]), {"count": 99, "days": 3})
    assert Link.objects.count() == 2


def test_guests_place_is_not_the_next_persons_at_a_shared_tablet(
    study: Study, admin: User, officer: User
) -> None:
    tablet = guest(study, admin)
    assert tablet.get(reverse("panel:go", args=[study.uuid])).status_code == 302
    tablet.force_login(officer)
    answer = tablet.get(reverse("panel:go", args=[study.uuid]))
    assert answer.headers["Location"] == reverse("panel:join", args=[study.uuid])
    assert tablet.get(reverse("panel:erase", args=[study.uuid])).status_code == 404


def test_one_guests_session_opens_no_other_study(study: Study, admin: User) -> None:
    other = opened(admin)
    browser = guest(study, admin)
    face = other.faces.first()
    assert face is not None
    assert browser.get(reverse("panel:go", args=[other.uuid])).status_code == 404
    assert browser.get(reverse("panel:picture", args=[other.uuid, face.uuid])).status_code == 404
    assert browser.get(reverse("panel:picture", args=[study.uuid, face.uuid])).status_code == 404


# --- naming faces -------------------------------------------------------------------------------
def first_face(browser: Client, study: Study) -> str:
    """Return the path of the first face without an answer."""
    return str(browser.get(reverse("panel:go", args=[study.uuid])).headers["Location"])


def test_page_and_picture_tell_neither_label_nor_guess(study: Study, admin: User) -> None:
    machine_says(study, "anxious")
    browser = guest(study, admin)
    path = first_face(browser, study)
    page = browser.get(path)
    face = Face.objects.get(uuid=path.split("/")[-2])
    shown = browser.get(f"{path}picture/")
    assert shown.status_code == 200
    for response in (page, shown):
        assert "no-store" in response.headers["Cache-Control"]
        heads = " ".join(f"{name}: {value}" for name, value in response.headers.items()).lower()
        for word in (*Feeling.values, "dataset", "own"):
            assert word not in heads.replace("unknown", ""), word
    text = page.content.decode()
    # Every feeling is named equally often: by its button alone.
    counts = {name: text.count(f'value="{name}"') for name in Feeling.values}
    assert set(counts.values()) == {1}
    for clue in ("dataset", face.file, "machine", "label=", 'aria-pressed="true" data'):
        assert clue not in text.replace("aria-label=", ""), clue
    assert shown.content.startswith(b"\xff\xd8")
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert "filename" not in shown.headers["Content-Disposition"]


def test_faces_ahead_of_ones_turn_stay_closed(study: Study, admin: User) -> None:
    browser = guest(study, admin)
    faces = selectors.order_of(taker_of(study))
    ahead = reverse("panel:picture", args=[study.uuid, faces[1].uuid])
    assert browser.get(ahead).status_code == 404
    assert (
        browser.post(reverse("panel:face", args=[study.uuid, faces[2].uuid]), {"feeling": "sad"}).status_code
        == 302
    )
    assert not Answer.objects.filter(answered_at__isnull=False).exists()
    browser.post(reverse("panel:face", args=[study.uuid, faces[0].uuid]), {"feeling": "sad"})
    assert browser.get(ahead).status_code == 200


def test_double_submit_stores_one_answer_and_back_changes_it(study: Study, admin: User) -> None:
    browser = guest(study, admin)
    path = first_face(browser, study)
    for _ in range(2):
        assert browser.post(path, {"feeling": "happy"}).status_code == 302
    assert list(Answer.objects.filter(answered_at__isnull=False).values_list("feeling", flat=True)) == [
        "happy"
    ]
    assert b'aria-pressed="true"' in browser.get(path).content
    browser.post(path, {"skip": "yes"})
    row = Answer.objects.get(answered_at__isnull=False)
    assert row.feeling == ""
    browser.post(path, {"feeling": "joyous"})
    browser.post(path, {})
    row.refresh_from_db()
    assert row.feeling == ""


def test_order_differs_between_people_and_stays_the_same_for_one(admin: User) -> None:
    study = opened(admin, "happy sad angry neutral startled anxious happy sad")
    one, two = (Participant(study=study, seed=seed) for seed in (1, 2))
    assert selectors.order_of(one) == selectors.order_of(one)
    assert selectors.order_of(one) != selectors.order_of(two)
    gone = selectors.order_of(one)[3]
    rest = [face for face in selectors.order_of(one) if face != gone]
    gone.delete()
    assert selectors.order_of(one) == rest


def test_guest_goes_on_with_another_device_once(study: Study, admin: User) -> None:
    phone = guest(study, admin)
    phone.post(first_face(phone, study), {"feeling": "happy"})
    page = phone.post(reverse("panel:device", args=[study.uuid])).content.decode()
    path = "/panel/in/" + page.split("/panel/in/")[1].split("<")[0]
    laptop, thief = Client(), Client()
    assert laptop.post(path).status_code == 302
    assert thief.post(path).status_code == 404
    assert first_face(laptop, study) == first_face(phone, study)
    assert Participant.objects.count() == 1
    answer_all(laptop, study)
    assert phone.post(reverse("panel:device", args=[study.uuid])).status_code == 302


def test_staff_resume_wherever_they_log_in(study: Study, officer: User) -> None:
    desk, phone = logged_in(officer), logged_in(officer)
    desk.post(reverse("panel:join", args=[study.uuid]), {"agreed": "on"})
    desk.post(first_face(desk, study), {"feeling": "happy"})
    assert first_face(phone, study) == first_face(desk, study)
    assert Answer.objects.filter(answered_at__isnull=False).count() == 1


def test_finished_or_closed_answers_cannot_be_changed(study: Study, admin: User) -> None:
    browser = guest(study, admin)
    path = first_face(browser, study)
    assert browser.post(reverse("panel:done", args=[study.uuid])).status_code == 302
    assert taker_of(study).finished_at is None  # not before every face was seen
    answer_all(browser, study)
    before = list(Answer.objects.values_list("pk", "feeling"))
    browser.post(path, {"feeling": "neutral"})
    assert list(Answer.objects.values_list("pk", "feeling")) == before
    assert browser.get(f"{path}picture/").status_code == 404
    with pytest.raises(PanelError) as refused:
        services.answer_give(participant=taker_of(study), face=Face.objects.all()[0], feeling="sad")
    assert refused.value.code == "finished"


def test_former_staff_cannot_go_on(study: Study, officer: User) -> None:
    desk = logged_in(officer)
    desk.post(reverse("panel:join", args=[study.uuid]), {"agreed": "on"})
    path = first_face(desk, study)
    officer.role_assignments.all().delete()
    assert logged_in(User.objects.get(pk=officer.pk)).get(f"{path}picture/").status_code == 404


def test_participant_erases_everything_of_theirs(study: Study, admin: User) -> None:
    browser = guest(study, admin, "ㄱㅅㅈ")
    answer_all(browser, study)
    assert browser.get(reverse("panel:erase", args=[study.uuid])).status_code == 200
    assert Answer.objects.exists()
    assert browser.post(reverse("panel:erase", args=[study.uuid])).status_code == 200
    assert not Participant.objects.exists()
    assert not Answer.objects.exists()
    assert not Link.objects.filter(used_at__isnull=False).exists()
    assert browser.get(reverse("panel:go", args=[study.uuid])).status_code == 404


# --- own photos ---------------------------------------------------------------------------------
def test_only_kept_photos_of_members_who_allowed_it_and_spoke_first_are_drawn(
    admin: User, member: User, outsider: User
) -> None:
    study = draft(admin)
    kept_photo(outsider)  # never asked
    allow_all(member)
    kept_photo(member, number=1)
    corrected = kept_photo(member, number=2)
    corrected.corrected_at = timezone.now()
    corrected.save()
    kept_photo(member, feeling="", number=3)
    gone = kept_photo(member, number=4)
    gone.reading.photo = ""
    gone.reading.save()
    assert services.own_draw(study=study, by=admin) == 1
    face = study.faces.get(half="own")
    assert face.label == "happy"
    assert face.reading is not None
    assert face.reading.check_in.member == member
    assert services.own_draw(study=study, by=admin) == 0
    assert [row.action for row in access_entries_of(member)] == ["panel_drawn"]
    assert not access_entries_of(outsider).exists()


def test_no_member_fills_the_own_half_alone(admin: User, member: User) -> None:
    study = draft(admin, per_half=20)
    allow_all(member)
    for number in range(MOST_PER_MEMBER + 2):
        kept_photo(member, number=number)
    assert services.own_draw(study=study, by=admin) == MOST_PER_MEMBER


def test_page_says_how_many_own_photos_are_missing_and_opening_asks(admin: User, member: User) -> None:
    study = draft(admin, per_half=3)
    allow_all(member)
    kept_photo(member)
    boss = logged_in(admin)
    boss.post(reverse("panel:draw", args=[study.uuid]))
    page = boss.get(reverse("panel:study", args=[study.uuid])).content.decode()
    assert "2장이 모자라요." in page
    boss.post(reverse("panel:open", args=[study.uuid]))
    study.refresh_from_db()
    assert study.state == "draft"
    boss.post(reverse("panel:open", args=[study.uuid]), {"short": "yes"})
    study.refresh_from_db()
    assert study.state == "open"


@pytest.mark.parametrize("purpose", [Purpose.PANEL, Purpose.EMOTION, Purpose.PHOTO_KEEP])
def test_withdrawing_takes_the_photo_out_in_the_middle_of_a_study(
    admin: User, member: User, purpose: Purpose
) -> None:
    study = draft(admin)
    allow_all(member)
    kept_photo(member)
    services.own_draw(study=study, by=admin)
    study = services.study_open(study=study, although_short=True)
    browser = guest(study, admin)
    own = study.faces.get(half="own")
    services.answer_give(participant=taker_of(study), face=own, feeling="sad")
    withdraw(member, purpose)
    assert not study.faces.filter(half="own").exists()
    assert not Answer.objects.exists()
    assert browser.get(reverse("panel:picture", args=[study.uuid, own.uuid])).status_code == 404
    answer = browser.post(reverse("panel:face", args=[study.uuid, own.uuid]), {"feeling": "sad"}, follow=True)
    assert answer.status_code == 200
    answer_all(browser, study)
    assert taker_of(study).finished_at is not None
    with pytest.raises(PanelError) as refused:
        services.answer_give(participant=Participant.objects.create(study=study), face=own, feeling="sad")
    assert refused.value.code == "face_gone"


def test_failed_withdrawal_effect_leaves_consent_and_photo(
    admin: User, member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = draft(admin)
    allow_all(member)
    kept_photo(member)
    services.own_draw(study=study, by=admin)

    def broken(*_args: object) -> None:
        raise RuntimeError("storage")

    from accounts import withdrawals

    monkeypatch.setitem(withdrawals._EFFECTS, (Purpose.PANEL, "zz"), broken)
    with pytest.raises(RuntimeError):
        withdraw(member, Purpose.PANEL)
    assert has_grant(member, Purpose.PANEL)
    assert study.faces.filter(half="own").exists()


def test_guests_look_stands_once_in_the_members_log_under_who_invited(admin: User, member: User) -> None:
    study = draft(admin, labels="sad")
    allow_all(member)
    for number in range(2):
        kept_photo(member, number=number)
    services.own_draw(study=study, by=admin)
    study = services.study_open(study=study, although_short=True)
    guest(study, admin)
    taker = taker_of(study)
    for face in study.faces.filter(half="own"):
        assert services.face_show(participant=taker, face=face).startswith(b"\xff\xd8")
    looks = [(row.action, row.actor) for row in access_entries_of(member)]
    assert looks == [("panel_invited", admin), ("panel_drawn", admin), ("panel_drawn", admin)]


def test_own_face_is_cut_to_the_face_and_gone_with_the_photo(admin: User, member: User) -> None:
    import io

    from PIL import Image

    study = draft(admin)
    allow_all(member)
    entry = kept_photo(member)
    services.own_draw(study=study, by=admin)
    face = study.faces.get(half="own")
    with Image.open(io.BytesIO(services.face_bytes(face))) as shown:
        assert max(shown.size) < 300  # the photo has 512
        assert not shown.getexif()
    with TestCase.captureOnCommitCallbacks(execute=True):
        forget_photo(entry)
    face = study.faces.get(half="own")
    with pytest.raises(services.FaceGone):
        services.face_bytes(face)
    assert face not in selectors.showable([face], Participant(study=study, pk=0))


def test_leaving_takes_photos_and_answers_along(admin: User, member: User, officer: User) -> None:
    study = draft(admin)
    allow_all(member)
    kept_photo(member)
    services.own_draw(study=study, by=admin)
    study = services.study_open(study=study, although_short=True)
    services.join(study=study, user=officer, agreed=True)
    answer_all(logged_in(officer), study)
    told = exports.export_all(officer)["panel"]
    assert len(told["answers"][0]["answers"]) == 4
    mine = exports.export_all(member)["panel"]
    assert mine["photos"][0]["label"] == "happy"
    assert mine["photos"][0]["times_shown"] == 1
    exports.erase_all(member)
    assert not study.faces.filter(half="own").exists()
    exports.erase_all(officer)
    assert not Participant.objects.exists()


# --- files --------------------------------------------------------------------------------------
def test_data_set_faces_lie_encrypted_and_go_with_the_study(admin: User, photo_folder: Path) -> None:
    study = draft(admin, "happy sad")
    files = files_in(photo_folder)
    assert len(files) == 2
    assert not any(b"\xff\xd8\xff" in file.read_bytes() for file in files)
    assert not any(word in str(file) for file in files for word in ("happy", "sad"))
    assert services.face_bytes(study.faces.get(label="sad")) == picture(1)
    from moods import tasks

    tasks.purge()
    assert files_in(photo_folder) == files  # the purge of diary photos leaves them
    with TestCase.captureOnCommitCallbacks(execute=True):
        logged_in(admin).post(reverse("panel:delete", args=[study.uuid]))
    assert files_in(photo_folder) == []
    assert not Study.objects.exists()


def test_purge_finds_files_of_a_study_that_is_gone(admin: User, photo_folder: Path) -> None:
    study = draft(admin, "happy sad")
    Study.objects.filter(pk=study.pk).delete()  # a crash between row and files
    assert services.purge() == 2
    assert files_in(photo_folder) == []


def test_importing_again_replaces_and_an_open_study_refuses(admin: User, photo_folder: Path) -> None:
    study = draft(admin, "happy sad")
    with TestCase.captureOnCommitCallbacks(execute=True):
        services.faces_import(study=study, faces=[("angry", picture(9))], source="x", terms="y")
    assert len(files_in(photo_folder)) == study.faces.count() == 1
    study = services.study_open(study=study, although_short=True)
    with pytest.raises(PanelError) as refused:
        services.faces_import(study=study, faces=[("angry", picture(9))], source="x", terms="y")
    assert refused.value.code == "not_a_draft"
    assert len(files_in(photo_folder)) == 1


def test_double_click_makes_one_study(admin: User, settings: LazySettings) -> None:
    boss = logged_in(admin)
    form = {"title": "같은 것", "per_half": 5, "submission": "3f0b6a2e-98f7-4f0e-8a8c-5a35b0b1c111"}
    for _ in range(2):
        assert boss.post(reverse("panel:new"), form).status_code == 302
    assert Study.objects.count() == 1
    assert boss.post(reverse("panel:new"), {"title": "", "per_half": 0}).status_code == 422


def test_empty_study_cannot_open_and_unknown_member_is_no_participant(admin: User) -> None:
    study = services.study_create(by=admin, title="빈 것", per_half=2)
    with pytest.raises(PanelError) as refused:
        services.study_open(study=study, although_short=True)
    assert refused.value.code == "no_faces"
    with pytest.raises(PanelError):
        services.links_make(study=study, by=admin)
    assert not policies.may_take_part(make_member("n@example.org"), study)
