"""The one decoder: formats, orientation, transparency, damage."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from facebank.media.images import PhotoRejected, decode_photo, read_photo
from facebank.media.limits import PhotoLimits
from portraits import astronaut, encoded, shrunk, write

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

ORIENTATION = 0x0112
#: How each EXIF orientation stores an upright picture (EXIF 2.3, section 4.6.4, tag 0x0112).
STORED = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: upright[:, ::-1].swapaxes(0, 1),
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),
    8: lambda upright: upright[::-1].swapaxes(0, 1),
}


def small() -> NDArray[np.uint8]:
    return shrunk(astronaut()[:400], 64)


def tagged(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return exif


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
def test_each_orientation_comes_out_upright(orientation: int, file_format: str) -> None:
    stored = np.ascontiguousarray(STORED[orientation](small()))
    photo = decode_photo(encoded(stored, file_format, exif=tagged(orientation), quality=100, lossless=True))
    assert (photo.orientation, photo.format) == (orientation, file_format)
    assert photo.pixels.shape == small().shape
    assert np.abs(photo.pixels.astype(int) - small()).mean() <= (4 if file_format == "JPEG" else 0)


@pytest.mark.parametrize("orientation", STORED)
def test_a_heic_photo_comes_out_upright(orientation: int) -> None:
    pytest.importorskip("pillow_heif")
    stored = np.ascontiguousarray(STORED[orientation](small()))
    exif = tagged(orientation).tobytes()
    photo = decode_photo(encoded(stored, "HEIF", exif=exif, quality=100, chroma=444))
    assert (photo.orientation, photo.format) == (orientation, "HEIF")
    assert photo.pixels.shape == small().shape
    assert np.abs(photo.pixels.astype(int) - small()).mean() <= 4


def test_a_heic_photo_is_held_to_the_same_limits() -> None:
    pytest.importorskip("pillow_heif")
    data = encoded(small(), "HEIF")
    with pytest.raises(PhotoRejected, match="TOO_MANY_PIXELS"):
        decode_photo(data, limits=PhotoLimits(small().shape[0] * small().shape[1] - 1))
    with pytest.raises(PhotoRejected):
        decode_photo(data[: len(data) // 2])


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1"])
def test_a_heic_photo_without_its_decoder_is_named(monkeypatch: pytest.MonkeyPatch, brand: bytes) -> None:
    monkeypatch.setattr("facebank.media.images.FORMATS", ("JPEG", "PNG", "WEBP", "BMP"))
    for start, reason in ((b"ftyp" + brand, "NO_DECODER"), (b"ftypisom", "UNREADABLE")):
        with pytest.raises(PhotoRejected) as caught:
            decode_photo(b"\0\0\0\x1c" + start + b"\0\0\0\0mif1heicmiaf" + bytes(100))
        assert caught.value.reason_code == reason


@pytest.mark.parametrize("orientation", [0, 9, 255])
def test_an_unknown_orientation_is_none(orientation: int) -> None:
    photo = decode_photo(encoded(small(), "PNG", exif=tagged(orientation)))
    assert photo.orientation == 1
    np.testing.assert_array_equal(photo.pixels, small())


@pytest.mark.parametrize("file_format", ["PNG", "BMP", "JPEG", "WEBP"])
def test_the_format_is_known_by_content(tmp_path: Path, file_format: str) -> None:
    photo = read_photo(write(tmp_path / "фото 写真 'q'.txt", encoded(small(), file_format)))
    assert photo.format == file_format
    assert (photo.pixels.shape, photo.pixels.dtype) == (small().shape, np.uint8)


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [
        ("L", 77, (77, 77, 77)),
        ("1", 1, (255, 255, 255)),
        ("LA", (77, 0), (255, 255, 255)),
        ("RGBA", (10, 20, 30, 255), (10, 20, 30)),
        ("RGBA", (10, 20, 30, 0), (255, 255, 255)),
        ("I;16", 0x4D00, (77, 77, 77)),
        ("P", 5, (5, 5, 5)),
    ],
)
def test_every_mode_becomes_rgb(mode: str, value: object, expected: tuple[int, int, int]) -> None:
    image = Image.new(mode, (3, 2), value)  # type: ignore[arg-type]
    if mode == "P":
        image.putpalette([channel for grey in range(256) for channel in (grey, grey, grey)])
    data = io.BytesIO()
    image.save(data, "PNG")
    assert (decode_photo(data.getvalue()).pixels == expected).all()


def test_a_cmyk_jpeg_is_a_photo() -> None:
    data = io.BytesIO()
    Image.fromarray(small()).convert("CMYK").save(data, "JPEG", quality=95)
    assert np.abs(decode_photo(data.getvalue()).pixels.astype(int) - small()).mean() < 6


@pytest.mark.parametrize("data", [b"", b"text", b"\xff\xd8\xff", b"GIF89a" + bytes(20), b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_photo_is_unreadable(data: bytes) -> None:
    with pytest.raises(PhotoRejected) as caught:
        decode_photo(data)
    assert caught.value.reason_code == "UNREADABLE"
    assert caught.value.detail


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "BMP"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_photo_that_ends_too_early_is_truncated(file_format: str, share: float) -> None:
    data = encoded(astronaut(), file_format)
    with pytest.raises(PhotoRejected) as caught:
        decode_photo(data[: int(len(data) * share)])
    assert caught.value.reason_code == "TRUNCATED"


def test_a_truncated_webp_is_rejected() -> None:
    data = encoded(astronaut(), "WEBP")
    with pytest.raises(PhotoRejected):
        decode_photo(data[: len(data) // 2])


def test_a_damaged_png_is_corrupt() -> None:
    data = bytearray(encoded(astronaut(), "PNG"))
    data[len(data) // 2] ^= 255
    with pytest.raises(PhotoRejected) as caught:
        decode_photo(bytes(data))
    assert caught.value.reason_code == "CORRUPT"


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_damaged_photo_is_rejected_or_decoded_never_more(place: int, value: int) -> None:
    data = bytearray(encoded(small()))
    data[place % len(data)] = value
    with suppress(PhotoRejected):  # any other exception fails
        assert decode_photo(bytes(data)).pixels.ndim == 3


def test_a_bomb_is_not_decoded() -> None:
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    with pytest.raises(PhotoRejected, match="20000 x 20000 pixels") as caught:
        decode_photo(bomb.getvalue())
    assert caught.value.reason_code == "TOO_MANY_PIXELS"


def test_the_pixel_limit_is_the_callers() -> None:
    height, width = small().shape[:2]
    assert decode_photo(encoded(small()), limits=PhotoLimits(height * width)).pixels.shape == small().shape
    with pytest.raises(PhotoRejected, match="TOO_MANY_PIXELS"):
        decode_photo(encoded(small()), limits=PhotoLimits(height * width - 1))


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(PhotoRejected, match="UNREADABLE: No such file"):
        read_photo(tmp_path / "none.jpg")
