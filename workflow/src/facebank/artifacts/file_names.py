"""Names that are two files here and one file elsewhere, and names that systems make beside others."""

from __future__ import annotations

import unicodedata

__all__ = ["APPLE_DOUBLE", "DIGITS_BEFORE", "folded_name", "with_digest"]

#: Begins the names of files in which macOS keeps what other file systems cannot.
APPLE_DOUBLE = "._"

#: Digits of a digest that stand before the name of a file that is not alone with it.
DIGITS_BEFORE = 12


def folded_name(path: str) -> str:
    """Give a path as file systems compare it that tell least apart.

    macOS takes no notice of case, nor of how an accent is written; Windows of case, and of blanks and dots at
    the end. Files whose names fold to the same replace each other in silence when they are copied there.

    Parameters
    ----------
    path : str
        A name, or several with ``/`` between them.
    """
    letters = unicodedata.normalize("NFD", unicodedata.normalize("NFD", path).casefold())
    return "/".join(part.rstrip(" .") for part in letters.split("/"))


def with_digest(path: str, sha256: str) -> str:
    """Put the head of a file's digest before its name, where others' names fold to the same."""
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{sha256[:DIGITS_BEFORE]}-{name}"
