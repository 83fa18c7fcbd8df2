"""Read and write a bundle: members' weights, vote, calibration and card, with a digest for each file.

A bundle is a folder with ``bundle.json`` and ``.npz`` files that are opened without pickle, so
that no file in it can run code. Kernels are int8 with one float32 scale per output channel; norm
layers, biases and the class layer stay float32. Importing this module needs no TensorFlow.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from inference._labels import EMOTIONS
from inference._types import InferenceError, Reason

FORMAT: Final = 1
MANIFEST: Final = "bundle.json"
#: Where bundles lie when no setting names another folder; ``current.txt`` says which one serves.
BUNDLES: Final = Path(__file__).parent / "bundles"
CURRENT: Final = "current.txt"

Array = NDArray[Any]


class BundleError(InferenceError):
    """The bundle cannot be used; nothing but a repaired installation helps."""

    CODE: ClassVar[Reason]

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=True, code=self.CODE.value)


class BundleMissing(BundleError):
    """A folder or file is not there."""

    CODE = Reason.MODEL_MISSING


class BundleChanged(BundleError):
    """A file is not the one that was written: its digest differs."""

    CODE = Reason.MODEL_CHANGED


class BundleIncompatible(BundleError):
    """Everything is there and whole, but this code cannot run it."""

    CODE = Reason.MODEL_INCOMPATIBLE


@dataclass(frozen=True)
class MemberEntry:
    """One member as the manifest names it; ``weight`` is its share of the vote."""

    name: str
    architecture: str
    file: str
    sha256: str
    size: tuple[int, int]
    preprocess: str
    weight: float


@dataclass(frozen=True)
class Bundle:
    """A checked manifest; weights are opened one file at a time by :meth:`arrays`.

    Attributes:
        folder: where it lies.
        version: stored on every reading.
        members: in the order of the vote.
        cover: file and digest of the cover network.
        temperature: divides the log of the vote; above 1 makes it less sure.
        floor: confidence below which the ensemble abstains.
        flip: whether each face is also read mirrored.
        card: what the model card says, JSON values.
    """

    folder: Path
    version: str
    members: tuple[MemberEntry, ...]
    cover: tuple[str, str]
    temperature: float
    floor: float
    flip: bool
    card: Mapping[str, Any]

    def arrays(self, file: str, sha256: str) -> dict[str, Array]:
        """Open one weights file after its digest was found right."""
        data = self.verified(file, sha256)
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as stored:
                return dequantised({name: stored[name] for name in stored.files})
        except (ValueError, OSError, KeyError, zipfile.BadZipFile) as error:
            raise BundleIncompatible(f"{file} is no readable weights file: {error}") from error

    def verified(self, file: str, sha256: str) -> bytes:
        """Return a file's bytes if they are the ones that were written."""
        try:
            data = (self.folder / file).read_bytes()
        except OSError as error:
            raise BundleMissing(f"The bundle {self.version} lacks {file}.") from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise BundleChanged(f"{file} of the bundle {self.version} is not the file that was written.")
        return data

    def verify(self) -> None:
        """Check every file's digest without opening any."""
        for entry in self.members:
            self.verified(entry.file, entry.sha256)
        self.verified(*self.cover)


def find_bundle(configured: str = "") -> Path:
    """Return the folder to serve from: the configured one, or the one ``current.txt`` names."""
    if configured:
        return Path(configured)
    try:
        return BUNDLES / (BUNDLES / CURRENT).read_text().strip()
    except OSError as error:
        raise BundleMissing("No bundle is installed: inference/bundles/current.txt is missing.") from error


def read_bundle(folder: Path) -> Bundle:
    """Read and check a manifest; raises one of three :class:`BundleError`."""
    try:
        text = (folder / MANIFEST).read_text()
    except OSError as error:
        raise BundleMissing(f"There is no {MANIFEST} in {folder.name}.") from error
    try:
        return _parsed(folder, json.loads(text))
    except BundleError:
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise BundleIncompatible(f"{MANIFEST} of {folder.name} cannot be understood: {error!r}") from error


def _parsed(folder: Path, manifest: dict[str, Any]) -> Bundle:
    if manifest["format"] != FORMAT:
        raise BundleIncompatible(f"Bundle format {manifest['format']} is not {FORMAT}.")
    if tuple(manifest["classes"]) != tuple(e.value for e in EMOTIONS):
        raise BundleIncompatible("The bundle's classes or their order are not this program's.")
    members = tuple(MemberEntry(**{**entry, "size": tuple(entry["size"])}) for entry in manifest["members"])
    for name in [*(entry.file for entry in members), manifest["cover"]["file"]]:
        if Path(name).name != name:
            raise BundleIncompatible(f"{name!r} would lie outside the bundle.")
    check_weights([entry.weight for entry in members])
    temperature, floor = float(manifest["temperature"]), float(manifest["floor"])
    if not (math.isfinite(temperature) and temperature > 0 and 0 <= floor < 1):
        raise BundleIncompatible("Temperature or floor is out of range.")
    return Bundle(
        folder=folder,
        version=str(manifest["version"]),
        members=members,
        cover=(manifest["cover"]["file"], manifest["cover"]["sha256"]),
        temperature=temperature,
        floor=floor,
        flip=bool(manifest["flip"]),
        card=manifest["card"],
    )


def check_weights(weights: list[float]) -> None:
    """Refuse vote weights that are negative, not finite, or do not sum to 1."""
    if not weights or not all(math.isfinite(w) and w >= 0 for w in weights) or abs(sum(weights) - 1) > 1e-6:
        raise BundleIncompatible("Vote weights must be finite, not negative, and sum to 1.")


def quantised(weights: Mapping[str, Array]) -> dict[str, Array]:
    """Store kernels of convolutions as int8 and one scale per output channel; leave the rest.

    A kernel ``k`` (last axis: output channels) becomes ``k|int8`` and ``k|scale`` with
    ``k ~ int8 * scale``; the largest error is half a scale.
    """
    out: dict[str, Array] = {}
    for name, value in weights.items():
        if value.ndim == 4:
            scale = np.abs(value).max(axis=(0, 1, 2)) / 127
            scale = np.where(scale > 0, scale, 1).astype(np.float32)
            out[f"{name}|int8"] = np.clip(np.rint(value / scale), -127, 127).astype(np.int8)
            out[f"{name}|scale"] = scale
        else:
            out[name] = np.asarray(value, np.float32)
    return out


def dequantised(stored: Mapping[str, Array]) -> dict[str, Array]:
    """Bring stored weights back to float32, in the stored order."""
    out: dict[str, Array] = {}
    for name, value in stored.items():
        if name.endswith("|int8"):
            base = name.removesuffix("|int8")
            out[base] = value.astype(np.float32) * stored[f"{base}|scale"]
        elif not name.endswith("|scale"):
            out[name] = value.astype(np.float32)
    return out


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> str:
    """Write an ``.npz`` whole or not at all; returns its sha256."""
    buffer = io.BytesIO()
    named: dict[str, Any] = dict(arrays)  # numpy's types take every keyword for its own flag
    np.savez_compressed(buffer, **named)
    data = buffer.getvalue()
    _write(path, data)
    return hashlib.sha256(data).hexdigest()


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write ``bundle.json`` last: a folder without one is no bundle."""
    text = json.dumps({"format": FORMAT, **manifest}, indent=1, ensure_ascii=False, allow_nan=False)
    _write(folder / MANIFEST, text.encode() + b"\n")


def make_current(folder: Path) -> None:
    """Serve from this bundle from now on (if it lies where bundles lie)."""
    if folder.parent.resolve() == BUNDLES.resolve():
        _write(BUNDLES / CURRENT, folder.name.encode() + b"\n")


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    os.replace(part, path)
