"""How large and how deep a document may be, and reading a file no further than that.

Nothing that facebank reads as text is trusted: an export, a recorder's metadata, a config, a release that was
copied from elsewhere. Every such file passes through this package, so none is read without a limit.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "DEEPEST",
    "LARGEST_CONFIG",
    "LARGEST_DOCUMENT",
    "LARGEST_LINE",
    "LARGEST_NOTE",
    "DocumentError",
    "plain_size",
    "read_within",
    "require_shallow",
]

_MIB = 1 << 20

#: Bytes of a YAML file: a config that spells 20,000 names. Its reader is slow, some 50 KB a second.
LARGEST_CONFIG = _MIB
#: Bytes of what a person or a recorder writes beside photos and videos.
LARGEST_NOTE = 16 * _MIB
#: Bytes of one line of a file that has a JSON value a line, and of one task of an export.
LARGEST_LINE = 64 * _MIB
#: Bytes of what facebank writes itself: the centroids of 100,000 people.
LARGEST_DOCUMENT = 1024 * _MIB
#: How many lists and objects may stand in each other. What facebank reads and writes has at most a dozen.
DEEPEST = 64


class DocumentError(ValueError):
    """A file or text is no document that can be used; the message says what was found."""


def read_within(path: Path, largest: int) -> bytes:
    """Read a file that may not be larger than a limit.

    Parameters
    ----------
    path : Path
        The file.
    largest : int
        Its most bytes.

    Raises
    ------
    DocumentError
        If it is larger, or no plain file.
    OSError
        If it cannot be read.
    """
    size = plain_size(path)
    if size > largest:
        raise DocumentError(f"{size:,} bytes, more than the {largest:,} that are read")
    with path.open("rb") as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise DocumentError(f"more than the {largest:,} bytes that are read")
    return data


def plain_size(path: Path) -> int:
    """Give the bytes of a plain file. Anything else is refused before it is opened: a pipe may never end.

    Raises
    ------
    DocumentError
        If it is a pipe or a device.
    OSError
        If it cannot be read, or is a folder.
    """
    try:
        found = path.stat()
    except ValueError as error:
        # A name with a null character, which a document may spell.
        raise DocumentError(f"no name of a file: {error}") from error
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(21, "Is a directory", str(path))
    if not stat.S_ISREG(found.st_mode):
        raise DocumentError("a pipe or a device, not a plain file")
    return found.st_size


def require_shallow(value: Any) -> None:
    """Insist that a value of lists and objects is no deeper than `DEEPEST`, level by level.

    Raises
    ------
    DocumentError
        If it is, so that no code that follows it down runs out of stack.
    """
    level = [value] if isinstance(value, list | dict) else []
    for _ in range(DEEPEST):
        if not level:
            return
        level = [
            item
            for holder in level
            for item in (holder.values() if isinstance(holder, dict) else holder)
            if item.__class__ is list or item.__class__ is dict
        ]
    if level:
        raise DocumentError(f"more than {DEEPEST} lists and objects in each other")
