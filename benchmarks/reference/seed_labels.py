"""The first version's way from boxes of keyframes to boxes in every frame: what our labels are compared with.

The three largest boxes of a keyframe, from left to right, are paired by rank with those of the next: where
there are as many they are interpolated, else those of the former are repeated. The last frame is the last
keyframe. Nobody asks which face a box belongs to.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["Box", "label_every"]

#: x1, y1, x2, y2 in pixels, and the detector's score.
Box = tuple[float, float, float, float, float]

_MOST = 3


def label_every(keyframes: Mapping[int, Sequence[Box]], source: str, path: Path) -> list[list[Box]]:
    """Write a source's labels, and give the boxes of each frame.

    Parameters
    ----------
    keyframes : mapping
        Frame -> its boxes.
    source : str
        Name of the source.
    path : Path
        The document to write.
    """
    kept = {frame: _from_the_left(boxes) for frame, boxes in sorted(keyframes.items())}
    frames = [
        _between(kept[start], kept[stop], (index - start) / (stop - start))
        for start, stop in pairwise(kept)
        for index in range(start, stop)
    ]
    frames += list(kept.values())[-1:]
    rows = [
        {"frame_idx": index, "n_visible_faces": len(boxes), "bboxes": [_row(box) for box in boxes]}
        for index, boxes in enumerate(frames)
    ]
    document = {"source_episode": source, "n_frames": len(frames), "schema_version": 1, "frames": rows}
    path.write_text(json.dumps(document, separators=(",", ":")), encoding="utf-8")
    return frames


def _from_the_left(boxes: Sequence[Box]) -> list[Box]:
    largest = sorted(boxes, key=lambda box: (box[0] - box[2]) * (box[3] - box[1]))[:_MOST]
    return sorted(largest, key=lambda box: box[0] + box[2])


def _between(before: list[Box], after: list[Box], share: float) -> list[Box]:
    if not share or len(before) != len(after):
        return before
    found = []
    for a, b in zip(before, after, strict=True):
        x1, y1, x2, y2 = (one + share * (other - one) for one, other in zip(a[:4], b[:4], strict=True))
        found.append((x1, y1, x2, y2, min(a[4], b[4])))
    return found


def _row(box: Box) -> dict[str, Any]:
    row = dict(zip(("x1", "y1", "x2", "y2", "score"), box, strict=True))
    return row | {"x_center": (box[0] + box[2]) / 2}
