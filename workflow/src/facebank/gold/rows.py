"""Line-wise reading of JSON rows; what cannot be read is kept with its line number and the reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from facebank.artifacts.digests import sha256_bytes
from facebank.artifacts.tables import REJECTED_COLUMNS, write_tsv
from facebank.errors import DataError
from facebank.gold.javascript import is_truthy, parse_json, text_of, trim
from facebank.reading.json_documents import unique_keys
from facebank.reading.limits import LARGEST_LINE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["REMEDIES", "Rejections", "Row", "RowProblem", "read_rows", "row_object", "sample_hash_of"]

#: Bytes that are read ahead: a row with masks alone has 20,000.
_BUFFER = 1 << 18

#: What to do about each reason for which a row is rejected.
REMEDIES = {
    "MALFORMED_JSON": "Write one JSON object a line.",
    "NOT_UTF8": "Save the file as UTF-8.",
    "NOT_AN_OBJECT": "Write one JSON object a line.",
    "NO_SAMPLE_HASH": "Give the row a sample_hash.",
    "DUPLICATE_HASH": "Keep one row for each sample_hash.",
    "WRONG_RLE_LENGTH": "Encode the mask again; its runs must sum to the grid's pixels.",
    "GRID_MISMATCH": "Encode the mask at the grid of the evaluation, or evaluate at the grid of the mask.",
    "OUT_OF_RANGE_POINTS": "Give points in shares of the image, 0 to 1.",
    "UNUSABLE_REGION": "Write a mask as run-length text, an outline as three points or more.",
    "NO_SKIN": "Give the row its skin as pred_skin_mask_rle_norm or pred_skin_points_norm.",
    "UNUSABLE_GRID": "Give the grid of a mask as a number of 8 to 4096.",
    "BAD_TASK": "Export the project again as JSON, not as JSON-MIN.",
    "NO_ANNOTATION": "Label the task, or leave it out of the export.",
    "CANCELLED": "Label the task, which was skipped, or leave it out of the export.",
    "NO_VALID_POLYGONS": "Draw at least one polygon of three corners and some area.",
    "ONLY_BRUSH_UNSUPPORTED": "Label with polygons, or export the brushes as run-length encoding.",
    "UNREAD_REGIONS": "Label with polygons or brushes, in a picture that is not turned; see the flags.",
    "UNUSABLE_BRUSH": "Export the brush labels again as run-length encoding.",
    "IMAGE_OUTSIDE_ROOTS": "Move the picture into one of the image roots, or add its folder to them.",
    "IMAGE_MISSING": "Give the row the path of its picture.",
    "UNREADABLE": "Replace the picture.",
    "NO_FACE": "Give a picture in which a face is found.",
}


class RowProblem(ValueError):  # noqa: N818 - it is the reason why a row is left out, no failure of the run
    """A row cannot be used.

    Parameters
    ----------
    reason : str
        A key of `REMEDIES`.
    detail : str
        What was found.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file of rows.

    Attributes
    ----------
    number : int
        The line's number, from 1.
    offset : int
        Where it begins, in bytes.
    data : bytes
        The line as it stands in the file.
    value : dict
        What it says.
    """

    number: int
    offset: int
    data: bytes
    value: dict[str, Any]


@dataclass(slots=True)
class Rejections:
    """What was left out, in the order in which it was met.

    Attributes
    ----------
    rows : list of dict
        A row of ``rejected.tsv`` each.
    read : Counter of Path
        Rows of each file that `read_rows` has met, whether they could be used or not.
    refused : Counter of Path
        Rows of each file that were left out.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    read: Counter[Path] = field(default_factory=Counter)
    refused: Counter[Path] = field(default_factory=Counter)

    def add(self, file: Path, line: int, data: bytes, problem: RowProblem) -> None:
        """Note a row, with the digest of its bytes.

        Parameters
        ----------
        file : Path
            The file; its name alone is kept.
        line : int
            The number of the line, or of the task in an export, from 1.
        data : bytes
            The row as it was found.
        problem : RowProblem
            Why it is left out.
        """
        self.refused[file] += 1
        self.rows.append(
            {
                "file": file.name,
                "line": line,
                "reason": problem.reason,
                "sha256": sha256_bytes(data),
                "detail": f"line {line}: {problem.detail}",
                "remedy": REMEDIES[problem.reason],
            }
        )

    def counts(self) -> dict[str, int]:
        """Count the rows by reason, sorted by reason."""
        reasons = [row["reason"] for row in self.rows]
        return {reason: reasons.count(reason) for reason in sorted(set(reasons))}

    def of(self, file: Path) -> dict[str, int]:
        """Count the rows of a file: how many there are, and how many of them were left out."""
        return {"read": self.read[file], "rejected": self.refused[file]}

    def write(self, path: Path) -> None:
        """Write ``rejected.tsv``: the common columns and the line number."""
        write_tsv(
            path, (*REJECTED_COLUMNS, "line"), sorted(self.rows, key=lambda row: (row["file"], row["line"]))
        )


def read_rows(path: Path, rejections: Rejections, *, strict: bool) -> Iterator[Row]:
    r"""Read the objects of a file with one JSON value a line.

    Lines end at ``\n`` only; blank lines and falsy values (null, 0, false, "") are no rows. A line that
    is no JSON object is noted and left out.

    Parameters
    ----------
    path : Path
        The file.
    rejections : Rejections
        Takes what cannot be read.
    strict : bool
        Refuse bytes that are not UTF-8, which otherwise become U+FFFD, and objects in which a key stands
        twice, of which the last one counts otherwise.

    Yields
    ------
    Row
        One row after the other; none is kept.

    Raises
    ------
    DataError
        If the file cannot be opened, or has a line of another size than rows have.
    """
    try:
        file = path.open("rb", buffering=_BUFFER)
    except OSError as error:
        raise DataError(
            "Cannot read the rows", file=path, found=str(error.strerror), remedy="Check the path."
        ) from error
    with file:
        offset = 0
        for number, data in enumerate(iter(partial(file.readline, LARGEST_LINE + 1), b""), 1):
            if len(data) > LARGEST_LINE:
                raise DataError(
                    "A line of the rows is too long",
                    file=path,
                    expected=f"at most {LARGEST_LINE:,} bytes",
                    found=f"more in line {number}",
                    remedy="Write one JSON object a line.",
                )
            try:
                value = row_object(data, strict=strict)
            except RowProblem as problem:
                rejections.read[path] += 1
                rejections.add(path, number, data, problem)
            else:
                if value is not None:
                    rejections.read[path] += 1
                    yield Row(number, offset, data, value)
            offset += len(data)


def row_object(data: bytes, *, strict: bool) -> dict[str, Any] | None:
    """Read the object of a line, None if there is nothing on it.

    Parameters
    ----------
    data : bytes
        The line.
    strict : bool
        See `read_rows`.

    Raises
    ------
    RowProblem
        If it is no JSON object.
    """
    try:
        value = _parse(data, strict=strict)
    except UnicodeDecodeError as error:
        raise RowProblem("NOT_UTF8", str(error)) from error
    except ValueError as error:
        raise RowProblem("MALFORMED_JSON", str(error)) from error
    if not is_truthy(value):
        return None
    if not isinstance(value, dict):
        raise RowProblem("NOT_AN_OBJECT", f"a {type(value).__name__}")
    return value


def _parse(data: bytes, *, strict: bool) -> Any:
    """Parse a line, quickly where that comes to the same."""
    try:
        value = orjson.loads(data)
        if _is_faithful(data, orjson.dumps(value), strict=strict):
            return value
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        # No JSON, too deep, or what JavaScript takes and this library does not: what it is, is found below.
        pass
    text = trim(data.decode("utf-8", "strict" if strict else "replace"))
    return parse_json(text, objects=unique_keys if strict else None) if text else None


def _is_faithful(data: bytes, written: bytes, *, strict: bool) -> bool:
    """Tell whether a line, read and written again, surely had no key twice; unless `strict` one may."""
    # A key and a value that were lost took a colon along, and only an escaped colon could stand in for it.
    return (
        not strict
        or written == data.rstrip()
        or (written.count(b":") == data.count(b":") and b"\\u003" not in data)
    )


def sample_hash_of(value: dict[str, Any]) -> str:
    """Give the trimmed sample hash of a row; numbers count as their text.

    Raises
    ------
    RowProblem
        If it is missing or blank.
    """
    found = value.get("sample_hash")
    text = trim(text_of(found)) if is_truthy(found) else ""
    if not text:
        raise RowProblem("NO_SAMPLE_HASH", "no sample_hash")
    return text
