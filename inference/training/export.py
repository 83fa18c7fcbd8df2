"""From trained weights to a bundle: quantise, fit the vote with what ships, measure, write."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from inference import _bundle, _cover
from inference._bundle import Bundle, MemberEntry
from inference._ensemble import Probabilities, Vote
from inference._labels import EMOTIONS
from inference._members import Member, load_member
from inference.members import get_member
from inference.training.data import Faces
from inference.training.evaluation import full_report, log_loss, scores
from inference.training.loop import Recipe
from inference.training.vote import choose_floor, fit_vote

#: Reading each face mirrored too must lower log loss by this much to be worth twice the time.
FLIP_GAIN = 0.005


@dataclass(frozen=True)
class Config:
    """What ``train_ensemble --config`` reads.

    Attributes:
        version: of the bundle to write.
        coverage: share of FER+ Valid that the floor lets through.
        recipes: how each member is trained.
        card: the parts of the model card that nobody can measure.
    """

    version: str
    coverage: float
    recipes: tuple[Recipe, ...]
    card: dict[str, Any]


def read_config(path: Path) -> Config:
    """Read a JSON config; lists in a recipe become tuples. Raises ``ValueError``."""
    try:
        raw = json.loads(path.read_text())
        recipes = tuple(_recipe(member) for member in raw["members"])
        return Config(str(raw["version"]), float(raw["coverage"]), recipes, dict(raw["card"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path} is no ensemble config: {error!r}") from error


def _recipe(raw: dict[str, Any]) -> Recipe:
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}
    return Recipe(**fields)


def export(
    config: Config, runs: Path, cover: Path, valid: Faces, test: Faces, folder: Path
) -> dict[str, Any]:
    """Write a bundle and return its metrics.

    1. Quantise every member's best weights. 2. Load them back as they will ship. 3. Fit weights,
    temperature and floor on ``valid``. 4. Measure on ``test``, which nothing was fitted on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    entries = [_write_member(recipe, runs / recipe.member, folder) for recipe in config.recipes]
    with np.load(cover, allow_pickle=False) as stored:
        digest = _bundle.write_arrays(folder / "cover.npz", {name: stored[name] for name in stored.files})
    draft = Bundle(folder, config.version, tuple(entries), ("cover.npz", digest), 1.0, 0.0, False, {})
    members = [load_member(draft, entry) for entry in entries]
    labels = valid.targets.argmax(1)
    plain, mirrored = _both_ways(members, valid)
    once, twice = fit_vote(plain, labels), fit_vote(mirrored, labels)
    gain = log_loss(once.combine(plain), labels) - log_loss(twice.combine(mirrored), labels)
    flip = gain > FLIP_GAIN
    fitted, heard = (twice, mirrored) if flip else (once, plain)
    floor = choose_floor(fitted.combine(heard), config.coverage)
    vote = replace(fitted, floor=floor)
    metrics = {
        "valid": full_report(vote.combine(heard), labels, floor),
        "test": _measured(members, entries, vote, flip, test),
        "flip_gain": round(gain, 4),
    }
    manifest = {
        "version": config.version,
        "made": dt.datetime.now(dt.UTC).date().isoformat(),
        "classes": [emotion.value for emotion in EMOTIONS],
        "members": [_as_json(entry, weight) for entry, weight in zip(entries, vote.weights, strict=True)],
        "cover": {"file": "cover.npz", "sha256": digest, "classes": list(_cover.CLASSES)},
        "temperature": vote.temperature,
        "floor": floor,
        "flip": flip,
        "card": _card(config, runs, metrics),
    }
    _bundle.write_manifest(folder, manifest)
    _bundle.make_current(folder)
    return metrics


def _write_member(recipe: Recipe, run: Path, folder: Path) -> MemberEntry:
    """Quantise one run's best weights into the bundle."""
    import keras

    card = get_member(recipe.member).card
    graph = get_member(recipe.member).build(recipe.size, len(EMOTIONS), recipe.dropout)
    keras.Model(graph.input, graph.output["logits"]).load_weights(run / "best.weights.h5")
    arrays = {weight.path: np.asarray(weight.numpy()) for weight in graph.weights}
    file = f"{card.architecture}.npz"
    digest = _bundle.write_arrays(folder / file, _bundle.quantised(arrays))
    return MemberEntry(card.name, card.architecture, file, digest, recipe.size, card.preprocess, 1.0)


def _both_ways(members: Sequence[Member], faces: Faces) -> tuple[list[Probabilities], list[Probabilities]]:
    """Return each member's probabilities, plain and averaged with the mirrored face."""
    plain = [member.answer(faces.images, flip=False).probabilities for member in members]
    other = [member.answer(faces.images[:, :, ::-1], flip=False).probabilities for member in members]
    return plain, [(a + b) / 2 for a, b in zip(plain, other, strict=True)]


def _measured(
    members: Sequence[Member], entries: Sequence[MemberEntry], vote: Vote, flip: bool, faces: Faces
) -> dict[str, Any]:
    heard = [member.answer(faces.images, flip=flip).probabilities for member in members]
    labels = faces.targets.argmax(1)
    each = {
        entry.name: {**scores(chances, labels), "weight": weight}
        for entry, chances, weight in zip(entries, heard, vote.weights, strict=True)
    }
    return {**full_report(vote.combine(heard), labels, vote.floor), "members": each}


def _as_json(entry: MemberEntry, weight: float) -> dict[str, Any]:
    return {**entry.__dict__, "size": list(entry.size), "weight": weight}


def _card(config: Config, runs: Path, metrics: dict[str, Any]) -> dict[str, Any]:
    """Put together what was said and what was measured, with each member's recipe and source."""
    recipes = []
    for recipe in config.recipes:
        card = get_member(recipe.member).card
        said = json.loads((runs / recipe.member / "recipe.json").read_text())
        said["init_weights"] = Path(said["init_weights"]).name if said.get("init_weights") else None
        recipes.append({"name": card.name, "source": card.source, "licence": card.licence, "recipe": said})
    return {**config.card, "version": config.version, "members": recipes, "metrics": metrics}
