"""Who has to be forgotten: names and photo hashes that no build may use again.

They stand in one tab-separated file that belongs to the user, ``config/forgotten.tsv`` by default, with the
columns ``slug`` and ``sha256``. A row without a hash forgets a name, under which no photo is used and no
claim is read; a row with one forgets that photo, whatever it is called and wherever it lies.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facebank.artifacts.digests import sha256_bytes
from facebank.artifacts.tables import read_tsv, write_tsv
from facebank.bank.slugs import slug
from facebank.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["FORGOTTEN", "Forgotten", "read_forgotten", "write_forgotten"]

#: The reason in rejected.tsv.
FORGOTTEN = "FORGOTTEN"

_COLUMNS = ("slug", "sha256")
_SHA256 = re.compile("[0-9a-f]{64}")
_SHOWN_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Names and photos that are not used.

    Attributes
    ----------
    names : frozenset of str
        Slugs of the people, and of the folders that were theirs.
    photos : frozenset of str
        SHA-256 of each photo, 64 hex digits.
    """

    names: frozenset[str] = frozenset()
    photos: frozenset[str] = frozenset()

    def names_any(self, parts: Iterable[str]) -> bool:
        """Tell whether one of some folder names is, as a slug, a forgotten name."""
        return bool(self.names) and any(slug(part) in self.names for part in parts)

    def covers(self, path: str) -> bool:
        """Tell whether a path, with ``/``, leads through a forgotten person's folder."""
        return self.names_any(path.split("/")[:-1])

    def covered(self, path: str) -> str:
        """Give a path as it may be written down: one through a forgotten person's folder names nobody."""
        if not self.covers(path):
            return path
        # A photo's own name often says whose it is.
        return f"[forgotten]/{sha256_bytes(path.encode('utf-8', 'surrogateescape'))[:_SHOWN_DIGITS]}"


def read_forgotten(path: Path | None) -> Forgotten:
    """Read who is forgotten. No path and no file are nobody.

    Raises
    ------
    DataError
        If the file has other columns, or a row has no slug or no hash where one should be: who wanted to be
        forgotten is not used because of a slip. Also if a link leads nowhere, or the system does not tell
        whether there is a file.
    """
    if path is None:
        return Forgotten()
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return Forgotten()
    except (OSError, ValueError) as error:
        raise DataError(
            "Nobody can tell who is forgotten",
            file=path,
            found=str(getattr(error, "strerror", None) or error),
            remedy="Correct bank.forgotten, or the permissions of the file's folder.",
        ) from error
    try:
        rows = read_tsv(path)
        head = path.read_text(encoding="utf-8").split("\n", 1)[0].rstrip("\r").split("\t")
    except (OSError, ValueError) as error:
        raise DataError("Cannot read who is forgotten", file=path, found=str(error)) from error
    if head != list(_COLUMNS):
        raise DataError(
            "Cannot read who is forgotten",
            file=path,
            expected="a first line with slug, a tab, and sha256",
            found="\t".join(head) or "nothing",
            remedy="Restore the line.",
        )
    for number, row in enumerate(rows, start=2):
        name, sha256 = row["slug"] or "", row["sha256"] or ""
        if not name or slug(name) != name or (sha256 and not _SHA256.fullmatch(sha256)):
            raise DataError(
                "Cannot read who is forgotten",
                file=path,
                expected="a slug, a tab, and nothing or the 64 hex digits of a SHA-256",
                found=f"{name!r}, {sha256!r} in line {number}",
                remedy="Correct the line.",
            )
    return Forgotten(
        names=frozenset(row["slug"] for row in rows if not row["sha256"]),
        photos=frozenset(row["sha256"] for row in rows if row["sha256"]),
    )


def write_forgotten(path: Path, name: str, more: Forgotten) -> None:
    """Add one person to those who are forgotten; what the file says already stays as it is.

    Parameters
    ----------
    path : Path
        The file; it is made where it is missing.
    name : str
        The person's slug, beside which the photos' hashes are written.
    more : Forgotten
        Every name of the person, and the hashes.
    """
    read_forgotten(path)  # what cannot be read is not written over
    rows = read_tsv(path) if path.exists() else []
    known = {(row["slug"], row["sha256"]) for row in rows}
    added = [(spelling, "") for spelling in sorted(more.names)]
    added += [(name, sha256) for sha256 in sorted(more.photos)]
    rows += [dict(zip(_COLUMNS, row, strict=True)) for row in added if row not in known]
    write_tsv(path, _COLUMNS, rows)
