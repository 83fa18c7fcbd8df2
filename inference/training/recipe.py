"""How one member is trained: every choice in one frozen record, checked when it is made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal, get_args

Optimiser = Literal["adam", "adamw", "adamax", "rmsprop", "sgd"]
Schedule = Literal["cosine", "plateau"]
Init = Literal["none", "imagenet"]
Precision = Literal["float32", "float16", "bfloat16"]


class TrainingError(ValueError):
    """Training cannot begin or go on; the message says why in one sentence.

    Attributes:
        code: stable, for machines: ``bad_config``, ``bad_recipe``, ``recipe_changed``, ``run_unknown``,
            ``state_unreadable``, ``checkpoint_write``, ``nan_loss``, ``class_order``, ``init_offline``,
            ``init_unknown``, ``init_missing``, ``init_mismatch``, ``teacher_missing``,
            ``teacher_classes``, ``teacher_nan``, ``unlabelled``, ``batch_failed``, ``bad_sweep``.
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Recipe:
    """How one member is trained; every field is written into the run folder.

    Attributes:
        member: ``architecture`` or ``architecture.tag`` of the registry.
        name: of the run folder; the member's where empty.
        size: height and width of the input in pixels.
        channels: 1 trains on grey, 3 on colour.
        width: multiplier of the channels of every layer, 1 is the published network.
        epochs: most passes over the training images.
        batch: images in one step.
        rate: highest learning rate.
        optimiser: one of Keras' own.
        momentum: of ``sgd``.
        weight_decay: decoupled, of ``adamw`` and ``sgd``.
        dropout: share of pooled features dropped before the class layer.
        ema: momentum of the averaged weights that are validated and kept; 0 keeps the raw ones.
        frozen: what stands still until ``thaw_epoch``: prefixes of layer names, or the share
            (0..1) of layers with weights, counted from the input.
        thaw_epoch: epoch (from 0) that begins with everything free; None keeps ``frozen`` for good.
        schedule: ``cosine`` warms up half an epoch and falls to 1 %; ``plateau`` halves the rate.
        plateau_epochs: epochs without a lower validation log loss before ``plateau`` halves.
        patience: epochs without a lower validation log loss before training stops early; 0 never.
        class_weights: weigh every class alike, however many images it has.
        images_per_class: most training images of any one class; None takes all.
        init: where weights start when no file is named: ``none`` at random, ``imagenet`` downloaded.
        init_weights: file of starting weights; its place is no part of the recipe's identity.
        teacher: bundle folder whose vote is taught, or None.
        teacher_share: share of the teacher's answer in each target; the rest is the label.
        pseudo_confidence: least confidence with which the teacher may label an unlabelled face.
        mixup: alpha of the Beta distribution (Zhang et al. 2018); 0 mixes nothing.
        mask_paste: share of training images that get a drawn mask over nose and mouth.
        skip_unreadable: how many unreadable images a run may leave out before it stops.
        workers: threads that read and augment.
        seed: of order, augmentation, dropout and first weights.
        mixed_precision: what convolutions compute in; weights stay float32.
    """

    member: str
    name: str = ""
    size: tuple[int, int] = (64, 64)
    channels: Literal[1, 3] = 1
    width: float = 1.0
    epochs: int = 10
    batch: int = 64
    rate: float = 3e-4
    optimiser: Optimiser = "adamw"
    momentum: float = 0.9
    weight_decay: float = 0.02
    dropout: float = 0.3
    ema: float = 0.998
    frozen: tuple[str, ...] | float = ()
    thaw_epoch: int | None = None
    schedule: Schedule = "cosine"
    plateau_epochs: int = 2
    patience: int = 0
    class_weights: bool = False
    images_per_class: int | None = None
    init: Init = "none"
    init_weights: str | None = None
    teacher: str | None = None
    teacher_share: float = 0.5
    pseudo_confidence: float = 0.9
    mixup: float = 0.0
    mask_paste: float = 0.0
    skip_unreadable: int = 0
    workers: int = 1
    seed: int = 20261121
    mixed_precision: Precision = "float32"

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name or self.member)
        problem = _problem(self)
        if problem:
            raise TrainingError(f"The recipe of {self.name} cannot be used: {problem}.", code="bad_recipe")


#: Fields that may differ when a run is taken up again: they change where and how fast, not what.
_FREE: Final = frozenset({"name", "init_weights", "teacher", "workers", "skip_unreadable"})
_CHOICES: Final = {"optimiser": Optimiser, "schedule": Schedule, "init": Init, "mixed_precision": Precision}
_SHARES: Final = ("dropout", "ema", "teacher_share", "pseudo_confidence", "mask_paste")
_POSITIVE: Final = ("epochs", "batch", "rate", "width", "plateau_epochs", "workers")
_NOT_NEGATIVE: Final = ("patience", "mixup", "weight_decay", "skip_unreadable", "momentum", "seed")


def _problem(recipe: Recipe) -> str | None:
    """Return what is wrong with a recipe's values, or None."""
    for field, kind in _CHOICES.items():
        if getattr(recipe, field) not in get_args(kind):
            return f"{field} must be one of {', '.join(get_args(kind))}, not {getattr(recipe, field)!r}"
    for names, low, least in ((_POSITIVE, 0.0, "above 0"), (_NOT_NEGATIVE, -1e-12, "0 or more")):
        for field in names:
            value = getattr(recipe, field)
            if not _number(value) or value <= low:
                return f"{field} must be a number {least}, not {value!r}"
    for field in _SHARES:
        if not _number(getattr(recipe, field)) or not 0 <= getattr(recipe, field) <= 1:
            return f"{field} must lie between 0 and 1, not {getattr(recipe, field)!r}"
    return _problem_of_shape(recipe)


def _problem_of_shape(recipe: Recipe) -> str | None:
    if len(recipe.size) != 2 or not all(isinstance(side, int) and side >= 24 for side in recipe.size):
        return f"size must be height and width of 24 pixels or more, not {recipe.size!r}"
    if recipe.channels not in (1, 3):
        return f"channels must be 1 (grey) or 3 (colour), not {recipe.channels!r}"
    if _number(recipe.frozen) and not 0 <= recipe.frozen <= 1:  # type: ignore[operator]
        return f"frozen must be a share between 0 and 1 or prefixes of layer names, not {recipe.frozen!r}"
    if recipe.dropout == 1 or recipe.ema == 1:
        return "dropout and ema must be below 1"
    if recipe.images_per_class is not None and recipe.images_per_class < 1:
        return f"images_per_class must be 1 or more, not {recipe.images_per_class!r}"
    return None


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def read_recipe(raw: Mapping[str, Any]) -> Recipe:
    """Make a recipe from JSON values; raises :class:`TrainingError` naming what is unknown or wrong.

    >>> read_recipe({"member": "cnn", "size": [48, 48], "frozen": ["conv1"]}).size
    (48, 48)
    """
    known = {field.name for field in fields(Recipe)}
    unknown = sorted(set(raw) - known)
    if unknown:
        raise TrainingError(f"A recipe has no field {', '.join(unknown)}.", code="bad_recipe")
    if not isinstance(raw.get("member"), str):
        raise TrainingError("A recipe needs the name of a member.", code="bad_recipe")
    values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in raw.items()}
    try:
        return Recipe(**values)
    except TypeError as error:
        raise TrainingError(
            f"A recipe holds a value of the wrong kind: {error}.", code="bad_recipe"
        ) from error


def differences(recipe: Recipe, written: Mapping[str, Any]) -> list[str]:
    """Return the fields in which a run folder's ``recipe.json`` asks for something else.

    Fields the file lacks count as their default, so that runs of an older program can be read.
    """
    old = {**asdict(Recipe(member=recipe.member)), **written}
    new = asdict(recipe)

    def plain(value: object) -> object:
        return list(value) if isinstance(value, tuple) else value

    return [field for field in new if field not in _FREE and plain(new[field]) != plain(old.get(field))]
