"""Which paths in a bank are nobody's photos, whatever they hold."""

from __future__ import annotations

import re

__all__ = ["is_hidden"]

#: Bins of network drives and Windows, thumbnails of Synology, what archives of macOS unpack, what a check of
#: a disk found.
_BY_SYSTEMS = r"@eadir|#recycle|@recycle|\$recycle\.bin|__macosx|lost\+found|system volume information"

_HIDDEN = re.compile(rf"(?:^|/)(?:\.|(?:{_BY_SYSTEMS})(?:/|$))", re.IGNORECASE)


def is_hidden(path: str) -> bool:
    """Tell whether a path relative to the bank is hidden, or lies in a folder that systems make.

    A photo that was thrown away would come back from there, as one of a person called as the bin.
    """
    return _HIDDEN.search(path) is not None
