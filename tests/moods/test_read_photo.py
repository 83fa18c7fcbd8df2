"""The command prints one JSON object a file with every key, and stores nothing."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

import inference
from inference import Emotion, InferenceError
from moods.choices import plane_point
from moods.management.commands.read_photo import KEYS
from tests.moods.photos import astronaut, jpeg


@pytest.fixture
def portrait_file(tmp_path: Path) -> Path:
    """Return the portrait as a file."""
    path = tmp_path / "astronaut.jpg"
    path.write_bytes(astronaut())
    return path


def lines(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[dict[str, Any]]:
    call_command("read_photo", *map(str, arguments), "--json")
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_portrait_is_read_happy_with_every_key(
    portrait_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [line] = lines(capsys, portrait_file)
    assert tuple(line) == KEYS
    assert (line["path"], line["outcome"], line["emotion"]) == (str(portrait_file), "READ", "happy")
    assert set(line["probabilities"]) == {str(name) for name in Emotion}
    point = plane_point(line["probabilities"])
    assert point is not None
    assert (line["valence"], line["arousal"]) == (pytest.approx(point.valence), pytest.approx(point.arousal))
    assert line["valence"] > 0.3
    assert set(line["face"]) == {"x", "y", "w", "h"}
    assert set(line["pose"]) == {"yaw", "pitch", "roll"}
    assert line["ms"]
    assert line["ensemble_version"] == inference.ensemble_version()


def test_files_are_answered_in_order_and_a_missing_one_stops_nobody(
    portrait_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    black = tmp_path / "black.jpg"
    black.write_bytes(jpeg(Image.new("RGB", (400, 400))))
    missing, words = tmp_path / "missing.jpg", tmp_path / "words.jpg"
    words.write_text("그냥 글이에요.")
    found = lines(capsys, missing, portrait_file, black, words, tmp_path)
    assert [line["outcome"] for line in found] == ["FAILED", "READ", "REJECTED", "FAILED", "FAILED"]
    assert [line["reason"] for line in found] == ["unreadable", None, "dark", "unreadable", "unreadable"]
    for line in found:
        assert tuple(line) == KEYS
    assert found[2]["probabilities"] is None
    assert found[2]["valence"] is None


def test_exit_code_is_one_only_if_every_file_failed(
    portrait_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        call_command("read_photo", str(tmp_path / "missing.jpg"), "--json")
    assert caught.value.code == 1
    assert json.loads(capsys.readouterr().out)["outcome"] == "FAILED"
    call_command("read_photo", str(tmp_path / "missing.jpg"), str(portrait_file))


def test_missing_bundle_is_a_reason_and_no_traceback(
    portrait_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(_photos: list[bytes]) -> None:
        raise InferenceError("no bundle", permanent=True, code="model_missing")

    monkeypatch.setattr(inference, "read_photos", missing)
    with pytest.raises(SystemExit):
        call_command("read_photo", str(portrait_file), "--json")
    line = json.loads(capsys.readouterr().out)
    assert (line["outcome"], line["reason"], line["ensemble_version"]) == ("FAILED", "model_missing", None)


@pytest.mark.parametrize(("language", "word"), [("ko", "기쁨"), ("en", "%")])
def test_without_json_it_speaks_to_people(
    language: str, word: str, portrait_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("read_photo", str(portrait_file), "--language", language)
    assert word in capsys.readouterr().out


def test_explain_draws_over_the_upright_photo(portrait_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "explained.png"
    call_command("read_photo", str(portrait_file), "--explain", str(out), "--json")
    drawn = Image.open(out).convert("RGB")
    plain = Image.open(io.BytesIO(inference.prepare_photo(astronaut()).data)).convert("RGB")
    assert drawn.size == plain.size
    changed = (np.asarray(drawn) != np.asarray(plain)).any(axis=2)
    assert 0.01 < changed.mean() < 0.5


def test_explain_of_several_photos_is_refused(portrait_file: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="one PATH"):
        call_command(
            "read_photo", str(portrait_file), str(portrait_file), "--explain", str(tmp_path / "x.png")
        )
