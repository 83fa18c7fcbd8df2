"""The player in a real browser; YouTube's script is replaced by a local stand-in."""

from __future__ import annotations

import io
import re
import wave
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from music.models import PlayerEvent, TrackSource
from tests.conftest import logged_in
from tests.music.conftest import make_track
from tests.services import chromium

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Behaves like the IFrame API as far as we use it; a video whose id begins with "gone" fails with 150.
STAND_IN = """
window.YT = {
  PlayerState: { ENDED: 0, PLAYING: 1, PAUSED: 2 },
  Player: class {
    constructor(mount, options) {
      window.opened = [...(window.opened ?? []), options];
      const frame = document.createElement("iframe");
      mount.replaceWith(frame);
      this.frame = frame;
      const { events, videoId } = options;
      this.events = events;
      const bad = videoId.startsWith("gone") ? 150 : videoId.startsWith("ours") ? 153 : 0;
      setTimeout(() => bad ? events.onError({ data: bad }) : events.onReady(), 20);
    }
    state(data) { setTimeout(() => this.events.onStateChange({ data }), 20); }
    playVideo() { this.state(1); }
    pauseVideo() { this.state(2); }
    setVolume(level) { window.level = level; }
    getCurrentTime() { return 1.5; }
    getIframe() { return this.frame; }
    destroy() { this.frame.remove(); }
  },
};
window.onYouTubeIframeAPIReady();
"""


def silence() -> bytes:
    """Return five seconds of silence as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 1, 8000, 40_000, "NONE", ""))
        sound.writeframes(b"\x80" * 40_000)
    return file.getvalue()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Chromium once for these tests."""
    # Playwright's loop runs in this thread, which Django takes for async code.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as play:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        options = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        chrome = play.chromium.launch(executable_path=chromium(), args=options)
        yield chrome
        chrome.close()


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, member: User) -> Iterator[Page]:
    """Open a phone on which Sunja is logged in and no host but ours answers, YouTube's script aside."""
    context = browser.new_context(viewport={"width": 320, "height": 700}, locale="ko-KR")
    cookie = logged_in(member).cookies["sessionid"]
    context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
    opened = context.new_page()
    opened.asked = []  # type: ignore[attr-defined]

    def answer(route: Route) -> None:
        address = route.request.url
        if address.startswith(live_server.url):
            route.continue_()
            return
        opened.asked.append(address)  # type: ignore[attr-defined]
        if address == "https://www.youtube.com/iframe_api":
            route.fulfill(body=STAND_IN, content_type="text/javascript")
        elif address.endswith(".wav"):
            route.fulfill(body=silence(), content_type="audio/wav")
        else:
            route.abort()

    context.route("**/*", answer)
    under_way: set[Request] = set()
    context.on("request", lambda request: under_way.add(request))
    # An answer without a body that may not be stored never counts as "finished" in Chromium.
    context.on("response", lambda response: under_way.discard(response.request))
    context.on("requestfinished", lambda request: under_way.discard(request))
    context.on("requestfailed", lambda request: under_way.discard(request))
    yield opened
    # A report still on its way would reach the server after the tables are emptied.
    while any("/music/events/" in request.url for request in under_way):
        opened.wait_for_timeout(20)
    context.close()


def play(page: Page, title: str) -> None:
    """Press the round button of a track, by keyboard."""
    button = page.get_by_role("button", name=f"{title} 듣기")
    button.focus()
    page.keyboard.press("Enter")


def test_nothing_is_asked_of_youtube_before_a_tap_and_one_track_plays_after(
    page: Page, live_server: LiveServer
) -> None:
    make_track("alpha", 0, 0)
    make_track("beta", 0, 0)
    page.goto(live_server.url + "/music/")
    assert page.asked == []  # type: ignore[attr-defined]
    play(page, "Alpha")
    expect(page.get_by_role("button", name="Alpha 멈추기")).to_be_visible()
    expect(page.locator("[data-open-link]:visible")).to_have_count(0)
    assert page.asked == ["https://www.youtube.com/iframe_api"]  # type: ignore[attr-defined]
    options = page.evaluate("window.opened[0]")
    assert options["host"] == "https://www.youtube-nocookie.com"
    assert options["playerVars"]["origin"] == live_server.url
    stage = page.locator("[data-stage]:visible").bounding_box()
    assert stage is not None
    assert stage["width"] >= 200
    assert stage["height"] >= 200
    page.get_by_role("button", name="다음 곡").click()
    expect(page.get_by_role("button", name="Beta 멈추기")).to_be_visible()
    assert page.locator("iframe").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_dead_video_gives_way_to_the_next_track_and_is_reported(page: Page, live_server: LiveServer) -> None:
    make_track("alpha", 0, 0, kind="youtube", youtube_id="gone-000000")
    make_track("beta", 0, 0)
    page.goto(live_server.url + "/music/")
    with page.expect_response(re.compile("/music/events/")):
        play(page, "Alpha")
    expect(page.get_by_role("button", name="Beta 멈추기")).to_be_visible()
    event = PlayerEvent.objects.get(kind="error")
    assert (event.source.youtube_id, event.error_code) == ("gone-000000", 150)


def test_our_own_error_says_so_and_offers_the_link(page: Page, live_server: LiveServer) -> None:
    make_track(
        "alpha",
        0,
        0,
        kind="youtube",
        youtube_id="ours-000000",
        page_url="https://www.youtube.com/watch?v=ours-000000",
    )
    page.goto(live_server.url + "/music/")
    play(page, "Alpha")
    expect(page.get_by_role("status").filter(has_text="저희 쪽 설정")).to_be_visible()
    expect(page.get_by_role("link", name="YouTube에서 열기")).to_be_visible()


def test_without_youtube_hosted_audio_takes_over(page: Page, live_server: LiveServer) -> None:
    page.context.route("https://www.youtube.com/**", lambda route: route.abort())
    make_track("alpha", 0, 0)
    make_track(
        "beta", 0, 0, kind="audio", url="https://audio.example/beta.wav", page_url="https://audio.example/"
    )
    page.goto(live_server.url + "/music/")
    play(page, "Alpha")
    expect(page.locator("li[data-title=Beta] audio[controls]")).to_be_visible()
    expect(page.get_by_role("button", name="Beta 멈추기")).to_be_visible()
    assert page.locator("audio").evaluate("sound => !sound.paused")


def test_without_youtube_or_audio_a_sentence_and_a_link_remain(page: Page, live_server: LiveServer) -> None:
    page.context.route("https://www.youtube.com/**", lambda route: route.abort())
    make_track("alpha", 0, 0)
    page.goto(live_server.url + "/music/")
    play(page, "Alpha")
    expect(page.get_by_role("status").filter(has_text="YouTube에 닿지 않아요")).to_be_visible()
    expect(page.get_by_role("link", name="YouTube에서 열기")).to_be_visible()


def test_volume_is_remembered(page: Page, live_server: LiveServer) -> None:
    make_track("alpha", 0, 0)
    page.goto(live_server.url + "/music/")
    play(page, "Alpha")
    expect(page.get_by_role("button", name="Alpha 멈추기")).to_be_visible()
    page.get_by_label("소리 크기").fill("0.3")
    assert page.evaluate("window.level") == 30
    page.reload()
    play(page, "Alpha")
    expect(page.get_by_role("button", name="Alpha 멈추기")).to_be_visible()
    assert page.evaluate("window.level") == 30
    assert TrackSource.objects.count() == 1
