"""Names that arrays number, and what to say of a name that is not there."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING

from facebank.errors import NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Names"]


class Names:
    """Names of one kind in a release.

    Attributes
    ----------
    kind : str
        What they name, in a word.
    names : tuple of str
        By number.
    path : Path
        The release.
    """

    def __init__(self, kind: str, names: tuple[str, ...], path: Path) -> None:
        self.kind = kind
        self.names = names
        self.path = path

    def number(self, name: str) -> int:
        """Give the number of a name.

        Raises
        ------
        NotFoundError
            With the nearest names that there are.
        """
        if name in self._numbers:
            return self._numbers[name]
        near = get_close_matches(name, self.names, n=3) or sorted(self.names)[:3]
        raise NotFoundError(
            f"The release has no {self.kind} {name!r}",
            file=self.path,
            found=f"{len(self.names)} others, such as {', '.join(near)}" if near else "none at all",
        )

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.names)}
