"""Whether a file says something of a person: by a name, in it or its own, or by a photo or video's digest.

JSON and tables are read as what they are, and a person is named by a whole value or by a whole folder of a
path; so that somebody called *common* is not found in every sentence. Pages and logs are read as text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from facebank.bank.slugs import slug
from facebank.reading.json_documents import json_value, read_json
from facebank.reading.limits import LARGEST_DOCUMENT
from facebank.release.layout import MATERIALS
from facebank.shown import meant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from facebank.forgetting.person import Person

__all__ = ["Traces"]

_SHA256 = re.compile("[0-9a-f]{64}")
#: What stands between the names in one value: paths, lists of names, a remark behind a path.
_BETWEEN = re.compile(r"[/\\,;|]| \(")
_STRUCTURED = {".json", ".jsonl", ".ndjson", ".tsv", ".parquet"}
_TEXT = {".html", ".md", ".csv", ".svg", ".log", ".txt", ""}
_EMBEDDING = ".arcface.npy"


class Traces:
    """Looks for one person in files.

    Parameters
    ----------
    person : Person
        Whom to look for.
    """

    def __init__(self, person: Person) -> None:
        self._names = person.names
        # A table that names a video by its digest may hold faces seen in it.
        self._digests = person.photos | person.videos
        # A name in running text: its words in any spelling that makes the same slug.
        spelled = (
            "[_ .-]+".join(re.escape(word) for word in re.split("[_]", name)) for name in sorted(person.names)
        )
        self._written = re.compile(rf"(?<![\w-])(?:{'|'.join(spelled)})(?![\w-])", re.IGNORECASE)

    def in_folder(self, folder: Path) -> Path | None:
        """Give the first file below a folder that says something of the person; pages are read last."""
        files = sorted(
            (path for path in folder.rglob("*") if path.is_file()),
            key=lambda path: (path.suffix in _TEXT, path),
        )
        named = (path for path in files if self.names_path(path.relative_to(folder).as_posix()))
        return next(named, None) or next((path for path in files if self.in_file(path)), None)

    def in_file(self, path: Path) -> bool:
        """Tell whether a file's content says something of the person; one that cannot be read is as text."""
        if path.name == MATERIALS:
            return False  # somebody called as a package is not in every release
        if path.suffix in _STRUCTURED:
            try:
                return any(map(self._says, _values(path)))
            except (OSError, ValueError, pa.ArrowException):
                pass
        elif path.suffix not in _TEXT:
            return False
        return self.in_text(path.read_text(encoding="utf-8", errors="replace"))

    def in_text(self, text: str) -> bool:
        """Tell whether running text names the person, or the digest of a photo or video."""
        return bool(self._written.search(text)) or any(
            found in self._digests for found in _SHA256.findall(text)
        )

    def _says(self, value: str) -> bool:
        """Tell whether a value of a document or table is, or leads through, a name or a digest."""
        return value in self._digests or self.names_path(value)

    def names_path(self, path: str) -> bool:
        """Tell whether one part of a path or list is a name."""
        return any(_slug(part.removesuffix(_EMBEDDING)) in self._names for part in _BETWEEN.split(path))


@lru_cache(maxsize=100_000)
def _slug(text: str) -> str:
    """Give a slug; the same folders and names come many times."""
    return slug(text)


def _values(path: Path) -> Iterator[str]:
    """Give the texts of a structured file, keys and values, each at least once."""
    match path.suffix:
        case ".parquet":
            yield from _cells(pq.ParquetFile(path))
        case ".tsv":
            text = path.read_text(encoding="utf-8")
            yield from {meant(cell) for line in text.split("\n") for cell in line.split("\t")}
        case ".json":
            yield from _texts(read_json(path, largest=LARGEST_DOCUMENT))
        case _:
            for line in path.read_text(encoding="utf-8").split("\n"):
                if line:
                    yield from _texts(json_value(line))


def _cells(file: pq.ParquetFile) -> Iterable[str]:
    """Give the different texts of a table's columns of text, also of lists of texts."""
    for field in file.schema_arrow:
        kind = field.type.value_type if pa.types.is_list(field.type) else field.type
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            continue
        column = file.read(columns=[field.name])[field.name]
        flat = pc.list_flatten(column) if pa.types.is_list(field.type) else column
        yield from (text for text in pc.unique(flat).to_pylist() if text)


def _texts(value: Any) -> Iterator[str]:
    """Give the texts of a JSON value."""
    match value:
        case str():
            yield value
        case dict():
            for key, below in value.items():
                yield key
                yield from _texts(below)
        case list() if value and isinstance(value[0], int | float):
            return  # a vector
        case list():
            for below in value:
                yield from _texts(below)
