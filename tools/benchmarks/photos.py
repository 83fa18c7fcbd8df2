"""Make the photos that are read: one public-domain portrait (NASA, through scikit-image) in several sizes."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

#: Width and height of a phone's 12-megapixel photo.
PHONE: Final = (4032, 3024)
SQUARE: Final = (1000, 1000)


def portrait() -> Image.Image:
    """Return the portrait, 512 x 512 RGB, one face."""
    from skimage.data import astronaut

    return Image.fromarray(np.asarray(astronaut(), np.uint8))


def square() -> bytes:
    """Return the portrait as a JPEG of 1000 x 1000."""
    return _jpeg(portrait().resize(SQUARE, Image.Resampling.LANCZOS))


def phone() -> bytes:
    """Return a 12-megapixel JPEG: the portrait as high as the photo, mirrored surroundings on both sides."""
    width, height = PHONE
    pixels = np.asarray(portrait().resize((height, height), Image.Resampling.LANCZOS))
    left = (width - height) // 2
    sides = ((0, 0), (left, width - height - left), (0, 0))
    return _jpeg(Image.fromarray(_without_face_at_the_edge(np.pad(pixels, sides, mode="edge"))))


def _without_face_at_the_edge(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay grain over the whole photo, so that the JPEG is as large as a camera's and not smooth at its sides."""
    grain = np.random.default_rng(20261121).integers(-6, 7, pixels.shape[:2], np.int16)[..., None]
    return np.asarray(np.clip(pixels + grain, 0, 255), np.uint8)


def _no_face() -> Image.Image:
    return portrait().crop((300, 220, 512, 432)).resize(SQUARE, Image.Resampling.LANCZOS)


def _blurred() -> Image.Image:
    return portrait().resize(SQUARE, Image.Resampling.LANCZOS).filter(ImageFilter.GaussianBlur(14))


def _dark() -> Image.Image:
    return portrait().resize(SQUARE, Image.Resampling.LANCZOS).point(lambda value: value // 14)


#: Photos of 1000 x 1000 that the gates refuse, by why.
REFUSED: Final[dict[str, Callable[[], Image.Image]]] = {
    "no face": _no_face,
    "blurred": _blurred,
    "dark": _dark,
}


def refused(why: str) -> bytes:
    """Return one refused photo as JPEG; ``why`` is a key of :data:`REFUSED`."""
    return _jpeg(REFUSED[why]())


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=92)
    return out.getvalue()
