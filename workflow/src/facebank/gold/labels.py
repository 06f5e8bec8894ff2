"""From label objects and mask payloads to masks, at the grid of an evaluation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from facebank.gold import masks
from facebank.gold.javascript import ABSENT, first_truthy, is_truthy, to_number, trim
from facebank.gold.masks import Mask, RunLengthError
from facebank.gold.rows import RowProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["GRID", "LARGEST_GRID", "SMALLEST_GRID", "LabelReader", "Region", "clamped_grid", "point_of"]

#: The grid of an evaluation unless another one is asked for, and the limits of the asking.
GRID, SMALLEST_GRID, LARGEST_GRID = 256, 64, 512

_LEAST_SOURCE_GRID, _LARGEST_SOURCE_GRID = 8, 4096
_CORNERS = 3

#: A region that is not drawn yet: run-length text at the evaluation's grid, or a mask.
Region: TypeAlias = str | Mask


def clamped_grid(grid_size: float) -> int:
    """Give the grid that `grid_size` stands for: truncated, 64 to 512; what is no number is 256."""
    return min(max(math.trunc(grid_size), SMALLEST_GRID), LARGEST_GRID) if math.isfinite(grid_size) else GRID


def point_of(item: object, *key_pairs: tuple[str, str]) -> tuple[float, float]:
    """Give the coordinates of a point, NaN where there is none.

    Parameters
    ----------
    item : object
        ``[x, y, ...]`` or an object.
    *key_pairs : tuple of str
        Names of the two coordinates in an object; the first pair that is there counts.
    """
    if isinstance(item, list):
        x, y = [*item, ABSENT, ABSENT][:2]
        return to_number(x), to_number(y)
    if isinstance(item, dict):
        for x_key, y_key in key_pairs:
            if x_key in item and y_key in item:
                return to_number(item[x_key]), to_number(item[y_key])
    return math.nan, math.nan


@dataclass(frozen=True, slots=True)
class LabelReader:
    """Reads labels at one grid.

    Attributes
    ----------
    grid : int
        Pixels per side of every mask that is read.
    strict : bool
        Refuse what cannot be meant (runs that do not fill the grid, points beyond the image) with a
        `RowProblem`. Otherwise bad runs are skipped and a point beyond 1 is taken as percent.
    """

    grid: int
    strict: bool

    def label(self, label: object) -> Mask | None:
        """Draw a label object; None if it has no polygon.

        A non-empty list `polygons_norm` counts alone: the union of its polygons, empty if none is valid.
        Otherwise the first truthy one of `points_norm`, `points` and `value.points`.
        """
        if not isinstance(label, dict):
            return None
        polygons = label.get("polygons_norm")
        if isinstance(polygons, list) and polygons:
            drawn = [self.points(polygon) for polygon in polygons]
            return masks.union([mask for mask in drawn if mask is not None])
        value = label.get("value")
        inner = value.get("points") if isinstance(value, dict) else None
        return self.points(first_truthy(label.get("points_norm"), label.get("points"), inner))

    def points(self, items: object) -> Mask | None:
        """Draw one polygon; None if fewer than three of its points are usable."""
        if not isinstance(items, list):
            return None
        pairs = [point_of(item, ("x", "y")) for item in items if is_truthy(item)]
        pairs = [(x, y) for x, y in pairs if math.isfinite(x) and math.isfinite(y)]
        if len(pairs) < _CORNERS:
            return None
        return masks.polygon(self._shares(np.array(pairs, dtype=np.float64)), self.grid)

    def _shares(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give points in shares of the image."""
        outside = np.flatnonzero(((points < 0) | (points > 1)).any(axis=1))
        if self.strict and outside.size:
            x, y = points[outside[0]].tolist()
            raise RowProblem("OUT_OF_RANGE_POINTS", f"a point at ({x:g}, {y:g})")
        # The unit is guessed point by point; clamping happens where the polygon is drawn.
        return np.where((points > 1).any(axis=1, keepdims=True), points / 100, points)

    def payload(self, payload: object) -> Region | None:
        """Read a mask payload: run lengths at its own grid, or else a label object.

        Raises
        ------
        RowProblem
            If the grid of the payload cannot be used, or its runs if `strict`.
        """
        if not isinstance(payload, dict):
            return None
        for key, grid_keys in (
            ("rle_norm", ("grid_size", "mask_grid", "g")),
            ("mask_rle_norm", ("mask_grid", "grid_size", "g")),
        ):
            text = payload.get(key)
            if isinstance(text, str) and trim(text):
                return self._at_own_grid(text, first_truthy(*(payload.get(name) for name in grid_keys)))
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
            return None
        x, y, width, height = (to_number(value.get(key, ABSENT)) for key in ("x", "y", "w", "h"))
        return masks.box(x, y, width, height, self.grid)

    def draw(self, regions: Sequence[Region]) -> list[Mask]:
        """Draw regions in one go.

        Raises
        ------
        RowProblem
            If the runs of one do not fill the grid and `strict` is set.
        """
        texts = [region for region in regions if isinstance(region, str)]
        decoded = iter(self._decode(texts, self.grid))
        return [next(decoded) if isinstance(region, str) else region for region in regions]

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
