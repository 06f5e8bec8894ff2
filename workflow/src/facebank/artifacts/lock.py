"""One build at a time for one folder of results, whatever working directories they run in.

The lock is the kernel's: it ends with the process that holds it, however that ends, so a killed build
never blocks the next one.
"""

from __future__ import annotations

import fcntl
import os
import platform
from contextlib import contextmanager
from typing import TYPE_CHECKING

from facebank.errors import CheckError, DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["held_lock", "hold_lock", "lock_holder", "unwritable"]

#: Open for as long as the process lives.
_HELD: list[int] = []


def hold_lock(path: Path) -> bool:
    """Take a lock for the rest of this process.

    Parameters
    ----------
    path : Path
        The lock's file. It says who holds the lock, and is never removed. On a file system without locks,
        nothing is guarded.

    Returns
    -------
    bool
        Whether anything is guarded.

    Raises
    ------
    CheckError
        If another process, on this or another host, holds it.
    DataError
        If its file cannot be written.
    """
    handle = _take(path)
    if handle is not None:
        _HELD.append(handle)
    return handle is not None


@contextmanager
def held_lock(path: Path) -> Iterator[None]:
    """Hold a lock, as `hold_lock` does, until the block ends.

    Raises
    ------
    CheckError
        If another process, on this or another host, holds it.
    DataError
        If its file cannot be written.
    """
    handle = _take(path)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def lock_holder(path: Path) -> str | None:
    """Say who holds a lock, or None where nobody does, or the file system has no locks.

    Parameters
    ----------
    path : Path
        The lock's file. It is not made.
    """
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.read(handle, 1000).decode(errors="replace").strip() or "unknown"
    except OSError:
        return None
    finally:
        os.close(handle)
    return None


def unwritable(folder: Path, error: OSError) -> DataError:
    """Give the error of results that cannot be written, for a check before a build says the same."""
    return DataError(
        "The results cannot be written",
        file=folder,
        found=str(error.strerror),
        remedy="Name another folder (results in the config), or make this one writable.",
    )


def _take(path: Path) -> int | None:
    """Open a lock's file and take the lock; None on a file system without locks."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise unwritable(path.parent, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(handle, 1000).decode(errors="replace").strip()
        os.close(handle)
        raise CheckError(
            f"Another build is writing these results: {holder or 'unknown'}",
            remedy="Nothing was changed; wait for it to end, then try again.",
        ) from error
    except OSError:
        os.close(handle)
        return None
    os.truncate(handle, 0)
    os.write(handle, f"process {os.getpid()} on {platform.node()}, in {os.getcwd()}\n".encode())  # noqa: PTH109 (said, not opened)
    return handle
