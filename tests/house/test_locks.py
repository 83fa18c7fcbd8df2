"""What is installed is what is locked: one OpenCV, no addresses, the same versions everywhere."""

from __future__ import annotations

import json
import re
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.txt", "requirements-dev.txt")
_PIN = re.compile(r"^([a-z0-9._-]+)==(\S+)(?: ; (.*?))? \\$", re.MULTILINE | re.IGNORECASE)


def pins(name: str) -> set[tuple[str, str, str]]:
    """Return name, version and marker of every pin."""
    return {(found[0], found[1], found[2]) for found in _PIN.findall((ROOT / name).read_text())}


def test_exactly_one_opencv_is_installed() -> None:
    names = {str(d.metadata["Name"]).lower() for d in distributions()}
    assert {name for name in names if name.startswith("opencv")} == {"opencv-python-headless"}


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_one_opencv_and_no_second_cv2(lock: str) -> None:
    names = {name for name, _, _ in pins(lock)}
    assert {name for name in names if "opencv" in name} == {"opencv-python-headless"}
    assert not names & {"mediapipe", "moviepy", "imageio-ffmpeg", "pillow-heif"}


@pytest.mark.parametrize("lock", [*LOCKS, "package-lock.json", ".npmrc"])
def test_lock_carries_no_address_of_a_registry(lock: str) -> None:
    lines = [line for line in (ROOT / lock).read_text().splitlines() if not line.lstrip().startswith('"url"')]
    text = "\n".join(lines)
    assert "://" not in text
    assert not re.search(r"^\s*(--?(extra-)?index|--?find-links|-i |-f )", text, re.MULTILINE)
    assert "resolved" not in text.replace("lockfile-registry-resolved", "")


def test_development_lock_holds_the_product_lock_unchanged() -> None:
    product = pins("requirements.txt")
    assert len(product) > 50
    assert product <= pins("requirements-dev.txt")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_digest(lock: str) -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", (ROOT / lock).read_text())
    pinned = [block for block in blocks if _PIN.match(block)]
    assert len(pinned) == len(pins(lock))
    assert not [block.split()[0] for block in pinned if "--hash=sha256:" not in block]


def test_font_packages_are_pinned_exactly() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for name, version in wanted.items():
        assert locked[f"node_modules/{name}"]["version"] == version
        assert locked[f"node_modules/{name}"]["integrity"].startswith("sha512-")
