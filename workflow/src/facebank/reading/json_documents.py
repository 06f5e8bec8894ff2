"""JSON as it is written by others: what has two meanings, or none, is refused."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from facebank.errors import DataError
from facebank.reading.limits import (
    LARGEST_DOCUMENT,
    LARGEST_NOTE,
    DocumentError,
    read_within,
    require_shallow,
)

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["json_value", "read_json", "read_object", "unique_keys"]

#: Digits of a whole number that surely fits into 64 bits.
_SAFE_DIGITS = 18
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
#: An escape that is half of a character beyond the first 65,536.
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(path: Path, *, largest: int = LARGEST_NOTE) -> Any:
    """Read a JSON file, see `json_value`.

    Parameters
    ----------
    path : Path
        The file.
    largest : int
        Its most bytes.

    Raises
    ------
    DocumentError
        If it is too large, too deep, or no JSON with one meaning.
    OSError
        If it cannot be read.
    """
    return json_value(read_within(path, largest))


def read_object(path: Path, *, remedy: str, largest: int = LARGEST_DOCUMENT) -> dict[str, Any]:
    """Read a JSON file that has to hold an object, see `json_value`.

    Parameters
    ----------
    path : Path
        The file.
    remedy : str
        What to do where it does not.
    largest : int
        Its most bytes.

    Raises
    ------
    DataError
        If it is something else.
    OSError
        If it cannot be read.
    """
    try:
        found = read_json(path, largest=largest)
    except DocumentError as error:
        raise DataError("The file is no JSON", file=path, found=str(error), remedy=remedy) from error
    if not isinstance(found, dict):
        raise DataError(
            "The file has another form",
            file=path,
            expected="a JSON object",
            found=type(found).__name__,
            remedy=remedy,
        )
    return found


def json_value(text: bytes | str) -> Any:
    """Parse JSON (RFC 8259).

    A byte order mark is passed over. A whole number beyond 64 bits becomes the nearest double, as in most
    other readers.

    Parameters
    ----------
    text : bytes or str
        The document; bytes are UTF-8.

    Raises
    ------
    DocumentError
        If it is no JSON: also NaN, Infinity and a number beyond the doubles, a key that stands twice in one
        object, half a surrogate pair, bytes that are no UTF-8, and more than `DEEPEST` levels.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        value = _DECODER.decode(text.removeprefix("\ufeff"))
        if _SURROGATE.search(text):
            _as_text(value)
    except UnicodeDecodeError as error:
        raise DocumentError(f"no UTF-8 at byte {error.start:,}") from error
    except RecursionError as error:
        raise DocumentError("lists and objects too deep in each other") from error
    except json.JSONDecodeError as error:
        raise DocumentError(f"no JSON: {error}") from error
    require_shallow(value)
    return value


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its keys and values.

    Raises
    ------
    DocumentError
        If a key stands twice: which value was meant, nobody knows.
    """
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise DocumentError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} twice")
    return found


def _constant(name: str) -> float:
    """Refuse a number that JSON does not have."""
    raise DocumentError(f"{name}, which JSON does not have")


def _finite(digits: str) -> float:
    """Read a number that is not whole."""
    number = float(digits)
    if math.isinf(number):
        raise DocumentError(f"the number {digits[:_SAFE_DIGITS]}..., which is too large")
    return number


def _whole(digits: str) -> float:
    """Read a whole number."""
    if len(digits) > _SAFE_DIGITS and not (
        len(digits) <= _SAFE_DIGITS + 2 and _SMALLEST <= int(digits) <= _LARGEST
    ):
        return _finite(digits)
    return int(digits)


def _as_text(value: Any) -> None:
    """Insist that a value's texts can be written."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise DocumentError("half a surrogate pair, which no text can hold") from error


_DECODER = json.JSONDecoder(
    object_pairs_hook=unique_keys, parse_constant=_constant, parse_float=_finite, parse_int=_whole
)
