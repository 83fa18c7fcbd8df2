"""Measure the product: every stage of a reading, each member, the vote, whole readings, memory, cold start."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks import peak, photos, product
from benchmarks.machine import ROOT, environment
from benchmarks.stats import summary, timed

if TYPE_CHECKING:
    from inference._runtime import Loaded

BATCHES: Final = (1, 32)


def stages(seconds: float) -> dict[str, Any]:
    """Time decode, detection with gates, and aligning, on 1000 x 1000 and on 12 megapixels."""
    ensemble = product.load()
    found: dict[str, Any] = {}
    for name, data in (("1000x1000", photos.square()), ("12 MP", photos.phone())):
        bgr = product.decode(data)
        face = product.detect(bgr, ensemble)
        steps: dict[str, Any] = {
            "decode": partial(product.decode, data),
            "detect and gates": partial(product.detect, bgr, ensemble),
            "align": partial(ensemble.crop, bgr, face.landmarks),
            "decode + detect + align": partial(_opened, data, ensemble),
        }
        found |= {f"{step}, {name}": timed(call, seconds=seconds) for step, call in steps.items()}
    return found


def _opened(data: bytes, ensemble: Loaded) -> None:
    bgr = product.decode(data)
    ensemble.crop(bgr, product.detect(bgr, ensemble).landmarks)


def networks(version: str, seconds: float) -> dict[str, Any]:
    """Time each member and the vote at batch 1 and 32; times are for the whole batch, flips included."""
    ensemble = product.load(version)
    bundle = ensemble.bundle
    faces = _faces(ensemble, 32)
    members: dict[str, Any] = {}
    for entry, member in zip(bundle.members, ensemble.members, strict=True):
        row: dict[str, Any] = {"engine": member.engine.name, "size": list(entry.size), "width": entry.width}
        for batch in BATCHES:
            row[f"batch_{batch}"] = timed(
                partial(member.answer, faces[:batch], flip=bundle.flip), seconds=seconds
            )
        members[entry.name] = row
    vote = {f"batch_{n}": timed(partial(ensemble.probabilities, faces[:n]), seconds=seconds) for n in BATCHES}
    # Counting builds Keras graphs: after the timing, so that their threads disturb nothing.
    for entry in bundle.members:
        members[entry.name]["macs"] = peak.of_member(entry)
    size = product.bytes_on_disk(Path(bundle.folder))
    return {"flip": bundle.flip, "members": members, "vote": vote, "bytes": size}


def _faces(ensemble: Loaded, count: int) -> list[NDArray[np.uint8]]:
    """Return aligned cuts as the product itself makes them, of the portrait shifted a little each time."""
    bgr = product.decode(photos.square())
    face = product.detect(bgr)
    shifted = [np.roll(bgr, (i % 4, i // 4 % 4), (0, 1)) for i in range(count)]
    return [ensemble.crop(np.ascontiguousarray(picture), face.landmarks) for picture in shifted]


def readings(version: str, seconds: float) -> dict[str, Any]:
    """Time whole readings: 1000 x 1000, 12 megapixels, 32 photos at once, and refused photos."""
    product.prepare()
    square = photos.square()
    found = {
        "read_photo, 1000x1000": timed(partial(_read, [square], version, "READ UNSURE"), seconds=seconds),
        "read_photo, 12 MP": timed(partial(_read, [photos.phone()], version, "READ UNSURE"), seconds=seconds),
        "read_photo, 32 photos of 1000x1000": timed(
            partial(_read, [square] * 32, version, "READ UNSURE"), seconds=seconds, warm=0, fewest=2
        ),
    }
    for why in photos.REFUSED:
        call = partial(_read, [photos.refused(why)], version, "REJECTED")
        found[f"refused photo, 1000x1000 ({why})"] = timed(call, seconds=seconds)
    return found


def _read(data: list[bytes], version: str, wanted: str) -> None:
    """Read and make sure that the outcome is the one whose time is reported."""
    outcomes = {str(reading.outcome.value) for reading in product.read(data, version)}
    if not outcomes <= set(wanted.split()):
        raise SystemExit(f"A photo ended {outcomes}, not {wanted}: its time would mean nothing.")


def memory(version: str) -> dict[str, Any]:
    """Read one 12-megapixel photo and a batch of 32, then say the most memory this process ever held (MB)."""
    product.prepare()
    product.read([photos.phone()], version)
    one = _peak_mb()
    product.read([photos.square()] * 32, version)
    return {"one 12 MP photo": one, "and then a batch of 32": _peak_mb()}


def _peak_mb() -> float:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most / (2**20 if sys.platform == "darwin" else 1024), 1)


def cold_start(repeats: int) -> dict[str, Any]:
    """Time ``manage.py read_photo`` on one photo, from starting the process to its end."""
    with tempfile.TemporaryDirectory(prefix="maeum-bench-") as var:
        photo = Path(var) / "portrait.jpg"
        photo.write_bytes(photos.square())
        env = {**environment(), "MAEUM_VAR": var, "MAEUM_DEMO": "1"}
        command = [sys.executable, "manage.py", "read_photo", "--json", str(photo)]
        times = []
        for _ in range(repeats):
            begun = time.perf_counter()
            done = subprocess.run(
                command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120
            )
            times.append((time.perf_counter() - begun) * 1000)
            if done.returncode:
                raise SystemExit(f"read_photo failed: {done.stderr[-400:]}")
    return {"manage.py read_photo, one photo": summary(times)}


def first_reading(version: str) -> dict[str, Any]:
    """Time the first reading of a process that has imported nothing yet (loading the bundle included)."""
    data = photos.square()
    product.prepare()
    begun = time.perf_counter()
    product.read([data], version)
    return {"first reading of a process, bundle loaded": summary([(time.perf_counter() - begun) * 1000])}


def accuracy(version: str, ferplus: Path, limit: int | None) -> dict[str, Any]:
    """Score the vote and each member on FER+ PrivateTest crops, six classes."""
    from benchmarks import ferplus as data

    images, labels = data.private_test(ferplus, limit)
    ensemble = product.load(version)
    names = [entry.name for entry in ensemble.bundle.members]
    said: dict[str, list[Any]] = {name: [] for name in ["", *names]}
    for i in range(0, len(images), 128):
        answers = [answer.probabilities for answer in ensemble.ask(list(images[i : i + 128]))]
        for name, chances in zip(said, [ensemble.vote.combine(answers), *answers], strict=True):
            said[name].append(chances.argmax(1))
    scores = {name: data.score(np.concatenate(parts), labels) for name, parts in said.items()}
    return {**scores.pop(""), "members": scores}
