"""What the system refuses, in a sentence: a full disk, a vanished folder, a file that may not be opened."""

from __future__ import annotations

import errno
import re

from facebank.errors import DataError

__all__ = ["refusal_of"]

_AGAIN = "then build again: what is finished stays."

#: Number of the system's error -> what to do. Other errors are mistakes of the program, and keep their trace.
_REMEDIES = {
    **dict.fromkeys(
        (errno.ENOSPC, errno.EDQUOT, errno.EFBIG), f"Free some space or raise the quota, {_AGAIN}"
    ),
    **dict.fromkeys((errno.EACCES, errno.EPERM), f"Correct the permissions, {_AGAIN}"),
    errno.EROFS: f"Mount it for writing, or name another folder in the config, {_AGAIN}",
    **dict.fromkeys(
        (errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.ENXIO),
        f"See to the disk or the network folder, {_AGAIN}",
    ),
    **dict.fromkeys(
        (errno.ENOENT, errno.ENOTDIR), f"If it lies in a network folder, bring that back, {_AGAIN}"
    ),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), f"Raise the limit of open files, {_AGAIN}"),
    errno.ENAMETOOLONG: "Give the photo, the video or their folder a shorter name.",
    errno.ENOMEM: f"Give the job more memory, {_AGAIN}",
}


def refusal_of(error: OSError | MemoryError) -> DataError | None:
    """Say what the system refused and what to do.

    Parameters
    ----------
    error : OSError or MemoryError
        What was raised. Some libraries keep the system's number in the text alone.

    Returns
    -------
    DataError or None
        None where it is no refusal of the system.
    """
    if isinstance(error, MemoryError):
        return DataError("The memory does not suffice", remedy=_REMEDIES[errno.ENOMEM])
    number = error.errno
    if number is None and (told := re.search(r"errno (\d+)", str(error), re.IGNORECASE)):
        number = int(told[1])
    if number not in _REMEDIES:
        return None
    return DataError(
        "The system refused to read or write",
        file=error.filename or error.filename2,
        found=error.strerror or " ".join(str(error).split()),
        remedy=_REMEDIES[number],
    )
