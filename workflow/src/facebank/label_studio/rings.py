"""Outlines as a labeller drew them: their unit, area and self-intersections."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facebank.gold.javascript import fixed6

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["LEAST_AREA", "Ring", "Unit", "area", "self_intersecting", "to_rings", "unit_of"]

#: Corners in shares of the image, (n, 2) float64, x right, y down, rounded to six decimals.
Ring: TypeAlias = NDArray[np.float64]

Unit: TypeAlias = Literal["share", "percent", "pixel"]

#: A ring must enclose more than this share of the image.
LEAST_AREA = 1e-7

_CORNERS = 3
_TOLERANCE = 1e-9
_SLACK = 0.001
_NEAR_MIDDLE = 1e-6
_BLOCK = 256


def unit_of(values: NDArray[np.float64], *, slack: float = _SLACK) -> Unit:
    """Guess the unit of coordinates from their range.

    Parameters
    ----------
    values : ndarray of float64
        All coordinates that share a unit, finite.
    slack : float
        How far beyond 0..100 percent may lie.
    """
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    if low >= -_SLACK and high <= 1 + _SLACK:
        return "share"
    return "percent" if low >= -slack and high <= 100 + slack else "pixel"


def to_rings(
    outlines: Sequence[NDArray[np.float64]], units: Sequence[Unit], sizes: Sequence[tuple[float, float]]
) -> list[Ring | None]:
    """Bring outlines into shares of the image.

    Parameters
    ----------
    outlines : sequence of ndarray, (n, 2) float64
        Finite corners.
    units : sequence of {"share", "percent", "pixel"}
        What the coordinates of each count.
    sizes : sequence of (float, float)
        Width and height of each one's image in pixels; needed for pixel coordinates only.

    Returns
    -------
    list of Ring or None
        None if an outline has fewer than three corners, the area is nil, or the size of the image is unknown.
    """
    if not outlines:
        return []
    wholes = [
        {"share": (1.0, 1.0), "percent": (100.0, 100.0)}.get(unit, size)
        for unit, size in zip(units, sizes, strict=True)
    ]
    known = [
        unit != "pixel" or (size[0] > 1 and size[1] > 1) for unit, size in zip(units, sizes, strict=True)
    ]
    counts = [len(outline) for outline in outlines]
    divisors = [whole if fits else (1.0, 1.0) for whole, fits in zip(wholes, known, strict=True)]
    corners = _rounded(np.concatenate(outlines) / np.repeat(divisors, counts, axis=0))
    rings = np.split(corners, np.cumsum(counts)[:-1])
    return [
        ring if fits and len(ring) >= _CORNERS and area(ring) > LEAST_AREA else None
        for ring, fits in zip(rings, known, strict=True)
    ]


def _rounded(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Clamp to 0..1 and round to six decimals, as `fixed6` does."""
    shares = shares.clip(0.0, 1.0)
    millions = shares * 1e6
    whole = np.floor(millions)
    above = millions - whole
    rounded: NDArray[np.float64] = (whole + (above >= 0.5)) / 1e6  # noqa: PLR2004
    # The product is off by a billionth at most: what lies so near the middle is rounded by its exact value.
    for place in zip(*np.nonzero(np.abs(above - 0.5) < _NEAR_MIDDLE), strict=True):
        rounded[place] = fixed6(float(shares[place]))
    return rounded


def area(ring: Ring) -> float:
    """Give the area of a ring by the shoelace formula; doubly enclosed parts count twice."""
    if not len(ring):
        return 0.0
    closed = np.concatenate([ring[-1:], ring])
    x, y = closed.T
    terms = x[:-1] * y[1:] - x[1:] * y[:-1]
    # A running sum adds from left to right, which the order of rings of like area depends on.
    return abs(float(np.cumsum(terms)[-1])) / 2


def self_intersecting(rings: Sequence[Ring]) -> list[bool]:
    """Tell which rings meet themselves: two edges that are no neighbours cross or touch.

    A ring whose last corner repeats its first one counts as meeting itself.
    """
    found = [False] * len(rings)
    small = [k for k, ring in enumerate(rings) if _CORNERS < len(ring) <= _BLOCK]
    if small:
        # One pass for all the small rings of an annotation.
        corners = np.concatenate([rings[k] for k in small])
        sizes = [len(rings[k]) for k in small]
        stops = np.cumsum(sizes)
        starts = stops - sizes
        after = np.arange(1, len(corners) + 1)
        after[stops - 1] = starts
        following = corners[after]
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
    following = np.roll(ring, -1, axis=0)
    for start in range(0, len(ring), _BLOCK):
        one, other = _pairs(len(ring), start)
        yield bool(_meet(ring[one], following[one], ring[other], following[other]).any())


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
    crossing: NDArray[np.bool_] = (sides[0] != sides[1]) & (sides[2] != sides[3])
    # Few edges touch: only they are looked at again.
    for side, (one, other, corner) in zip(sides, ((a, b, c), (a, b, d), (c, d, a), (c, d, b)), strict=True):
        on_line = np.flatnonzero(side == 0)
        crossing[on_line] |= _within(one[on_line], other[on_line], corner[on_line])
    return crossing


def _side(a: NDArray[np.float64], b: NDArray[np.float64], p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the side of a-b on which p lies: -1, 0 (on the line, within a tolerance) or 1."""
    turn = (b[:, 0] - a[:, 0]) * (p[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (p[:, 0] - a[:, 0])
    return np.where(np.abs(turn) <= _TOLERANCE, 0.0, np.sign(turn))


def _within(a: NDArray[np.float64], b: NDArray[np.float64], p: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell whether p lies within the box of a-b."""
    low, high = np.minimum(a, b) - _TOLERANCE, np.maximum(a, b) + _TOLERANCE
    within: NDArray[np.bool_] = np.logical_and.reduce((p >= low) & (p <= high), axis=1)
    return within
