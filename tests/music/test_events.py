"""What players report is kept once, only with consent, and sets a dead video aside."""

from __future__ import annotations

import logging
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from accounts.choices import Purpose
from accounts.models import User
from accounts.selectors import grants_of
from accounts.services import grant_withdraw
from music.exports import erase, export
from music.models import PlayerEvent, Track, TrackSource
from music.services import EVENTS_A_MINUTE, event_record
from tests import people
from tests.music.conftest import make_track


@pytest.fixture
def source(db: None) -> TrackSource:
    """Return a video."""
    return make_track("satie", 0.1, -0.5).sources.get()


def report(client: Client, to: TrackSource, **values: object) -> tuple[int, dict[str, object]]:
    """Send a report as the player does; return status and body."""
    data = {"key": uuid.uuid4(), "source": to.pk, "kind": "play", **values}
    response = client.post(reverse("music:event"), data)
    return response.status_code, response.json() if response.content else {}


def test_same_key_twice_is_one_report(as_member: Client, source: TrackSource) -> None:
    key = uuid.uuid4()
    assert report(as_member, source, key=key)[0] == 201
    assert report(as_member, source, key=key)[0] == 200
    assert PlayerEvent.objects.count() == 1


def test_somebody_elses_key_is_refused(as_member: Client, as_outsider: Client, source: TrackSource) -> None:
    key = uuid.uuid4()
    report(as_member, source, key=key)
    status, body = report(as_outsider, source, key=key)
    assert (status, body["code"]) == (409, "key_taken")


@pytest.mark.parametrize(
    "values", [{"kind": "sing"}, {"key": "x"}, {"source": 0}, {"error_code": -1}, {"at_second": "late"}]
)
def test_bad_report_gets_one_sentence_and_stores_nothing(
    as_member: Client, source: TrackSource, values: dict[str, object]
) -> None:
    status, body = report(as_member, source, **values)
    assert (status, body["code"]) == (400, "invalid")
    assert str(body["message"]).endswith("요.")
    assert PlayerEvent.objects.count() == 0


def test_error_number_of_a_play_is_dropped(as_member: Client, source: TrackSource) -> None:
    assert report(as_member, source, kind="play", error_code=150)[0] == 201
    assert PlayerEvent.objects.get().error_code is None


def test_without_the_music_grant_nothing_is_kept(
    as_member: Client, member: User, source: TrackSource
) -> None:
    for grant in grants_of(member).filter(purpose=Purpose.MUSIC):
        grant_withdraw(user=member, grant=grant.grant)
    assert report(as_member, source)[0] == 204
    assert PlayerEvent.objects.count() == 0


def test_too_many_reports_in_a_minute_are_refused(
    as_member: Client, member: User, source: TrackSource
) -> None:
    rows = [PlayerEvent(member=member, source=source, kind="skip") for _ in range(EVENTS_A_MINUTE)]
    PlayerEvent.objects.bulk_create(rows)
    status, body = report(as_member, source)
    assert (status, body["code"]) == (429, "too_many")


def test_report_needs_a_token_and_a_log_in(member: User, source: TrackSource) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(member)
    assert strict.post(reverse("music:event"), {"source": source.pk}).status_code == 403
    assert Client().post(reverse("music:event"), {}).status_code == 302
    assert strict.get(reverse("music:event")).status_code == 405


def fail(member: User, source: TrackSource, code: int) -> None:
    """Report one error of one member."""
    event_record(member=member, source=source, key=uuid.uuid4(), kind="error", error_code=code)


def test_dead_video_is_set_aside_after_three_members_met_it(
    member: User, outsider: User, source: TrackSource
) -> None:
    third = people.make_member("third@example.org")
    for _again in range(3):
        fail(member, source, 150)
    fail(outsider, source, 101)
    assert Track.objects.playable().exists()
    fail(third, source, 100)
    assert not Track.objects.playable().exists()
    source.refresh_from_db()
    assert (source.state, source.checked_at) == ("quarantined", None)


def test_our_own_mistake_is_logged_and_no_video_suffers(
    member: User, source: TrackSource, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="music.services"):
        fail(member, source, 153)
        fail(member, source, 5)
    assert [r.levelname for r in caplog.records] == ["ERROR", "WARNING"]
    source.refresh_from_db()
    assert source.state == "unknown"


def test_member_can_take_out_and_erase_what_was_played(
    as_member: Client, member: User, source: TrackSource
) -> None:
    report(as_member, source)
    assert export(member)["player_events"][0]["track"] == "satie"
    erase(member)
    assert export(member) == {"suggestions": [], "player_events": []}
