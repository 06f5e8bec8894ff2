"""Everything that facebank reports as an error.

::

    FacebankError
    ├── CheckError   exit 1   a limit or a check failed
    ├── ConfigError  exit 2   bad usage or configuration
    ├── DataError    exit 3   bad photos, videos, labels or artifacts
    │   └── NotFoundError     no such name or number in them
    └── ModelError   exit 4   a model file, licence or execution provider is missing

Each message says, in one sentence where it can: which file, what was expected, what was found,
and what to do about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from facebank.shown import shown, shown_lines

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CheckError", "ConfigError", "DataError", "FacebankError", "ModelError"]

#: Letters of one part of a message: what a document holds may be of any length.
_LONGEST = 2000


class FacebankError(Exception):
    """Base of all errors that a user can mend.

    Parameters
    ----------
    problem : str
        What is wrong, as the start of a sentence without a full stop; it may have several lines.
    file : Path or str, optional
        The file or folder at fault.
    expected, found : str, optional
        What should have been there, and what was.
    remedy : str, optional
        What to do, as a full sentence.
    """

    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        problem: str,
        *,
        file: Path | str | None = None,
        expected: str | None = None,
        found: str | None = None,
        remedy: str | None = None,
    ) -> None:
        text = shown_lines(problem) if file is None else f"{shown_lines(problem)}: {_brief(file)}"
        if expected is not None:
            text += f"; expected {_brief(expected)}"
        if found is not None:
            text += f"{',' if expected is not None else ';'} found {_brief(found)}"
        text += "."
        if remedy is not None:
            text += f" {_brief(remedy)}"
        super().__init__(text)


def _brief(part: object) -> str:
    """Give a part of a message as a terminal may show it, and no more of it than anybody reads."""
    text = shown(part)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


class CheckError(FacebankError):
    """A limit was passed or a check failed."""

    exit_code = 1


class ConfigError(FacebankError):
    """The configuration or the command line cannot be used."""

    exit_code = 2


class DataError(FacebankError):
    """Photos, videos, labels or artifacts cannot be used."""

    exit_code = 3


class NotFoundError(DataError, LookupError):
    """A release or a data set has nothing by this name or number."""


class ModelError(FacebankError):
    """A model file, its licence or its execution provider is missing or wrong."""

    exit_code = 4
