"""Outlines and brushes of one annotation: labels, units, and what is doubtful about them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.gold.brush import brush_mask
from facebank.gold.javascript import first_truthy, to_number, trim
from facebank.gold.label_studio import plain_text, results_of
from facebank.gold.labels import corners_of
from facebank.gold.modules import LABELS
from facebank.gold.rings import Ring, area, self_intersecting, to_rings, unit_of
from facebank.gold.rows import RowProblem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facebank.gold.label_studio import Task
    from facebank.gold.masks import Mask

__all__ = ["BRUSH_UNSUPPORTED", "Drawing", "canonical_label", "read_drawing"]

#: The flag of a brush result that was not read.
BRUSH_UNSUPPORTED = "BRUSH_LABEL_UNSUPPORTED"

_ALIASES = {name: name for name in LABELS} | {
    "face": "face_oval",
    "oval": "face_oval",
    "faceoval": "face_oval",
    "bg": "background",
    "backdrop": "background",
    "fore_head": "forehead",
    "leftcheek": "left_cheek",
    "cheek_left": "left_cheek",
    "rightcheek": "right_cheek",
    "cheek_right": "right_cheek",
    "undereye_left": "under_eye_left",
    "left_under_eye": "under_eye_left",
    "under_eye_l": "under_eye_left",
    "undereye_right": "under_eye_right",
    "right_under_eye": "under_eye_right",
    "under_eye_r": "under_eye_right",
}
_BRACKETS = re.compile(r"[()\[\]{}]")
_GAPS = re.compile(r"[\s\ufeff-]+")
_UNDERSCORES = re.compile(r"_+")
#: How far a percentage may lie outside 0..100 when a whole annotation votes on the unit: a corner that was
#: dragged out of the picture must not turn all the others into pixels.
_STRICT_SLACK = 10.0
_NO_POINTS = np.empty((0, 2), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Drawing:
    """The outlines of one annotation.

    Attributes
    ----------
    rings : dict
        Rings by label, the largest first.
    brushes : dict
        Decoded brush masks by label.
    flags : list of dict
        What is doubtful about them, in the order of the results.
    unsupported_brushes : int
        Brush results that were not read.
    """

    rings: dict[str, list[Ring]]
    brushes: dict[str, list[Mask]]
    flags: list[dict[str, Any]]
    unsupported_brushes: int


def canonical_label(name: str) -> str | None:
    """Give the label that a name stands for, None if it is none of ours."""
    plain = _GAPS.sub("_", _BRACKETS.sub("", trim(name.lower())))
    return _ALIASES.get(_UNDERSCORES.sub("_", plain))


def read_drawing(task: Task, annotation: dict[str, Any], grid: int, *, strict: bool) -> Drawing:
    """Read the outlines of an annotation.

    Parameters
    ----------
    task : Task
        Its task, whose data may know the size of the image.
    annotation : dict
        The annotation.
    grid : int
        Pixels per side of brush masks.
    strict : bool
        Take the unit of the coordinates from all outlines together, and read brushes. Otherwise each
        outline's own range tells its unit, and brushes are only counted.

    Returns
    -------
    Drawing
        Rings, masks and flags. Results of unknown labels and other types are passed over.
    """
    outlines: list[_Outline] = []
    brushes: dict[str, list[Mask]] = {}
    flags: dict[int, dict[str, Any]] = {}
    for index, result in enumerate(results_of(annotation)):
        kind, label = _kind_and_label(result)
        if label is None:
            continue
        if kind in {"polygonlabels", "polygon"}:
            outlines.append(_outline(task, result, index, label))
        elif kind in {"brushlabels", "brush"}:
            mask = _brush(result, grid) if strict else None
            if mask is not None:
                brushes.setdefault(label, []).append(mask)
            code = BRUSH_UNSUPPORTED if mask is None else "BRUSH_LABEL_DECODED"
            flags[index] = _flag("WARN", code, label, index)
    values = [outline.points for outline in outlines]
    common = unit_of(np.concatenate([_NO_POINTS, *values]), slack=_STRICT_SLACK)
    units = [common if strict else unit_of(points) for points in values]
    found = to_rings(values, units, [outline.size for outline in outlines])
    kept = [(outline, ring) for outline, ring in zip(outlines, found, strict=True) if ring is not None]
    for outline, lost in zip(outlines, found, strict=True):
        if lost is None:
            flags[outline.index] = _flag("WARN", "INVALID_POLYGON_GEOMETRY", outline.label, outline.index)
    rings: dict[str, list[Ring]] = {}
    for (outline, ring), meets in zip(kept, self_intersecting([ring for _, ring in kept]), strict=True):
        rings.setdefault(outline.label, []).append(ring)
        if meets:
            flags[outline.index] = _flag("FAIL", "POLYGON_SELF_INTERSECTION", outline.label, outline.index)
    return Drawing(
        rings={label: _by_area(rings[label]) for label in LABELS if label in rings},
        brushes=brushes,
        flags=[flags[index] for index in sorted(flags)],
        unsupported_brushes=sum(flag["code"] == BRUSH_UNSUPPORTED for flag in flags.values()),
    )


@dataclass(frozen=True, slots=True)
class _Outline:
    """A polygon result as it was typed: where it stands, its label, finite corners, and the image's size."""

    index: int
    label: str
    points: NDArray[np.float64]
    size: tuple[float, float]


def _by_area(rings: list[Ring]) -> list[Ring]:
    """Sort rings, the largest first."""
    return sorted(rings, key=area, reverse=True) if len(rings) > 1 else rings


def _kind_and_label(result: object) -> tuple[str, str | None]:
    """Give a result's type in lower case and its label."""
    if not isinstance(result, dict):
        return "", None
    value = result.get("value")
    fields = value if isinstance(value, dict) else {}
    names = next((fields[key] for key in ("polygonlabels", "brushlabels") if _filled(fields.get(key))), None)
    return plain_text(result.get("type")).lower(), canonical_label(
        plain_text(names[0] if names else result.get("from_name"))
    )


def _filled(value: object) -> bool:
    """Tell whether a value is a list with something in it."""
    return isinstance(value, list) and bool(value)


def _outline(task: Task, result: dict[str, Any], index: int, label: str) -> _Outline:
    """Read the corners of a polygon result."""
    value = result.get("value")
    fields = value if isinstance(value, dict) else {}
    points = fields.get("points")
    width, height = (
        to_number(
            first_truthy(
                fields.get(f"original_{side}"),
                result.get(f"original_{side}"),
                task.data.get(f"original_{side}"),
                task.data.get(side),
            )
        )
        for side in ("width", "height")
    )
    return _Outline(
        index=index,
        label=label,
        points=corners_of(points, ("x", "y"), ("X", "Y")) if isinstance(points, list) else _NO_POINTS,
        size=(width, height),
    )


def _brush(result: dict[str, Any], grid: int) -> Mask | None:
    """Read a brush result, None if it cannot be read."""
    try:
        return brush_mask(result, grid)
    except RowProblem:
        return None


def _flag(level: str, code: str, label: str, index: int) -> dict[str, Any]:
    """Describe what is doubtful about one result."""
    return {"level": level, "code": code, "label": label, "result_index": index}
