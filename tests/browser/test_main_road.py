"""The main road, walked as people walk it: a photo becomes a mood, a song and a diary page."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from tests.browser.steps import expect_fits, expect_joy, sign_up

pytestmark = [pytest.mark.browser, pytest.mark.services, pytest.mark.slow]
Open = Callable[..., Page]


def test_a_photo_becomes_a_mood_a_song_and_a_diary_page(
    opened: Open, browser: Browser, portrait: Path
) -> None:
    page = opened(browser)
    sign_up(page)

    page.get_by_role("link", name=re.compile("사진으로 남기기")).click()
    page.locator("[data-main-file]").set_input_files(portrait)
    expect(page.locator("[data-preview]")).to_be_visible()
    page.locator("[data-submit]").click()
    expect_joy(page)

    page.goto("/diary/")
    expect(page.locator(".cal [aria-current=date] .px")).to_have_class(re.compile(r"happy g"))
    page.locator(".cal [aria-current=date]").click()
    expect(page.get_by_text("사진 짐작: 기쁨")).to_be_visible()


def test_a_photo_is_dropped_onto_the_page(opened: Open, browser: Browser, portrait: Path) -> None:
    page = opened(browser)
    sign_up(page)
    page.goto("/check-in/")
    expect(page.locator("[data-drop][data-ready]")).to_be_visible()
    dropped = page.evaluate_handle(
        """(letters) => {
            const bytes = Uint8Array.from(atob(letters), (letter) => letter.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], "me.jpg", { type: "image/jpeg" }));
            return data;
        }""",
        base64.b64encode(portrait.read_bytes()).decode(),
    )
    page.dispatch_event("[data-drop]", "drop", {"dataTransfer": dropped})
    expect(page.locator("[data-preview]")).to_be_visible()
    page.locator("[data-submit]").click()
    expect_joy(page)


def test_a_correction_outranks_the_reading_from_then_on(
    opened: Open, browser: Browser, portrait: Path
) -> None:
    page = opened(browser)
    sign_up(page)
    page.goto("/check-in/")
    page.locator("[data-main-file]").set_input_files(portrait)
    page.locator("[data-submit]").click()
    expect_joy(page)

    page.locator(".correction input[name=feeling][value=neutral]").check()
    page.locator(".correction button.save").click()

    expect(page.locator("h1")).to_have_text("덤덤해요")
    page.goto("/diary/")
    expect(page.locator(".cal [aria-current=date] .px")).to_have_class("px neutral")


def test_the_webcam_takes_the_photo(opened: Open, filming: Browser) -> None:
    page = opened(filming)
    sign_up(page)
    page.goto("/check-in/")

    page.locator("[data-open-camera]").click()
    expect(page.locator("[data-use]")).to_be_hidden()
    page.locator("[data-shutter]").click()
    expect(page.locator("[data-shot]")).to_be_visible()
    page.locator("[data-again]").click()
    page.locator("[data-shutter]").click()
    page.locator("[data-use]").click()
    expect(page.locator("[data-preview]")).to_be_visible()
    page.locator("[data-submit]").click()

    expect_joy(page)


def test_a_refused_camera_leaves_a_way_on(opened: Open, refusing: Browser) -> None:
    page = opened(refusing, permissions=[])
    sign_up(page)
    page.goto("/check-in/")

    page.locator("[data-open-camera]").click()
    expect(page.locator("[data-camera-sentence]")).to_contain_text("막혀 있어요")
    expect(page.locator("[data-choose-file]")).to_be_focused()
    page.locator("[data-camera-problem] a").click()
    page.locator(".scale7 label").nth(4).click()
    page.locator("[data-submit]").click()

    expect(page.locator("h1")).to_have_text("조금 좋아요")


def test_a_machine_without_a_camera_says_so(opened: Open, browser: Browser) -> None:
    page = opened(browser)
    sign_up(page)
    page.goto("/check-in/")

    page.locator("[data-open-camera]").click()

    expect(page.locator("[data-camera-sentence]")).to_be_visible()
    expect(page.locator("[data-shutter]")).to_be_hidden()


def test_everything_is_done_by_keyboard(opened: Open, browser: Browser) -> None:
    page = opened(browser)
    sign_up(page)
    page.goto("/check-in/?by=hand")

    _tab_to(page, "input[name=mood]")
    page.keyboard.press("Space")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page.locator("[data-scale-word]")).to_have_text("좋아요")
    _tab_to(page, "input[name=feeling]")
    page.keyboard.press("Space")
    _tab_to(page, "textarea")
    page.keyboard.type("첫눈이 왔다.")
    _tab_to(page, "[data-submit]")
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile(r"/entries/"))
    expect(page.locator("h1")).to_contain_text("기뻐요")
    expect(page.get_by_text("첫눈이 왔다.")).to_be_visible()


def _tab_to(page: Page, selector: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"No tab leads to {selector}.")


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_shows_every_page_without_sideways_scrolling(
    opened: Open, browser: Browser, portrait: Path, width: int
) -> None:
    page = opened(browser, viewport={"width": width, "height": 740}, has_touch=True, is_mobile=True)
    sign_up(page)
    page.goto("/check-in/")
    expect(page.locator("[data-phone-camera]")).to_be_visible()
    assert page.locator("[data-phone-camera] input").get_attribute("capture") == "user"
    page.locator("[data-phone-camera] input").set_input_files(portrait)
    expect_fits(page)
    page.locator("[data-submit]").click()
    expect_joy(page)
    expect_fits(page)

    yesterday = timezone.localdate() - timedelta(days=1)
    for address in ("/today/", "/diary/", f"/diary/{yesterday}/", "/check-in/?by=hand", "/how-it-reads/"):
        page.goto(address)
        expect_fits(page)


def test_a_refused_file_keeps_every_word(opened: Open, browser: Browser, tmp_path: Path) -> None:
    fake = tmp_path / "face.jpg"
    fake.write_text("I am no picture at all.")
    page = opened(browser)
    sign_up(page)
    page.goto("/check-in/")
    page.locator(".by-hand summary").click()
    page.locator("#note").fill("손녀가 전화를 했다.")
    page.locator("[data-main-file]").set_input_files(fake)

    page.locator("[data-submit]").click()
    expect(page.locator("#problem")).to_contain_text("사진이 아니에요")
    expect(page.locator("#note")).to_have_value("손녀가 전화를 했다.")
    page.locator("[data-clear]").click()
    page.locator("[data-submit]").click()

    expect(page.locator("#entry blockquote")).to_have_text("손녀가 전화를 했다.")


def test_a_file_over_the_limit_is_told_before_it_is_sent(
    opened: Open, browser: Browser, tmp_path: Path
) -> None:
    heavy = tmp_path / "heavy.jpg"
    heavy.write_bytes(b"\xff\xd8\xff" + bytes(21_000_000))
    page = opened(browser)
    sign_up(page)
    page.goto("/check-in/")

    page.locator("[data-main-file]").set_input_files(heavy)

    expect(page.locator("[data-file-problem]")).to_contain_text("20 MB")
    expect(page.locator("[data-preview]")).to_be_hidden()


def test_the_road_works_without_javascript(opened: Open, browser: Browser, portrait: Path) -> None:
    page = opened(browser, java_script_enabled=False)
    sign_up(page)
    page.goto("/check-in/")
    page.locator("#photo").set_input_files(portrait)
    page.locator("[data-submit]").click()

    expect(page.locator("#entry[data-status=read] h1")).to_contain_text("기쁨", timeout=150_000)


def test_a_double_click_makes_one_entry(opened: Open, browser: Browser) -> None:
    page = opened(browser)
    sign_up(page)
    page.goto("/check-in/?by=hand")
    page.locator(".scale7 label").nth(6).click()

    page.locator("[data-submit]").dblclick()

    page.wait_for_url(re.compile(r"/entries/"))
    page.goto("/today/")
    expect(page.locator("article.entry")).to_have_count(1)


def test_who_refuses_consent_still_has_a_diary(opened: Open, browser: Browser) -> None:
    page = opened(browser)
    sign_up(page, allow=False)

    page.get_by_role("link", name=re.compile("사진으로 남기기")).click()
    expect(page.locator("[data-file]")).to_have_count(0)
    page.locator(".scale7 label").nth(1).click()
    page.locator("[data-submit]").click()

    expect(page.locator("h1")).to_have_text("힘들어요")


def test_one_tap_is_taken_back_by_another(opened: Open, browser: Browser) -> None:
    page = opened(browser)
    sign_up(page)

    page.get_by_role("button", name="괜찮아요").click()
    expect(page.locator("article.entry")).to_have_count(1)
    page.get_by_role("button", name="되돌리기").click()

    expect(page.locator("article.entry")).to_have_count(0)
