"""Set-up without a network still gives pages their style sheet."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import fonts  # noqa: E402


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the tool at a copy of the project that has nothing but the npm files."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    vendor = tmp_path / "var" / "vendor"
    monkeypatch.setattr(fonts, "ROOT", tmp_path)
    monkeypatch.setattr(fonts, "MODULES", tmp_path / "node_modules")
    monkeypatch.setattr(fonts, "VENDOR", vendor)
    monkeypatch.setattr(fonts, "SHEET", vendor / "fonts.css")
    monkeypatch.setattr(fonts, "STAMP", vendor / ".stamp")
    return vendor


def test_unreachable_registry_leaves_an_empty_sheet_and_set_up_goes_on(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("npm_config_cache", str(elsewhere.parent / "cache"))
    assert fonts.main("[3/4]") == 0
    assert "@font-face" not in (elsewhere / "fonts.css").read_text()
    assert "No fonts this time" in capsys.readouterr().err
    assert not (elsewhere / ".stamp").exists(), "the next set-up must try again"


def test_every_file_the_sheet_names_is_there_with_its_licence() -> None:
    vendor = ROOT / "var" / "vendor"
    sheet = (vendor / "fonts.css").read_text()
    if "@font-face" not in sheet:
        pytest.skip("no fonts were fetched at set-up")
    named = fonts._URL.findall(sheet)
    assert len(named) > 100
    assert all((vendor / name).exists() for name in named)
    for font in fonts.FONTS:
        assert "SIL OPEN FONT LICENSE" in (vendor / font.name / "LICENSE.txt").read_text()
