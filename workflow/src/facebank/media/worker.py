"""The process that decodes for another: it answers one request after the other until nobody asks any more."""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import av.subtitles.stream  # noqa: F401  (PyAV loads it with the first file that has subtitles, or may)

from facebank.errors import DataError
from facebank.media import videos
from facebank.media.containers import VideoRefusedError
from facebank.media.images import PhotoRejected, decode_photo
from facebank.media.passing import (
    facts_header,
    frame_message,
    photo_message,
    receive,
    send,
    span_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from facebank.media.limits import PhotoLimits, ProcessLimits, VideoLimits
    from facebank.media.passing import Header

__all__ = ["NO_MEMORY", "serve"]

#: What the process leaves with where it finds no memory. To say more it would need some.
NO_MEMORY = 112

_STATM = Path("/proc/self/statm")


def serve(
    connection: Connection[Header, Header],
    photo_limits: PhotoLimits,
    video_limits: VideoLimits,
    process_limits: ProcessLimits,
) -> None:
    """Answer requests until the other side is gone.

    Parameters
    ----------
    connection : Connection
        Where requests come from, as `facebank.media.passing` writes them, and where the answers go.
    photo_limits, video_limits : PhotoLimits and VideoLimits
        What photos and videos may ask for.
    process_limits : ProcessLimits
        What this process may take. The system ends it when a step takes longer.
    """
    # Ctrl-C is for who asked: this process ends when nobody asks any more.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _bound(process_limits.max_memory_mb)

    # Python is not needed to end the process: it may be deep in a decoder.
    def wind() -> None:
        signal.setitimer(signal.ITIMER_PROF, process_limits.max_seconds)

    send(connection, {})
    try:
        while _answered(connection, photo_limits, video_limits, wind):
            signal.setitimer(signal.ITIMER_PROF, 0)
    except MemoryError:
        # What it has by now it may keep: another process takes over.
        os._exit(NO_MEMORY)


def _answered(
    connection: Connection[Header, Header],
    photo_limits: PhotoLimits,
    video_limits: VideoLimits,
    wind: Callable[[], None],
) -> bool:
    """Answer a request; False if nobody asks any more."""
    try:
        header, data = receive(connection)
    except (EOFError, OSError):
        return False
    wind()
    failed = _last_failure()
    failed.value = 0
    try:
        if header["task"] == "photo":
            send(connection, *photo_message(decode_photo(bytes(data), limits=photo_limits)))
        else:
            _answer_video(connection, header, video_limits, wind)
    except (PhotoRejected, DataError) as refusal:
        # Some decoders say that a file is damaged where it is memory that they did not get.
        if failed.value == errno.ENOMEM:
            raise MemoryError from refusal
        send(connection, _said(refusal))
    return True


def _said(refusal: PhotoRejected | DataError) -> Header:
    """Give the answer that a file is not decoded."""
    if isinstance(refusal, PhotoRejected):
        return {"rejected": [refusal.reason_code, refusal.detail]}
    reason_code = refusal.reason_code if isinstance(refusal, VideoRefusedError) else ""
    return {"refused": [reason_code, str(refusal)]}


def _answer_video(
    connection: Connection[Header, Header], header: Header, limits: VideoLimits, wind: Callable[[], None]
) -> None:
    """Answer a request for facts or frames of a video."""
    path, span = Path(header["path"]), span_of(header["span"])

    if header["task"] == "probe":
        facts = videos.probe(path, span=span, limits=limits, at_step=wind)
        send(connection, facts_header(facts))
        return
    if header["wanted"] is None:
        found = videos.frames(path, span=span, limits=limits, at_step=wind)
    else:
        found = videos.read_frames(path, header["wanted"], span=span, limits=limits, at_step=wind)
    for frame in found:
        send(connection, *frame_message(frame))
    send(connection, {"end": True})


def _bound(max_memory_mb: int) -> None:
    """Bound the memory beside what the process has by now, and let a crash leave no core file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if _STATM.is_file():
        pages = int(_STATM.read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + max_memory_mb * 10**6
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _last_failure() -> ctypes.c_int:
    """Give the place where the C library keeps why it last failed a call of this thread."""
    place = getattr(ctypes.CDLL(None), "__errno_location", None)
    if place is None:
        return ctypes.c_int()
    place.restype = ctypes.POINTER(ctypes.c_int)
    found: ctypes.c_int = place().contents
    return found
