"""Bundles on a shelf, and an ensemble that says which of them was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

import inference
from inference import EMOTIONS, Emotion, InferenceError, Reading
from tests.moods.photos import vote


@dataclass(frozen=True)
class Info:
    """What ``inference.installed_bundles`` says of one bundle."""

    version: str
    folder: Path
    active: bool = False
    classes: tuple[str, ...] = tuple(emotion.value for emotion in EMOTIONS)
    made: str = "2026-11-21"
    problem: str = ""


@dataclass
class Shelf:
    """The door of ``inference`` with several bundles behind it; ``asked`` are (version, photos)."""

    folder: Path
    bundles: dict[str, Info] = field(default_factory=dict)
    answers: dict[str, Reading] = field(default_factory=dict)
    asked: list[tuple[str | None, int]] = field(default_factory=list)
    default: str = "old"

    def put(self, version: str, emotion: Emotion = Emotion.HAPPY, **fields: Any) -> None:
        """Install a bundle that answers every photo with one emotion."""
        self.bundles[version] = Info(version, self.folder, **fields)
        self.answers[version] = replace(
            vote(emotion), ensemble_version=version, ms={"decode": 10.0, "vote": 30.0}
        )

    def read(self, photos: Sequence[bytes], *, version: str | None = None) -> list[Reading]:
        """Answer as the bundle asked for does; the default one where none is named."""
        self.asked.append((version, len(photos)))
        info = self.bundles.get(version or self.default)
        if info is None or info.problem:
            raise InferenceError("no", permanent=True, code=(info.problem if info else "") or "model_missing")
        return [self.answers[info.version]] * len(photos)

    def card(self, version: str | None = None) -> dict[str, Any]:
        """Return a card with its own accuracy."""
        return {
            "limits": ["Not for everybody."],
            "metrics": {"test": {
                "accuracy": 0.5 + len(version or "") / 100, "macro_f1": 0.7, "ece": 0.02,
                "per_class": {"happy": {"f1": 0.9}, "anxious": {"f1": 0.41}},
            }},
        }  # fmt: skip

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand in for the room's door."""
        monkeypatch.setattr(inference, "read_photos", self.read)
        monkeypatch.setattr(inference, "ensemble_version", lambda: self.default)
        monkeypatch.setattr(inference, "model_card", self.card)
        monkeypatch.setattr(inference, "installed_bundles", lambda: list(self.bundles.values()))
