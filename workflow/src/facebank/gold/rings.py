"""Outlines as a labeller drew them: their unit, area and self-intersections."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from facebank.gold.javascript import fixed6

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["LEAST_AREA", "Ring", "Unit", "area", "self_intersecting", "to_ring", "unit_of"]

#: Corners in shares of the image, x right, y down, rounded to six decimals.
Ring: TypeAlias = list[tuple[float, float]]

Unit: TypeAlias = Literal["share", "percent", "pixel"]

#: A ring must enclose more than this share of the image.
LEAST_AREA = 1e-7

_CORNERS = 3
_TOLERANCE = 1e-9
_SLACK = 0.001
_BLOCK = 256


def unit_of(values: Sequence[float], *, slack: float = _SLACK) -> Unit:
    """Guess the unit of coordinates from their range.

    Parameters
    ----------
    values : sequence of float
        All coordinates that share a unit; what is not finite does not count.
    slack : float
        How far beyond 0..100 percent may lie.
    """
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    if low >= -_SLACK and high <= 1 + _SLACK:
        return "share"
    return "percent" if low >= -slack and high <= 100 + slack else "pixel"


def to_ring(points: Sequence[tuple[float, float]], unit: Unit, width: float, height: float) -> Ring | None:
    """Bring an outline into shares of the image.

    Parameters
    ----------
    points : sequence of (x, y)
        The corners; those that are not finite are left out.
    unit : {"share", "percent", "pixel"}
        What the coordinates count.
    width, height : float
        The image in pixels; needed for pixel coordinates only.

    Returns
    -------
    Ring or None
        None if fewer than three corners are left, the area is nil, or the size of the image is unknown.
    """
    if unit == "pixel" and not (width > 1 and height > 1):
        return None
    x_whole, y_whole = {"share": (1.0, 1.0), "percent": (100.0, 100.0), "pixel": (width, height)}[unit]
    ring = [
        (_share(x / x_whole), _share(y / y_whole)) for x, y in points if math.isfinite(x) and math.isfinite(y)
    ]
    return ring if len(ring) >= _CORNERS and area(ring) > LEAST_AREA else None


def _share(value: float) -> float:
    """Clamp to 0..1 and round to six decimals."""
    if 0.0 < value < 1.0:
        return fixed6(value)
    return 0 if value <= 0.0 else 1


def area(ring: Ring) -> float:
    """Give the area of a ring by the shoelace formula; doubly enclosed parts count twice."""
    total = 0.0
    x0, y0 = ring[-1]
    for x1, y1 in ring:
        total += x0 * y1 - x1 * y0
        x0, y0 = x1, y1
    return abs(total) / 2


def self_intersecting(rings: Sequence[Ring]) -> list[bool]:
    """Tell which rings meet themselves: two edges that are no neighbours cross or touch.

    A ring whose last corner repeats its first one counts as meeting itself.
    """
    found = [False] * len(rings)
    small = [k for k, ring in enumerate(rings) if _CORNERS < len(ring) <= _BLOCK]
    if small:
        # One pass for all the small rings of an annotation.
        corners = np.array([corner for k in small for corner in rings[k]])
        following = np.array([corner for k in small for corner in (*rings[k][1:], rings[k][0])])
        sizes = [len(rings[k]) for k in small]
        starts = np.cumsum([0, *sizes[:-1]])
        pairs = [_pairs(size, 0) for size in sizes]
        one = np.concatenate([pair[0] + start for pair, start in zip(pairs, starts, strict=True)])
        other = np.concatenate([pair[1] + start for pair, start in zip(pairs, starts, strict=True)])
        meets = _meet(corners[one], following[one], corners[other], following[other])
        owners = np.repeat(small, [pair[0].size for pair in pairs])
        for k in owners[meets].tolist():
            found[k] = True
    for k, ring in enumerate(rings):
        if len(ring) > _BLOCK:
            found[k] = any(_block_meets(ring))
    return found


def _block_meets(ring: Ring) -> Iterator[bool]:
    """Compare the edges of a large ring with all later ones, block by block."""
    corners = np.array(ring)
    following = np.roll(corners, -1, axis=0)
    for start in range(0, len(ring), _BLOCK):
        one, other = _pairs(len(ring), start)
        yield bool(_meet(corners[one], following[one], corners[other], following[other]).any())


@lru_cache(maxsize=64)
def _pairs(edges: int, start: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List pairs of edges that are no neighbours, the first of them from a block of edges."""
    first = np.arange(start, min(start + _BLOCK, edges))[:, None]
    second = np.arange(edges)[None, :]
    one, other = np.nonzero((second - first > 1) & ((first > 0) | (second < edges - 1)))
    return one + start, other


def _meet(
    a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64], d: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Tell which edges a-b and c-d meet; each argument is (n, 2)."""
    sides = (_side(a, b, c), _side(a, b, d), _side(c, d, a), _side(c, d, b))
    crossing = (sides[0] != sides[1]) & (sides[2] != sides[3])
    touching = (
        ((sides[0] == 0) & _within(a, b, c))
        | ((sides[1] == 0) & _within(a, b, d))
        | ((sides[2] == 0) & _within(c, d, a))
        | ((sides[3] == 0) & _within(c, d, b))
    )
    meets: NDArray[np.bool_] = crossing | touching
    return meets


def _side(a: NDArray[np.float64], b: NDArray[np.float64], p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the side of a-b on which p lies: -1, 0 (on the line, within a tolerance) or 1."""
    turn = (b[:, 0] - a[:, 0]) * (p[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (p[:, 0] - a[:, 0])
    return np.where(np.abs(turn) <= _TOLERANCE, 0.0, np.sign(turn))


def _within(a: NDArray[np.float64], b: NDArray[np.float64], p: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell whether p lies within the box of a-b."""
    low, high = np.minimum(a, b) - _TOLERANCE, np.maximum(a, b) + _TOLERANCE
    within: NDArray[np.bool_] = np.logical_and.reduce((p >= low) & (p <= high), axis=1)
    return within
