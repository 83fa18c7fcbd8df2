"""Draw what a run's log says: losses and accuracies over the epochs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from inference.training.state import write_whole

#: Colours that people with any colour vision tell apart (Okabe & Ito 2008).
TRAIN: Final = "#0072B2"
VALID: Final = "#D55E00"


def draw_curves(history: Sequence[dict[str, Any]], title: str, path: Path) -> None:
    """Draw training and validation log loss and accuracy, one point an epoch, as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    epochs = [line["epoch"] + 1 for line in history]
    for place, (key, label) in enumerate((("loss", "log loss"), ("accuracy", "accuracy")), start=1):
        axes = figure.add_subplot(1, 2, place)
        axes.plot(epochs, [line[key] for line in history], "o-", color=TRAIN, label="train (augmented)")
        axes.plot(epochs, [line[f"val_{key}"] for line in history], "s-", color=VALID, label="validation")
        axes.set(xlabel="epoch", ylabel=label, title=title if place == 1 else "")
        axes.grid(alpha=0.3)
        axes.legend()
    write_whole(path, lambda part: figure.savefig(part, format="png", dpi=110))
