"""Decoders that crash, hang or take all memory when a file asks for it, for a Python that finds this first.

Photos ask by their first word, videos by their name; ``later-`` before it: after some frames.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import PIL.Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_open_photo, _open_video = PIL.Image.open, av.open
_FRAMES = 3


def _crash() -> None:
    ctypes.string_at(0)


def _abort() -> None:
    os.abort()


def _leave() -> None:
    os._exit(7)


def _spin() -> None:
    while True:
        pass


def _sleep() -> None:
    time.sleep(1000)


def _eat() -> None:
    kept = []
    while True:
        kept.append(np.empty(50_000_000, np.uint8))


def _starve() -> None:
    """Be refused memory, and say nothing of it."""
    place = ctypes.CDLL(None).__errno_location
    place.restype = ctypes.POINTER(ctypes.c_int)
    place()[0] = errno.ENOMEM


def _go_without() -> None:
    """Be refused memory, say nothing of it, and do what wipes out the mark of it, as to scan a text does."""
    library = ctypes.CDLL(None)
    library.malloc.restype = ctypes.c_void_p
    library.free(ctypes.c_void_p(library.malloc(ctypes.c_size_t(400_000_000))))
    library.__errno_location.restype = ctypes.POINTER(ctypes.c_int)
    library.__errno_location()[0] = 0


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _kill_once() -> None:
    """End only the first process that is asked; the variable names a file that the first one makes."""
    try:
        os.close(os.open(os.environ["HOSTILE_ONCE"], os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    _kill()


_DEEDS = {
    name.lstrip("_").replace("_", "-"): deed
    for name, deed in list(globals().items())
    if deed in (_crash, _abort, _leave, _spin, _sleep, _eat, _starve, _go_without, _kill, _kill_once)
}


def _open_photo_hostile(file: Any, *words: Any, **named: Any) -> Any:
    asked = file.getvalue().split(b" ")[0][:20].decode("latin-1") if hasattr(file, "getvalue") else ""
    if asked in _DEEDS:
        _DEEDS[asked]()
    return _open_photo(file, *words, **named)


class _Hostile:
    """A container that does something after some frames."""

    def __init__(self, container: Any, deed: Callable[[], None]) -> None:
        self._container, self._deed = container, deed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    def decode(self, stream: Any) -> Iterator[Any]:
        for index, frame in enumerate(self._container.decode(stream)):
            if index == _FRAMES:
                self._deed()
            yield frame


def _open_video_hostile(path: Path, *words: Any, **named: Any) -> Any:
    name = Path(path).stem
    if name in _DEEDS:
        _DEEDS[name]()
    container = _open_video(path, *words, **named)
    later = _DEEDS.get(name.removeprefix("later-")) if name.startswith("later-") else None
    return container if later is None else _Hostile(container, later)


PIL.Image.open, av.open = _open_photo_hostile, _open_video_hostile
