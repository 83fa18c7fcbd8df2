"""Curators keep the catalogue; link health comes from the API's own shapes, offline."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import tablib
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from googleapiclient.http import HttpMockSequence
from pytest_django import Settings

from accounts.choices import Role
from accounts.models import Organisation, User
from music.models import Track, TrackSource
from music.providers import ProviderError
from music.providers.hosted import Hosted
from music.providers.youtube import YouTube, judge
from music.resources import TrackResource
from tests import people
from tests.conftest import logged_in
from tests.music.conftest import make_track


def video(**changes: Any) -> dict[str, Any]:
    """Return a ``videos.list`` item of a healthy video."""
    status = {"uploadStatus": "processed", "privacyStatus": "public", "embeddable": True}
    details: dict[str, Any] = {"duration": "PT3M"}
    for name, value in changes.items():
        (details if name == "regionRestriction" else status)[name] = value
    return {"id": "x" * 11, "status": status, "contentDetails": details}


@pytest.mark.parametrize(
    ("item", "verdict"),
    [
        (video(), ("ok", "")),
        (None, ("quarantined", "gone")),
        (video(privacyStatus="private"), ("quarantined", "gone")),
        (video(uploadStatus="deleted"), ("quarantined", "gone")),
        (video(embeddable=False), ("quarantined", "embed")),
        (video(regionRestriction={"blocked": ["KR"]}), ("quarantined", "region")),
        (video(regionRestriction={"allowed": ["US"]}), ("quarantined", "region")),
        (video(regionRestriction={"allowed": []}), ("quarantined", "region")),
        (video(regionRestriction={"allowed": ["KR", "US"]}), ("ok", "")),
        (video(regionRestriction={"blocked": ["US"]}), ("ok", "")),
    ],
)
def test_video_is_judged_by_what_the_api_says(item: dict[str, Any] | None, verdict: tuple[str, str]) -> None:
    found = judge(item)
    assert (found.state, found.reason) == verdict


def test_fifty_ids_go_in_one_call(db: None) -> None:
    for number in range(51):
        make_track(f"track-{number:03d}", 0, 0)
    sources = list(TrackSource.objects.all())
    first = {"items": [video() | {"id": s.youtube_id} for s in sources[:50]]}
    http = HttpMockSequence([({"status": "200"}, json.dumps(first)), ({"status": "200"}, "{}")])
    found = {source.pk: verdict.state for source, verdict in YouTube("key", http).check(sources)}
    assert list(found.values()) == ["ok"] * 50 + ["quarantined"]
    ids = parse_qs(urlsplit(http.request_sequence[0][0]).query)["id"][0]
    assert len(ids.split(",")) == 50


def test_refused_call_concludes_nothing(db: None) -> None:
    make_track("satie", 0, 0)
    body = {"error": {"code": 403, "message": "quota", "errors": [{"reason": "quotaExceeded"}]}}
    http = HttpMockSequence([({"status": "403"}, json.dumps(body))])
    with pytest.raises(ProviderError) as caught:
        list(YouTube("key", http).check(list(TrackSource.objects.all())))
    assert caught.value.code == "quotaExceeded"
    assert TrackSource.objects.get().state == "unknown"


def test_file_that_is_gone_is_told_from_a_host_that_is_down(db: None) -> None:
    for name in ("here", "gone", "down", "busy"):
        make_track(name, 0, 0, kind="audio", url=f"https://example.org/{name}.mp3")

    def ask(url: str) -> int:
        if "down" in url:
            raise TimeoutError
        return {"here": 200, "gone": 404, "busy": 503}[url.rpartition("/")[2][:-4]]

    found = {s.track.slug: v.state for s, v in Hosted(ask).check(list(TrackSource.objects.all()))}
    assert found == {"here": "ok", "gone": "quarantined"}


def test_check_without_a_key_says_so_and_exits_with_2(db: None, settings: Settings) -> None:
    settings.MAEUM_YOUTUBE_API_KEY = ""
    with pytest.raises(CommandError) as caught:
        call_command("check_catalogue")
    assert caught.value.returncode == 2
    assert "MAEUM_YOUTUBE_API_KEY" in str(caught.value)


def test_check_stores_what_it_found(db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_track("satie", 0, 0).sources.get()
    settings.MAEUM_YOUTUBE_API_KEY = "key"
    http = HttpMockSequence([({"status": "200"}, '{"items": []}')])
    monkeypatch.setattr("music.management.commands.check_catalogue.YouTube", lambda key: YouTube(key, http))
    out = StringIO()
    call_command("check_catalogue", kind="youtube", stdout=out)
    source.refresh_from_db()
    assert (source.state, source.state_reason) == ("quarantined", "gone")
    assert source.checked_at is not None
    assert "quarantined 1" in out.getvalue()


@pytest.fixture
def curator(db: None) -> User:
    """Return somebody who keeps the catalogue."""
    return people.make_staff(None, "curator@example.org", Role.CURATOR)


def test_only_curators_open_the_catalogue_in_the_admin(
    curator: User, as_member: Client, as_officer: Client
) -> None:
    address = reverse("admin:music_track_changelist")
    assert logged_in(curator).get(address).status_code == 200
    assert as_member.get(address).status_code in (302, 403)
    assert as_officer.get(address).status_code in (302, 403)


def test_approval_switches_an_uncertain_track_on(catalogue: None, curator: User) -> None:
    track = Track.objects.filter(enabled=False).first()
    assert track is not None
    assert not track.sources.get().playable
    data = {"action": "approve", "_selected_action": [track.pk]}
    logged_in(curator).post(reverse("admin:music_track_changelist"), data)
    assert Track.objects.playable().filter(pk=track.pk).exists()


def test_catalogue_goes_out_and_comes_in_unchanged(catalogue: None) -> None:
    data = TrackResource().export(Track.objects.prefetch_related("sources"))
    text = data.export("csv")
    result = TrackResource().import_data(tablib.Dataset().load(text, format="csv"), dry_run=True)
    assert not result.has_errors()
    assert not result.has_validation_errors()
    assert result.totals["skip"] == Track.objects.count()


def test_import_makes_a_new_track_with_its_video_and_a_dry_run_does_not(catalogue: None) -> None:
    row = TrackResource().export(Track.objects.filter(sources__kind="youtube")[:1])
    values = dict(zip(row.headers, row[0], strict=True))
    values |= {"slug": "new-track", "youtube_id": "A" * 11}
    data = tablib.Dataset(list(values.values()), headers=list(values))
    TrackResource().import_data(data, dry_run=True)
    assert not Track.objects.filter(slug="new-track").exists()
    result = TrackResource().import_data(data, dry_run=False)
    assert not result.has_errors()
    assert TrackSource.objects.get(youtube_id="A" * 11).track.slug == "new-track"


@pytest.mark.parametrize(
    ("column", "value"), [("valence", "3"), ("mood_words", "졸린"), ("licence", "cc-by-nc")]
)
def test_import_refuses_a_bad_row(catalogue: None, column: str, value: str) -> None:
    row = TrackResource().export(Track.objects.all()[:1])
    values = dict(zip(row.headers, row[0], strict=True)) | {column: value}
    data = tablib.Dataset(list(values.values()), headers=list(values))
    result = TrackResource().import_data(data, dry_run=True)
    assert result.has_errors() or result.has_validation_errors()


def test_organisation_staff_are_not_curators(organisation: Organisation, officer: User) -> None:
    from music.policies import may_curate

    assert not may_curate(officer)
