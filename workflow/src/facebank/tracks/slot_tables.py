"""The table of slots, of which readers make arrays by frame and slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facebank.artifacts.tables import read_table
from facebank.errors import DataError
from facebank.sources.schemas import SLOTS

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

__all__ = ["read_slots"]


def read_slots(path: Path) -> pa.Table:
    """Read the table of slots, and insist on the order in which arrays are laid out.

    Parameters
    ----------
    path : Path
        ``slots.parquet`` of a version folder or of a release.

    Returns
    -------
    pa.Table
        Of the form `SLOTS`: source by source, every slot of every frame after the other, of all sources as
        many slots.

    Raises
    ------
    DataError
        If it cannot be read, or a row is not where its frame and slot say: boxes would be taken for those of
        another slot. Whether a source's last frames are all there, the table alone does not tell.
    """
    table = read_table(path, SLOTS)
    frame, slot = table["frame"].to_numpy(), table["slot"].to_numpy()
    source = table["source"].combine_chunks().dictionary_encode().indices.to_numpy()
    slots = int(slot.max(initial=-1)) + 1
    rows = np.bincount(source)
    # How many rows of its source stand before each.
    place = np.arange(len(table)) - np.repeat(np.cumsum(rows) - rows, rows)
    if (
        np.any(np.diff(source) < 0)
        or np.any(rows % max(slots, 1))
        or not np.array_equal(frame, place // max(slots, 1))
        or not np.array_equal(slot, place % max(slots, 1))
    ):
        raise DataError(
            "The table of slots is not in its order",
            file=path,
            expected="every slot of every frame of one source after the other",
            remedy="Rebuild the stage face_labels.",
        )
    return table
