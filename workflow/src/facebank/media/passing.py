"""What passes between a process that decodes and the one that asked: JSON and bytes, nothing that runs.

A message is a header, and behind it, where the header says so, the bytes of a picture. Frames pass as they
were decoded, plane by plane, so that who asked converts them as it would have converted its own.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from PIL import Image

from facebank.errors import DataError
from facebank.media.containers import Span
from facebank.media.frames import LUMA_FIRST, Frame, rgb
from facebank.media.images import Photo
from facebank.media.videos import VideoFacts
from facebank.reading.json_documents import json_value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.connection import Connection

    from av.video.plane import VideoPlane
    from numpy.typing import NDArray

__all__ = [
    "facts_header",
    "facts_of",
    "frame_message",
    "frame_of",
    "photo_message",
    "photo_of",
    "receive",
    "send",
    "span_header",
    "span_of",
]

Header = dict[str, Any]

#: Bytes of a picture that pass at once: Python makes room for all of a message whenever some of it comes.
_PIECE = 1 << 16


def send(
    connection: Connection[Any, Any], header: Mapping[str, Any], picture: bytes | memoryview = b""
) -> None:
    """Send a header and a picture, in pieces."""
    connection.send_bytes(json.dumps({**header, "picture": len(picture)}).encode())
    for start in range(0, len(picture), _PIECE):
        connection.send_bytes(picture, start, min(_PIECE, len(picture) - start))


def receive(connection: Connection[Any, Any]) -> tuple[Header, bytearray]:
    """Receive what `send` sent.

    Raises
    ------
    EOFError, OSError
        If the other side is gone.
    ValueError, LookupError, TypeError
        If it says what `send` does not: what decodes the files of others may be under their control.
    """
    header: Header = json_value(connection.recv_bytes())
    picture = bytearray(header["picture"])
    for start in range(0, len(picture), _PIECE):
        connection.recv_bytes_into(picture, start)
    return header, picture


def photo_message(photo: Photo) -> tuple[Header, memoryview]:
    """Give a photo as a header and its pixels."""
    header = {"shape": photo.pixels.shape, "orientation": photo.orientation, "format": photo.format}
    return header, np.ascontiguousarray(photo.pixels).reshape(-1).data


def photo_of(header: Mapping[str, Any], pixels: bytearray) -> Photo:
    """Make the photo of `photo_message`."""
    shaped = np.frombuffer(pixels, np.uint8).reshape(header["shape"])
    return Photo(Image.fromarray(shaped), header["orientation"], header["format"])


def span_header(span: Span | None) -> list[float] | None:
    """Give a stretch of a video as plain values."""
    return None if span is None else [span.start_s, span.stop_s]


def span_of(header: list[float] | None) -> Span | None:
    """Make the stretch of `span_header`."""
    return None if header is None else Span(*header)


def facts_header(facts: VideoFacts) -> Header:
    """Give a video's facts as plain values."""
    rates = {"frame_rate": facts.frame_rate, "time_base": facts.time_base}
    return asdict(facts) | {name: rate.as_integer_ratio() for name, rate in rates.items()}


def facts_of(header: Mapping[str, Any]) -> VideoFacts:
    """Make the facts of `facts_header`."""
    names = set(VideoFacts.__slots__)
    values = {name: value for name, value in header.items() if name in names}
    return VideoFacts(**values | {name: Fraction(*values[name]) for name in ("frame_rate", "time_base")})


def frame_message(frame: Frame) -> tuple[Header, bytes]:
    """Give a frame as a header and the bytes of its planes, one after the other."""
    decoded = frame.decoded
    planes = [memoryview(plane) for plane in decoded.planes]
    converted = b""
    if not _converts_alike(decoded):
        # What cannot be converted cannot be there either, and is said where it is asked for.
        with suppress(DataError):
            converted = rgb(decoded).tobytes()
    header = {
        "index": frame.index,
        "pts": frame.pts,
        "time_base": frame.time_base.as_integer_ratio(),
        "rotation": frame.rotation,
        "format": decoded.format.name,
        "size": (decoded.width, decoded.height),
        "color_range": int(decoded.color_range),
        "colorspace": int(decoded.colorspace),
        "planes": [(plane.line_size, len(view)) for plane, view in zip(decoded.planes, planes, strict=True)],
        "converted": bool(converted),
    }
    return header, b"".join([*planes, converted])


def frame_of(header: Mapping[str, Any], data: bytearray) -> Frame:
    """Make the frame of `frame_message`."""
    width, height = header["size"]
    decoded = av.VideoFrame(width, height, header["format"])
    decoded.color_range, decoded.colorspace = header["color_range"], header["colorspace"]
    start = 0
    for plane, (line_size, size) in zip(decoded.planes, header["planes"], strict=True):
        _fill(plane, np.frombuffer(data, np.uint8, size, start), line_size)
        start += size
    converted = None
    if header["converted"]:
        converted = np.frombuffer(data, np.uint8, offset=start).reshape(height, width, 3)
    time_base = Fraction(*header["time_base"])
    return Frame(header["index"], header["pts"], time_base, header["rotation"], decoded, converted)


def _converts_alike(decoded: av.VideoFrame) -> bool:
    """Tell whether a copy of the planes is all that a conversion to RGB looks at.

    Where chroma has to be interpolated, FFmpeg asks where it was sampled, and no copy can be told that.
    """
    return decoded.format.name in LUMA_FIRST and not (decoded.width % 2 or decoded.height % 2)


def _fill(plane: VideoPlane, data: NDArray[np.uint8], line_size: int) -> None:
    """Copy a plane whose lines may be padded in another way; a palette has none."""
    if line_size == plane.line_size:
        plane.update(data.tobytes())
        return
    shared = min(line_size, plane.line_size)
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    rows[:, :shared] = data.reshape(-1, line_size)[:, :shared]
