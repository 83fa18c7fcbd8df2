"""Run a bundle over a labelled data set, on crops or as in production, and report every number."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from inference import _runtime
from inference._bundle import MANIFEST, read_bundle
from inference._ensemble import Vote
from inference.members import Faces
from inference.training.dataset import Dataset, DataSetError, Split
from inference.training.evaluation import (
    Labels,
    Probabilities,
    calibration_error,
    confusion,
    full_report,
    restricted,
    rounded,
    scores,
    spread,
)
from inference.training.hearing import Ensemble, Heard, Shipped, hear
from inference.training.heat import Explained, explain, sanity
from inference.training.intervals import intervals
from inference.training.subgroups import subgroups
from inference.training.vote import compare_votes, even_classes

LabelRule = Literal["majority", "uploader", "unanimous"]
#: Which labels of the same images the other set's labels are.
CROSS: Final = {"ferplus": "fer2013", "fer2013": "ferplus"}


def measure(
    *,
    source: str,
    root: Path,
    split: Split = "test",
    limit: int | None = None,
    crops: bool = False,
    restrict: bool = False,
    plots: Path | None = None,
    labels: LabelRule = "majority",
    bundle: str | None = None,
    explain_count: int = 0,
    cross: bool = False,
    votes: bool = False,
    even: bool = False,
) -> dict[str, Any]:
    """Return every key of ``evaluate_ensemble --json`` for an installed bundle and a data set on disk.

    Without ``crops`` each file is detected, gated and aligned as in production; ``n`` counts what
    passed, and ``coverage.judged`` says which share of the images that was. ``votes`` and ``even`` fit on
    the source's valid part and so may not be told of the numbers there.
    """
    if cross and source not in CROSS:
        raise DataSetError("Cross-scores need the source ferplus or fer2013.", code="rules")
    loaded = open_bundle(bundle)
    ensemble = Shipped(loaded)

    def part(of: str, which: Split) -> Dataset:
        from inference.training.sources import read_source

        found = read_source(of, root, ensemble.vote.classes, split=which, majority=True, labels=labels)
        return found.limited(limit)

    asked = part(source, split)
    check_data(asked, ensemble.vote)
    ensemble.ask(np.zeros((1, 48, 48), np.uint8))  # the first call may build what later ones use
    heard = hear(ensemble, asked, crops=crops)
    options: dict[str, Any] = {"explain_count": explain_count, "plots": plots, "heard": heard}
    report = measured(ensemble, asked, crops=crops, restrict=restrict, **options)
    report |= {"bundle": loaded.bundle.version, "source": source, "split": split}
    if cross:
        report["cross"] = crossed(ensemble, part(CROSS[source], split), CROSS[source], crops=crops)
    if votes or even:
        valid = part(source, "valid")
        check_data(valid, ensemble.vote)
        fit = hear(ensemble, valid, crops=crops), valid
        report |= fitted(ensemble, fit, (heard, asked), votes=votes, even=even)
    return report


def open_bundle(bundle: str | None) -> _runtime.Loaded:
    """Load the active bundle, an installed version, or the bundle in a folder; raises ``BundleError``."""
    if bundle and (Path(bundle) / MANIFEST).is_file():
        return _runtime.load_bundle(read_bundle(Path(bundle)))
    return _runtime.load(bundle)


def measured(
    ensemble: Ensemble,
    data: Dataset,
    *,
    crops: bool = True,
    restrict: bool = False,
    explain_count: int = 0,
    plots: Path | None = None,
    heard: Heard | None = None,
) -> dict[str, Any]:
    """Score one ensemble on one data set: all keys but those that name bundle and source.

    ``heard`` spares asking again what the members were asked before.
    """
    vote = ensemble.vote
    check_data(data, vote)
    heard = heard or hear(ensemble, data, crops=crops)
    judged = data.where(heard.kept)
    true, chances = judged.labels, vote.combine(heard.members)
    if restrict:
        chances = restricted(chances, true)
    report = full_report(chances, true, vote.floor, vote.classes)
    report["coverage"]["judged"] = rounded(heard.kept.mean())
    report["members"] = _members(ensemble, heard, true, restrict=restrict)
    report["faces_per_second"] = round(len(data) / max(heard.seconds, 1e-9), 1)
    report["intervals"] = intervals(chances, true, vote.classes, subjects=judged.subjects)
    report["subgroups"] = subgroups(chances, true, judged)
    report["restricted"] = restrict
    if plots:
        from inference.training.plots import draw_all

        report["plots"] = [path.name for path in draw_all(report, chances, true, plots)]
    if explain_count:
        report["explain"] = _explained(ensemble, judged.limited(explain_count), crops, plots)
    return report


def check_data(data: Dataset, vote: Vote) -> None:
    if not len(data):
        raise DataSetError("There are no images to score.", code="empty")
    if data.classes.classes != vote.classes.classes:
        same = set(data.classes.classes) == set(vote.classes.classes)
        how = "are in another order than" if same else "are not"
        raise DataSetError(
            f"The data set's classes {how} the bundle's.", code="label_order" if same else "classes"
        )
    if not np.isfinite(data.targets).all():
        raise DataSetError("Images without a label cannot be scored.", code="unlabelled")


def _members(ensemble: Ensemble, heard: Heard, true: Labels, *, restrict: bool) -> dict[str, dict[str, Any]]:
    """Score each member alone, without the vote's temperature."""
    return {
        name: {**scores(restricted(each, true) if restrict else each, true), "weight": weight}
        for name, each, weight in zip(ensemble.names, heard.members, ensemble.vote.weights, strict=True)
    }


def crossed(ensemble: Ensemble, data: Dataset, source: str, *, crops: bool) -> dict[str, Any]:
    """Score the ensemble on another set's labels, with intervals."""
    check_data(data, ensemble.vote)
    heard = hear(ensemble, data, crops=crops)
    judged = data.where(heard.kept)
    chances, true = ensemble.vote.combine(heard.members), judged.labels
    ends = intervals(chances, true, ensemble.vote.classes, subjects=judged.subjects)
    bounds = {key: ends[key] for key in ("accuracy", "log_loss", "macro_f1")}
    return {"source": source, "n": len(true), **scores(chances, true), "intervals": bounds}


def fitted(
    ensemble: Ensemble, valid: tuple[Heard, Dataset], asked: tuple[Heard, Dataset], *, votes: bool, even: bool
) -> dict[str, Any]:
    """Fit on ``valid`` what the options ask for, and say what it does on the part asked about."""
    (fit, valid_data), (other, asked_data) = valid, asked
    fit_labels, true = valid_data.where(fit.kept).labels, asked_data.where(other.kept).labels
    found: dict[str, Any] = {}
    if votes:
        sides = [dict(zip(ensemble.names, heard.members, strict=True)) for heard in (fit, other)]
        found["votes"] = compare_votes(sides[0], fit_labels, sides[1], true, ensemble.vote.classes)
    if even:
        scaled = even_classes(ensemble.vote, fit.members, fit_labels)
        plain = replace(ensemble.vote, class_scale=None)
        found["even_classes"] = {
            "class_scale": scaled.class_scale,
            "valid": {
                "before": _even_row(plain, fit, fit_labels),
                "after": _even_row(scaled, fit, fit_labels),
            },
            "asked": {"before": _even_row(plain, other, true), "after": _even_row(scaled, other, true)},
        }
    return found


def _even_row(vote: Vote, heard: Heard, true: Labels) -> dict[str, float]:
    chances = vote.combine(heard.members)
    table = confusion(chances, true)
    return {
        **scores(chances, true),
        "spread": rounded(spread(table)),
        "ece": rounded(calibration_error(chances, true)),
    }


def _explained(ensemble: Ensemble, data: Dataset, crops: bool, plots: Path | None) -> dict[str, Any]:
    """Draw maps of a few faces and put them to the deletion and insertion test."""
    clear = [data[i] if crops else ensemble.crop(data[i]) for i in range(len(data))]
    faces = [face for face in clear if face is not None]
    vote, said = ensemble.vote, ensemble.ask(faces)
    chances = vote.combine([answer.probabilities for answer in said])
    maps: list[Explained] = explain(chances, [a.features for a in said], ensemble.kernels, vote.weights)

    def chance(shown: Faces) -> Probabilities:
        return vote.combine([answer.probabilities for answer in ensemble.ask(shown)])

    if plots:
        from inference.training.plots import draw_heat

        draw_heat(faces[:12], maps[:12], ensemble.names, vote.classes.classes, plots / "explain.png")
    return sanity(chance, faces, maps)
