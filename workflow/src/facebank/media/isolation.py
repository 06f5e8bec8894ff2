"""Decoding in a process of its own: a decoder that crashes or hangs costs one photo or video, not the build.

The process is kept and asked again. It is bound in memory and in processor time by the system, and replaced
when it ends. It is no sandbox: what a decoder does on purpose, the user's rights allow.

What became of a file whose decoder did not live to answer:

===================  ===================================================================================
``DECODER_CRASHED``  the decoder ended by a signal or an exit of its own
``TOO_SLOW``         a photo or one step of a video took longer than `ProcessLimits.max_seconds`
``TOO_MUCH_MEMORY``  it needed more than `ProcessLimits.max_memory_mb`, or the system ended it twice
===================  ===================================================================================

A decoder that does not look whether it was given memory crashes where there is none, and is listed so.
"""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from multiprocessing import get_context
from threading import Lock
from typing import TYPE_CHECKING

from facebank.errors import DataError, FacebankError
from facebank.media.containers import VideoRefusedError
from facebank.media.images import PhotoRejected
from facebank.media.limits import PHOTO_LIMITS, VIDEO_LIMITS
from facebank.media.passing import facts_of, frame_of, photo_of, receive, send, span_header
from facebank.media.readers import DirectReader
from facebank.media.worker import NO_MEMORY, serve

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from facebank.media.containers import Span
    from facebank.media.frames import Frame
    from facebank.media.images import Photo
    from facebank.media.limits import PhotoLimits, ProcessLimits, VideoLimits
    from facebank.media.passing import Header
    from facebank.media.readers import MediaReader
    from facebank.media.videos import VideoFacts

__all__ = ["IsolatedReader", "media_reader"]

#: Seconds within which a new process has to be ready.
_START_S = 120
#: A process that uses no processor time is waited for this many times longer.
_WAITING = 10
#: Seconds within which a process that ended is gone.
_GONE_S = 30

#: Signals that come from without, most often where the machine has no memory left.
_FROM_OUTSIDE = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT})


#: OpenBLAS starts a thread for each core as it is loaded. Each asks for its buffer when it comes to run, be
#: the process bound by then or not, and ends it where it gets none. Decoders multiply no matrices.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
_STARTING = Lock()


class _EndedError(Exception):
    """A process ended before it answered."""

    def __init__(self, reason_code: str, detail: str, *, outside: bool = False) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code
        self.detail = detail
        self.outside = outside


@contextmanager
def _set(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for what is started in the block."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class _Worker:
    """One process, and the line to it."""

    def __init__(self, photos: PhotoLimits, videos: VideoLimits, limits: ProcessLimits) -> None:
        context = get_context("spawn")
        self._limits = limits
        self._connection, other = context.Pipe()
        self._process = context.Process(target=serve, args=(other, photos, videos, limits), daemon=True)
        with _STARTING, _set(_ONE_THREAD):
            self._process.start()
        other.close()
        try:
            self._receive(_START_S)
        except _EndedError as ended:
            raise FacebankError(
                "The process that decodes photos and videos did not start",
                found=ended.detail,
                remedy="See what it wrote above, or set media.isolate to false.",
            ) from ended

    def ask(self, request: Header, data: bytes = b"") -> tuple[Header, bytearray]:
        """Send a request and give the first answer.

        Raises
        ------
        _EndedError
            If the process ends before that.
        """
        try:
            send(self._connection, request, data)
        except OSError:
            raise self._ended() from None
        return self.next()

    def next(self) -> tuple[Header, bytearray]:
        """Give the next answer."""
        header, data = self._receive(_WAITING * self._limits.max_seconds)
        if "rejected" in header:
            raise PhotoRejected(*header["rejected"])
        if "refused" in header:
            reason_code, text = header["refused"]
            # The text is a whole sentence already; an error adds its full stop.
            sentence = text.removesuffix(".")
            raise VideoRefusedError(reason_code, sentence) if reason_code else DataError(sentence)
        return header, data

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.is_alive() and not self._connection.closed

    def stop(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.join(_GONE_S)
        self._connection.close()

    def _receive(self, seconds: float) -> tuple[Header, bytearray]:
        try:
            if self._connection.poll(seconds):
                return receive(self._connection)
        except (EOFError, OSError):
            raise self._ended() from None
        except (ValueError, LookupError, TypeError):
            self.stop()
            raise _EndedError("DECODER_CRASHED", "what the decoder answered makes no sense") from None
        self.stop()
        raise _EndedError("TOO_SLOW", f"nothing came for {seconds:g} s")

    def _ended(self) -> _EndedError:
        """Say why the process ended."""
        self._process.join(_GONE_S)
        code = self._process.exitcode
        self.stop()
        if code == NO_MEMORY:
            return _EndedError("TOO_MUCH_MEMORY", f"more than {self._limits.max_memory_mb} MB")
        if code is None or code >= 0:
            return _EndedError("DECODER_CRASHED", f"the decoder left with exit code {code}")
        name = signal.Signals(-code).name
        if -code == signal.SIGPROF:
            return _EndedError("TOO_SLOW", f"more than {self._limits.max_seconds:g} s of processor time")
        if -code in _FROM_OUTSIDE:
            return _EndedError(
                "TOO_MUCH_MEMORY", f"the system ended the decoder twice ({name})", outside=True
            )
        return _EndedError("DECODER_CRASHED", f"the decoder crashed ({name})")


class IsolatedReader:
    """Decodes in processes of its own, one for each thread that asks at the same time.

    Parameters
    ----------
    photo_limits : PhotoLimits
        What a photo may ask for.
    video_limits : VideoLimits
        What a video may ask for.
    process_limits : ProcessLimits
        What a process may take.
    """

    def __init__(
        self, photo_limits: PhotoLimits, video_limits: VideoLimits, process_limits: ProcessLimits
    ) -> None:
        self.photo_limits = photo_limits
        self.video_limits = video_limits
        self._process_limits = process_limits
        self._idle: list[_Worker] = []
        self._lock = Lock()

    def close(self) -> None:
        """End all processes that nobody is using."""
        with self._lock:
            while self._idle:
                self._idle.pop().stop()

    def photo(self, data: bytes) -> Photo:
        """Decode a photo.

        Raises
        ------
        PhotoRejected
            As `facebank.media.images.decode_photo` does, and if the decoder crashes or takes too much.
        """
        try:
            return photo_of(*self._asked({"task": "photo"}, data))
        except _EndedError as ended:
            raise PhotoRejected(ended.reason_code, ended.detail) from None

    def probe(self, path: Path, *, span: Span | None = None) -> VideoFacts:
        """Read a video's facts.

        Raises
        ------
        DataError
            As `facebank.media.videos.probe` does, and if the decoder crashes or takes too much.
        """
        try:
            header, _ = self._asked(_request("probe", path, span))
        except _EndedError as ended:
            raise _refused(path, ended) from None
        return facts_of(header)

    def frames(self, path: Path, *, span: Span | None = None) -> Iterator[Frame]:
        """Decode a video.

        Raises
        ------
        DataError
            As `facebank.media.videos.frames` does, and if the decoder crashes or takes too much.
        """
        return self._stream(path, {**_request("frames", path, span), "wanted": None})

    def read_frames(
        self, path: Path, wanted: Collection[int], *, span: Span | None = None
    ) -> Iterator[Frame]:
        """Decode some frames of a video.

        Raises
        ------
        DataError
            As `facebank.media.videos.read_frames` does, and if the decoder crashes or takes too much.
        """
        if wanted:
            yield from self._stream(path, {**_request("frames", path, span), "wanted": sorted(wanted)})

    def _stream(self, path: Path, request: Header) -> Iterator[Frame]:
        """Give the frames that a request asks for."""
        given = -1
        try:
            for frame in self._frames(request):
                given = frame.index
                yield frame
        except _EndedError as ended:
            if not ended.outside:
                raise _refused(path, ended) from None
        else:
            return
        try:
            # The second time, the frames that were given already are passed over.
            yield from (frame for frame in self._frames(request) if frame.index > given)
        except _EndedError as ended:
            raise _refused(path, ended) from None

    def _frames(self, request: Header) -> Iterator[Frame]:
        """Give the frames that one process answers with."""
        with self._worker() as worker:
            try:
                header, data = worker.ask(request)
                while "end" not in header:
                    yield frame_of(header, data)
                    header, data = worker.next()
            except GeneratorExit:
                # Nobody wants the rest: it is not waited for.
                worker.stop()
                raise

    def _asked(self, request: Header, data: bytes = b"") -> tuple[Header, bytearray]:
        """Ask for one answer; once more where the process was ended from outside."""
        try:
            with self._worker() as worker:
                return worker.ask(request, data)
        except _EndedError as ended:
            if not ended.outside:
                raise
        with self._worker() as worker:
            return worker.ask(request, data)

    @contextmanager
    def _worker(self) -> Iterator[_Worker]:
        """Lend a process; it is kept for the next if it still lives."""
        with self._lock:
            worker = self._idle.pop() if self._idle else None
            if worker is None or not worker.alive:
                worker = _Worker(self.photo_limits, self.video_limits, self._process_limits)
        try:
            yield worker
        finally:
            if worker.alive:
                with self._lock:
                    self._idle.append(worker)


@contextmanager
def media_reader(
    *,
    isolate: bool,
    process_limits: ProcessLimits,
    photo_limits: PhotoLimits = PHOTO_LIMITS,
    video_limits: VideoLimits = VIDEO_LIMITS,
) -> Iterator[MediaReader]:
    """Give a reader of photos and videos.

    Parameters
    ----------
    isolate : bool
        Whether it decodes in processes of its own.
    process_limits : ProcessLimits
        What such a process may take.
    photo_limits : PhotoLimits
        What a photo may ask for.
    video_limits : VideoLimits
        What a video may ask for.

    Yields
    ------
    MediaReader
        To be used within the block.
    """
    if not isolate:
        yield DirectReader(photo_limits, video_limits)
        return
    reader = IsolatedReader(photo_limits, video_limits, process_limits)
    try:
        yield reader
    finally:
        reader.close()


def _request(task: str, path: Path, span: Span | None) -> Header:
    """Give a request about a video."""
    return {"task": task, "path": str(path), "span": span_header(span)}


def _refused(path: Path, ended: _EndedError) -> VideoRefusedError:
    """Say of a video that its decoder did not live to answer."""
    return VideoRefusedError(
        ended.reason_code,
        "The video could not be decoded",
        file=path,
        found=ended.detail,
        remedy="Record or convert it again, or raise media.max_seconds or media.max_memory_mb in the config.",
    )
