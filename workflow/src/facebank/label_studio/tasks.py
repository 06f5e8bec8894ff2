"""Tasks of a Label Studio export: what they name, and who labelled them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from facebank.errors import DataError
from facebank.gold.javascript import (
    code_units,
    first_truthy,
    is_truthy,
    stringify,
    text_of,
    trim,
)
from facebank.gold.naming import instant_of
from facebank.gold.rows import Rejections, RowProblem, read_rows
from facebank.gold.samples import source_of
from facebank.label_studio.task_documents import tasks_of_document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Task", "annotator_of", "is_name", "plain_text", "read_tasks", "results_of", "time_of", "times_of"]

#: When an annotation was made that does not say: before all others.
_NO_TIME = datetime.min.replace(tzinfo=UTC)
_YES = {"1", "true", "yes", "on", "y"}


@dataclass(frozen=True, slots=True)
class Task:
    """One picture of an export.

    Attributes
    ----------
    number : int
        The task's place in the export, from 1.
    task_id : str or None
        Its id as text.
    raw_source : object
        The source as it was typed, None if there is none.
    source, sample_hash : str
        The source's name, and the sample hash, derived from source and picture where none is given.
    image_path : str or None
        The picture, with slashes.
    data : dict
        The task's data.
    annotations : tuple of dict
        What was labelled: most results first, then the latest.
    double : bool
        Whether the task is marked for, or has, more than one annotation.
    cancelled : int
        Annotations that are left out, since who made them skipped the task.
    """

    number: int
    task_id: str | None
    raw_source: object
    source: str
    sample_hash: str
    image_path: str | None
    data: dict[str, Any]
    annotations: tuple[dict[str, Any], ...]
    double: bool
    cancelled: int = 0


def read_tasks(path: Path, rejections: Rejections, *, strict: bool) -> Iterator[Task]:
    """Read an export: lines of JSON (``.jsonl``, ``.ndjson``), a JSON list, or ``{"tasks": [...]}``.

    Parameters
    ----------
    path : Path
        The export.
    rejections : Rejections
        Takes tasks that cannot be read.
    strict : bool
        Refuse bytes that are not UTF-8, objects in which a key stands twice, and a document without a list
        of tasks; leave out cancelled annotations.

    Yields
    ------
    Task
        One after the other.

    Raises
    ------
    DataError
        If the export is no JSON; what is wrong behind a task is found after it.
    """
    if path.suffix.lower() in {".jsonl", ".ndjson"}:
        numbered = ((row.number, row.data, row.value) for row in read_rows(path, rejections, strict=strict))
    else:
        numbered = ((number, b"", value) for number, value in enumerate(_tasks(path, strict=strict), 1))
    for number, line, value in numbered:
        try:
            yield _task(number, value, strict=strict)
        except RowProblem as problem:
            rejections.add(path, number, line or stringify(value).encode(), problem)


def _tasks(path: Path, *, strict: bool) -> Iterator[Any]:
    """Read the tasks of a document."""
    try:
        yield from tasks_of_document(path, strict=strict)
    except (OSError, ValueError) as error:
        raise DataError(
            "Cannot read the export",
            file=path,
            expected="a Label Studio export as JSON",
            found=str(error),
            remedy="Export the project again as JSON.",
        ) from error


def _task(number: int, value: object, *, strict: bool) -> Task:
    """Read one task."""
    data = value.get("data", {}) if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(data, dict):
        raise RowProblem("BAD_TASK", "no object, or without an object `data`")
    if strict and not {"data", "annotations"} & value.keys():
        raise RowProblem("BAD_TASK", "neither `data` nor `annotations`, as in an export as JSON-MIN")
    listed = value.get("annotations")
    made = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    annotations = [item for item in made if not (strict and is_truthy(item.get("was_cancelled")))]
    annotations.sort(key=lambda item: code_units(plain_text(time_of(item))), reverse=True)
    if strict:
        # Of two zones, or with and without fractions of a second, the later text may be the earlier time.
        annotations.sort(key=lambda item: instant_of(time_of(item)) or _NO_TIME, reverse=True)
    annotations.sort(key=lambda item: -len(results_of(item)))
    raw_source = first_truthy(data.get("source"), data.get("dataset"), value.get("source"))
    source = source_of(raw_source)
    image = _image_path(data)
    given = first_truthy(data.get("sample_hash"), value.get("sample_hash"))
    sample_hash = trim(plain_text(given))
    if not sample_hash:
        sample_hash = _derived_hash(source, stringify(data) if image is None else image)
    holders = (value.get("meta"), value.get("metadata"), data)
    words = (holder.get("double_annotate") for holder in holders if isinstance(holder, dict))
    return Task(
        number=number,
        task_id=None if value.get("id") is None else text_of(value["id"]),
        raw_source=raw_source,
        source=source,
        sample_hash=sample_hash,
        image_path=image,
        data=data,
        annotations=tuple(annotations),
        double=len(annotations) > 1 or any(trim(plain_text(word)).lower() in _YES for word in words),
        cancelled=len(made) - len(annotations),
    )


def _derived_hash(source: str, named: str) -> str:
    """Derive a sample hash from a source and what names the picture."""
    return hashlib.sha256(f"{source}:{named}".encode("utf-8", "replace")).hexdigest()[:24]


def _image_path(data: dict[str, Any]) -> str | None:
    """Give the path of a task's picture; an address of the web is none."""
    path = plain_text(first_truthy(data.get("local_path"), data.get("image_path")))
    if not path:
        image = plain_text(data.get("image"))
        path = image.removeprefix("file://") if image.startswith(("file://", "/")) else ""
    return path.replace("\\", "/") or None


def results_of(annotation: dict[str, Any]) -> list[Any]:
    """Give the results of an annotation."""
    results = annotation.get("result")
    return results if isinstance(results, list) else []


def time_of(annotation: dict[str, Any]) -> object:
    """Give when an annotation was last changed, None if it does not say."""
    return first_truthy(annotation.get("updated_at"), annotation.get("created_at"))


def times_of(task: Task) -> Iterator[object]:
    """Give when each annotation of a task was last changed."""
    return map(time_of, task.annotations)


def annotator_of(annotation: dict[str, Any], override: str | None, fallback: str | None) -> str:
    """Give who made an annotation, as ``ann_`` and 12 hex digits of the name's SHA-256.

    Parameters
    ----------
    annotation : dict
        The annotation.
    override, fallback : str or None
        A name that counts before, or after, what the annotation says.
    """
    author, user = annotation.get("completed_by"), annotation.get("user")
    candidates: list[object] = [override]
    if isinstance(author, dict):
        candidates += [author.get(key) for key in ("email", "username", "id", "first_name", "last_name")]
    else:
        candidates.append(author)
    if isinstance(user, dict):
        candidates += [user.get(key) for key in ("email", "username", "id")]
    others = ("completed_by_id", "created_username", "created_by", "updated_by", "annotator")
    candidates += [*(annotation.get(key) for key in others), fallback]
    names = (trim(plain_text(value)) for value in candidates if is_name(value))
    name = next((name for name in names if name), "unknown_annotator")
    return f"ann_{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:12]}"


def is_name(value: object) -> bool:
    """Tell whether a value is a text or a number, which a truth value is not."""
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def plain_text(value: object) -> str:
    """Give a value as text, blank if it is falsy."""
    return text_of(value) if is_truthy(value) or value == 0 else ""
