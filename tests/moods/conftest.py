"""Fixtures of this room: an own photo storage for every test, and a real portrait."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.storage import storages

from tests.moods.photos import astronaut


@pytest.fixture(autouse=True)
def photo_folder(settings: LazySettings, tmp_path: Path) -> Path:
    """Store photos in the test's own folder."""
    folder = tmp_path / "photos"
    usual: Any = settings.STORAGES["photos"]
    here: dict[str, Any] = {**usual, "OPTIONS": {**usual["OPTIONS"], "location": str(folder)}}
    settings.STORAGES = {**settings.STORAGES, "photos": here}
    assert Path(storages["photos"].path("x")) == folder / "x"
    return folder


@pytest.fixture
def portrait() -> bytes:
    """Return NASA's portrait of Eileen Collins as JPEG (public domain)."""
    return astronaut()
