"""Read what ``train_ensemble --config`` is given: classes, members' recipes, and the card's words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from inference._labels import PRESETS, SIX, ClassList
from inference.training.recipe import Recipe, TrainingError, read_recipe

#: Configs that come with the program.
SHIPPED: Final = Path(__file__).parents[1] / "configs"


@dataclass(frozen=True)
class Config:
    """What ``train_ensemble --config`` reads.

    Attributes:
        version: of the bundle to write.
        classes: what the vote may answer, in the order of the class layer.
        coverage: share of the validation faces that the floor lets through.
        recipes: how each member is trained, in the order of the vote.
        card: the parts of the model card that nobody can measure.
        student: whether the bundle is one small network taught by another bundle.
        source: which reader of data sets is meant when the command names none.
        labels: which of a source's labels are taken, as ``read_source`` takes it.
    """

    version: str
    classes: ClassList
    coverage: float
    recipes: tuple[Recipe, ...]
    card: dict[str, Any]
    student: bool = False
    source: str = "ferplus"
    labels: str = "majority"


def read_classes(said: object) -> ClassList:
    """Return the class list a preset's name or a list of words stands for.

    >>> read_classes("five").classes
    ('happy', 'sad', 'angry', 'startled', 'neutral')
    """
    if isinstance(said, str) and said in PRESETS:
        return PRESETS[said]
    if isinstance(said, list) and all(isinstance(word, str) and word for word in said):
        words = tuple(said)
        known = next((preset for preset in PRESETS.values() if preset.classes == words), None)
        try:
            return known or ClassList("own", words)
        except ValueError as error:
            raise TrainingError(str(error), code="bad_config") from error
    raise TrainingError(
        f"classes must be one of {', '.join(PRESETS)} or a list of words, not {said!r}.", code="bad_config"
    )


def read_config(path: Path) -> Config:
    """Read a JSON config; one without ``classes`` means the six. Raises :class:`TrainingError`."""
    raw = read_json(path)
    try:
        recipes = tuple(read_recipe(member) for member in raw["members"])
        config = Config(
            version=str(raw["version"]),
            classes=read_classes(raw.get("classes", SIX.name)),
            coverage=float(raw["coverage"]),
            recipes=recipes,
            card=dict(raw["card"]),
            student=bool(raw.get("student", False)),
            source=str(raw.get("source", "ferplus")),
            labels=str(raw.get("labels", "majority")),
        )
    except TrainingError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise TrainingError(f"{path} is no ensemble config: {error!r}.", code="bad_config") from error
    _check(config, path)
    return config


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object from a file; raises :class:`TrainingError` with code ``bad_config``."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TrainingError(
            f"The config {path} cannot be opened: {error.strerror}.", code="bad_config"
        ) from error
    except ValueError as error:
        raise TrainingError(f"{path} is not JSON: {error}.", code="bad_config") from error
    if not isinstance(raw, dict):
        raise TrainingError(f"{path} must hold one JSON object.", code="bad_config")
    return raw


def _check(config: Config, path: Path) -> None:
    names = [recipe.name for recipe in config.recipes]
    if not names or len(set(names)) != len(names):
        raise TrainingError(
            f"{path} needs one or more members, each with a name of its own.", code="bad_config"
        )
    if not 0 < config.coverage <= 1:
        raise TrainingError(f"coverage in {path} must lie above 0 and at most at 1.", code="bad_config")
    if Path(config.version).name != config.version or not config.version:
        raise TrainingError(f"The version in {path} must be a plain folder name.", code="bad_config")


def named(path: Path) -> Path:
    """Return the file meant: the path itself, or the shipped config of that name (``six``).

    >>> named(Path("six")).name
    'six.json'
    """
    shipped = SHIPPED / f"{path.name.removesuffix('.json')}.json"
    return shipped if not path.exists() and path.parent == Path() and shipped.exists() else path
