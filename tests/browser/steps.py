"""Steps that several journeys share."""

from __future__ import annotations

import itertools
import re
from typing import Final

from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, READING

_numbers: Final = itertools.count(1)


def sign_up(page: Page, *, allow: bool = True) -> None:
    """Sign up as somebody new and answer the consent page; end on today's page."""
    page.goto("/accounts/signup/")
    page.locator("input[name=email]").fill(f"walker{next(_numbers)}-{id(page)}@example.org")
    page.locator("input[name=password1]").fill(PASSWORD)
    page.locator("input[name=password2]").fill(PASSWORD)
    page.locator("input[name=display_name]").fill("김순자")
    page.locator("main form button[type=submit], main form button:not([type])").first.click()
    page.wait_for_url("**/me/consent/**")
    if allow:
        for purpose in ("emotion_inference", "music"):
            page.locator(
                f"input[type=checkbox][name*={purpose}], input[type=checkbox][value={purpose}]"
            ).first.check()
        page.locator("button:not([name=decline])", has_text="고른 것만").click()
    else:
        page.locator("button[name=decline]").click()
    page.wait_for_url("**/today/")


def expect_joy(page: Page) -> None:
    """Wait until the photo is read without a reload; joy comes first, with music and its doubt."""
    page.wait_for_url(re.compile(r"/entries/[0-9a-f-]+/$"))
    expect(page.locator("#entry[data-status=read]")).to_be_visible(timeout=READING)
    expect(page.locator("h1")).to_contain_text("기쁨")
    expect(page.locator(".bars li").first).to_have_class(re.compile(r"\bhappy\b"))
    expect(page.locator("#reading-said")).to_contain_text("기쁨")
    expect(page.locator("[data-music] [data-track]").first).to_be_visible()


def expect_fits(page: Page) -> None:
    """Say that nothing needs scrolling sideways."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
