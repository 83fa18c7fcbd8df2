"""Read and write a bundle: members' weights, vote, calibration and card, with a digest for each file.

A bundle is a folder with ``bundle.json``, ``.npz`` files that are opened without pickle and node
lists in JSON, so that no file in it can run code. Kernels are int8 with one float32 scale per output
channel; norm layers, biases and the class layer stay float32. Importing this module needs no engine.
Format 1 (no node lists: Keras alone can run it) is still read; format 2 is written.
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
from typing import Any, ClassVar, Final, Literal

import numpy as np
from numpy.typing import NDArray

from inference._engines import NAMES, EngineName
from inference._engines.fuse import quantise_kernel
from inference._engines.graph import Graph, from_json
from inference._labels import EMOTIONS, PRESETS, SIX, ClassList
from inference._types import InferenceError, Reason

FORMAT: Final = 2
OLD_FORMAT: Final = 1
MANIFEST: Final = "bundle.json"
#: Where shipped bundles lie; ``current.txt`` says which one serves.
BUNDLES: Final = Path(__file__).parent / "bundles"
CURRENT: Final = "current.txt"
#: Most bytes that all bundles in the repository, and one student, may take.
MOST_BYTES: Final = 64 * 2**20
MOST_STUDENT_BYTES: Final = 3 * 2**20

Array = NDArray[Any]
Channels = Literal[1, 3]


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
    """One member as the manifest names it.

    Attributes:
        name: ``architecture.tag``; several of one architecture are told apart by ``file``.
        architecture: one file in ``inference/members``.
        file, sha256: its arrays.
        size: height and width of its input in pixels.
        preprocess: what its card must say.
        weight: its share of the vote.
        channels: 1 reads grey, 3 colour.
        width: multiplier of its channels.
        graph, graph_sha256: its node list; empty where only Keras can run it.
        engine: what measurement preferred when the bundle was made.
    """

    name: str
    architecture: str
    file: str
    sha256: str
    size: tuple[int, int]
    preprocess: str
    weight: float
    channels: Channels = 1
    width: float = 1.0
    graph: str = ""
    graph_sha256: str = ""
    engine: EngineName = "keras"


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
        classes: the words of the vote, in the order of every class layer.
        class_scale: one factor a class laid on the calibrated vote, or None.
        student: whether this is the one small network taught by a vote.
        made: ISO date.
    """

    folder: Path
    version: str
    members: tuple[MemberEntry, ...]
    cover: tuple[str, str]
    temperature: float
    floor: float
    flip: bool
    card: Mapping[str, Any]
    classes: ClassList = SIX
    class_scale: tuple[float, ...] | None = None
    student: bool = False
    made: str = ""

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """Name every file with its digest."""
        graphs = [(e.graph, e.graph_sha256) for e in self.members if e.graph]
        return (*((e.file, e.sha256) for e in self.members), *graphs, self.cover)

    @property
    def servable(self) -> bool:
        """Tell whether every class is one of the six that a reading may name."""
        return set(self.classes.classes) <= {emotion.value for emotion in EMOTIONS}

    def stored(self, file: str, sha256: str) -> dict[str, Array]:
        """Open one weights file, as stored, after its digest was found right."""
        data = self.verified(file, sha256)
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as opened:
                arrays = {name: opened[name] for name in opened.files}
        except (ValueError, OSError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise BundleIncompatible(f"{file} is no readable weights file: {error}") from error
        for name, value in arrays.items():
            if value.dtype.kind not in "fi" or not np.isfinite(value).all():
                raise BundleIncompatible(f"{file} holds weights that are no finite numbers ({name}).")
        return arrays

    def arrays(self, file: str, sha256: str) -> dict[str, Array]:
        """Open one weights file as float32 after its digest was found right."""
        return dequantised(self.stored(file, sha256))

    def graph(self, entry: MemberEntry) -> Graph:
        """Open one member's node list; it must be over this bundle's classes in their order."""
        data = self.verified(entry.graph, entry.graph_sha256)
        try:
            raw = json.loads(data)
            words = tuple(raw["classes"])
            graph = from_json(raw)
        except (ValueError, KeyError, TypeError) as error:
            raise BundleIncompatible(f"{entry.graph} cannot be understood: {error}") from error
        if words != self.classes.classes:
            raise BundleIncompatible(f"{entry.name} was trained on other classes, or in another order.")
        return graph

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
        for file, sha256 in self.files:
            self.verified(file, sha256)


def find_bundle(configured: str = "", extra: str = "") -> Path:
    """Return the folder to serve from: a configured folder or version, or the one ``current.txt`` names.

    Args:
        extra: one more folder in which bundles lie side by side (``MAEUM_BUNDLES``).
    """
    if not configured:
        return _current(extra)
    if (Path(configured) / MANIFEST).is_file():
        return Path(configured)
    for folder in folders(extra):
        if Path(configured).name == configured and (folder / configured / MANIFEST).is_file():
            return folder / configured
    return Path(configured)


def _current(extra: str) -> Path:
    for folder in reversed(folders(extra)):
        if (folder / CURRENT).is_file():
            return folder / (folder / CURRENT).read_text(encoding="utf-8").strip()
    raise BundleMissing("No bundle is installed: inference/bundles/current.txt is missing.")


def folders(extra: str = "") -> tuple[Path, ...]:
    """Return every folder in which bundles lie side by side; shipped ones first."""
    return (BUNDLES, Path(extra)) if extra else (BUNDLES,)


def read_bundle(folder: Path) -> Bundle:
    """Read and check a manifest; raises one of three :class:`BundleError`."""
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
    except OSError as error:
        raise BundleMissing(f"There is no {MANIFEST} in {folder.name}.") from error
    try:
        return _parsed(folder, json.loads(text))
    except BundleError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BundleIncompatible(f"{MANIFEST} of {folder.name} cannot be understood: {error!r}") from error


def _parsed(folder: Path, manifest: dict[str, Any]) -> Bundle:
    if manifest["format"] not in (OLD_FORMAT, FORMAT):
        raise BundleIncompatible(f"Bundle format {manifest['format']} is not {FORMAT}.")
    bundle = Bundle(
        folder=folder,
        version=str(manifest["version"]),
        members=tuple(_entry(entry) for entry in manifest["members"]),
        cover=(manifest["cover"]["file"], manifest["cover"]["sha256"]),
        temperature=float(manifest["temperature"]),
        floor=float(manifest["floor"]),
        flip=bool(manifest["flip"]),
        card=dict(manifest["card"]),
        classes=_classes(manifest),
        class_scale=_scale(manifest.get("class_scale")),
        student=bool(manifest.get("student", False)),
        made=str(manifest.get("made", "")),
    )
    _check(bundle)
    return bundle


def _entry(raw: dict[str, Any]) -> MemberEntry:
    entry = MemberEntry(**{**raw, "size": tuple(int(side) for side in raw["size"])})
    if len(entry.size) != 2 or entry.channels not in (1, 3) or entry.engine not in NAMES:
        raise BundleIncompatible(f"The input or the engine of {entry.name} is none this program knows.")
    return entry


def _classes(manifest: dict[str, Any]) -> ClassList:
    """Read the class list; a preset's name must come with the preset's words in its order."""
    said = manifest["classes"]
    name, words = (SIX.name, tuple(said)) if isinstance(said, list) else (said["name"], tuple(said["words"]))
    if name in PRESETS and PRESETS[name].classes != words:
        raise BundleIncompatible("The bundle's classes or their order are not this program's.")
    return ClassList(str(name), words)


def _scale(raw: Any) -> tuple[float, ...] | None:
    return None if raw is None else tuple(float(value) for value in raw)


def _check(bundle: Bundle) -> None:
    names = [name for name, _ in bundle.files]
    for name in names:
        if Path(name).name != name or not name:
            raise BundleIncompatible(f"{name!r} would lie outside the bundle.")
    if len(set(names)) != len(names):
        raise BundleIncompatible("Two parts of the bundle share one file.")
    check_weights([entry.weight for entry in bundle.members])
    if bundle.student and len(bundle.members) != 1:
        raise BundleIncompatible("A student is one network.")
    if not (math.isfinite(bundle.temperature) and bundle.temperature > 0 and 0 <= bundle.floor < 1):
        raise BundleIncompatible("Temperature or floor is out of range.")
    scale = bundle.class_scale
    if scale and (len(scale) != len(bundle.classes) or not all(math.isfinite(s) and s > 0 for s in scale)):
        raise BundleIncompatible("The vote needs one positive, finite scale a class.")


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
            out[f"{name}|int8"], out[f"{name}|scale"] = quantise_kernel(value)
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
    write_json(folder / MANIFEST, {"format": FORMAT, **manifest})


def write_json(path: Path, value: Mapping[str, Any], indent: int | None = 1) -> str:
    """Write JSON whole or not at all; returns its sha256. NaN is refused."""
    text = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False)
    _write(path, text.encode() + b"\n")
    return hashlib.sha256(text.encode() + b"\n").hexdigest()


def make_current(folder: Path) -> None:
    """Serve from this bundle from now on (if it lies where bundles are shipped)."""
    if folder.parent.resolve() == BUNDLES.resolve():
        _write(BUNDLES / CURRENT, folder.name.encode() + b"\n")


def _write(path: Path, data: bytes) -> None:
    """Write to ``.part`` and rename, so that a full disk leaves the old file and no half of a new one."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
