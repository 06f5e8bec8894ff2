"""How far the boxes of two builds lie apart: those of slots, and those of the faces that were detected."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from facebank.artifacts.tables import read_parquet
from facebank.faces.boxes import iou_matrix

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["detection_shifts", "label_shifts"]

#: Two boxes that share less of what they cover together are not taken for one face.
_SAME_FACE_IOU = 0.5

_CORNERS = ["x1", "y1", "x2", "y2"]


def label_shifts(a: Path, b: Path) -> list[dict[str, Any]]:
    """Compare the boxes of the slots, frame by frame.

    Parameters
    ----------
    a, b : Path
        The older and the newer ``slots.parquet``.

    Returns
    -------
    list of dict
        As `facebank.versions.differences.Differences.boxes` has them.
    """
    sides = [_slots(file) for file in (a, b)]
    found = []
    for source in sorted(sides[0].keys() | sides[1].keys()):
        before, after = (side.get(source, {}) for side in sides)
        both = sorted(before.keys() & after.keys())
        shifts = _shifts(*(np.array([side[key] for key in both]).reshape(-1, 4) for side in (before, after)))
        row = {
            "source": source,
            "missing_in": _missing_in(source, *sides),
            **_summary(shifts),
            "only_a": len(before.keys() - after.keys()),
            "only_b": len(after.keys() - before.keys()),
        }
        if _differs(row):
            found.append(row)
    return found


def detection_shifts(a: Path, b: Path) -> list[dict[str, Any]]:
    """Compare the faces that were detected, at the keyframes that both sides have.

    Of each keyframe, those boxes are taken for one face that together overlap most, and by half at least.
    Of a source that one side lacks, all faces of the other count.

    Parameters
    ----------
    a, b : Path
        The folders of the older and the newer ``detections.parquet`` and ``frames.parquet``.

    Returns
    -------
    list of dict
        As `facebank.versions.differences.Differences.detections` has them.
    """
    sides = [_detections(folder) for folder in (a, b)]
    found = []
    for source in sorted(sides[0].keys() | sides[1].keys()):
        before, after = (side.get(source, {}) for side in sides)
        both = sorted(before.keys() & after.keys())
        missing = _missing_in(source, *sides)
        shifts = [np.empty(0)]
        only_a, only_b = (sum(map(len, faces.values())) if missing else 0 for faces in (before, after))
        for frame in both:
            matched = _matched(before[frame], after[frame])
            shifts.append(_shifts(*matched))
            only_a += len(before[frame]) - len(matched[0])
            only_b += len(after[frame]) - len(matched[1])
        row = {
            "source": source,
            "missing_in": missing,
            "keyframes": len(both),
            **_summary(np.concatenate(shifts)),
            "only_a": only_a,
            "only_b": only_b,
        }
        if _differs(row):
            found.append(row)
    return found


def _missing_in(source: str, a: Mapping[str, object], b: Mapping[str, object]) -> str | None:
    """Name the side that does not have a source at all; None where both do."""
    return "a" if source not in a else "b" if source not in b else None


def _differs(row: Mapping[str, Any]) -> bool:
    """Tell whether a source differs."""
    return any(row[name] for name in ("missing_in", "max_shift_px", "only_a", "only_b"))


def _slots(file: Path) -> dict[str, dict[tuple[int, int], list[float]]]:
    """Give source -> (frame, slot) -> box; a slot without a box is left out, a source without one is not."""
    table = read_parquet(file, columns=["source", "frame", "slot", *_CORNERS])
    found: dict[str, dict[tuple[int, int], list[float]]] = {
        str(source): {} for source in table["source"].unique().to_pylist()
    }
    for row in table.filter(pc.is_valid(table["x1"])).to_pylist():
        found[row["source"]][row["frame"], row["slot"]] = [row[corner] for corner in _CORNERS]
    return found


def _detections(folder: Path) -> Mapping[str, Mapping[int, NDArray[np.float64]]]:
    """Give source -> keyframe -> boxes (n, 4), one without faces too."""
    looked = read_parquet(
        folder / "frames.parquet", columns=["source", "frame"], filters=[("keyframe", "==", True)]
    )
    boxes: dict[str, dict[int, list[list[float]]]] = defaultdict(dict)
    for row in looked.to_pylist():
        boxes[row["source"]][row["frame"]] = []
    for row in read_parquet(
        folder / "detections.parquet", columns=["source", "frame", *_CORNERS]
    ).to_pylist():
        boxes[row["source"]].setdefault(row["frame"], []).append([row[corner] for corner in _CORNERS])
    return {
        source: {frame: np.array(found).reshape(-1, 4) for frame, found in frames.items()}
        for source, frames in boxes.items()
    }


def _matched(
    a: NDArray[np.float64], b: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the boxes of one keyframe that are one face on both sides, each (k, 4), in the same order."""
    # SciPy's optimisers take longer to load than many a comparison to run.
    from scipy.optimize import linear_sum_assignment

    overlap = iou_matrix(a, b)
    # One that is too small counts nothing, so it never displaces one that is not.
    rows, columns = linear_sum_assignment(np.where(overlap < _SAME_FACE_IOU, 0, overlap), maximize=True)
    same = overlap[rows, columns] >= _SAME_FACE_IOU
    return a[rows[same]], b[columns[same]]


def _shifts(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Tell how far each box moved (n,): the farther of two opposite corners, in pixels."""
    moved: NDArray[np.float64] = np.linalg.norm((b - a).reshape(-1, 2, 2), axis=2).max(axis=1, initial=0)
    return moved


def _summary(shifts: NDArray[np.float64]) -> dict[str, Any]:
    """Give how many boxes both sides have, and how far they moved: None where there is none."""
    return {
        "compared": len(shifts),
        "mean_shift_px": round(float(shifts.mean()), 6) if len(shifts) else None,
        "max_shift_px": round(float(shifts.max()), 6) if len(shifts) else None,
    }
