"""Opening a video: which containers, how large, and where a stretch of it begins."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any

import av

from facebank.errors import DataError
from facebank.media.limits import is_special

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.container import InputContainer
    from av.video.codeccontext import VideoCodecContext
    from av.video.stream import VideoStream

    from facebank.media.limits import VideoLimits

__all__ = ["CONVERT", "MARKING", "REMEDY", "Span", "VideoRefusedError", "opened", "reason_of", "require_size"]

#: Containers that are opened, as FFmpeg names them: those of videos. Others lead to other files (ffconcat and
#: playlists), or are pictures.
_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo"

#: Pixels by which padding may enlarge a frame: 64 for each of many lines.
_PADDING = 1 << 22

#: Makes a decoder fail at damage that it notices.
_WHOLE = {"err_detect": "explode"}
#: Decoders that mark the pictures that they make up for what is damaged, most of them.
MARKING = frozenset({"h264"})

#: What to do about a video whose container does not say when each frame is shown: H.264 in AVI or MPEG, say.
CONVERT = "Convert it, to MP4 say; that encodes it anew."
#: What to do about a video that cannot be read.
REMEDY = "Copy or record the video again; check it with a player first."


class VideoRefusedError(DataError):
    """A video that asks for more than it may have; the other arguments are those of `DataError`.

    Parameters
    ----------
    reason_code : str
        A stable code: ``TOO_MANY_PIXELS``, ``TOO_MANY_FRAMES``, ``TOO_MANY_BYTES``, ``TOO_MUCH_MEMORY``; from
        a process of its own, see `facebank.media.isolation`, also ``TOO_SLOW`` and ``DECODER_CRASHED``.
    """

    def __init__(self, reason_code: str, problem: str, **found: Any) -> None:
        super().__init__(problem, **found)
        self.reason_code = reason_code


def reason_of(error: DataError) -> str:
    """Give the reason code of a video that cannot be used."""
    return error.reason_code if isinstance(error, VideoRefusedError) else "UNREADABLE_VIDEO"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a video: its frames with ``start_s <= time < stop_s``, compared without rounding.

    Attributes
    ----------
    start_s, stop_s : float
        Seconds. They should lie between frames and not on them, where two ways to write a time may differ.
    """

    start_s: float
    stop_s: float

    def ticks(self, time_base: Fraction) -> range:
        """Give the times of the stretch in units of `time_base`."""
        start, stop = (ceil(Fraction(value) / time_base) for value in (self.start_s, self.stop_s))
        return range(start, stop)


@contextmanager
def opened(
    path: Path, limits: VideoLimits, span: Span | None = None
) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a video's first picture stream before the span; FFmpeg's errors in the block become DataError."""
    _require_file(path, limits)
    try:
        with ExitStack() as files:
            container, stream = _open_before(path, limits, span, files)
            yield container, stream
    except av.error.MemoryError as error:
        # FFmpeg never takes 2 GB at once: a header that wants as much is refused on every machine.
        raise VideoRefusedError(
            "TOO_MUCH_MEMORY",
            "The video asks for too much memory",
            file=path,
            found=str(error),
            remedy=REMEDY,
        ) from error
    except (av.FFmpegError, EOFError) as error:
        raise DataError(
            "Cannot read the video",
            file=path,
            expected="a whole video file",
            found=str(error),
            remedy=REMEDY,
        ) from error


def _require_file(path: Path, limits: VideoLimits) -> None:
    """Insist on a file of an acceptable size. What is not there is left to who opens it."""
    if is_special(path):
        raise DataError("This is no video file", file=path, found="a pipe or a device", remedy="Remove it.")
    if path.is_file() and (size := path.stat().st_size) > limits.max_bytes:
        raise VideoRefusedError(
            "TOO_MANY_BYTES",
            "The video is too large",
            file=path,
            expected=f"at most {limits.max_bytes} bytes",
            found=str(size),
            remedy="Cut it, or raise sources.max_bytes in the config.",
        )


def _open_before(
    path: Path, limits: VideoLimits, span: Span | None, files: ExitStack
) -> tuple[InputContainer, VideoStream]:
    """Open a file at a picture before the span, or else at its beginning."""
    if span is not None:
        container, stream = _open(path, limits, _WHOLE, files)
        if _sought(container, stream, span):
            return container, stream
        # Pictures that follow the sought one and are shown before it may lack what stood before: no damage.
        if stream.codec_context.name in MARKING:
            container, stream = _open(path, limits, {}, files)
            if _sought(container, stream, span):
                return container, stream
    return _open(path, limits, _WHOLE, files)


def _open(
    path: Path, limits: VideoLimits, decoder: dict[str, str], files: ExitStack
) -> tuple[InputContainer, VideoStream]:
    """Open a file at its beginning, with some options for the decoder."""
    # FFmpeg counts padding too: it refuses what is far too large, before there is memory for it.
    allowed = {"max_pixels": str(2 * limits.max_pixels + _PADDING)}
    options = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file", **allowed}
    container = files.enter_context(av.open(path, metadata_errors="replace", options=options))
    if not container.streams.video:
        raise DataError("The file holds no video", file=path, expected="a video stream", remedy=REMEDY)
    stream = container.streams.video[0]
    # PyAV gives a stream without a context where FFmpeg has no decoder for it.
    context: VideoCodecContext | None = stream.codec_context
    if context is None:
        raise DataError("There is no decoder for the video", file=path, remedy="Convert it, to H.264 say.")
    require_size(context, path, limits)
    # Of several threads some pass over damage that one fails at.
    context.thread_count = 1
    context.options = {**allowed, **decoder}
    return container, stream


def require_size(pictured: VideoCodecContext | av.VideoFrame, path: Path, limits: VideoLimits) -> None:
    """Insist on frames of an acceptable size."""
    if pictured.width * pictured.height > limits.max_pixels:
        raise VideoRefusedError(
            "TOO_MANY_PIXELS",
            "The video's frames are too large",
            file=path,
            expected=f"at most {limits.max_pixels} pixels",
            found=f"{pictured.width} x {pictured.height}",
            remedy="Scale it down, or raise sources.max_pixels in the config.",
        )


def _sought(container: InputContainer, stream: VideoStream, span: Span) -> bool:
    """Go to a keyframe that is shown before the span; False where the container does not lead to one.

    Nor where pictures come only after others that are not whole, as in streams that are refreshed bit by bit,
    or where the decoder fails at what is shown before the keyframe.
    """
    if stream.time_base is None:
        return False
    start = span.ticks(stream.time_base).start
    try:
        container.seek(start, stream=stream)
        packet = next(container.demux(stream))
        if not packet.is_keyframe or packet.pts is None or packet.pts > start:
            return False
        # The packet was taken out to look at it, and so are the first pictures.
        container.seek(start, stream=stream)
        shown = [picture.pts for picture in _up_to(packet.pts, container.decode(stream))]
        if any(pts is None or pts > start for pts in shown):
            return False
        container.seek(start, stream=stream)
    except (av.FFmpegError, StopIteration):
        return False
    return bool(shown)


def _up_to(pts: int, pictures: Iterator[av.VideoFrame]) -> Iterator[av.VideoFrame]:
    """Give pictures until one that is shown at a time or later."""
    for picture in pictures:
        yield picture
        if picture.pts is None or picture.pts >= pts:
            return
