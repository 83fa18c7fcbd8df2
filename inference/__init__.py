"""Pixels in, Reading out. The only door of this room.

Importing it costs nothing: TensorFlow, Keras, OpenCV and numpy come in with the first photo that
is read, never before, so that the web process and a forking worker stay free of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from inference._labels import EMOTIONS, Emotion
from inference._types import FaceBox, InferenceError, Outcome, Pose, Quality, Reading, Reason

if TYPE_CHECKING:
    from inference._bundle import Bundle
    from inference._images import PhotoError, PreparedPhoto

__all__ = [
    "EMOTIONS",
    "Emotion",
    "FaceBox",
    "InferenceError",
    "Outcome",
    "PhotoError",
    "Pose",
    "PreparedPhoto",
    "Quality",
    "Reading",
    "Reason",
    "ensemble_version",
    "model_card",
    "prepare_photo",
    "read_photos",
    "warm_up",
]


def __getattr__(name: str) -> Any:
    """Bring Pillow in only when somebody asks for its classes (PEP 562)."""
    if name in {"PhotoError", "PreparedPhoto"}:
        from inference import _images

        return getattr(_images, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def prepare_photo(data: bytes) -> PreparedPhoto:
    """Check and normalise an uploaded file with Pillow alone; raises ``PhotoError(code)``."""
    from inference._images import prepare_photo as prepare

    return prepare(data)


def read_photos(photos: Sequence[bytes]) -> list[Reading]:
    """Read photos, one Reading each in the same order; raises ``InferenceError`` if none can be."""
    from inference import _runtime

    return _runtime.read_photos(photos)


def warm_up() -> None:
    """Load the ensemble and run it once; raises ``InferenceError``."""
    from inference import _runtime

    _runtime.warm_up()


def ensemble_version() -> str:
    """Return the version of the bundle in use; needs no TensorFlow."""
    return _manifest().version


def model_card() -> dict[str, Any]:
    """Return what the bundle's card says of data, metrics and limits, as JSON values."""
    return dict(_manifest().card)


def _manifest() -> Bundle:
    from inference._bundle import find_bundle, read_bundle
    from inference._settings import SETTINGS

    return read_bundle(find_bundle(SETTINGS.bundle))
