"""Check what somebody handed in and turn it into one plain upright RGB picture. Pillow alone.

Nothing here trusts a file name or a declared type, and no pixel is decoded before size, real type
and pixel count are known. What leaves is re-encoded, so metadata, trailing bytes and whatever
else a file smuggles stay behind.
"""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

#: Largest accepted file in bytes (20 MB); a 12-megapixel phone photo has 3 to 8.
MAX_BYTES: Final = 20_000_000
#: Largest accepted picture in pixels; decoding 50 megapixels takes about 150 MB of memory.
MAX_PIXELS: Final = 50_000_000
#: Longest side of what is stored and read.
LONGEST_SIDE: Final = 2048
#: Shortest longest side to which a JPEG decoder may scale down while decoding (a phone's 4,000 pixels to
#: 2,000): four times faster than decoding all and shrinking to :data:`LONGEST_SIDE`.
DRAFT_SIDE: Final = 1800
JPEG_QUALITY: Final = 92

_MAGIC: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
)
_BRANDS: Final = {
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"), "HEIF"),
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
}
#: Pictures and papers we know but do not take.
_OTHER_MAGIC: Final = (
    b"II*\x00",
    b"MM\x00*",
    b"BM",
    b"%PDF",
    b"8BPS",
    b"\x00\x00\x01\x00",
    b"\x00\x00\x00\x0cjP",
)
#: Markup a browser would run. XMP (``<x:xmpmeta``) is harmless and common in photos: not listed.
#: Every alternative is long enough that compressed pixels spell it by chance in none of a million photos.
_ACTIVE: Final = re.compile(
    rb"<(?:(?:script|html|iframe|foreignobject)[\s>/]|!doctype\s|svg\s[^>]{0,300}xmlns)", re.IGNORECASE
)
_HEAD: Final = 1024
_SVG_HEAD: Final = re.compile(rb"<svg[\s>]", re.IGNORECASE)


class PhotoError(ValueError):
    """The file cannot be taken as a photo; ``code`` is stable and ``moods`` has a sentence for it.

    Codes:
        empty_file: it holds no bytes.
        too_large: more than :data:`MAX_BYTES`.
        active_content: it is, or carries, SVG or HTML.
        not_an_image: it is something else, whatever its name says.
        unsupported_type: a picture of a kind that is not taken (TIFF, BMP, PDF, video ...).
        too_many_pixels: more than :data:`MAX_PIXELS`.
        truncated: it begins as a picture but its end is missing or broken.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class PreparedPhoto:
    """A JPEG without metadata, upright, sRGB, at most :data:`LONGEST_SIDE` long."""

    data: bytes
    width: int
    height: int


def prepare_photo(data: bytes) -> PreparedPhoto:
    """Check, normalise and re-encode a photo; raises :class:`PhotoError`."""
    picture = open_photo(data)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return PreparedPhoto(out.getvalue(), *picture.size)


def open_photo(data: bytes, *, quick: bool = False) -> Image.Image:
    """Check a photo and decode it to upright RGB of bounded size; raises :class:`PhotoError`.

    With ``quick`` a large JPEG may come back a little smaller, never below :data:`DRAFT_SIDE`.
    1. bytes alone: empty, too large, markup, real type; 2. header: pixel count; 3. pixels.
    """
    kind = _kind(data)
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures before we can count; the count below decides.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = _open(data, kind)
        if picture.width * picture.height > MAX_PIXELS:
            raise PhotoError("too_many_pixels")
        if kind == "JPEG":
            share = (DRAFT_SIDE if quick else LONGEST_SIDE) / max(picture.size)
            picture.draft(picture.mode, (round(picture.width * share), round(picture.height * share)))
        picture.load()
        return _normalise(picture)
    except Image.DecompressionBombError as error:
        raise PhotoError("too_many_pixels") from error
    except PhotoError:
        raise
    except UnidentifiedImageError as error:
        raise PhotoError("not_an_image") from error
    except (OSError, EOFError, SyntaxError, ValueError, IndexError, RuntimeError, MemoryError) as error:
        # Decoders speak many tongues when a file ends early or lies about itself.
        raise PhotoError("truncated") from error


def _kind(data: bytes) -> str:
    """Name the real type from the bytes, or refuse."""
    if not data:
        raise PhotoError("empty_file")
    if len(data) > MAX_BYTES:
        raise PhotoError("too_large")
    if _ACTIVE.search(data) or _SVG_HEAD.search(data, 0, _HEAD):
        raise PhotoError("active_content")
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _brand(data)
    raise PhotoError("unsupported_type" if data.startswith(_OTHER_MAGIC) else "not_an_image")


def _brand(data: bytes) -> str:
    """Tell HEIC from AVIF from video by the brands of an ISO media file."""
    size = min(int.from_bytes(data[:4], "big"), 256)
    brands = [data[8:12], *(data[i : i + 4] for i in range(16, size, 4))]
    kinds = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
    if not kinds:
        raise PhotoError("unsupported_type")
    # "mif1" may come first in an AVIF file: the more telling brand wins.
    return "AVIF" if "AVIF" in kinds else "HEIF"


def _open(data: bytes, kind: str) -> Image.Image:
    if kind == "HEIF":
        _register_heif()
    return Image.open(io.BytesIO(data), formats=[kind])


@lru_cache(maxsize=1)
def _register_heif() -> None:
    import pi_heif

    pi_heif.register_heif_opener(thumbnails=False)


def _normalise(picture: Image.Image) -> Image.Image:
    """Turn upright, bring to 8 bits, flatten on white, convert to sRGB, shrink, drop metadata."""
    profile = picture.info.get("icc_profile")
    try:
        picture = ImageOps.exif_transpose(picture)
    except Exception:  # noqa: BLE001, S110 - a broken EXIF block raises anything; the pixels are fine
        pass
    picture = _flatten(_eight_bits(picture))
    # Shrink before the colour transform: it is the slower of the two.
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    picture = _to_srgb(picture, profile)
    clean = Image.new("RGB", picture.size)
    clean.paste(picture)
    return clean


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Scale 16-bit grey (0..65535) to 8 bits; a plain convert would clip it to white."""
    if picture.mode.startswith("I"):
        return picture.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    return picture


def _flatten(picture: Image.Image) -> Image.Image:
    """Lay transparent pictures on white; leave RGB, L and CMYK as they are."""
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture).convert("RGB")
    return picture if picture.mode in ("RGB", "L", "CMYK") else picture.convert("RGB")


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            return picture.convert("RGB")
        if converted is not None:
            return converted
    return picture.convert("RGB")
