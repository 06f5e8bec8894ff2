"""Photos and videos that promise little and ask for much, made by a few lines each."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "bmp_of_line_ends",
    "jpeg_of_many_scans",
    "patched",
    "png",
    "png_chunk",
    "video_of_many_samples",
    "zeros",
]


def zeros(count: int) -> bytes:
    """Compress so many zeros."""
    press = zlib.compressobj(9)
    whole, rest = divmod(count, 1 << 20)
    pieces = [press.compress(bytes(1 << 20)) for _ in range(whole)]
    return b"".join([*pieces, press.compress(bytes(rest)), press.flush()])


def png_chunk(name: bytes, data: bytes) -> bytes:
    """Give one chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, pixels: bytes, *more: bytes) -> bytes:
    """Give an RGB PNG with compressed rows, and more chunks before them."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (png_chunk(b"IHDR", header), *more, png_chunk(b"IDAT", pixels), png_chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def bmp_of_line_ends(width: int, height: int) -> bytes:
    """Give a run-length coded BMP of lines of one pixel; Pillow fills each up byte by byte."""
    data = b"\x01\x00\x00\x00" * height + b"\x00\x01"
    start = 14 + 40 + 1024
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(data), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + header + bytes(1024) + data


def jpeg_of_many_scans(side: int, scans: int) -> bytes:
    """Give a progressive JPEG whose last scan comes again and again: each goes over all its pixels."""
    data = io.BytesIO()
    Image.new("RGB", (side, side), "grey").save(data, "JPEG", progressive=True)
    jpeg = data.getvalue()
    last = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    return jpeg[:-2] + last * scans + b"\xff\xd9"


def patched(path: Path, box: bytes, offset: int, value: bytes) -> Path:
    """Write bytes at a place behind the name of an MP4 file's first box of that name."""
    data = bytearray(path.read_bytes())
    start = data.index(box) + len(box) + offset
    data[start : start + len(value)] = value
    path.write_bytes(data)
    return path


def video_of_many_samples(path: Path, count: int) -> Path:
    """Let an MP4 file say that it has so many samples of one byte each, in one chunk of so many."""
    patched(path, b"stsz", 4, struct.pack(">II", 1, count))
    return patched(path, b"stsc", 12, struct.pack(">I", count))
