"""The reader of photos."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import ExifTags, Image

from facebank.media.images import FORMATS, PhotoRejected, decode_photo

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["corpus", "read"]


def corpus() -> list[bytes]:
    """Make a small picture in every format and mode that cameras and programs write."""
    noise = np.random.default_rng(0).integers(0, 90, (20, 24, 3), dtype=np.uint8)
    noise[5:15, 6:18] += 120
    colours = Image.fromarray(noise)
    clear = colours.convert("RGBA")
    clear.putalpha(128)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.ImageDescription] = "a picture"
    pictures = [
        (colours, "JPEG", {"exif": exif}),
        (colours, "JPEG", {"progressive": True}),
        (colours.convert("CMYK"), "JPEG", {}),
        (colours.convert("L"), "JPEG", {}),
        (colours, "MPO", {"save_all": True, "append_images": [colours]}),
        (clear, "PNG", {"exif": exif}),
        (colours.convert("P"), "PNG", {"transparency": 3}),
        (colours.convert("1"), "PNG", {}),
        (colours.convert("L").convert("I;16"), "PNG", {}),
        (colours, "PNG", {"save_all": True, "append_images": [colours]}),
        (colours, "WEBP", {"exif": exif}),
        (clear, "WEBP", {"lossless": True}),
        (colours, "WEBP", {"save_all": True, "append_images": [clear]}),
        (colours, "BMP", {}),
        (colours.convert("P"), "BMP", {}),
        *([(colours, "HEIF", {"exif": exif})] if "HEIF" in FORMATS else []),
    ]
    files = []
    for picture, file_format, options in pictures:
        data = io.BytesIO()
        picture.save(data, file_format, **options)
        files.append(data.getvalue())
    return files


def read(data: bytes, folder: Path) -> str:
    """Decode a photo twice: both times the same must come of it."""
    del folder
    first, second = _decoded(data), _decoded(data)
    assert first == second, (first[0], second[0])
    return first[0]


def _decoded(data: bytes) -> tuple[str, object]:
    try:
        photo = decode_photo(data)
    except PhotoRejected as rejection:
        return rejection.reason_code, rejection.detail
    assert photo.pixels.dtype == np.uint8
    assert photo.pixels.ndim == 3
    assert photo.pixels.shape[2] == 3
    assert photo.orientation in range(1, 9)
    return "used", (photo.pixels.shape, photo.pixels.tobytes())
