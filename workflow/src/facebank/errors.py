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

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CheckError", "ConfigError", "DataError", "FacebankError", "ModelError"]


class FacebankError(Exception):
    """Base of all errors that a user can mend.

    Parameters
    ----------
    problem : str
        What is wrong, as the start of a sentence without a full stop.
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
        text = problem if file is None else f"{problem}: {file}"
        if expected is not None:
            text += f"; expected {expected}"
        if found is not None:
            text += f"{',' if expected is not None else ';'} found {found}"
        text += "."
        if remedy is not None:
            text += f" {remedy}"
        super().__init__(text)


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
