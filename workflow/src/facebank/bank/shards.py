"""A shard of embedded photos as a table, with what it was made by in its metadata."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from facebank.artifacts.tables import read_table, write_table
from facebank.bank.schemas import LANDMARK_NUMBERS, shard_schema
from facebank.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from facebank.bank.embedding import EmbeddedPhoto

__all__ = ["read_shards", "write_shard"]

_MADE_BY = b"facebank"


def write_shard(
    path: Path,
    photos: Sequence[EmbeddedPhoto],
    *,
    dimension: int,
    made_by: Mapping[str, Any],
) -> None:
    """Write the faces of some photos.

    Parameters
    ----------
    path : Path
        The Parquet file to make.
    photos : sequence of EmbeddedPhoto
        The photos, in the order of the rows.
    dimension : int
        Length of an embedding.
    made_by : mapping
        Models, provider and rules, as plain values: shards that differ in it do not belong together.
    """
    faces = [photo.faces for photo in photos]
    counts = np.array([len(found) for found in faces], dtype=np.int64)
    # A photo without a face still has a row, all of whose face columns are null.
    rows = np.maximum(counts, 1)
    null = np.repeat(counts == 0, rows)

    def spread(name: str, *shape: int) -> NDArray[Any]:
        """Give one value a row; what stands in null rows is not seen."""
        parts = [getattr(found, name) if len(found) else np.zeros((1, *shape), np.float32) for found in faces]
        return np.concatenate([np.empty((0, *shape), np.float32), *parts])

    def column(values: NDArray[Any]) -> pa.Array[Any]:
        array: pa.Array[Any] = pa.array(values, mask=null)
        return array

    def lists(values: NDArray[np.float32], size: int) -> pa.Array[Any]:
        flat = pa.array(values.reshape(-1))
        array: pa.Array[Any] = pa.FixedSizeListArray.from_arrays(flat, size, mask=pa.array(null))
        return array

    boxes, poses = spread("boxes", 4), spread("poses", 3)
    columns: dict[str, Any] = {
        "photo": np.repeat(np.array([photo.photo for photo in photos], dtype=object), rows),
        "sha256": np.repeat(np.array([photo.sha256 for photo in photos], dtype=object), rows),
        "face": column(
            np.concatenate([np.empty(0, np.int32), *[np.arange(n, dtype=np.int32) for n in rows]])
        ),
        "faces_found": column(np.repeat(np.array([found.faces_found for found in faces], np.int32), rows)),
        "attempt": column(np.repeat(np.array([str(found.attempt) for found in faces], dtype=object), rows)),
        **{name: column(boxes[:, place]) for place, name in enumerate(("x1", "y1", "x2", "y2"))},
        **{name: column(poses[:, place]) for place, name in enumerate(("yaw", "pitch", "roll"))},
        "score": column(spread("scores")),
        "norm": column(spread("norms")),
        "blur": column(spread("blurs")),
        "share": column(spread("shares")),
        "landmarks": lists(spread("landmarks", 5, 2), LANDMARK_NUMBERS),
        "embedding": lists(spread("embeddings", dimension), dimension),
    }
    schema = shard_schema(dimension).with_metadata({_MADE_BY: _text(made_by)})
    write_table(path, pa.table({name: columns[name] for name in schema.names}), schema)


def read_shards(paths: Sequence[Path], *, dimension: int, made_by: Mapping[str, Any]) -> pa.Table:
    """Read shards that belong together.

    Parameters
    ----------
    paths : sequence of Path
        The files that `write_shard` wrote.
    dimension : int
        Length of an embedding.
    made_by : mapping
        What all of them have to be made by.

    Returns
    -------
    pyarrow.Table
        All rows with the columns of `facebank.bank.schemas.shard_schema`, sorted by photo and face.

    Raises
    ------
    DataError
        If a shard is unreadable, has other columns, or was made by something else.
    """
    schema = shard_schema(dimension)
    tables = []
    for path in paths:
        table = read_table(path, schema)
        found = (table.schema.metadata or {}).get(_MADE_BY, b"").decode()
        if found != _text(made_by):
            raise DataError(
                "The shard was made by other models or settings",
                file=path,
                expected=_text(made_by),
                found=found or "none recorded",
                remedy="Embed its photos again.",
            )
        tables.append(table.replace_schema_metadata(None))
    together = pa.concat_tables([schema.empty_table(), *tables])
    return together.sort_by([("photo", "ascending"), ("face", "ascending")])


def _text(made_by: Mapping[str, Any]) -> str:
    """Give plain values as canonical text."""
    return json.dumps(made_by, sort_keys=True)
