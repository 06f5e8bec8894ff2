"""Photos that ask for more than they may have are rejected by what they say of themselves, or stopped."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bombs import bmp_of_line_ends, jpeg_of_many_scans, png, png_chunk, zeros
from facebank.media.images import PhotoRejected, decode_photo, read_photo
from facebank.media.limits import PhotoLimits, read_at_most
from portraits import astronaut, encoded, shrunk

ROWS = zeros(11 * 31)
VAST = zeros(300_000_000)


def rejection(data: bytes, limits: PhotoLimits | None = None) -> PhotoRejected:
    with pytest.raises(PhotoRejected) as caught:
        decode_photo(data, limits=limits or PhotoLimits())
    return caught.value


def animated(file_format: str, **options: object) -> bytes:
    """Give a picture in red and a hundred others behind it."""
    pictures = [Image.new("RGB", (40, 30), colour) for colour in ["red", *["blue", "lime"] * 50]]
    data = io.BytesIO()
    pictures[0].save(data, file_format, save_all=True, append_images=pictures[1:], **options)
    return data.getvalue()


@pytest.mark.parametrize(
    ("file_format", "options"),
    [("PNG", {}), ("WEBP", {"lossless": True}), ("MPO", {}), ("HEIF", {"quality": 100})],
)
def test_of_many_pictures_only_the_first_is_decoded(file_format: str, options: dict[str, object]) -> None:
    if file_format == "HEIF":
        pytest.importorskip("pillow_heif")
    photo = decode_photo(animated(file_format, **options))
    assert photo.pixels.shape == (30, 40, 3)
    assert np.abs(photo.pixels.astype(int) - (255, 0, 0)).max() < 6


def test_a_later_picture_that_is_damaged_does_not_matter() -> None:
    data = animated("PNG")
    place = data.rindex(b"fdAT")
    assert decode_photo(data[:place] + b"x" * 40 + data[place + 40 :]).pixels.shape == (30, 40, 3)


@pytest.mark.parametrize("name", [b"iCCP", b"zTXt", b"iTXt"])
def test_a_chunk_that_swells_is_stopped(name: bytes) -> None:
    head = {b"iCCP": b"x\0\0", b"zTXt": b"x\0\0", b"iTXt": b"x\0\1\0\0\0"}[name]
    start = time.thread_time()
    assert "too large" in rejection(png(10, 10, ROWS, png_chunk(name, head + VAST))).detail
    assert time.thread_time() - start < 5


def test_many_small_chunks_that_swell_are_stopped() -> None:
    chunks = (png_chunk(b"zTXt", b"%d\0\0" % index + zeros(1_000_000)) for index in range(70))
    assert "Too much memory" in rejection(png(10, 10, ROWS, *chunks)).detail


def test_pixels_that_nobody_sees_are_not_unpacked() -> None:
    start = time.thread_time()
    assert decode_photo(png(10, 10, VAST)).pixels.shape == (10, 10, 3)
    assert time.thread_time() - start < 5


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "BMP", "HEIF"])
def test_pixels_are_counted_before_they_are_decoded(file_format: str) -> None:
    if file_format == "HEIF":
        pytest.importorskip("pillow_heif")
    data = encoded(shrunk(astronaut(), 64), file_format)
    assert rejection(data, PhotoLimits(64 * 64 - 1)).reason_code == "TOO_MANY_PIXELS"


def test_a_decoder_that_takes_too_long_is_stopped() -> None:
    # Between two looks at the clock thousands of scans go by: small ones, or a busy machine takes seconds.
    bombs = bmp_of_line_ends(5000, 4000), jpeg_of_many_scans(300, 20_000)
    for data in bombs:
        start = time.thread_time()
        found = rejection(data, PhotoLimits(max_seconds=0.2))
        assert (found.reason_code, found.detail) == ("TOO_SLOW", "more than 0.2 s of processor time")
        assert time.thread_time() - start < 5


def test_a_good_photo_within_its_limits_is_decoded() -> None:
    data = encoded(shrunk(astronaut(), 64), "PNG")
    assert decode_photo(data, limits=PhotoLimits(64 * 64, len(data), 1.0)).format == "PNG"
    assert rejection(data, PhotoLimits(64 * 64, len(data) - 1)).reason_code == "TOO_MANY_BYTES"


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 1 << 40])
def test_no_more_bytes_are_read_than_allowed(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.jpg"
    with path.open("wb") as file:
        file.truncate(size)
    data = read_at_most(path, 100)
    assert data == (bytes(size) if size <= 100 else None)


def test_what_has_no_end_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    for path in (tmp_path / "pipe.jpg", Path("/dev/zero")):
        with pytest.raises(PhotoRejected, match="UNREADABLE: Neither a file nor a folder"):
            read_photo(path)
    # The system says that this one has no bytes, and gives some.
    assert read_at_most(Path("/proc/self/maps"), 100) is None
    assert read_at_most(Path("/proc/version"), 1 << 20) == Path("/proc/version").read_bytes()


def test_a_heic_header_that_asks_for_too_much_is_no_failure_of_the_program() -> None:
    pytest.importorskip("pillow_heif")
    data = encoded(shrunk(astronaut(), 64), "HEIF")
    place = data.index(b"ispe") + 8
    vast = data[:place] + b"\x00\x00\xff\xff" * 2 + data[place + 8 :]
    assert rejection(vast).reason_code in {"CORRUPT", "UNREADABLE", "TOO_MANY_PIXELS"}
