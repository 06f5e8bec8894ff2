"""Videos, decoded in order: which frames there are, when each is shown, and its upright pixels.

Frames are only ever reached by decoding in order. Seeking by number and counts in container headers are both
known to lie, so the number of frames of a video is the number that was decoded. A stretch of a longer video
is decoded from a keyframe that is proven to stand before it, and its frames are told by their times.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from av.stream import Disposition
from av.video.frame import PictureType

from facebank.errors import DataError
from facebank.media.containers import CONVERT, MARKING, REMEDY, Span, VideoRefusedError, opened, require_size
from facebank.media.frames import Frame
from facebank.media.limits import VIDEO_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    import av
    from av.container import InputContainer
    from av.video.stream import VideoStream

    from facebank.media.limits import VideoLimits

__all__ = ["Span", "VideoFacts", "VideoRefusedError", "frames", "probe", "read_frames"]

_T = TypeVar("_T")


def _nothing() -> None:
    """Do nothing at a step of a video."""


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
        The container's own count of frames, without those that it cuts off itself (an edit list); 0 where it
        gives none.
    packets : int
        Compressed frames in the file, by walking through it once, without those that are cut off.
    variable_frame_rate : bool
        Whether frames follow each other at intervals that differ by more than one unit of `time_base`.
    frame_rate : Fraction
        Mean frames a second, as the container states it; 0 where it does not.
    time_base : Fraction
        Seconds of one unit of a frame's `pts`.
    video_streams : int
        Video streams in the file besides cover pictures: the first one is meant by all of this.
    """

    codec: str
    width: int
    height: int
    rotation: int
    frames_declared: int
    packets: int
    variable_frame_rate: bool
    frame_rate: Fraction
    time_base: Fraction
    video_streams: int = 1


def probe(
    path: Path,
    *,
    span: Span | None = None,
    limits: VideoLimits = VIDEO_LIMITS,
    at_step: Callable[[], None] = _nothing,
) -> VideoFacts:
    """Read a video's facts: its header, a count of its packets, and its first frame.

    Parameters
    ----------
    path : Path
        A video file of any container and codec that FFmpeg reads.
    span : Span, optional
        Only this stretch of it; its packets are counted, and the header's count is of no use then.
    limits : VideoLimits
        What it may ask for.
    at_step : callable
        Called for each frame and packet.

    Returns
    -------
    VideoFacts
        Sizes are those of the upright frame.

    Raises
    ------
    VideoRefusedError
        If it asks for more.
    DataError
        If the file cannot be opened, has no video, or its first frame cannot be decoded.
    """
    first = next(frames(path, span=span, limits=limits, at_step=at_step), None)
    if first is None:
        where = (
            "The video holds no frame" if span is None else f"The video holds no frame of {_seconds(span)}"
        )
        raise DataError(where, file=path, expected="at least one", found="none", remedy=REMEDY)
    with opened(path, limits, span) as (container, stream):
        declared = _declared(container, stream)
        # The last packet of all holds nothing.
        packets = (packet for packet in container.demux(stream) if packet.size)
        times, cut = _packet_times(_counted(packets, path, limits, at_step), span)
        width, height = first.size
        return VideoFacts(
            codec=stream.codec_context.name,
            width=width,
            height=height,
            rotation=first.rotation,
            frames_declared=max(declared - cut, 0) if span is None else 0,
            packets=len(times),
            variable_frame_rate=_varies(times),
            frame_rate=stream.average_rate or Fraction(0),
            time_base=first.time_base,
            video_streams=sum(
                Disposition.attached_pic not in other.disposition for other in container.streams.video
            ),
        )


def frames(
    path: Path,
    *,
    span: Span | None = None,
    limits: VideoLimits = VIDEO_LIMITS,
    at_step: Callable[[], None] = _nothing,
) -> Iterator[Frame]:
    """Decode a video, or a stretch of it, from its first frame to its last.

    Parameters
    ----------
    path : Path
        The video file.
    span : Span, optional
        Only this stretch of it; its frames are counted from 0.
    limits : VideoLimits
        What it may ask for.
    at_step : callable
        Called for each frame that is decoded, those before the stretch included.

    Yields
    ------
    Frame
        In display order. Pixels are converted when they are asked for, so a frame that nobody looks at costs
        its decoding only.

    Raises
    ------
    VideoRefusedError
        If it asks for more.
    DataError
        If the file cannot be opened, has no video stream, breaks off in the middle of a frame, or a frame is
        damaged, where the decoder notices it, or has no time of display.
    """
    with opened(path, limits, span) as (container, stream):
        index, begun, between = 0, False, False
        marking = stream.codec_context.name in MARKING
        # Of all frames, see PyAV. Each access to it, the frames' or this one, makes another fraction.
        time_base = stream.time_base
        times = None if span is None or time_base is None else span.ticks(time_base)
        for decoded in _counted(container.decode(stream), path, limits, at_step):
            require_size(decoded, path, limits)
            if decoded.pts is None or time_base is None:
                raise DataError(
                    "A frame of the video has no time",
                    file=path,
                    found=f"no pts in frame {index}",
                    remedy=CONVERT,
                )
            behind = times is not None and decoded.pts >= times.stop
            if behind and not between:
                return
            within = times is None or (decoded.pts >= times.start and not behind)
            # Reached in the middle, a file may first show pictures that lack what stood before them.
            begun |= within or decoded.key_frame
            if begun and decoded.is_corrupt:
                raise DataError(
                    "The video is damaged",
                    file=path,
                    expected="whole pictures",
                    found=f"one at {decoded.time:.3f} s that the decoder made up in part",
                    remedy=REMEDY,
                )
            if within:
                yield Frame(index, decoded.pts, time_base, decoded.rotation, decoded)
                index += 1
            # The last ones of a stretch may be made from one that is shown behind it: it has to be whole. Of
            # most damage other decoders tell when they read it, which is before.
            between = marking and decoded.pict_type == PictureType.B


def read_frames(
    path: Path,
    wanted: Collection[int],
    *,
    span: Span | None = None,
    limits: VideoLimits = VIDEO_LIMITS,
    at_step: Callable[[], None] = _nothing,
) -> Iterator[Frame]:
    """Decode a video once and give only the wanted frames.

    Parameters
    ----------
    path : Path
        The video file.
    wanted : collection of int
        Indices from 0; order and repeats do not matter.
    span : Span, optional
        Only this stretch of the video; indices are counted from its first frame.
    limits : VideoLimits
        What it may ask for.
    at_step : callable
        Called for each frame that is decoded.

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
    for frame in frames(path, span=span, limits=limits, at_step=at_step):
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


def _counted(
    items: Iterator[_T], path: Path, limits: VideoLimits, at_step: Callable[[], None]
) -> Iterator[_T]:
    """Give frames or packets, as many as a video may have."""
    for count, item in enumerate(items, start=1):
        if count > limits.max_frames:
            raise VideoRefusedError(
                "TOO_MANY_FRAMES",
                "The video is too long",
                file=path,
                expected=f"at most {limits.max_frames} frames",
                found="more",
                remedy="Cut it, or raise sources.max_frames in the config.",
            )
        at_step()
        yield item


def _declared(container: InputContainer, stream: VideoStream) -> int:
    """Give the container's own count of frames, before a packet is read.

    Of what an edit list leaves out, MP4 and MOV still give much as packets to be discarded, and not the rest.
    """
    listed = len(stream.index_entries) if "mp4" in container.format.name else 0
    return min(stream.frames, listed) or stream.frames


def _packet_times(
    packets: Iterator[av.Packet[VideoStream]], span: Span | None
) -> tuple[list[int | None], int]:
    """List when each packet is shown, in the order of the file, and count those that are cut off.

    Of a span only its own are listed.
    """
    times: list[int | None] = []
    cut = 0
    for packet in packets:
        if packet.is_discard:
            cut += 1
        elif span is None:
            times.append(packet.pts)
        elif packet.pts is not None:
            ticks = span.ticks(packet.time_base)
            # No frame is shown before it is decoded, so all of the span are read by now.
            if packet.dts is not None and packet.dts >= ticks.stop:
                break
            if packet.pts in ticks:
                times.append(packet.pts)
    return times, cut


def _varies(times: list[int | None]) -> bool:
    """Tell whether frames follow each other at different intervals, beyond the rounding of their times."""
    known = sorted(time for time in times if time is not None)
    steps = [later - earlier for earlier, later in pairwise(known)]
    return bool(steps) and max(steps) - min(steps) > 1


def _seconds(span: Span) -> str:
    """Say what a span is."""
    return f"{span.start_s:.3f} s to {span.stop_s:.3f} s"
