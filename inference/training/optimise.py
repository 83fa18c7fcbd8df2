"""Optimisers, schedules, averaged weights, and which layers stand still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from inference.training.recipe import Recipe, TrainingError


@keras.saving.register_keras_serializable("maeum")
class Falling(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """Warm up over half an epoch, then fall along a cosine to 1 % of the peak.

    ``begun`` steps of the whole run were taken before this optimiser's own first.
    """

    def __init__(self, rate: float, epochs: int, steps: int, begun: int = 0) -> None:
        self.rate, self.epochs, self.steps, self.begun = rate, epochs, steps, begun
        warm = steps // 2
        self.curve = keras.optimizers.schedules.CosineDecay(
            rate * 0.1,
            decay_steps=max(1, steps * epochs - warm),
            warmup_target=rate,
            warmup_steps=warm,
            alpha=0.01,
        )

    def __call__(self, step: Any) -> Any:
        """Return the rate of a step, counted from this optimiser's first."""
        return self.curve(step + self.begun)

    def get_config(self) -> dict[str, Any]:
        """Return what makes the same schedule again."""
        return {"rate": self.rate, "epochs": self.epochs, "steps": self.steps, "begun": self.begun}


def compiled(model: Any, recipe: Recipe, steps: int, begun: int, rate: float) -> None:
    """Give the model a new optimiser over what is trainable now, its slots made.

    Args:
        steps: batches an epoch.
        begun: steps of the run that went before, for the ``cosine`` schedule.
        rate: present rate of the ``plateau`` schedule.
    """
    if not model.trainable_variables:
        raise TrainingError(f"Everything in {recipe.name} is frozen; nothing could learn.", code="bad_recipe")
    shape = Falling(recipe.rate, recipe.epochs, steps, begun) if recipe.schedule == "cosine" else float(rate)
    model.compile(
        _optimiser(recipe, shape),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.optimizer.build(model.trainable_variables)
    # Keras would replace the raw weights by the averaged ones at the end of every fit().
    inner(model.optimizer).finalize_variable_values = lambda _variables: None


def _optimiser(recipe: Recipe, rate: Any) -> Any:
    common: dict[str, Any] = {"learning_rate": rate}
    if recipe.ema:
        common |= {"use_ema": True, "ema_momentum": recipe.ema}
    kinds = keras.optimizers
    if recipe.optimiser == "adamw":
        return kinds.AdamW(weight_decay=recipe.weight_decay, **common)
    if recipe.optimiser == "sgd":
        decay = recipe.weight_decay or None
        return kinds.SGD(momentum=recipe.momentum, nesterov=True, weight_decay=decay, **common)
    return {"adam": kinds.Adam, "adamax": kinds.Adamax, "rmsprop": kinds.RMSprop}[recipe.optimiser](**common)


def inner(optimiser: Any) -> Any:
    """Return the optimiser that holds the slots, inside the loss scaling of float16 training."""
    return getattr(optimiser, "inner_optimizer", optimiser)


@contextmanager
def averaged(model: Any) -> Iterator[None]:
    """Put the averaged weights into the model for a while; without averaging, leave it as it is."""
    optimiser = inner(model.optimizer)
    if not optimiser.use_ema:
        yield
        return
    pairs = list(zip(optimiser._trainable_variables, optimiser._model_variables_moving_average, strict=True))
    raw = [np.array(keras.ops.convert_to_numpy(variable), copy=True) for variable, _ in pairs]
    for variable, average in pairs:
        variable.assign(average)
    try:
        yield
    finally:
        for (variable, _), value in zip(pairs, raw, strict=True):
            variable.assign(value)


def freeze(graph: Any, frozen: tuple[str, ...] | float) -> None:
    """Let all layers learn but the frozen: by prefix of name, or the first share of those with weights.

    The class layer always learns. Frozen batch normalisation also keeps its statistics.

    Raises:
        TrainingError: ``bad_recipe``, where a prefix names no layer.
    """
    for layer in graph.layers:
        layer.trainable = True
    layers = [layer for layer in graph.layers if layer.weights and layer.name != "preprocess"]
    if isinstance(frozen, tuple):
        unknown = [prefix for prefix in frozen if not any(_named(x.name, (prefix,)) for x in layers)]
        if unknown:
            raise TrainingError(
                f"{graph.name} has no layer whose name begins with {', '.join(unknown)}.", code="bad_recipe"
            )
        still = [layer for layer in layers if _named(layer.name, frozen)]
    else:
        still = layers[: round(frozen * len(layers))]
    for layer in still:
        layer.trainable = layer.name == "logits"


def _named(name: str, prefixes: tuple[str, ...]) -> bool:
    """Say whether a layer's name begins with one of the prefixes; ``block1`` does not mean ``block10``."""
    found = (name.removeprefix(prefix) for prefix in prefixes if name.startswith(prefix))
    return any(not (rest[:1].isdigit() and name[: -len(rest)][-1:].isdigit()) for rest in found)
