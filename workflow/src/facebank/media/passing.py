"""What passes between a process that decodes and the one that asked, as headers and bytes of pictures.

Frames pass as they were decoded, plane by plane, so that who asked converts them as it would have converted
its own.
"""

from __future__ import annotations

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
from facebank.media.lines import PIECE
from facebank.media.videos import VideoFacts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from av.video.plane import VideoPlane

    from facebank.media.lines import Header, Line

__all__ = [
    "FrameSender",
    "FrameTaker",
    "facts_header",
    "facts_of",
    "send_photo",
    "span_header",
    "span_of",
    "take_photo",
]

#: What is known of a video -> what it may be.
_FACTS = {
    "codec": str,
    "width": int,
    "height": int,
    "rotation": int,
    "frames_declared": int,
    "packets": int,
    "video_streams": int,
    "variable_frame_rate": bool,
}
_ORIENTATIONS = range(1, 9)
#: Bytes by which decoders lengthen rows, at most.
_PADDING = 4096
_QUARTER_TURNS = range(-270, 271, 90)


def send_photo(line: Line, photo: Photo) -> None:
    """Send a photo, in strips."""
    size = photo.picture.size
    strips = (photo.picture.crop(box).tobytes() for box in _strips(*size))
    header = {"size": size, "orientation": photo.orientation, "format": photo.format}
    line.send(header, map(memoryview, strips))


def take_photo(line: Line, header: Mapping[str, Any], max_pixels: int) -> Photo:
    """Take the photo of `send_photo`.

    Raises
    ------
    EOFError, OSError, ValueError, LookupError, TypeError
        As `Line.receive`.
    """
    width, height = _size(header["size"], max_pixels)
    if _kind(header["orientation"], int) not in _ORIENTATIONS:
        raise ValueError("no orientation")
    picture = Image.new("RGB", (width, height), None)
    for left, top, right, bottom in _strips(width, height):
        strip = right - left, bottom - top
        taken = np.frombuffer(line.read(strip[0] * strip[1] * 3), np.uint8)
        picture.paste(Image.fromarray(taken.reshape(*strip[::-1], 3)), (left, top))
    return Photo(picture, header["orientation"], _kind(header["format"], str))


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
    """Make the facts of `facts_header`.

    Raises
    ------
    ValueError, LookupError, TypeError, ArithmeticError
        If they are none.
    """
    values = {name: _kind(header[name], kind) for name, kind in _FACTS.items()}
    return VideoFacts(
        **values, frame_rate=Fraction(*header["frame_rate"]), time_base=Fraction(*header["time_base"])
    )


class FrameSender:
    """Sends the frames of one request; what they have in common, once.

    Parameters
    ----------
    line : Line
        Where to.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._form: Header = {}

    def send(self, frame: Frame) -> None:
        """Send a frame."""
        decoded = frame.decoded
        buffers = [_from_the_top(plane) for plane in decoded.planes]
        form = {
            "time_base": frame.time_base.as_integer_ratio(),
            "rotation": frame.rotation,
            "format": decoded.format.name,
            "size": (decoded.width, decoded.height),
            "color_range": int(decoded.color_range),
            "colorspace": int(decoded.colorspace),
            "planes": [len(plane) for plane in buffers],
            "converted": False,
        }
        if not _converts_alike(decoded):
            # What cannot be converted cannot be there either, and is said where it is asked for.
            with suppress(DataError):
                buffers.append(rgb(decoded).reshape(-1).data)
                form["converted"] = True
        header: Header = {"index": frame.index, "pts": frame.pts}
        if form != self._form:
            header["form"] = self._form = form
        self._line.send(header, buffers)


class FrameTaker:
    """Takes the frames of one request.

    Parameters
    ----------
    line : Line
        Where from.
    max_pixels : int
        Of a frame.
    max_frames : int
        Of the video.
    """

    def __init__(self, line: Line, max_pixels: int, max_frames: int) -> None:
        self._line = line
        self._max_pixels = max_pixels
        self._left = range(max_frames)
        self._form: Header = {}

    def take(self, header: Mapping[str, Any]) -> Frame:
        """Take the frame of a header.

        Raises
        ------
        EOFError, OSError, ValueError, LookupError, TypeError, ArithmeticError
            As `Line.receive`.
        """
        form = self._form = header.get("form", self._form)
        index, pts = _kind(header["index"], int), _kind(header["pts"], int)
        if index not in self._left:
            raise ValueError("no frame that comes next")
        self._left = range(index + 1, self._left.stop)
        if _kind(form["rotation"], int) not in _QUARTER_TURNS:
            raise ValueError("no rotation")
        width, height = _size(form["size"], self._max_pixels)
        decoded = av.VideoFrame(width, height, form["format"])
        decoded.color_range, decoded.colorspace = form["color_range"], form["colorspace"]
        for plane, size in zip(decoded.planes, form["planes"], strict=True):
            self._fill(plane, size)
        converted = None
        if form["converted"]:
            converted = np.empty((height, width, 3), np.uint8)
            self._line.read_into(converted.reshape(-1).data)
        return Frame(index, pts, Fraction(*form["time_base"]), form["rotation"], decoded, converted)

    def _fill(self, plane: VideoPlane, size: int) -> None:
        """Take a plane of so many bytes, whose rows may be padded in another way; a palette has one row."""
        if size == plane.buffer_size:
            self._line.read_into(memoryview(plane))
            return
        stride, rest = divmod(size, plane.height)
        if rest or not 0 < stride <= plane.line_size + _PADDING:
            raise ValueError("no plane of this frame")
        padded = np.empty((plane.height, stride), np.uint8)
        self._line.read_into(padded.reshape(-1).data)
        shared = min(stride, plane.line_size)
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
        rows[:, :shared] = padded[:, :shared]


def _converts_alike(decoded: av.VideoFrame) -> bool:
    """Tell whether a copy of the planes is all that a conversion to RGB looks at.

    Where chroma has to be interpolated, FFmpeg asks where it was sampled, and no copy can be told that.
    """
    return decoded.format.name in LUMA_FIRST and not (decoded.width % 2 or decoded.height % 2)


def _from_the_top(plane: VideoPlane) -> memoryview:
    """Give the bytes of a plane; some decoders keep its lowest row first."""
    data = memoryview(plane)
    if plane.line_size >= 0:
        return data
    rows = np.frombuffer(data, np.uint8).reshape(plane.height, -plane.line_size)
    return np.ascontiguousarray(rows[::-1]).reshape(-1).data


def _strips(width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
    """Cut a picture of RGB into boxes that are no larger than a piece."""
    columns = min(width, PIECE // 3)
    rows = max(1, PIECE // (8 * 3 * columns))
    for top in range(0, height, rows):
        for left in range(0, width, columns):
            yield left, top, min(left + columns, width), min(top + rows, height)


def _size(found: Any, max_pixels: int) -> tuple[int, int]:
    """Give a width and a height that are within the limit."""
    width, height = (_kind(side, int) for side in found)
    if width < 1 or height < 1 or width * height > max_pixels:
        raise ValueError("a picture of no size that may be")
    return width, height


def _kind(value: Any, kind: type) -> Any:
    """Give a value that is of a kind."""
    if type(value) is not kind:
        raise TypeError(f"{kind.__name__} was expected")
    return value
