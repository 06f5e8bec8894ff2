"""What to do where files of the user cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facebank.artifacts.digests import unreadable_in
from facebank.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["require_readable"]


def require_readable(unread: Sequence[str], contents: str) -> None:
    """Insist that no more files are unreadable than when the build began.

    A file that nobody can read is listed as rejected. One that could be read a moment ago is back when the
    disk or the network folder is: an inventory without it would look complete, and would be believed.

    Parameters
    ----------
    unread : sequence of str
        The files that the stage could not read.
    contents : str
        Digest of the user's files, as the build saw them; "" where the stage runs alone: all is listed then.

    Raises
    ------
    DataError
        Naming the first of them.
    """
    if contents and len(unread) > unreadable_in(contents):
        raise DataError(
            "Files cannot be read that could be read when the build began",
            file=unread[0],
            expected=f"{unreadable_in(contents)} unreadable files",
            found=str(len(unread)),
            remedy="See to the disk, the network folder or the permissions, then build again:"
            " what is finished stays.",
        )
