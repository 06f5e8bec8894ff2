"""The keyframes that labels were made from, as variants are compared with them."""

from __future__ import annotations

from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from facebank.artifacts.tables import parts_of, read_parquet, read_table
from facebank.audit.looks import slot_views
from facebank.audit.timing import Recording, moved_through, other_faces
from facebank.keyframes.keyframe import thumbnails_in
from facebank.sources.schemas import THUMBNAILS, VIDEOS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from facebank.audit.variant_audit import SourceBoxes

__all__ = ["read_recordings"]

_CORNERS = ("x1", "y1", "x2", "y2")


def read_recordings(
    detections: Path, labels: Mapping[str, SourceBoxes], *, kept: int = 1
) -> Callable[[str], Recording]:
    """Read the keyframes of all labels.

    Parameters
    ----------
    detections : Path
        Folder of the stage detections.
    labels : mapping
        The name of labels -> their boxes.
    kept : int
        Recordings whose figures are kept, those asked for last: as many as are in use side by side.

    Returns
    -------
    callable
        Gives the recording of the labels of a name, which has to be in `labels`. Threads may share it.

    Raises
    ------
    DataError
        If the detections cannot be read.
    """
    sizes = {
        row["source"]: (row["width"], row["height"])
        for row in read_table(detections / "videos.parquet", VIDEOS).to_pylist()
    }
    found = read_parquet(detections / "detections.parquet", columns=["source", "frame", *_CORNERS])
    faces_of, none = parts_of(found, "source"), found.slice(0, 0)
    alone = Lock()

    @lru_cache(kept)
    def read(source: str) -> Recording:
        rows = read_table(detections / "thumbnails.parquet", THUMBNAILS, source=source)
        pixels = thumbnails_in(rows)
        frames, boxes = tuple(rows["frame"].to_numpy().tolist()), labels[source].boxes
        faces = faces_of.get(source, none)
        corners = np.stack([faces[name].to_numpy() for name in _CORNERS], axis=1)
        return Recording(
            frames=frames,
            thumbnails=pixels,
            left_out=moved_through(boxes, sizes[source], pixels.shape[1:]),
            views=slot_views(boxes, frames, pixels, sizes[source]),
            others=other_faces(faces["frame"].to_numpy(), corners, boxes, sizes[source], pixels.shape[1:]),
        )

    def recording(source: str) -> Recording:
        # What two ask for at once is made once.
        with alone:
            return read(source)

    return recording
