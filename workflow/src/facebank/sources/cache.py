"""Tables that are expensive to make, kept by what they were made from.

The cache stands outside the workflow: losing it costs time and changes nothing.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from facebank.artifacts.atomic import replacing
from facebank.artifacts.digests import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

__all__ = ["cached_rows"]

_CHECKSUM_BYTES = hashlib.sha256().digest_size


def cached_rows(  # noqa: PLR0917 (each is one part of what names the entry)
    cache: Path,
    kind: str,
    content: str,
    key: Mapping[str, Any],
    schema: pa.Schema,
    make: Callable[[], Sequence[Mapping[str, Any]]],
) -> list[dict[str, Any]]:
    """Give rows from the cache, or make and keep them.

    Parameters
    ----------
    cache : Path
        The cache's root.
    kind : str
        Its folder in the root.
    content : str
        SHA-256 of the file that the rows are about. It begins the entry's name, so that `facebank forget`
        finds it.
    key : mapping
        Everything else that the rows depend on, as plain values: digests of the models, settings.
    schema : pyarrow.Schema
        The rows' columns.
    make : callable
        Makes the rows; what it raises is raised, and nothing is kept then.

    Returns
    -------
    list of dict
        The rows, whether made or read. An entry that is damaged or of another form is made anew.
    """
    name = digest_of({**key, "columns": str(schema)})
    path = cache / kind / content[:2] / f"{content}-{name}.rows"
    kept = _read(path, schema)
    if kept is None:
        # What is made goes through the same types as what is read.
        kept = pa.Table.from_pylist([dict(row) for row in make()], schema=schema)
        buffer = pa.BufferOutputStream()
        pq.write_table(kept, buffer, compression="zstd")
        table = memoryview(buffer.getvalue())
        with replacing(path) as temporary, temporary.open("wb") as file:
            file.write(_checksum(content, table))
            file.write(table)
    return kept.to_pylist()


def _read(path: Path, schema: pa.Schema) -> pa.Table | None:
    """Read a cache entry; None if it is not there or cannot be trusted.

    No byte of it is interpreted before its digest is right: Parquet's own checksums leave its footer out.
    """
    try:
        data = memoryview(path.read_bytes())
    except OSError:
        return None
    checksum, table = data[:_CHECKSUM_BYTES], data[_CHECKSUM_BYTES:]
    if _checksum(path.name.partition("-")[0], table) != checksum:
        return None
    found = pq.read_table(pa.BufferReader(table))
    return found if found.schema.equals(schema) else None


def _checksum(content: str, table: memoryview) -> bytes:
    """Give the digest of an entry: of what it is about, and of its table."""
    digest = hashlib.sha256(content.encode())
    digest.update(table)
    return digest.digest()
