"""Draw what ``evaluate_ensemble`` measured, as PNG files that also a colour-blind reader can read.

Figures are drawn without pyplot, so that no display, no global state and no window is touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from inference.training.dataset import Pixels
from inference.training.evaluation import Labels, Probabilities, ratio, reliability, surest
from inference.training.heat import Explained, overlay

#: Okabe & Ito's colours (2008): told apart with every common colour blindness.
BLUE: Final = "#0072B2"
ORANGE: Final = "#E69F00"
GREEN: Final = "#009E73"
GREY: Final = "#6B6B6B"
_KINDS: Final = (("precision", BLUE), ("recall", ORANGE), ("f1", GREEN))
_DPI: Final = 120


def draw_all(
    report: Mapping[str, Any], chances: Probabilities, labels: Labels, folder: Path
) -> tuple[Path, ...]:
    """Write every diagram of a report into ``folder``; returns the files."""
    names = report["confusion"]["classes"]
    drawn = {
        "confusion": draw_confusion(np.array(report["confusion"]["table"]), names),
        "reliability": draw_reliability(chances, labels, report["ece"]),
        "coverage": draw_coverage(chances, labels, report["coverage"]),
        "classes": draw_classes(report["per_class"], report.get("intervals", {}).get("per_class", {})),
    }
    if any(group["n"] for bands in report.get("subgroups", {}).values() for group in bands.values()):
        drawn["subgroups"] = draw_subgroups(report["subgroups"], report["accuracy"])
    return tuple(_save(figure, folder / f"{name}.png") for name, figure in drawn.items())


def _figure(width: float, height: float) -> Figure:
    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 10}):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
    return figure


def _save(figure: Figure, path: Path) -> Path:
    """Write whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    figure.savefig(part, format="png", dpi=_DPI, facecolor="white")
    part.replace(path)
    return path


def draw_confusion(table: NDArray[np.int64], names: Sequence[str]) -> Figure:
    """Draw true classes (rows) against answers (columns): count, and share of the row as shade."""
    side = 1.6 + 0.95 * len(names)
    figure = _figure(side + 1, side)
    axes = figure.add_subplot()
    shares = ratio(table, table.sum(axis=1, keepdims=True))
    shade = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    ticks = range(len(names))
    axes.set_xticks(ticks, names, rotation=30, ha="right")
    axes.set_yticks(ticks, [f"{name}\n(n = {n})" for name, n in zip(names, table.sum(1), strict=True)])
    for (i, j), share in np.ndenumerate(shares):
        colour = "white" if share > 0.55 else "black"
        axes.text(j, i, f"{table[i, j]}\n{share:.0%}", ha="center", va="center", color=colour, fontsize=9)
    axes.set(xlabel="answered", ylabel="labelled", title="Confusion (share of each row)")
    figure.colorbar(shade, ax=axes, shrink=0.8, label="share of the row")
    return figure


def draw_reliability(chances: Probabilities, labels: Labels, ece: float) -> Figure:
    """Draw accuracy against confidence a bin; below the diagonal is over-confident."""
    share, sure, hits = reliability(chances, labels).T
    bins, full = len(share), share > 0
    edges, width = np.arange(bins) / bins, 1 / bins
    figure = _figure(5.6, 6.2)
    upper, lower = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
    upper.bar(edges[full], hits[full], width, align="edge", color=BLUE, edgecolor="white", label="accuracy")
    upper.plot([0, 1], [0, 1], "--", color=GREY, label="perfectly calibrated")
    upper.plot(sure[full], hits[full], "o", color=ORANGE, markersize=4, label="mean confidence of the bin")
    upper.set(
        ylabel="accuracy", ylim=(0, 1), title=f"Reliability, ECE {ece:.3f} ({bins} bins, n = {len(labels)})"
    )
    upper.legend(loc="upper left", frameon=False)
    lower.bar(edges, share, width, align="edge", color=GREY, edgecolor="white")
    lower.set(xlabel="confidence of the answer", ylabel="share", xlim=(0, 1))
    return figure


def draw_coverage(chances: Probabilities, labels: Labels, coverage: Mapping[str, Any]) -> Figure:
    """Draw accuracy on the surest share of the images, and where the floor stands."""
    running = surest(chances, labels)
    shares = np.arange(1, len(labels) + 1) / len(labels)
    # The first percent is a handful of images: its line jumps and says nothing.
    start = max(0, round(len(labels) * 0.01) - 1)
    figure = _figure(6.2, 4.4)
    axes = figure.add_subplot()
    axes.plot(shares[start:], running[start:], color=BLUE)
    answered, right = coverage["answered"], coverage["accuracy_answered"]
    axes.plot(
        [answered],
        [right],
        "o",
        color=ORANGE,
        label=f"floor {coverage['floor']:.3f}: {right:.1%} of {answered:.1%}",
    )
    axes.plot(
        [0.8],
        [coverage["accuracy_at_0.8"]],
        "s",
        color=GREEN,
        label=f"surest 80 %: {coverage['accuracy_at_0.8']:.1%}",
    )
    axes.set(xlabel="share of the images answered, surest first", ylabel="accuracy", xlim=(0, 1.01))
    axes.set_title(f"Accuracy over coverage (n = {len(labels)})")
    axes.grid(color="#DDDDDD")
    axes.legend(loc="lower left", frameon=False)
    return figure


def draw_classes(per_class: Mapping[str, Mapping[str, Any]], bounds: Mapping[str, Any]) -> Figure:
    """Draw precision, recall and F1 a class with their 95 % intervals; absent classes are left out."""
    names = [name for name, row in per_class.items() if row["n"]]
    figure = _figure(2.4 + 1.1 * len(names), 4.4)
    axes = figure.add_subplot()
    for j, (kind, colour) in enumerate(_KINDS):
        values = [per_class[name][kind] for name in names]
        reach = _reach(values, [bounds.get(name, {}).get(kind) for name in names])
        places = np.arange(len(names)) + (j - 1) * 0.27
        axes.bar(places, values, 0.25, color=colour, label=kind, yerr=reach, ecolor="black", capsize=2)
    axes.set_xticks(range(len(names)), [f"{name}\nn = {per_class[name]['n']}" for name in names])
    axes.set(ylim=(0, 1), title="Per class, with 95 % bootstrap intervals")
    axes.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.14), frameon=False)
    return figure


def draw_subgroups(subgroups: Mapping[str, Mapping[str, Any]], accuracy: float) -> Figure:
    """Draw accuracy a subgroup with its 95 % interval against that of all images."""
    rows = [
        (f"{kind}: {name}\n(n = {row['n']})", row)
        for kind, bands in subgroups.items()
        for name, row in bands.items()
        if row["n"]
    ]
    figure = _figure(6.4, 1.6 + 0.55 * len(rows))
    axes = figure.add_subplot()
    values = [row["accuracy"] for _, row in rows]
    reach = _reach(values, [row["accuracy_interval"] for _, row in rows])
    axes.barh(range(len(rows)), values, color=BLUE, xerr=reach, ecolor="black", capsize=3)
    axes.axvline(accuracy, color=ORANGE, linestyle="--", label=f"all: {accuracy:.1%}")
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.invert_yaxis()
    axes.set(xlim=(0, 1), xlabel="accuracy", title="Per subgroup, with 95 % bootstrap intervals")
    axes.legend(loc="lower left", frameon=True)
    return figure


def draw_heat(
    faces: Sequence[Pixels],
    said: Sequence[Explained],
    members: Sequence[str],
    names: Sequence[str],
    path: Path,
) -> Path:
    """Write a sheet: a row a face; the face, the vote's map over it, then each member's.

    It shows faces of the data set: it is for whoever may see them. No guess is written as certain.
    """
    columns = ("face", "vote", *members)
    figure = _figure(1.5 * len(columns), 1.6 * len(faces) + 0.3)
    grid = figure.subplots(len(faces), len(columns), squeeze=False)
    for row, (face, one) in enumerate(zip(faces, said, strict=True)):
        maps = (np.zeros((1, 1)), one.vote, *one.members)
        for axes, heat, title in zip(grid[row], maps, columns, strict=True):
            axes.set_axis_off()
            if row == 0:
                axes.set_title(title, fontsize=8)
            if heat is not None:
                axes.imshow(overlay(face, heat))
        grid[row][0].set_title(f"{names[one.top]} {min(one.chance, 0.99):.0%}", fontsize=8)
    return _save(figure, path)


def _reach(values: Sequence[float], bounds: Sequence[Sequence[float] | None]) -> NDArray[np.float64]:
    """Return how far the whiskers go below and above each value, shape ``(2, n)``."""
    ends = [bound or (value, value) for value, bound in zip(values, bounds, strict=True)]
    low, high = np.array(ends, np.float64).T
    return np.asarray(np.maximum(np.stack([np.array(values) - low, high - np.array(values)]), 0), np.float64)
