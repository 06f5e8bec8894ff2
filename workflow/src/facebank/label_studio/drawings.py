"""Outlines and brushes of one annotation: labels, units, and what is doubtful about them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.gold.javascript import first_truthy, is_truthy, to_number, trim
from facebank.gold.labels import corners_of
from facebank.gold.modules import LABELS
from facebank.gold.rows import RowProblem
from facebank.label_studio.brush import brush_mask
from facebank.label_studio.rings import Ring, area, self_intersecting, to_rings, unit_of
from facebank.label_studio.tasks import plain_text, results_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from facebank.gold.masks import Mask
    from facebank.label_studio.rings import Unit
    from facebank.label_studio.tasks import Task

__all__ = ["BRUSH_UNSUPPORTED", "Drawing", "canonical_label", "read_drawing"]

#: The flag of a brush result that was not read.
BRUSH_UNSUPPORTED = "BRUSH_LABEL_UNSUPPORTED"

_POLYGONS, _BRUSHES = {"polygonlabels", "polygon"}, {"brushlabels", "brush"}
#: A keypoint has no area: it takes nothing from a region of its label.
_KEYPOINTS = {"keypointlabels", "keypoint"}
_OTHER_SHAPES = {
    *_KEYPOINTS,
    *("rectanglelabels", "rectangle", "ellipselabels", "ellipse", "vectorlabels", "vector"),
    *("bitmasklabels", "bitmask", "labels"),
}
_FULL_TURN = 360

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
    unread : frozenset of str
        Labels that are left out, since a part of what was drawn for them could not be read.
    unknown : tuple of str
        Names of regions that are none of our labels, as they were typed.
    """

    rings: dict[str, list[Ring]]
    brushes: dict[str, list[Mask]]
    flags: list[dict[str, Any]]
    unsupported_brushes: int
    unread: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()


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
        Take the unit of the coordinates from all outlines together, read brushes and every name of a region,
        and leave out a label of which a part cannot be read: half a region looks like a whole one. Otherwise
        each outline's own range tells its unit, brushes are only counted, the first name of a region is its
        label, and what cannot be read is passed over.

    Returns
    -------
    Drawing
        Rings, masks and flags. Results that are no regions are passed over.
    """
    found = _Regions()
    for index, label, kind, result in _regions(annotation, found.unknown, strict=strict):
        found.add(index, label, kind, result, task=task, grid=grid, strict=strict)
    outlines, flags = found.outlines, found.flags
    values = [outline.points for outline in outlines]
    # Label Studio says how the picture was turned, and writes percent however far out a corner lies.
    if any(isinstance(result, dict) and "image_rotation" in result for result in results_of(annotation)):
        common: Unit = "percent"
        if strict:
            found.leave_out_bent()
    else:
        common = unit_of(np.concatenate([_NO_POINTS, *values]), slack=_STRICT_SLACK)
    units = [common if strict else unit_of(points) for points in values]
    drawn = to_rings(values, units, [outline.size for outline in outlines])
    kept = [(outline, ring) for outline, ring in zip(outlines, drawn, strict=True) if ring is not None]
    for outline, lost in zip(outlines, drawn, strict=True):
        if lost is None:
            flags[outline.index] = _flag("WARN", "INVALID_POLYGON_GEOMETRY", outline.label, outline.index)
    rings: dict[str, list[Ring]] = {}
    for (outline, ring), meets in zip(kept, self_intersecting([ring for _, ring in kept]), strict=True):
        rings.setdefault(outline.label, []).append(ring)
        if meets:
            flags[outline.index] = _flag("FAIL", "POLYGON_SELF_INTERSECTION", outline.label, outline.index)
    return Drawing(
        rings={label: _by_area(rings[label]) for label in LABELS if label in rings.keys() - found.unread},
        brushes={label: masks for label, masks in found.brushes.items() if label not in found.unread},
        flags=[flags[index] for index in sorted(flags)],
        unsupported_brushes=sum(flag["code"] == BRUSH_UNSUPPORTED for flag in flags.values()),
        unread=frozenset(found.unread),
        unknown=tuple(found.unknown),
    )


@dataclass(frozen=True, slots=True)
class _Outline:
    """A polygon result: its place and label, finite corners, the image's size, whether it has them all."""

    index: int
    label: str
    points: NDArray[np.float64]
    size: tuple[float, float]
    whole: bool


@dataclass(slots=True)
class _Regions:
    """What is found in the results of an annotation, see `Drawing`."""

    outlines: list[_Outline] = field(default_factory=list)
    brushes: dict[str, list[Mask]] = field(default_factory=dict)
    flags: dict[int, dict[str, Any]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    unknown: list[str] = field(default_factory=list)

    def add(
        self,
        index: int,
        label: str,
        kind: str,
        result: dict[str, Any],
        *,
        task: Task,
        grid: int,
        strict: bool,
    ) -> None:
        """Read a region of one of our labels."""
        mask: Mask | None = None
        if strict and (_turned(result) or kind in _OTHER_SHAPES):
            code = "PICTURE_TURNED" if _turned(result) else "SHAPE_UNSUPPORTED"
        elif kind in _POLYGONS:
            outline = _outline(task, result, index, label, strict=strict)
            self.outlines.append(outline)
            if strict and not outline.whole:
                self.unread.add(label)
            return
        elif kind in _BRUSHES:
            mask = _brush(result, grid) if strict else None
            code = BRUSH_UNSUPPORTED if mask is None else "BRUSH_LABEL_DECODED"
        else:
            return
        self.flags[index] = _flag("WARN", code, label, index)
        if mask is not None:
            self.brushes.setdefault(label, []).append(mask)
        elif strict and kind not in _KEYPOINTS:
            self.unread.add(label)

    def leave_out_bent(self) -> None:
        """Leave out labels with a corner so far out, in percent, that clamping it bends the outline."""
        for outline in self.outlines:
            if ((outline.points < -_STRICT_SLACK) | (outline.points > 100 + _STRICT_SLACK)).any():
                self.unread.add(outline.label)
                self.flags[outline.index] = _flag("WARN", "CORNER_OUTSIDE", outline.label, outline.index)


def _by_area(rings: list[Ring]) -> list[Ring]:
    """Sort rings, the largest first."""
    return sorted(rings, key=area, reverse=True) if len(rings) > 1 else rings


def _regions(
    annotation: dict[str, Any], unknown: list[str], *, strict: bool
) -> Iterator[tuple[int, str, str, dict[str, Any]]]:
    """Give the regions of our labels: place, label, type and result of each; `unknown` takes other names."""
    for index, result in enumerate(results_of(annotation)):
        kind = plain_text(result.get("type")).lower() if isinstance(result, dict) else ""
        if kind not in _POLYGONS | _BRUSHES | _OTHER_SHAPES:
            continue
        fields = _fields(result)
        keys = ("polygonlabels", "brushlabels", *([kind] if strict else []))
        names = next((fields[key] for key in keys if _filled(fields.get(key))), [result.get("from_name")])
        labels = dict.fromkeys(canonical_label(plain_text(name)) for name in (names if strict else names[:1]))
        if kind not in _KEYPOINTS:
            unknown += (plain_text(name) for name in names if canonical_label(plain_text(name)) is None)
        yield from ((index, label, kind, result) for label in labels if label is not None)


def _fields(result: dict[str, Any]) -> dict[str, Any]:
    """Give what a result holds."""
    value = result.get("value")
    return value if isinstance(value, dict) else {}


def _turned(result: dict[str, Any]) -> bool:
    """Tell whether a region was drawn while the picture was shown turned."""
    return is_truthy(result.get("image_rotation")) and to_number(result["image_rotation"]) % _FULL_TURN != 0


def _filled(value: object) -> bool:
    """Tell whether a value is a list with something in it."""
    return isinstance(value, list) and bool(value)


def _outline(task: Task, result: dict[str, Any], index: int, label: str, *, strict: bool) -> _Outline:
    """Read the corners of a polygon result; `strict` reads none if any of them has no two numbers."""
    fields = _fields(result)
    points = fields.get("points")
    keys = ("x", "y"), ("X", "Y")
    corners = corners_of(points, *keys, strict=strict) if isinstance(points, list) else _NO_POINTS
    whole = isinstance(points, list) and len(corners) == len(points)
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
        points=corners if whole or not strict else _NO_POINTS,
        size=(width, height),
        whole=whole,
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
