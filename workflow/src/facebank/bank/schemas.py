"""The columns of the bank's tables."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

__all__ = ["LANDMARK_NUMBERS", "PHOTOS", "face_columns", "faces_schema", "shard_schema"]

#: Five landmarks as x, y, x, y, ...
LANDMARK_NUMBERS = 10

_PHOTO_COLUMNS: list[pa.Field[Any]] = [
    pa.field("photo", pa.string()),  # path relative to the bank, with /
    pa.field("set", pa.string()),
    pa.field("folder", pa.string()),  # the person's folder
    pa.field("identity", pa.string()),  # slug
    pa.field("sha256", pa.string()),
    pa.field("bytes", pa.int64()),
    pa.field("width", pa.int32()),  # of the upright photo
    pa.field("height", pa.int32()),
    pa.field("orientation", pa.int8()),  # EXIF, 1..8
    pa.field("format", pa.string()),
    pa.field("phash", pa.string()),  # 64 bits in hex, of the upright photo
    pa.field("licence", pa.string()),  # as a sidecar gives it; null where none does
]

#: ``photos.parquet``: one row for each usable photo, sorted by photo.
PHOTOS: pa.Schema = pa.schema(_PHOTO_COLUMNS)


def face_columns(dimension: int) -> list[pa.Field[Any]]:
    """Give the columns that describe one face.

    Parameters
    ----------
    dimension : int
        Length of an embedding.

    Returns
    -------
    list of pyarrow.Field
        Boxes and landmarks are in pixels of the upright photo, boxes clipped to it.
    """
    numbers = ("x1", "y1", "x2", "y2", "score", "norm", "blur", "yaw", "pitch", "roll", "share")
    return [
        pa.field("face", pa.int32()),  # 0 is the largest
        pa.field("faces_found", pa.int32()),  # how many passed the score gate
        pa.field("attempt", pa.string()),  # which look found them
        *(pa.field(name, pa.float32()) for name in numbers),
        pa.field("landmarks", pa.list_(pa.float32(), LANDMARK_NUMBERS)),
        pa.field("embedding", pa.list_(pa.float32(), dimension)),  # length 1
    ]


def shard_schema(dimension: int) -> pa.Schema:
    """Give the columns of a shard: one row a face; a photo without a face has one row whose face is null."""
    return pa.schema([PHOTOS.field("photo"), PHOTOS.field("sha256"), *face_columns(dimension)])


def faces_schema(dimension: int) -> pa.Schema:
    """Give the columns of ``faces.parquet``: one row a kept face, sorted by photo, then face."""
    names = ("photo", "set", "folder", "identity", "sha256", "phash", "width", "height")
    return pa.schema([*(PHOTOS.field(name) for name in names), *face_columns(dimension)])
