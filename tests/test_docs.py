"""Documents keep up with the code."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("config", "accounts", "inference", "moods", "music", "welfare")


def test_every_environment_variable_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    source = "".join(path.read_text() for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    names = set(re.findall(r"""["'](MAEUM_[A-Z_]+|DATABASE_URL|REDIS_URL)["']""", source))
    missing = {name for name in names if f"`{name}`" not in text}
    assert not missing
    assert "MAEUM_VAR" in names


def test_every_documented_variable_is_read_somewhere() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    source = "".join(
        path.read_text()
        for room in (*ROOMS, "tests", "tools")
        for path in (ROOT / room).rglob("*.*")
        if path.suffix in {".py", ".sh"}
    )
    documented = set(re.findall(r"`(MAEUM_[A-Z_]+|DATABASE_URL|REDIS_URL)`", text))
    assert documented
    assert not {name for name in documented if name not in source}
