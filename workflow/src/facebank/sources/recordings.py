"""The keyframes that labels were made from, as variants are compared with them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from facebank.artifacts.tables import read_table
from facebank.sources.schemas import THUMBNAILS, VIDEOS
from facebank.sources.timing import Recording, moved_through

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from facebank.sources.variant_audit import SourceBoxes

__all__ = ["read_recordings"]

#: Sources that are kept: those of the variants that are looked at side by side, which follow each other.
_KEPT = 4


def read_recordings(detections: Path, labels: Mapping[str, SourceBoxes]) -> Callable[[str], Recording]:
    """Read the keyframes of all labels.

    Parameters
    ----------
    detections : Path
        Folder of the stage detections.
    labels : mapping
        The name of labels -> their boxes.

    Returns
    -------
    callable
        Gives the recording of the labels of a name, which has to be in `labels`.

    Raises
    ------
    DataError
        If the detections cannot be read.
    """
    sizes = {
        row["source"]: (row["width"], row["height"])
        for row in read_table(detections / "videos.parquet", VIDEOS).to_pylist()
    }
    thumbnails = read_table(detections / "thumbnails.parquet", THUMBNAILS)

    @lru_cache(_KEPT)
    def recording(source: str) -> Recording:
        rows = thumbnails.filter(pc.field("source") == source)
        shape = (rows["height"][0].as_py(), rows["width"][0].as_py())
        pixels = np.frombuffer(b"".join(it.as_py() for it in rows["pixels"]), dtype=np.uint8)
        return Recording(
            frames=tuple(rows["frame"].to_numpy().tolist()),
            thumbnails=pixels.reshape(-1, *shape),
            left_out=moved_through(labels[source].boxes, sizes[source], shape),
        )

    return recording
