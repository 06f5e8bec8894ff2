"""The process that decodes for another: it answers one request after the other until nobody asks any more."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import resource
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import av.subtitles.stream  # noqa: F401  (PyAV loads it with the first file that has subtitles, or may)

from facebank.errors import DataError
from facebank.media import videos
from facebank.media.containers import VideoRefusedError
from facebank.media.images import PhotoRejected, decode_photo
from facebank.media.lines import Line
from facebank.media.passing import FrameSender, facts_header, send_photo, span_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from mmap import mmap
    from multiprocessing.connection import Connection

    from facebank.media.limits import PhotoLimits, ProcessLimits, VideoLimits
    from facebank.media.lines import Header

__all__ = ["NO_MEMORY", "serve"]

#: What the process leaves with where it finds no memory. To say more it would need some.
NO_MEMORY = 112

_STATUS = Path("/proc/self/status")
_PEAK = re.compile(rb"^VmPeak:\s*([0-9]+) kB$", re.MULTILINE)
#: Bytes that a process is given beyond its limit. A decoder may go on where it was refused memory, as if a
#: file held no more or other things, and the mark of that may be wiped out. What it took is always seen.
_SPARE = 256 << 20


def serve(
    connection: Connection[Header, Header],
    memory: mmap,
    photo_limits: PhotoLimits,
    video_limits: VideoLimits,
    process_limits: ProcessLimits,
) -> None:
    """Answer requests until the other side is gone.

    Parameters
    ----------
    connection : Connection
        Where requests come from, as `facebank.media.passing` writes them, and where the answers go.
    memory : mmap
        Where pictures pass.
    photo_limits, video_limits : PhotoLimits and VideoLimits
        What photos and videos may ask for.
    process_limits : ProcessLimits
        What this process may take. The system ends it when a step takes longer.
    """
    # Ctrl-C is for who asked: this process ends when nobody asks any more.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line = Line(connection, memory, asks=False)
    failed = _last_failure()
    most = _bound(process_limits.max_memory_mb)

    def at_step() -> None:
        # Some decoders say that a file is damaged where it is memory that they did not get, or leave out what
        # did not fit and say nothing.
        if failed.value == errno.ENOMEM or _peak() > most:
            raise MemoryError
        # Python is not needed to end the process: it may be deep in a decoder.
        signal.setitimer(signal.ITIMER_PROF, process_limits.max_seconds)

    try:
        line.send({"ready": True})
        while True:
            request = line.receive()
            failed.value = 0
            at_step()
            try:
                _answer(line, request, photo_limits, video_limits, at_step)
            except (PhotoRejected, DataError) as refusal:
                at_step()
                line.send(_said(refusal))
            signal.setitimer(signal.ITIMER_PROF, 0)
    except (EOFError, ConnectionError):
        return
    except MemoryError:
        # What it has by now it may keep: another process takes over.
        os._exit(NO_MEMORY)


def _answer(
    line: Line,
    request: Header,
    photo_limits: PhotoLimits,
    video_limits: VideoLimits,
    at_step: Callable[[], None],
) -> None:
    """Answer a request."""
    if request["task"] == "photo":
        data = bytearray(request["bytes"])
        line.read_into(memoryview(data))
        photo = decode_photo(bytes(data), limits=photo_limits)
        at_step()
        send_photo(line, photo)
    else:
        _answer_video(line, request, video_limits, at_step)


def _said(refusal: PhotoRejected | DataError) -> Header:
    """Give the answer that a file is not decoded."""
    if isinstance(refusal, PhotoRejected):
        return {"rejected": [refusal.reason_code, refusal.detail]}
    reason_code = refusal.reason_code if isinstance(refusal, VideoRefusedError) else ""
    return {"refused": [reason_code, str(refusal)]}


def _answer_video(line: Line, request: Header, limits: VideoLimits, at_step: Callable[[], None]) -> None:
    """Answer a request for facts or frames of a video."""
    path, span, wanted = Path(request["path"]), span_of(request["span"]), request["wanted"]
    if request["task"] == "probe":
        facts = videos.probe(path, span=span, limits=limits, at_step=at_step)
        at_step()
        line.send(facts_header(facts))
        return
    if wanted is None:
        found = videos.frames(path, span=span, limits=limits, at_step=at_step)
    else:
        found = videos.read_frames(path, wanted, span=span, limits=limits, at_step=at_step)
    sender = FrameSender(line)
    for frame in found:
        sender.send(frame)
    at_step()
    line.send({"end": True})


def _bound(max_memory_mb: int) -> int:
    """Bound the memory beside what the process had by now, and let a crash leave no core file.

    Returns
    -------
    int
        How much may have been taken in bytes, as `_peak` gives it.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    had = _peak()
    most = had + max_memory_mb * 10**6
    if had:
        # A lower limit of the user's own, by `ulimit -v` say, cannot be raised, and stays.
        own = resource.getrlimit(resource.RLIMIT_AS)[1]
        bound = most + _SPARE if own == resource.RLIM_INFINITY else min(most + _SPARE, own)
        resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
    return most


def _peak() -> int:
    """Give the largest address space that this process had, in bytes; 0 where the system does not say."""
    try:
        found = _PEAK.search(_STATUS.read_bytes())
    except FileNotFoundError:
        return 0
    return int(found[1]) << 10 if found else 0


def _last_failure() -> ctypes.c_int:
    """Give the place where the C library keeps why it last failed a call of this thread."""
    place = getattr(ctypes.CDLL(None), "__errno_location", None)
    if place is None:
        return ctypes.c_int()
    place.restype = ctypes.POINTER(ctypes.c_int)
    found: ctypes.c_int = place().contents
    return found
