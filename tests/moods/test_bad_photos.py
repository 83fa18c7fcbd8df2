"""What is not a photo is refused with one sentence; what is, whatever its kind, is taken."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from accounts.models import User
from moods import services
from moods.models import CheckIn
from moods.services import EntryError
from tests.moods.photos import astronaut, check_in, files_in, jpeg, row_of


def portrait() -> Image.Image:
    return Image.open(io.BytesIO(astronaut())).convert("RGB").resize((256, 256))


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def bomb() -> bytes:
    """Return a PNG of a few kilobytes that claims 50,000 x 50,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\x00" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty file": (lambda: b"", "empty_file"),
    "text named .jpg": (lambda: "그냥 글이에요. ".encode() * 50, "not_an_image"),
    "truncated JPEG": (lambda: astronaut()[: len(astronaut()) // 2], "truncated"),
    "PNG bomb": (bomb, "too_many_pixels"),
    "40 MB file": (lambda: astronaut() + b"\x00" * 40_000_000, "too_large"),
    "SVG": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "active_content"),
    "JPEG that is also HTML": (lambda: astronaut() + b"<html><script>alert(1)</script>", "active_content"),
    "TIFF": (lambda: saved(portrait(), "TIFF"), "unsupported_type"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_file_is_refused_with_a_sentence_and_nothing_is_stored(
    name: str, member: User, photo_folder: Path
) -> None:
    make, code = BAD[name]
    with pytest.raises(EntryError) as caught:
        services.check_in_create(member=member, when=None, photo=make(), mood=1, note="남겨 주세요")
    assert caught.value.code == code
    assert len(str(caught.value)) > 10
    assert CheckIn.objects.count() == 0
    assert files_in(photo_folder) == []


def heic() -> bytes:
    """Return four coloured squares as an iPhone would store them; our reader cannot write HEIC."""
    return (Path(__file__).parents[1] / "files" / "quadrants.heic").read_bytes()


def sixteen_bits() -> bytes:
    grey = np.asarray(portrait().convert("L"), np.uint16) * 257
    return saved(Image.fromarray(grey), "PNG")


def palette_alpha() -> bytes:
    picture = portrait().quantize(64)
    return saved(picture, "PNG", transparency=3)


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return jpeg(portrait(), exif=exif)


def animated() -> bytes:
    frames = [portrait().quantize(64), Image.new("P", (256, 256), 5)]
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:])


GOOD: dict[str, Callable[[], bytes]] = {
    "CMYK JPEG": lambda: jpeg(portrait().convert("CMYK")),
    "16-bit PNG": sixteen_bits,
    "palette PNG with alpha": palette_alpha,
    "WebP": lambda: saved(portrait(), "WEBP"),
    "HEIC": heic,
    "AVIF": lambda: saved(portrait(), "AVIF"),
    "animated GIF": animated,
    **{f"EXIF orientation {n}": (lambda n=n: turned(n)) for n in range(1, 9)},  # type: ignore[misc]
}


@pytest.mark.parametrize("name", GOOD)
def test_every_usual_kind_of_photo_is_taken(name: str, member: User) -> None:
    row = row_of(check_in(member, GOOD[name]()))
    assert (row.photo_width, row.photo_height) == (256, 256)
