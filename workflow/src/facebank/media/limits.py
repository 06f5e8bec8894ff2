"""How much a photo or a video may ask for: pixels, bytes, frames, time and memory.

What a file says of itself costs nothing to write. These limits are far above what cameras make, and each is
checked before the work that it bounds.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facebank.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "MAX_PIXELS",
    "PHOTO_LIMITS",
    "PROCESS_LIMITS",
    "VIDEO_LIMITS",
    "PhotoLimits",
    "ProcessLimits",
    "VideoLimits",
    "is_special",
    "read_at_most",
]

#: Pixels of a photo or a frame.
MAX_PIXELS = 89_478_485


@dataclass(frozen=True, slots=True)
class PhotoLimits:
    """What a photo may ask for.

    Attributes
    ----------
    max_pixels : int
        Pixels, by the photo's header.
    max_bytes : int
        Bytes of the file.
    max_seconds : float
        Seconds of processor time that its decoder may take.
    """

    max_pixels: int = MAX_PIXELS
    max_bytes: int = 512 << 20
    max_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class VideoLimits:
    """What a video may ask for.

    Attributes
    ----------
    max_pixels : int
        Pixels of a frame.
    max_frames : int
        Frames that are decoded, and packets that are counted.
    max_bytes : int
        Bytes of the file.
    """

    max_pixels: int = MAX_PIXELS
    max_frames: int = 1_000_000
    max_bytes: int = 64 << 30


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """What a process that decodes for another may take.

    Attributes
    ----------
    max_seconds : float
        Seconds of processor time for a photo, or for a step of a video: its opening, or one frame.
    max_memory_mb : int
        Megabytes of address space beside what it starts with. Looked at after each step; the system bounds it
        at 256 MiB more.

    Raises
    ------
    ConfigError
        If one of them is not positive.
    """

    max_seconds: float = 60.0
    max_memory_mb: int = 4000

    def __post_init__(self) -> None:
        if self.max_seconds <= 0 or self.max_memory_mb <= 0:
            raise ConfigError(
                "A decoding process needs time and memory",
                found=f"{self.max_seconds:g} s, {self.max_memory_mb} MB",
                remedy="Correct media.max_seconds and media.max_memory_mb in the config.",
            )


PHOTO_LIMITS = PhotoLimits()
VIDEO_LIMITS = VideoLimits()
PROCESS_LIMITS = ProcessLimits()


def is_special(path: str | os.PathLike[str]) -> bool:
    """Tell a pipe, a socket or a device from a file or a folder; what is not there is none.

    Opening a pipe waits for whoever writes into it, and a device may never end.
    """
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 (asked for each file of a bank)
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def read_at_most(path: Path, count: int) -> bytes | None:
    """Read a file of at most `count` bytes.

    Parameters
    ----------
    path : Path
        The file.
    count : int
        Bytes. No more are read, whatever size the system says that it has.

    Returns
    -------
    bytes or None
        None if there are more.

    Raises
    ------
    OSError
        If it cannot be read, or is a pipe, a socket or a device.
    """
    if is_special(path):
        raise OSError(errno.EINVAL, "Neither a file nor a folder", str(path))
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > count:
            return None
        data = file.read(size + 1)
        if len(data) > size:  # it grew, or the system does not know its size
            data += file.read(count - size)
    return None if len(data) > count else data
