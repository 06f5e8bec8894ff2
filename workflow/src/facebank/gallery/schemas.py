"""Schemas of the tables that the validation writes."""

from __future__ import annotations

import pyarrow as pa

__all__ = ["LOO"]

#: One row per query in loo.parquet.
_LOO_FIELDS: tuple[tuple[str, pa.DataType], ...] = (
    ("photo", pa.string()),
    ("set", pa.string()),
    ("identity", pa.string()),
    ("verdict", pa.string()),
    ("duplicate_group", pa.int32()),
    ("n_photos", pa.int32()),
    ("tested", pa.bool_()),
    ("rank", pa.int32()),
    ("correct", pa.bool_()),
    ("own_similarity", pa.float32()),
    ("best_other", pa.string()),
    ("best_other_similarity", pa.float32()),
    ("margin", pa.float32()),
    ("top1", pa.string()),
    ("top1_similarity", pa.float32()),
    ("top2", pa.string()),
    ("top2_similarity", pa.float32()),
)
LOO = pa.schema(_LOO_FIELDS)
