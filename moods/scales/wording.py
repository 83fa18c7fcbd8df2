"""The wording of a scale in one language, from its data file; a scale without a file does not exist."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import get_language

from moods.scales.choices import SHAPES, Scale

FOLDER = Path(__file__).resolve().parent / "data"


@dataclass(frozen=True)
class Wording:
    """What a person reads, and under which terms it may be shown."""

    scale: Scale
    language: str
    version: str
    title: str
    instruction: str
    items: tuple[str, ...]
    #: (score, words) in the order of the screen.
    options: tuple[tuple[int, str], ...]
    source: str
    licence: str
    notice: str
    own_translation: bool


def wording_of(scale: str, language: str | None = None) -> Wording | None:
    """Return a scale's wording in the page's language; None when it is switched off or has no file."""
    if scale not in settings.MAEUM_SCALES or scale not in Scale.values:
        return None
    path = FOLDER / f"{scale}.{(language or get_language() or settings.LANGUAGE_CODE)[:2]}.toml"
    return _read(path) if path.is_file() else None


def scales_on() -> list[Scale]:
    """Return the scales that can be taken in the page's language, in the order of their menu."""
    return [scale for scale in Scale if wording_of(scale) is not None]


@cache
def _read(path: Path) -> Wording:
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    scale = Scale(values["scale"])
    made = Wording(
        scale=scale,
        items=tuple(values["items"]),
        options=tuple((int(score), str(words)) for score, words in values["options"]),
        **{name: values[name] for name in _PLAIN},
    )
    shape = SHAPES[scale]
    scores = sorted(score for score, _words in made.options)
    if len(made.items) != shape.items or scores != list(range(shape.most + 1)):
        raise ImproperlyConfigured(f"{path.name} does not hold the items or answers of {scale}.")
    return made


_PLAIN = ("language", "version", "title", "instruction", "source", "licence", "notice", "own_translation")
