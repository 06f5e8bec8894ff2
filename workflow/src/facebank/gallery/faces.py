"""The faces of a bank as arrays: what the embeddings stage kept of each photo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from facebank.artifacts.tables import read_parquet
from facebank.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Faces", "matrix_of", "read_faces"]

#: The columns of faces.parquet that the gallery reads.
COLUMNS = (
    "photo", "set", "folder", "identity", "sha256", "phash", "width", "height", "face", "faces_found",
    "x1", "y1", "x2", "y2", "score", "embedding",
)  # fmt: skip

#: Embeddings are scaled to length 1 when they are collected; float32 leaves this much.
_NORM_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Faces:
    """F faces of P photos; the faces of a photo stand in consecutive rows, photos in order of their names.

    Attributes
    ----------
    table : DataFrame
        F rows with the columns of faces.parquet that the gallery reads, but the embedding.
    embeddings : ndarray of float32, shape (F, D)
        Unit embeddings.
    boxes : ndarray of float64, shape (F, 4)
        Face boxes, xyxy in pixels of the upright photo.
    sizes : ndarray of float64, shape (F, 2)
        Width and height of the face's photo in pixels.
    faces_found : ndarray of int64, shape (F,)
        How many faces the face's photo has.
    photo_rows : ndarray of int64, shape (F,)
        The photo of each face, numbered in order.
    identities : ndarray of int64, shape (F,)
        The identity of each face: a place in `slugs`.
    slugs : tuple of str
        The identities, sorted.
    """

    table: pd.DataFrame
    embeddings: NDArray[np.float32]
    boxes: NDArray[np.float64]
    sizes: NDArray[np.float64]
    faces_found: NDArray[np.int64]
    photo_rows: NDArray[np.int64]
    identities: NDArray[np.int64]
    slugs: tuple[str, ...]

    @property
    def areas(self) -> NDArray[np.float64]:
        """Area of each box in square pixels."""
        return np.asarray((self.boxes[:, 2:] - self.boxes[:, :2]).prod(axis=1))

    def of_photos(self) -> pd.DataFrame:
        """Give the first row of each photo: what is the same for all of its faces."""
        _, first = np.unique(self.photo_rows, return_index=True)
        return self.table.iloc[first].reset_index(drop=True)


def read_faces(folder: Path) -> Faces:
    """Read the faces of an embeddings folder.

    Raises
    ------
    DataError
        If faces.parquet is missing, lacks a column, holds no face, or an embedding is not of length 1.
    """
    path = folder / "faces.parquet"
    table = read_parquet(path)
    missing = [name for name in COLUMNS if name not in table.column_names]
    if missing:
        raise DataError(
            "The table of faces lacks columns",
            file=path,
            expected=", ".join(missing),
            remedy="Rebuild the embeddings.",
        )
    if table.num_rows == 0:
        raise DataError(
            "The bank has no face",
            file=path,
            expected="at least one photo with a face",
            found="none",
            remedy="See rejected.tsv beside it for the reason of each photo.",
        )
    table = table.select(list(COLUMNS)).sort_by([("photo", "ascending"), ("face", "ascending")])
    embeddings = matrix_of(table, "embedding")
    frame = table.drop_columns(["embedding"]).to_pandas()
    off = np.flatnonzero(~(np.abs(np.linalg.norm(embeddings, axis=1) - 1) < _NORM_TOLERANCE))
    if len(off):
        raise DataError(
            "An embedding is not of length 1",
            file=path,
            found=str(frame["photo"].iloc[off[0]]),
            remedy="Rebuild the embeddings.",
        )
    # It takes longer to load than most who import this wish to wait.
    import pandas as pd

    photo_rows, _ = pd.factorize(frame["photo"])
    identities, slugs = pd.factorize(frame["identity"], sort=True)
    return Faces(
        table=frame,
        embeddings=embeddings,
        boxes=frame[["x1", "y1", "x2", "y2"]].to_numpy(np.float64),
        sizes=frame[["width", "height"]].to_numpy(np.float64),
        faces_found=frame["faces_found"].to_numpy(np.int64),
        photo_rows=photo_rows.astype(np.int64),
        identities=identities.astype(np.int64),
        slugs=tuple(slugs.tolist()),
    )


def matrix_of(table: pa.Table, column: str) -> NDArray[np.float32]:
    """Give a column of fixed-size lists as a matrix (rows, D) of float32."""
    dimension = table.schema.field(column).type.list_size
    values = pc.list_flatten(table[column]).to_numpy()
    return np.asarray(values, dtype=np.float32).reshape(table.num_rows, dimension)
