"""Pixels in, Reading out. The only door of this room.

Importing it costs nothing: engines, OpenCV and numpy come in with the first photo that
is read, never before, so that the web process and a forking worker stay free of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from inference._labels import EMOTIONS, Emotion
from inference._types import FaceBox, InferenceError, Outcome, Pose, Quality, Reading, Reason

if TYPE_CHECKING:
    from inference._images import PhotoError, PreparedPhoto
    from inference._installed import BundleInfo

__all__ = [
    "EMOTIONS",
    "BundleInfo",
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
    "installed_bundles",
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
    if name == "BundleInfo":
        from inference._installed import BundleInfo

        return BundleInfo
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def prepare_photo(data: bytes) -> PreparedPhoto:
    """Check and normalise an uploaded file with Pillow alone; raises ``PhotoError(code)``."""
    from inference._images import prepare_photo as prepare

    return prepare(data)


def read_photos(photos: Sequence[bytes], *, version: str | None = None) -> list[Reading]:
    """Read photos, one Reading each in the same order; raises ``InferenceError`` if none can be.

    Args:
        version: of an installed bundle; None reads with the active one.
    """
    from inference import _runtime

    return _runtime.read_photos(photos, version=version)


def warm_up() -> None:
    """Load the ensemble and run it once; raises ``InferenceError``."""
    from inference import _runtime

    _runtime.warm_up()


def installed_bundles() -> list[BundleInfo]:
    """List every bundle on this machine with what is wrong with it; needs no engine."""
    from inference import _installed

    return _installed.installed_bundles()


def ensemble_version() -> str:
    """Return the version of the active bundle; needs no engine."""
    from inference import _installed

    return _installed.bundle_of().version


def model_card(version: str | None = None) -> dict[str, Any]:
    """Return what a bundle's card says of data, metrics and limits, as JSON values."""
    from inference import _installed

    return dict(_installed.bundle_of(version).card)
