"""Lock files: which version of which package is pinned, where, by what hashes, and for whom.

They are requirements as pip reads them, in the form that ``uv pip compile`` writes: below each pin stand its
hashes, and in a comment the packages that ask for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from facebank.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Pin", "parse_lock", "read_lock"]

_PIN = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*)==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\]*?))?(?:\s*\\)?"
)
_HASH = re.compile(r"\s+--hash=sha256:([0-9a-f]{64})(?:\s*\\)?")
_INLINE_HASH = re.compile(r"\s--hash=sha256:([0-9a-f]{64})$")
#: A line of the comment that says who asks: a package, or ``-r FILE`` for the project itself.
_ASKED = re.compile(r"\s+#(?:\s+via)?\s+(-[rc]\s)?(\S+)")


@dataclass(frozen=True, slots=True)
class Pin:
    """One version of one package.

    Attributes
    ----------
    name : str
        Normalised.
    version : str
        The only one that is allowed.
    marker : str
        Where it is installed, as PEP 508 says it; "" everywhere.
    hashes : tuple of str
        SHA-256 of each file that may be installed, in hexadecimal, sorted.
    asked_by : tuple of str
        Normalised names of the packages that ask for it, sorted.
    direct : bool
        Whether the project itself asks for it.
    """

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    asked_by: tuple[str, ...]
    direct: bool

    @property
    def applies(self) -> bool:
        """Whether it is installed on this system and with this Python."""
        return not self.marker or Marker(self.marker).evaluate()


def read_lock(lock: Path) -> tuple[Pin, ...]:
    """Read a lock file.

    Raises
    ------
    DataError
        If it is missing, or has a line that is none of a lock's.
    """
    try:
        return parse_lock(lock.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            "The lock file cannot be read",
            file=lock,
            found=str(error),
            remedy="Check the file out again, or write it with `make lock`.",
        ) from error


def parse_lock(text: str) -> tuple[Pin, ...]:
    """Give the pins of a lock, in its order; a package has several where versions differ by marker.

    Raises
    ------
    ValueError
        Naming the first line that is none of a lock's.
    """
    found: list[Pin] = []
    head: re.Match[str] | None = None
    body: list[str] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith(" ") and head is not None:
            body.append(line)
            continue
        if head is not None:
            found.append(_pin(head, body))
            head, body = None, []
        if not line or line.startswith("#"):
            continue
        inline = _INLINE_HASH.search(line)
        head = _PIN.fullmatch(_INLINE_HASH.sub("", line))
        if head is None:
            raise ValueError(f"a line that pins no version: {line}")
        if inline:
            body.append(f"    --hash=sha256:{inline[1]}")
    return tuple(found)


def _pin(head: re.Match[str], body: list[str]) -> Pin:
    """Put a pin together from its first line and those below it."""
    told = [line for line in body if line.strip() != "# via"]
    hashes = [match[1] for line in told if (match := _HASH.fullmatch(line))]
    comments = [match.groups() for line in told if (match := _ASKED.fullmatch(line))]
    if len(hashes) + len(comments) != len(told):
        raise ValueError(f"{head['name']} has lines that are neither hashes nor say who asks for it")
    return Pin(
        name=canonicalize_name(head["name"]),
        version=head["version"],
        marker=head["marker"] or "",
        hashes=tuple(sorted(hashes)),
        asked_by=tuple(sorted({canonicalize_name(name) for option, name in comments if not option})),
        direct=any(option == "-r " for option, _ in comments),
    )
