"""Videos, decoded in order: which frames there are, when each is shown, and its upright pixels.

Frames are only ever reached by decoding from the start. Seeking by number and counts in container headers are
both known to lie, so the number of frames of a video is the number that was decoded.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from facebank.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from av.container import InputContainer
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

__all__ = ["Frame", "VideoFacts", "frames", "probe", "read_frames"]

_QUARTER_TURN = 90
_REMEDY = "Copy or record the video again; check it with a player first."


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What a video says of itself without being decoded to its end.

    Attributes
    ----------
    codec : str
        FFmpeg's short name of the codec, such as ``h264`` or ``av1``.
    width, height : int
        Size of the upright frames in pixels.
    rotation : int
        Counter-clockwise turn in degrees that the container asks for; `frames` has applied it.
    frames_declared : int
        The container's own count of frames; 0 where it gives none.
    packets : int
        Compressed frames in the file, by walking through it once.
    frame_rate : Fraction
        Mean frames a second, as the container states it; 0 where it does not.
    time_base : Fraction
        Seconds of one unit of a frame's `pts`.
    """

    codec: str
    width: int
    height: int
    rotation: int
    frames_declared: int
    packets: int
    frame_rate: Fraction
    time_base: Fraction


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded frame.

    Attributes
    ----------
    index : int
        Place in decoding order from 0.
    pts : int
        Time of display in units of `time_base`.
    time_base : Fraction
        Seconds of one unit of `pts`.
    """

    index: int
    pts: int
    time_base: Fraction
    _decoded: av.VideoFrame

    @property
    def time_s(self) -> float:
        """Time of display in seconds."""
        return float(self.pts * self.time_base)

    @property
    def rotation(self) -> int:
        """Counter-clockwise turn in degrees that makes the stored picture upright."""
        return self._decoded.rotation

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the upright frame in pixels."""
        size = (self._decoded.width, self._decoded.height)
        return (size[1], size[0]) if self._turns % 2 else size

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """The upright frame as RGB, uint8 (height, width, 3); converted anew at each access."""
        return self._upright(self._decoded.to_ndarray(format="rgb24"))

    def thumbnail(self, longer_side: int) -> NDArray[np.uint8]:
        """Give the upright frame in grey, area-averaged so that its longer side has `longer_side` pixels."""
        stored = (self._decoded.width, self._decoded.height)
        width, height = (max(1, round(longer_side * side / max(stored))) for side in stored)
        small = self._decoded.reformat(width, height, format="gray", interpolation="AREA")
        return self._upright(small.to_ndarray())

    @property
    def _turns(self) -> int:
        """Quarter turns counter-clockwise, the direction of `numpy.rot90` too."""
        return self._decoded.rotation // _QUARTER_TURN

    def _upright(self, stored: NDArray[Any]) -> NDArray[np.uint8]:
        """Turn a stored picture upright, in memory of its own."""
        return np.ascontiguousarray(np.rot90(stored, self._turns), dtype=np.uint8)


def probe(path: Path, *, threads: int = 1) -> VideoFacts:
    """Read a video's facts: its header, a count of its packets, and its first frame.

    Parameters
    ----------
    path : Path
        A video file of any container and codec that FFmpeg reads.
    threads : int
        Decoder threads.

    Returns
    -------
    VideoFacts
        Sizes are those of the upright frame.

    Raises
    ------
    DataError
        If the file cannot be opened, has no video, or its first frame cannot be decoded.
    """
    first = next(frames(path, threads=threads), None)
    if first is None:
        raise DataError(
            "The video holds no frame", file=path, expected="at least one", found="none", remedy=_REMEDY
        )
    with _opened(path, threads) as (container, stream):
        packets = sum(packet.size > 0 for packet in container.demux(stream))
        width, height = first.size
        return VideoFacts(
            codec=stream.codec_context.name,
            width=width,
            height=height,
            rotation=first.rotation,
            frames_declared=stream.frames,
            packets=packets,
            frame_rate=stream.average_rate or Fraction(0),
            time_base=first.time_base,
        )


def frames(path: Path, *, threads: int = 1) -> Iterator[Frame]:
    """Decode a video from its first frame to its last.

    Parameters
    ----------
    path : Path
        The video file.
    threads : int
        Decoder threads; their number changes no pixel.

    Yields
    ------
    Frame
        In display order. Pixels are converted when they are asked for, so a frame that nobody looks at costs
        its decoding only.

    Raises
    ------
    DataError
        If the file cannot be opened, has no video stream, breaks off in the middle of a frame, or a frame has
        no time of display.
    """
    with _opened(path, threads) as (container, stream):
        for index, decoded in enumerate(container.decode(stream)):
            if decoded.pts is None or decoded.time_base is None:
                raise DataError(
                    "A frame has no time", file=path, found=f"no pts in frame {index}", remedy=_REMEDY
                )
            yield Frame(index, decoded.pts, decoded.time_base, decoded)


def read_frames(path: Path, wanted: Collection[int], *, threads: int = 1) -> Iterator[Frame]:
    """Decode a video once and give only the wanted frames.

    Parameters
    ----------
    path : Path
        The video file.
    wanted : collection of int
        Indices from 0; order and repeats do not matter.
    threads : int
        Decoder threads.

    Yields
    ------
    Frame
        The wanted frames in rising order; decoding stops behind the last of them.

    Raises
    ------
    DataError
        As `frames`, and if the video ends before a wanted frame.
    """
    if not wanted:
        return
    chosen, last, found = frozenset(wanted), max(wanted), -1
    for frame in frames(path, threads=threads):
        found = frame.index
        if found in chosen:
            yield frame
        if found == last:
            return
    raise DataError(
        "The video is shorter than its labels",
        file=path,
        expected=f"at least {last + 1} frames",
        found=str(found + 1),
        remedy="Rebuild the inventory and what follows it, or restore the video.",
    )


@contextmanager
def _opened(path: Path, threads: int) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a video's first picture stream; errors of FFmpeg inside the block become DataError."""
    try:
        with av.open(path, metadata_errors="replace") as container:
            if not container.streams.video:
                raise DataError(
                    "The file holds no video", file=path, expected="a video stream", remedy=_REMEDY
                )
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            stream.codec_context.thread_count = threads
            yield container, stream
    except (av.FFmpegError, EOFError) as error:
        raise DataError(
            "Cannot read the video",
            file=path,
            expected="a whole video file",
            found=str(error),
            remedy=_REMEDY,
        ) from error
