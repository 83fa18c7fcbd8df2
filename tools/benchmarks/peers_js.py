"""Run the two npm peers through Node on the same faces; see ``peers_node.mjs``."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks import peer_env
from benchmarks.machine import environment
from benchmarks.stats import summary

SCRIPT: Final = Path(__file__).with_name("peers_node.mjs")
#: Row name to the package's short name.
PEERS: Final = {"face-api (npm)": "face-api", "human (npm)": "human"}
NOTE: Final = (
    "TensorFlow.js on WebAssembly, one thread, as its Node demo; whole reading: our stages plus its median"
)


def measure(name: str, faces_file: Path, seconds: float) -> dict[str, Any]:
    """Time one peer at batch 1 and 32."""
    answer = _node(name, np.load(faces_file, allow_pickle=False), seconds, "")
    times = {key: summary(answer[key]) for key in ("batch_1", "batch_32")}
    return {"version": answer["version"], "weights": "shipped", "note": NOTE, **times}


def accuracy(name: str, ferplus: Path, limit: int | None) -> dict[str, Any]:
    """Score one peer on FER+ PrivateTest."""
    from benchmarks import ferplus as data

    images, labels = data.private_test(ferplus, limit)
    answer = _node(name, images, 0, "all")
    scores = np.array(answer["scores"], np.float32).reshape(len(images), -1)
    return data.score(data.as_six(scores, answer["names"]), labels)


def _node(name: str, faces: NDArray[np.uint8], seconds: float, what: str) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        file.write(np.ascontiguousarray(faces).tobytes())
        file.flush()
        words = [
            PEERS[name],
            str(peer_env.NODE),
            file.name,
            str(len(faces)),
            str(faces.shape[1]),
            str(seconds),
            what,
        ]
        try:
            done = subprocess.run(
                [peer_env.node(), str(SCRIPT), *filter(None, words)],
                env=environment(), capture_output=True, text=True, check=False, timeout=800,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise SystemExit(f"{name}: not finished after {error.timeout:.0f} s") from error
    if done.returncode:
        raise SystemExit(f"{name}: {(done.stderr.strip().splitlines() or ['no message'])[-1][:200]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer
