"""The benchmarks run, say what they could not measure, and never call a slower or worse peer a winner."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from benchmarks import ferplus, frontier, goals, page, photos, stats  # noqa: E402
from benchmarks.probe import Unmeasured, ask  # noqa: E402


def test_one_section_runs_in_its_own_process_and_both_files_say_the_same(tmp_path: Path) -> None:
    command = [sys.executable, "tools/bench.py", "--quick", "--only", "peak", "--out", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    result = json.loads((tmp_path / "benchmarks.json").read_text())
    text = (tmp_path / "benchmarks.md").read_text()
    for name, row in result["peak"].items():
        assert row.get("problem") or row["gflops"] > 0
        assert name in text
    assert result["machine"]["cpu"] in text
    assert str(ROOT) not in text + json.dumps(result)


def test_a_broken_measurement_is_a_sentence_and_not_a_number() -> None:
    with pytest.raises(Unmeasured, match="KeyError"):
        ask("no such probe")


def test_a_measurement_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **options: Any) -> None:
        raise subprocess.TimeoutExpired("probe", options["timeout"])

    monkeypatch.setattr(subprocess, "run", never)
    with pytest.raises(Unmeasured, match="not finished after 7 s"):
        ask("peak", timeout=7, seconds=1)


def test_a_summary_orders_its_percentiles_and_refuses_nothing_timed() -> None:
    found = stats.summary([5.0, 1.0, 3.0, 2.0, 4.0])
    assert (found["n"], found["median"], found["low"], found["high"]) == (5, 3.0, 1.0, 5.0)
    with pytest.raises(ValueError, match="Nothing"):
        stats.summary([])


def test_a_phone_photo_has_twelve_megapixels_and_refused_ones_are_square() -> None:
    from io import BytesIO

    from PIL import Image

    assert Image.open(BytesIO(photos.phone())).size == photos.PHONE
    assert all(Image.open(BytesIO(photos.refused(why))).size == photos.SQUARE for why in photos.REFUSED)


def test_a_peers_words_become_our_six_and_contempt_never_wins() -> None:
    names = ["contempt", "disgusted", "fearful", "happy"]
    scores = np.array([[9, 1, 0, 0], [0, 0, 2, 1], [5, 0, 0, 4]], np.float32)
    from inference._labels import EMOTIONS

    assert [EMOTIONS[i].value for i in ferplus.as_six(scores, names)] == ["angry", "anxious", "happy"]


def test_only_images_with_a_majority_for_one_of_the_six_are_scored(tmp_path: Path) -> None:
    from PIL import Image

    folder = tmp_path / "data" / "FER2013Test"
    folder.mkdir(parents=True)
    votes = {"a": [0, 9, 0, 0, 0, 0, 0, 0, 1, 0], "b": [0, 0, 0, 0, 0, 5, 0, 5, 0, 0], "c": [4, 3, 3, 0, 0, 0, 0, 0, 0, 0], "d": [0] * 7 + [9, 1, 0]}  # fmt: skip
    for name in votes:
        Image.new("L", (48, 48), 90).save(folder / f"{name}.png")
    lines = [",".join([f"{name}.png", '"(0, 0, 48, 48)"', *map(str, row)]) for name, row in votes.items()]
    (folder / "label.csv").write_text("\n".join(lines) + "\n")
    images, labels = ferplus.private_test(tmp_path)
    from inference._labels import EMOTIONS

    assert [EMOTIONS[i].value for i in labels] == ["happy", "angry"]
    assert images.shape == (2, 48, 48)
    assert ferplus.score(labels, labels)["accuracy"] == 1
    with pytest.raises(SystemExit, match=r"label\.csv"):
        ferplus.private_test(tmp_path / "nowhere")


def _times(one: float, many: float) -> dict[str, Any]:
    return {f"batch_{n}": {"n": 3, "median": ms, "low": ms, "high": ms} for n, ms in ((1, one), (32, many))}


def _result(peer_ms: float, peer_accuracy: float) -> dict[str, Any]:
    member = {"engine": "onnx-int8", "size": [64, 64], "width": 1.0, "macs": 10_000_000, **_times(4, 64)}
    networks = {"flip": False, "bytes": 5_000_000, "members": {"one.tag": member}, "vote": _times(4, 64)}
    reading = {"read_photo, 1000x1000": {"n": 3, "median": 30, "low": 30, "high": 30}}
    bundle = {"student": False, "networks": networks, "readings": reading, "memory_mb": {}, "first": {}}
    peer = {"version": "1", "weights": "shipped", "note": "a note", **_times(peer_ms, peer_ms * 32)}
    machine = {
        "cpu": "A CPU",
        "instructions": [],
        "cores": 2,
        "threads": 2,
        "memory_gb": 8,
        "system": "Linux",
        "load_at_start": 0,
    }
    result: dict[str, Any] = {
        "made": "2026-11-21",
        "timed_seconds": 3,
        "machine": {**machine, "python": "3.11", "packages": {}},
        "bundles": {"six-x": bundle},
        "peers": {"peer": peer, "gone": {"problem": "no weights"}},
        "left_out": {},
        "accuracy": {
            "six-x": {"accuracy": 0.8, "half_width": 0.01, "n": 9},
            "peer 1": {"accuracy": peer_accuracy, "half_width": 0.01, "n": 9},
        },
    }
    result["frontier"] = frontier.of(result)
    return result


@pytest.mark.parametrize(
    ("ms", "accuracy", "beaten"), [(1, 0.7, False), (9, 0.9, False), (9, 0.7, False), (1, 0.9, True)]
)
def test_a_peer_beats_us_only_when_it_is_faster_and_more_accurate(
    ms: float, accuracy: float, beaten: bool
) -> None:
    result = _result(ms, accuracy)
    assert bool(result["frontier"]["beaten"]) is beaten
    said = frontier.sentence(result["frontier"])
    assert ("beats" in said) is beaten
    assert said in page.page(result, plotted=False)


def test_without_scores_the_page_does_not_claim_to_win() -> None:
    result = _result(9, 0.7)
    result["accuracy"] = {}
    result["frontier"] = frontier.of(result)
    assert "not known" in frontier.sentence(result["frontier"])


def test_goals_that_were_not_measured_say_so_and_missed_ones_are_marked() -> None:
    result = _result(9, 0.7)
    result["bundles"]["six-x"]["networks"]["vote"] = _times(26, 64)
    found = {row["what"]: row["met"] for row in goals.of(result)}
    assert found["most memory of a worker, MB"] is None
    assert found["vote of 1 members, ms a face at batch 1 (six-x)"] is False
    text = page.page(result, plotted=False)
    assert "**no**" in text
    assert "not measured: no GPU at hand" in text
    assert "gone (no weights)" in text


def test_the_frontier_is_drawn_only_where_something_was_scored(tmp_path: Path) -> None:
    result = _result(9, 0.7)
    assert frontier.draw(result["frontier"], tmp_path / "img" / "plot.png")
    assert (tmp_path / "img" / "plot.png").read_bytes().startswith(b"\x89PNG")
    result["accuracy"] = {}
    assert not frontier.draw(frontier.of(result), tmp_path / "none.png")


@pytest.mark.slow
def test_the_gpu_tool_names_the_device_or_says_there_is_none(tmp_path: Path) -> None:
    out = tmp_path / "gpu.json"
    command = [sys.executable, "tools/bench_gpu.py", "--member", "alexnet", "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    if done.returncode == 3:
        assert "No GPU at hand" in done.stderr
        assert not out.exists()
    else:
        assert done.returncode == 0, done.stderr[-500:]
        assert json.loads(out.read_text())["gpu"]["device"]
