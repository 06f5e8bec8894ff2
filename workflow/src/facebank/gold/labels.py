"""From label objects and mask payloads to masks, at the grid of an evaluation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facebank.gold import masks
from facebank.gold.javascript import ABSENT, first_truthy, is_truthy, to_number, trim
from facebank.gold.masks import Mask, RunLengthError
from facebank.gold.rows import RowProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["GRID", "LARGEST_GRID", "SMALLEST_GRID", "LabelReader", "Region", "clamped_grid", "corners_of"]

#: The grid of an evaluation unless another one is asked for, and the limits of the asking.
GRID, SMALLEST_GRID, LARGEST_GRID = 256, 64, 512

_LEAST_SOURCE_GRID, _LARGEST_SOURCE_GRID = 8, 4096
_CORNERS = 3
#: Where a payload has run lengths -> where it has their grid.
_RUN_LENGTHS = {
    "rle_norm": ("grid_size", "mask_grid", "g"),
    "mask_rle_norm": ("mask_grid", "grid_size", "g"),
}

#: Where a payload may have a region.
_REGION_KEYS = (*_RUN_LENGTHS, "polygons_norm", "points_norm", "points", "value")
#: How far the sum of two shares may lie beyond 1.
_ROUNDING = 1e-9

#: Polygons whose union is a region: (n, 2) float64 each, in shares of the image.
Outlines: TypeAlias = tuple[NDArray[np.float64], ...]

#: A region that is not drawn yet: run-length text at the evaluation's grid, polygons, or a mask.
Region: TypeAlias = str | Outlines | Mask


def clamped_grid(grid_size: float) -> int:
    """Give the grid that `grid_size` stands for: truncated, 64 to 512; what is no number is 256."""
    return min(max(math.trunc(grid_size), SMALLEST_GRID), LARGEST_GRID) if math.isfinite(grid_size) else GRID


def corners_of(items: list[Any], *key_pairs: tuple[str, str], strict: bool = False) -> NDArray[np.float64]:
    """Give the corners of an outline; points without two finite coordinates are left out.

    Parameters
    ----------
    items : list
        Points: ``[x, y, ...]`` or objects.
    *key_pairs : tuple of str
        Names of the two coordinates in an object; the first pair that is there counts.
    strict : bool
        Take numbers, and texts that are some, for coordinates. Otherwise null is 0.

    Returns
    -------
    ndarray, (n, 2) float64
        The coordinates as they stand, in any unit.
    """
    corners = _plain_corners(items, key_pairs[0])
    if corners is None:
        number = _coordinate if strict else to_number
        pairs = [tuple(map(number, _point_of(item, *key_pairs))) for item in items]
        corners = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    finite = np.isfinite(corners).all(axis=1)
    return corners if finite.all() else corners[finite]


def _plain_corners(items: list[Any], keys: tuple[str, str]) -> NDArray[np.float64] | None:
    """Read points that are all alike and hold numbers alone, without a look at each; None for any other."""
    kinds = set(map(type, items))
    try:
        pairs = list(map(itemgetter(*keys), items)) if kinds == {dict} else items
        corners = np.array(pairs) if kinds in ({dict}, {list}) else None
    except (KeyError, ValueError):
        return None
    # Truth values, texts and nulls are numbers to JavaScript, not to numpy.
    if corners is None or corners.dtype.kind not in "if" or corners.shape != (len(items), 2):
        return None
    return corners.astype(np.float64)


def _point_of(item: object, *key_pairs: tuple[str, str]) -> tuple[object, object]:
    """Give the coordinates of a point as they stand, `ABSENT` where there is none."""
    if isinstance(item, list):
        x, y = [*item, ABSENT, ABSENT][:2]
        return x, y
    if isinstance(item, dict):
        for x_key, y_key in key_pairs:
            if x_key in item and y_key in item:
                return item[x_key], item[y_key]
    return ABSENT, ABSENT


def _coordinate(value: object) -> float:
    """Give a coordinate, NaN for what is no number: a null that became 0 would be a corner at the border."""
    blank = isinstance(value, str) and not trim(value)
    return to_number(value) if isinstance(value, int | float | str) and not blank else math.nan


@dataclass(frozen=True, slots=True)
class LabelReader:
    """Reads labels at one grid.

    Attributes
    ----------
    grid : int
        Pixels per side of every mask that is read.
    strict : bool
        Refuse what cannot be meant (runs that do not fill the grid, points beyond the image or without two
        finite coordinates, outlines of two points) with a `RowProblem`. Otherwise bad runs, points and
        outlines are skipped and a point beyond 1 is taken as percent.
    """

    grid: int
    strict: bool

    def label(self, label: object) -> Outlines | None:
        """Read a label object; None if it has no polygon.

        A non-empty list `polygons_norm` counts alone: the union of its polygons, empty if none is valid.
        Otherwise the first truthy one of `points_norm`, `points` and `value.points`.
        """
        if not isinstance(label, dict):
            return None
        polygons = label.get("polygons_norm")
        if isinstance(polygons, list) and polygons:
            read = (self.points(polygon) for polygon in polygons)
            return tuple(outline for outlines in read if outlines is not None for outline in outlines)
        value = label.get("value")
        inner = value.get("points") if isinstance(value, dict) else None
        return self.points(first_truthy(label.get("points_norm"), label.get("points"), inner))

    def points(self, items: object) -> Outlines | None:
        """Read one polygon; None if fewer than three of its points are usable."""
        if not isinstance(items, list):
            self.require(not is_truthy(items), "an outline that is no list")
            return None
        corners = corners_of(items, ("x", "y"), strict=self.strict)
        self.require(len(corners) == len(items), "a point without two finite coordinates")
        self.require(not items or len(corners) >= _CORNERS, f"an outline of {len(corners)} points")
        return (self._shares(corners),) if len(corners) >= _CORNERS else None

    def text(self, value: object) -> str | None:
        """Read run lengths; None if there are none."""
        if isinstance(value, str):
            return value if trim(value) else None
        self.require(not is_truthy(value), "run lengths that are no text")
        return None

    def fields(self, value: object, what: str) -> dict[str, Any]:
        """Give an object; for anything else an empty one, or a refusal if `strict` and it is something."""
        if isinstance(value, dict):
            return value
        self.require(not is_truthy(value), f"{what} that is no object")
        return {}

    def module(self, payload: object, name: str) -> Region | None:
        """Read the mask payload of a module; `strict` refuses one that has its region under no known key."""
        region = self.payload(payload)
        if region is None and isinstance(payload, dict) and payload:
            self.require(any(key in payload for key in _REGION_KEYS), f"no mask and no outline in {name!r}")
        return region

    def require(self, fits: bool, what: str) -> None:
        """Refuse what does not fit, if `strict`."""
        if self.strict and not fits:
            raise RowProblem("UNUSABLE_REGION", what)

    def _shares(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give points in shares of the image."""
        beyond = points > 1
        if self.strict and (beyond.any() or (points < 0).any()):
            x, y = points[((points < 0) | beyond).any(axis=1)][0].tolist()
            raise RowProblem("OUT_OF_RANGE_POINTS", f"a point at ({x:g}, {y:g})")
        # The unit is guessed point by point; clamping happens where the polygon is drawn.
        return np.where(beyond.any(axis=1, keepdims=True), points / 100, points) if beyond.any() else points

    def payload(self, payload: object) -> Region | None:
        """Read a mask payload: run lengths at its own grid, or else a label object.

        Raises
        ------
        RowProblem
            If the grid of the payload cannot be used, or its runs if `strict`.
        """
        if not isinstance(payload, dict):
            self.require(not is_truthy(payload), "a region that is no object")
            return None
        for key, grid_keys in _RUN_LENGTHS.items():
            text = self.text(payload.get(key))
            if text is not None and payload.get(grid_keys[0]) == self.grid:
                return text
            if text is not None:
                return self._at_own_grid(text, first_truthy(*map(payload.get, grid_keys)))
        return self.label(payload)

    def _at_own_grid(self, text: str, grid_value: object) -> Region:
        """Resample run lengths of another grid."""
        number = to_number(grid_value)
        if math.isnan(number) or number == 0:
            return text
        if not number <= _LARGEST_SOURCE_GRID:
            raise RowProblem("UNUSABLE_GRID", f"a mask of grid {number:g}")
        source = max(math.trunc(number), _LEAST_SOURCE_GRID)
        if source == self.grid:
            return text
        return masks.resize(self._decode([text], source)[0], source, self.grid)

    def box(self, value: object) -> Mask | None:
        """Draw a box object ``{x, y, w, h}`` in shares of the image; None if it is no object."""
        if not isinstance(value, dict):
            self.require(not is_truthy(value), "a box that is no object")
            return None
        sides = [value.get(key, ABSENT) for key in ("x", "y", "w", "h")]
        x, y, width, height = map(_coordinate if self.strict else to_number, sides)
        self.require(all(map(math.isfinite, (x, y, width, height))), "a box without four finite numbers")
        ends = (x, y, x + width, y + height)
        if self.strict and not (min(ends) >= -_ROUNDING and max(ends) <= 1 + _ROUNDING):
            raise RowProblem("OUT_OF_RANGE_POINTS", "a box from ({:g}, {:g}) to ({:g}, {:g})".format(*ends))
        return masks.box(x, y, width, height, self.grid)

    def draw(self, regions: Sequence[Region]) -> list[Mask]:
        """Draw regions in one go.

        Raises
        ------
        RowProblem
            If the runs of one do not fill the grid and `strict` is set.
        """
        texts = [region for region in regions if isinstance(region, str)]
        outlines = [outline for region in regions if isinstance(region, tuple) for outline in region]
        decoded = iter(self._decode(texts, self.grid))
        drawn = iter(masks.polygons(outlines, self.grid))

        def mask(region: Region) -> Mask:
            if isinstance(region, str):
                return next(decoded)
            return masks.union([next(drawn) for _ in region]) if isinstance(region, tuple) else region

        return [mask(region) for region in regions]

    def _decode(self, texts: Sequence[str], grid: int) -> list[Mask]:
        """Decode run-length texts, strictly or not."""
        try:
            return masks.decode(texts, grid)
        except RunLengthError as error:
            if self.strict:
                side = math.isqrt(int(error.total)) if math.isfinite(error.total) else 0
                square = side >= _LEAST_SOURCE_GRID and side * side == error.total
                raise RowProblem("GRID_MISMATCH" if square else "WRONG_RLE_LENGTH", str(error)) from error
            return [masks.decode_leniently(text, grid) for text in texts]
