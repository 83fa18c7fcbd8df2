"""One live installation (web, inference worker, SQLite) and a real Chromium to walk through it."""

from __future__ import annotations

import io
import socket
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route, sync_playwright

from tests import services
from tests.moods.photos import astronaut
from tests.pipeline.house import House

HERE: Final = Path(__file__).parent
PASSWORD: Final = "correct horse 7 battery"
#: How long a page may wait for a photo to be read: the ensemble is loaded with the first one.
READING: Final = 150_000
_QUIET: Final = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


class Live(House):
    """An installation that also answers browsers."""

    def __init__(self, folder: Path) -> None:
        super().__init__("browser", folder)
        self.environment |= {"MAEUM_DEMO": "1", "MAEUM_DEBUG": "0"}
        self._call("manage.py", "collectstatic", "--no-input", "-v", "0", "--skip-checks")
        self._call("manage.py", "load_catalogue", "--skip-checks")
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self._spawn(
            [sys.executable, "-m", "gunicorn", "config.wsgi:application", f"--bind=127.0.0.1:{port}",
             "--worker-class=gthread", "--threads=4", "--timeout=60"],
            "web",
        )  # fmt: skip
        self._await_web()
        self.reader()

    def _await_web(self) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.address}/healthz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.2)
        pytest.fail(f"The web process does not answer:\n{self.log('web')}")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Return a running installation."""
    house = Live(tmp_path_factory.mktemp("live"))
    yield house
    house.close()


@pytest.fixture(scope="session")
def portrait(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the public-domain NASA portrait as a file."""
    path = tmp_path_factory.mktemp("photos") / "portrait.jpg"
    path.write_bytes(astronaut())
    return path


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the portrait as the film of a fake camera: one JPEG after another, 640 x 480."""
    frame = Image.new("RGB", (640, 480), "#b9bfb5")
    frame.paste(Image.open(io.BytesIO(astronaut())).convert("RGB").resize((480, 480)), (80, 0))
    out = io.BytesIO()
    frame.save(out, "JPEG", quality=92)
    path = tmp_path_factory.mktemp("film") / "portrait.mjpeg"
    path.write_bytes(out.getvalue() * 30)
    return path


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Start Playwright for one module: while its loop runs, Django takes this thread for async code."""
    with sync_playwright() as started:
        yield started


def chromium(playwright: Playwright, *more: str) -> Browser:
    """Start the system's Chromium; none is ever downloaded."""
    return playwright.chromium.launch(executable_path=services.chromium(), args=[*_QUIET, *more])


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Return a browser without a camera."""
    started = chromium(playwright)
    yield started
    started.close()


@pytest.fixture(scope="module")
def filming(playwright: Playwright, film: Path) -> Iterator[Browser]:
    """Return a browser whose camera shows the portrait and is allowed."""
    started = chromium(
        playwright,
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )
    yield started
    started.close()


@pytest.fixture(scope="module")
def refusing(playwright: Playwright) -> Iterator[Browser]:
    """Return a browser that has a camera and lets no page use it."""
    started = chromium(playwright, "--use-fake-device-for-media-stream", "--deny-permission-prompts")
    yield started
    started.close()


@pytest.fixture
def opened(live: Live) -> Iterator[Callable[..., Page]]:
    """Return a way to open a page that talks to nobody but this installation and raises no error."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def open_page(browser: Browser, **options: Any) -> Page:
        context = browser.new_context(base_url=live.address, locale="ko-KR", **options)
        contexts.append(context)

        def only_here(route: Route) -> None:
            if route.request.url.startswith((live.address, "blob:", "data:")):
                route.continue_()
            else:
                route.abort()

        context.route("**/*", only_here)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not troubles, troubles
