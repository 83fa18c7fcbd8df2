"""What may come in, what may not, and what every accepted photo looks like afterwards."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

import inference
from inference import PhotoError, prepare_photo
from inference._images import LONGEST_SIDE, MAX_BYTES
from tests.inference.photos import astronaut, encoded

FILES = Path(__file__).parents[1] / "files"


def refused(data: bytes) -> str:
    with pytest.raises(PhotoError) as caught:
        prepare_photo(data)
    return caught.value.code


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(prepare_photo(data).data)).convert("RGB"), np.int16)


def png_that_claims(width: int, height: int) -> bytes:
    """Build a tiny PNG whose header promises a huge picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(9)))
        + chunk(b"IEND", b"")
    )


def test_empty_file_is_refused() -> None:
    assert refused(b"") == "empty_file"


def test_text_named_as_photo_is_refused() -> None:
    assert refused("이것은 사진이 아니에요".encode()) == "not_an_image"


def test_truncated_jpeg_is_refused() -> None:
    whole = encoded(astronaut(), "JPEG")
    assert refused(whole[: len(whole) // 2]) == "truncated"


def test_truncated_png_is_refused() -> None:
    whole = encoded(astronaut())
    assert refused(whole[: len(whole) // 2]) == "truncated"


@pytest.mark.parametrize("side", [8_000, 50_000])
def test_pixel_bomb_is_refused_before_decoding(side: int) -> None:
    assert refused(png_that_claims(side, side)) == "too_many_pixels"


def test_forty_megabytes_are_refused() -> None:
    assert refused(encoded(astronaut(), "JPEG") + bytes(40_000_000)) == "too_large"
    assert MAX_BYTES < 40_000_000


@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<?xml version='1.0'?>\n<svg width='9'></svg>",
        b"\xef\xbb\xbf<!DOCTYPE html><html></html>",
        b"GIF89a=1;<script>alert(1)</script>",
    ],
)
def test_markup_is_refused(data: bytes) -> None:
    assert refused(data) == "active_content"


def test_jpeg_that_is_also_a_page_is_refused() -> None:
    assert refused(encoded(astronaut(), "JPEG") + b"<html><body onload=alert(1)>") == "active_content"


@pytest.mark.parametrize(
    "data", [b"%PDF-1.7 ...", b"BM" + bytes(60), b"\x00\x00\x00\x18ftypmp42" + bytes(40)]
)
def test_other_kinds_are_named_as_such(data: bytes) -> None:
    assert refused(data) == "unsupported_type"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
def test_common_kinds_come_out_as_the_same_picture(kind: str) -> None:
    out = pixels(encoded(astronaut(), kind))
    assert out.shape == astronaut().shape
    assert abs(out - astronaut()).mean() < 8


def test_heic_is_read() -> None:
    data = (FILES / "quadrants.heic").read_bytes()
    prepared = prepare_photo(data)
    assert (prepared.width, prepared.height) == (256, 256)
    out = pixels(data)
    drawn = {
        (64, 64): (200, 40, 40),
        (64, 192): (40, 160, 60),
        (192, 64): (40, 70, 190),
        (192, 192): (230, 200, 60),
    }
    for (y, x), colour in drawn.items():
        assert abs(out[y, x] - np.array(colour)).max() < 12


def test_cmyk_jpeg_keeps_its_colours() -> None:
    out = io.BytesIO()
    Image.fromarray(astronaut()).convert("CMYK").save(out, "JPEG", quality=95)
    assert abs(pixels(out.getvalue()) - astronaut()).mean() < 8


def test_sixteen_bit_png_is_scaled_not_clipped() -> None:
    small = astronaut()[..., 1]
    out = io.BytesIO()
    Image.fromarray(small.astype(np.uint16) * 257).save(out, "PNG")
    assert abs(pixels(out.getvalue())[..., 0] - small).mean() < 4


def test_palette_with_alpha_is_laid_on_white() -> None:
    picture = Image.new("RGBA", (40, 40), (200, 30, 30, 255))
    picture.paste((0, 0, 0, 0), (0, 0, 20, 40))
    out = io.BytesIO()
    picture.quantize(8).save(out, "PNG")
    result = pixels(out.getvalue())
    assert result[20, 5].min() > 245
    assert abs(result[20, 35] - [200, 30, 30]).max() < 20


def test_first_frame_of_an_animation_is_taken() -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue", "green")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    assert abs(pixels(out.getvalue())[16, 16] - [255, 0, 0]).max() < 12


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_comes_out_upright(orientation: int) -> None:
    upright = Image.fromarray(astronaut()[:300, :400])
    ways = {
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }
    stored = upright
    for way in ways.get(orientation, []):
        stored = stored.transpose(way)
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    stored.save(out, "JPEG", quality=95, exif=exif)
    result = pixels(out.getvalue())
    assert result.shape == (300, 400, 3)
    assert abs(result - np.asarray(upright, np.int16)).mean() < 8


def test_metadata_and_position_are_gone() -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCam"
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(astronaut()).save(out, "JPEG", exif=exif, icc_profile=profile, comment=b"at home")
    assert b"SecretCam" in out.getvalue()
    prepared = prepare_photo(out.getvalue())
    clean = Image.open(io.BytesIO(prepared.data))
    assert not clean.getexif()
    assert not {"icc_profile", "comment", "exif"} & set(clean.info)
    assert b"SecretCam" not in prepared.data
    assert b"at home" not in prepared.data


def test_large_photo_is_brought_to_a_bounded_size() -> None:
    prepared = prepare_photo(encoded(np.full((3000, 4000, 3), 120, np.uint8), "JPEG"))
    assert (prepared.width, prepared.height) == (LONGEST_SIDE, 1536)


def test_preparing_twice_changes_nothing_visible() -> None:
    once = prepare_photo(encoded(astronaut(), "JPEG")).data
    assert abs(pixels(once) - np.asarray(Image.open(io.BytesIO(once)), np.int16)).mean() < 2


def test_door_names_every_class_it_promises() -> None:
    assert all(hasattr(inference, name) for name in inference.__all__)
