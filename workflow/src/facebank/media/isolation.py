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
from functools import partial
from multiprocessing import get_context
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from facebank.errors import DataError, FacebankError
from facebank.media.containers import VideoRefusedError
from facebank.media.images import PhotoRejected
from facebank.media.limits import PHOTO_LIMITS, VIDEO_LIMITS
from facebank.media.lines import Line, Room
from facebank.media.passing import FrameTaker, facts_of, span_header, take_photo
from facebank.media.readers import DirectReader
from facebank.media.worker import NO_MEMORY, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from facebank.media.containers import Span
    from facebank.media.frames import Frame
    from facebank.media.images import Photo
    from facebank.media.limits import PhotoLimits, ProcessLimits, VideoLimits
    from facebank.media.lines import Header
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

_T = TypeVar("_T")


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
        room = Room()
        here, there = context.Pipe()
        arguments = (there, room, photos, videos, limits)
        self._process = context.Process(target=serve, args=arguments, daemon=True)
        with _STARTING, _set(_ONE_THREAD):
            self._process.start()
        there.close()
        room.close()
        self.line = Line(here, room.memory, asks=True)
        self.line.patience = _START_S
        try:
            self.next()
        except _EndedError as ended:
            raise FacebankError(
                "The process that decodes photos and videos did not start",
                found=ended.detail,
                remedy="See what it wrote above, or set media.isolate to false.",
            ) from ended
        self.line.patience = _WAITING * limits.max_seconds

    def ask(self, request: Header, data: bytes = b"") -> Header:
        """Send a request and give the first answer.

        Raises
        ------
        _EndedError
            If the process ends before that.
        """
        self.understood(lambda: self.line.send({**request, "bytes": len(data)}, [memoryview(data)]))
        return self.next()

    def next(self) -> Header:
        """Give the next answer."""
        header = self.understood(self.line.receive)
        if "rejected" in header:
            raise PhotoRejected(*self.understood(lambda: _texts(header["rejected"])))
        if "refused" in header:
            reason_code, text = self.understood(lambda: _texts(header["refused"]))
            # The text is a whole sentence already; an error adds its full stop.
            sentence = text.removesuffix(".")
            raise VideoRefusedError(reason_code, sentence) if reason_code else DataError(sentence)
        return header

    def understood(self, work: Callable[[], _T]) -> _T:
        """Do something with what the process says.

        Raises
        ------
        _EndedError
            If that is nothing, or makes no sense. The process is ended then.
        """
        try:
            return work()
        except TimeoutError:
            self.stop()
            raise _EndedError("TOO_SLOW", f"nothing came for {self.line.patience:g} s") from None
        except (EOFError, ConnectionError):
            raise self._ended() from None
        except MemoryError:
            self.stop()
            raise
        except Exception:  # noqa: BLE001 - whatever a process says that somebody took over
            self.stop()
            raise _EndedError("DECODER_CRASHED", "what the decoder answered makes no sense") from None

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.is_alive() and not self.line.connection.closed

    def stop(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.join(_GONE_S)
        self.line.connection.close()

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
        most = self.photo_limits.max_pixels
        try:
            return self._asked({"task": "photo"}, lambda line, header: take_photo(line, header, most), data)
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
            return self._asked(_request("probe", path, span), lambda _, header: facts_of(header))
        except _EndedError as ended:
            raise _refused(path, ended) from None

    def frames(self, path: Path, *, span: Span | None = None) -> Iterator[Frame]:
        """Decode a video.

        Raises
        ------
        DataError
            As `facebank.media.videos.frames` does, and if the decoder crashes or takes too much.
        """
        return self._stream(path, _request("frames", path, span))

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
            yield from self._stream(path, _request("frames", path, span, sorted(wanted)))

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
        limits = self.video_limits
        with self._worker() as worker:
            taker = FrameTaker(worker.line, limits.max_pixels, limits.max_frames)
            try:
                header = worker.ask(request)
                while "end" not in header:
                    yield worker.understood(partial(taker.take, header))
                    header = worker.next()
            except GeneratorExit:
                # Nobody wants the rest: it is not waited for.
                worker.stop()
                raise

    def _asked(self, request: Header, take: Callable[[Line, Header], _T], data: bytes = b"") -> _T:
        """Ask for one answer; once more where the process was ended from outside."""
        try:
            return self._asked_once(request, take, data)
        except _EndedError as ended:
            if not ended.outside:
                raise
        return self._asked_once(request, take, data)

    def _asked_once(self, request: Header, take: Callable[[Line, Header], _T], data: bytes) -> _T:
        with self._worker() as worker:
            header = worker.ask(request, data)
            return worker.understood(lambda: take(worker.line, header))

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


def _request(task: str, path: Path, span: Span | None, wanted: list[int] | None = None) -> Header:
    """Give a request about a video."""
    return {"task": task, "path": str(path), "span": span_header(span), "wanted": wanted}


def _texts(found: list[str]) -> tuple[str, str]:
    """Give the reason and the text of a refusal."""
    reason_code, text = map(str, found)
    return reason_code, text


def _refused(path: Path, ended: _EndedError) -> VideoRefusedError:
    """Say of a video that its decoder did not live to answer."""
    return VideoRefusedError(
        ended.reason_code,
        "The video could not be decoded",
        file=path,
        found=ended.detail,
        remedy="Record or convert it again, or raise media.max_seconds or media.max_memory_mb in the config.",
    )
