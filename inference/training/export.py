"""From trained weights to a bundle: quantise, calibrate, fit the vote with what ships, measure, write."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from inference import _bundle, _cover
from inference._bundle import Array, Bundle, MemberEntry
from inference._engines.graph import Graph
from inference._engines.walk import UnknownLayer, walk
from inference._ensemble import Probabilities, Vote
from inference._labels import ClassList
from inference._members import Member, load_member
from inference.members import Faces, InputShape, get_member
from inference.training.config import Config
from inference.training.dataset import Dataset
from inference.training.engines import Choice, choose_engine
from inference.training.evaluation import full_report, log_loss, scores
from inference.training.quantise import calibrate
from inference.training.recipe import Recipe
from inference.training.vote import choose_floor, fit_vote

#: Reading each face mirrored too must lower log loss by this much to be worth twice the time.
FLIP_GAIN: Final = 0.005
#: Training faces that int8's ranges are fitted on.
CALIBRATION: Final = 400
#: Faces read from disk at a time.
CHUNK: Final = 256


class ExportError(ValueError):
    """The bundle cannot be written as asked; the message says why.

    Attributes:
        code: stable, for machines: ``too_large``, ``student_members``, ``classes``, ``run_missing``.
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Trained:
    """One member's weights as they will be stored.

    Attributes:
        entry: without digests, graph and weight yet.
        stored: int8 kernels with scales, and floats.
        graph: without ranges; None where a layer has no node.
        said: what the card says of it.
    """

    entry: MemberEntry
    stored: Mapping[str, Array]
    graph: Graph | None
    said: Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """What the vote is fitted on, what it is measured on, what int8 is calibrated on."""

    valid: Dataset
    test: Dataset
    calibration: Dataset


def export(
    config: Config,
    runs: Path,
    cover: Path,
    valid: Dataset,
    test: Dataset,
    folder: Path,
    *,
    calibration: Dataset | None = None,
) -> dict[str, Any]:
    """Write a bundle of trained runs and return its metrics.

    Args:
        runs: one folder a recipe, by its name, with ``best.weights.h5``.
        cover: arrays of the cover network.
        calibration: training faces for int8's ranges; without them the first of ``valid`` serve.

    Raises:
        ExportError: a run is missing, the bundle would be too large, or classes differ.
    """
    trained = [from_run(recipe, runs, config.classes) for recipe in config.recipes]
    with np.load(cover, allow_pickle=False) as opened:
        arrays = {name: opened[name] for name in opened.files}
    parts = Part(valid, test, calibration if calibration is not None else valid)
    draft = _draft(config.version, config.classes, config.student, config.card)
    return assemble(draft, config.coverage, trained, arrays, parts, folder)


def _draft(version: str, classes: ClassList, student: bool, card: Mapping[str, Any]) -> Bundle:
    made = dt.datetime.now(dt.UTC).date().isoformat()
    return Bundle(Path(), version, (), ("cover.npz", ""), 1.0, 0.0, False, card, classes, None, student, made)


def from_run(recipe: Recipe, runs: Path, classes: ClassList) -> Trained:
    """Open one run's best weights and quantise them."""
    import keras

    run = runs / (recipe.name or recipe.member)
    spec, shape = get_member(recipe.member), InputShape(*recipe.size, recipe.channels)
    graph = spec.build(shape, len(classes), 0.0, recipe.width)
    try:
        keras.Model(graph.input, graph.output["logits"]).load_weights(run / "best.weights.h5")
    except OSError as error:
        raise ExportError(f"The run {run} has no readable best.weights.h5.", code="run_missing") from error
    stored = _bundle.quantised({weight.path: np.asarray(weight.numpy()) for weight in graph.weights})
    card = spec.card
    entry = MemberEntry(
        name=card.name,
        architecture=card.architecture,
        file=f"{run.name}.npz",
        sha256="",
        size=recipe.size,
        preprocess=card.preprocess,
        weight=1.0,
        channels=recipe.channels,
        width=recipe.width,
    )
    return Trained(entry, stored, _walked(graph), _said(recipe, run))


def _walked(graph: Any) -> Graph | None:
    try:
        return walk(graph)
    except UnknownLayer:
        return None


def _said(recipe: Recipe, run: Path) -> dict[str, Any]:
    """Return what the card says of a member: source, licence, recipe without this machine's places."""
    card, path = get_member(recipe.member).card, run / "recipe.json"
    said = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else asdict(recipe)
    for key in ("init_weights", "teacher"):
        said[key] = Path(said[key]).name if said.get(key) else None
    return {"name": card.name, "source": card.source, "licence": card.licence, "recipe": said}


def assemble(
    draft: Bundle,
    coverage: float,
    trained: Sequence[Trained],
    cover: Mapping[str, Array],
    parts: Part,
    folder: Path,
) -> dict[str, Any]:
    """Write a bundle and return its metrics.

    1. Store every member's int8 weights and calibrate. 2. Load them back as they will ship. 3. Fit
    weights, temperature and floor on ``valid``. 4. Measure on ``test``, which nothing was fitted on.
    The folder appears whole, under its name, or not at all.
    """
    _check(draft, trained, parts)
    place = folder.with_name(folder.name + ".part")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    try:
        metrics = _assembled(replace(draft, folder=place), coverage, trained, cover, parts)
        _swap(place, folder)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    _bundle.make_current(folder)
    return metrics


def _assembled(
    draft: Bundle, coverage: float, trained: Sequence[Trained], cover: Mapping[str, Array], parts: Part
) -> dict[str, Any]:
    digest = _bundle.write_arrays(draft.folder / draft.cover[0], cover)
    draft = replace(draft, cover=(draft.cover[0], digest))
    written = [_write_member(draft, one, parts) for one in trained]
    draft = replace(draft, members=tuple(entry for entry, _ in written))
    members = [load_member(draft, entry) for entry in draft.members]
    bundle, metrics = _voted(draft, members, coverage, parts)
    metrics["engines"] = {entry.file[:-4]: asdict(choice) for entry, choice in written}
    said = [dict(one.said) for one in trained]
    card = {**draft.card, "version": draft.version, "members": said, "metrics": metrics}
    _bundle.write_manifest(bundle.folder, manifest_of(replace(bundle, card=card)))
    _check_size(bundle)
    return metrics


def _write_member(draft: Bundle, one: Trained, parts: Part) -> tuple[MemberEntry, Choice]:
    """Store weights and node list, then choose the engine on valid faces."""
    digest = _bundle.write_arrays(draft.folder / one.entry.file, one.stored)
    entry = replace(one.entry, sha256=digest, graph="", graph_sha256="", engine="keras")
    if one.graph is None:
        return entry, Choice("keras", None, None, {}, {})
    shape = InputShape(*entry.size, entry.channels)
    few = parts.calibration.limited(CALIBRATION)
    inputs = get_member(entry.architecture).prepare([few[i] for i in range(len(few))], shape)
    found = calibrate(one.graph, one.stored, inputs)
    file = f"{Path(entry.file).stem}.graph.json"
    raw = {"classes": list(draft.classes.classes), **found.graph.to_json()}
    graph_digest = _bundle.write_json(draft.folder / file, raw, indent=None)
    entry = replace(entry, graph=file, graph_sha256=graph_digest, engine="onnx-int8")
    choice = choose_engine(draft, entry, parts.valid, found)
    return replace(entry, engine=choice.engine), choice


def _voted(
    draft: Bundle, members: Sequence[Member], coverage: float, parts: Part
) -> tuple[Bundle, dict[str, Any]]:
    labels = parts.valid.labels
    plain = [answers(member, parts.valid) for member in members]
    other = [answers(member, parts.valid, mirrored=True) for member in members]
    both = [(a + b) / 2 for a, b in zip(plain, other, strict=True)]
    once, twice = (fit_vote(heard, labels, draft.classes) for heard in (plain, both))
    gain = log_loss(once.combine(plain), labels) - log_loss(twice.combine(both), labels)
    flip = gain > FLIP_GAIN
    fitted, heard = (twice, both) if flip else (once, plain)
    vote = replace(fitted, floor=choose_floor(fitted.combine(heard), coverage))
    entries = [replace(e, weight=w) for e, w in zip(draft.members, vote.weights, strict=True)]
    bundle = replace(
        draft,
        members=tuple(entries),
        temperature=vote.temperature,
        floor=vote.floor,
        flip=flip,
        class_scale=vote.class_scale,
    )
    metrics = {
        "valid": full_report(vote.combine(heard), labels, vote.floor, draft.classes),
        "test": _measured(bundle, members, vote, parts.test),
        "flip_gain": round(gain, 4),
    }
    return bundle, metrics


def _measured(bundle: Bundle, members: Sequence[Member], vote: Vote, faces: Dataset) -> dict[str, Any]:
    heard = [answers(member, faces, flip=bundle.flip) for member in members]
    each = {
        Path(entry.file).stem: {**scores(chances, faces.labels), "weight": entry.weight}
        for entry, chances in zip(bundle.members, heard, strict=True)
    }
    return {**full_report(vote.combine(heard), faces.labels, vote.floor, bundle.classes), "members": each}


def answers(member: Member, faces: Dataset, *, flip: bool = False, mirrored: bool = False) -> Probabilities:
    """Return a member's probabilities ``(n, k)`` of a whole set, read from disk in chunks."""
    parts = [member.answer(chunk, flip=flip).probabilities for chunk in chunks(faces, mirrored=mirrored)]
    return np.concatenate(parts)


def chunks(faces: Dataset, *, mirrored: bool = False) -> Iterator[Faces]:
    """Yield the set's faces, :data:`CHUNK` at a time."""
    for start in range(0, len(faces), CHUNK):
        images = [faces[i] for i in range(start, min(start + CHUNK, len(faces)))]
        yield [np.ascontiguousarray(image[:, ::-1]) for image in images] if mirrored else images


def manifest_of(bundle: Bundle) -> dict[str, Any]:
    """Return the manifest's JSON values, in the current format."""
    return {
        "version": bundle.version,
        "made": bundle.made,
        "student": bundle.student,
        "classes": {"name": bundle.classes.name, "words": list(bundle.classes.classes)},
        "members": [{**asdict(entry), "size": list(entry.size)} for entry in bundle.members],
        "cover": {"file": bundle.cover[0], "sha256": bundle.cover[1], "classes": list(_cover.CLASSES)},
        "temperature": bundle.temperature,
        "floor": bundle.floor,
        "class_scale": list(bundle.class_scale) if bundle.class_scale else None,
        "flip": bundle.flip,
        "card": dict(bundle.card),
    }


def _check(draft: Bundle, trained: Sequence[Trained], parts: Part) -> None:
    if draft.student and len(trained) != 1:
        raise ExportError("A student bundle holds exactly one member.", code="student_members")
    for part in (parts.valid, parts.test, parts.calibration):
        if part.classes.classes != draft.classes.classes:
            raise ExportError("The data set's classes or their order are not the bundle's.", code="classes")


def _check_size(bundle: Bundle) -> None:
    most = _bundle.MOST_STUDENT_BYTES if bundle.student else _bundle.MOST_BYTES
    taken = sum(path.stat().st_size for path in bundle.folder.iterdir())
    if taken > most:
        what = "A student bundle" if bundle.student else "A bundle"
        raise ExportError(
            f"{what} may take {most / 2**20:.0f} MB, this one takes {taken / 2**20:.1f}.", code="too_large"
        )


def _swap(place: Path, folder: Path) -> None:
    """Put a finished folder where the old one lies; the old one goes only after the new one stands."""
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    place.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
