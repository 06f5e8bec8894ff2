"""Masks of regions on a square grid, held as the places where they flip.

A mask is a sorted ``(2k,)`` int64 array of *boundaries*: read the grid row by row (index ``y * grid + x``,
x right, y down); pixels are off until the first boundary, on from it to the next, and so on. The last
boundary is at most ``grid * grid``, every boundary occurs once. This is run-length encoding summed up:
scan conversion produces it without touching a pixel, and a few hundred numbers stand for 65,536 pixels.

Counting is done on *atoms*: the segments between any two neighbouring boundaries of several masks. Each
mask is on or off over a whole atom, so all pairwise intersections of n masks are one product of an
``(n, atoms)`` matrix with its transpose.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facebank.gold.javascript import number_text, to_number

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "EMPTY",
    "Atoms",
    "Mask",
    "RunLengthError",
    "bounds",
    "box",
    "decode",
    "decode_leniently",
    "encode",
    "from_pixels",
    "pixel_count",
    "polygon",
    "resize",
    "split",
    "to_pixels",
    "union",
]

Mask: TypeAlias = NDArray[np.int64]

#: The mask without a pixel.
EMPTY: Mask = np.empty(0, dtype=np.int64)
EMPTY.flags.writeable = False


class RunLengthError(ValueError):
    """A run-length text does not describe a mask of its grid.

    Attributes
    ----------
    total : float
        The sum of the runs; NaN if a run is no natural number.
    """

    def __init__(self, total: float, grid: int) -> None:
        self.total = total
        found = "a run that is no natural number" if math.isnan(total) else f"{number_text(total)}"
        super().__init__(f"runs must sum to {grid * grid} ({grid} x {grid}), found {found}")


def polygon(points: NDArray[np.float64], grid: int) -> Mask:
    """Scan-convert one polygon by the even-odd rule at pixel centres.

    A pixel is on if the ray from its centre ``((x + .5) / grid, (y + .5) / grid)`` to the right crosses
    the outline an odd number of times. An edge crosses a row when exactly one of its ends lies below the
    row's centre line (half-open), so a shared vertex counts once.

    Parameters
    ----------
    points : ndarray, (n, 2) float64
        Corners in shares of the image; clamped to 0..1, NaN counts as 0.
    grid : int
        Pixels per side.

    Returns
    -------
    Mask
        The pixels inside. Where the outline crosses itself, doubly enclosed parts are outside.
    """
    # fmax takes the number beside a NaN.
    corners = np.fmax(np.minimum(points, 1.0), 0.0)
    centres = (np.arange(grid) + 0.5) / grid
    before = np.concatenate([corners[-1:], corners[:-1]])
    below = corners[:, 1, None] > centres
    edge, row = np.nonzero(below != np.concatenate([below[-1:], below[:-1]]))
    xi, yi = corners[edge].T
    xj, yj = before[edge].T
    # The order of these operations is part of the rule; a crossing edge is never horizontal.
    crossing = (xj - xi) * (centres[row] - yi) / (yj - yi) + xi
    # A crossing flips every pixel whose centre is not left of it.
    return _once(row * grid + np.searchsorted(centres, crossing, side="left"))


def box(x: float, y: float, width: float, height: float, grid: int) -> Mask:
    """Fill every pixel that a box touches.

    Parameters
    ----------
    x, y, width, height : float
        In shares of the image; negative sizes extend to the left and upwards, what is not finite counts
        as 0.
    grid : int
        Pixels per side.

    Returns
    -------
    Mask
        Columns ``floor(left)`` to ``ceil(right) - 1``, rows likewise; a box of no width that lies
        within a pixel still fills its column.
    """
    columns = _touched(x, x + width, grid)
    rows = _touched(y, y + height, grid)
    if columns.start >= columns.stop:
        return EMPTY
    starts = np.arange(rows.start, rows.stop, dtype=np.int64) * grid
    return _once(np.concatenate([starts + columns.start, starts + columns.stop]))


def _touched(one: float, other: float, grid: int) -> range:
    """List the pixels between two shares of a side."""
    ends = sorted((min(max(end, 0.0), 1.0) if math.isfinite(end) else 0.0) * grid for end in (one, other))
    return range(math.floor(ends[0]), math.ceil(ends[1]))


def _once(positions: NDArray[np.int64]) -> Mask:
    """Sort flips and let pairs at the same place cancel out."""
    ordered = np.sort(positions)
    if not (ordered[1:] == ordered[:-1]).any():
        return ordered
    places, times = np.unique(ordered, return_counts=True)
    odd: Mask = places[times % 2 == 1]
    return odd


def encode(mask: Mask, grid: int) -> str:
    """Write a mask as comma-joined run lengths; the first run is off, an empty mask is ``grid * grid``."""
    places = np.concatenate([[0], mask, [grid * grid]])
    runs = places[1:] - places[:-1]
    if mask.size and mask[-1] == grid * grid:
        runs = runs[:-1]
    return ",".join(map(str, runs.tolist()))


def decode(texts: Sequence[str], grid: int) -> list[Mask]:
    """Read masks from their run-length texts.

    Parameters
    ----------
    texts : sequence of str
        Comma-joined run lengths that sum to ``grid * grid`` each.
    grid : int
        Pixels per side.

    Returns
    -------
    list of Mask
        One for each text.

    Raises
    ------
    RunLengthError
        If a run is no natural number or the runs of a text have another sum.
    """
    if not texts:
        return []
    joined = ",".join(texts)
    digits = joined.replace(",", "")
    if not (digits.isascii() and digits.isdigit()) or ",," in f",{joined},":
        return [_decode_one(text, grid) for text in texts]
    runs = np.fromstring(joined, dtype=np.int64, sep=",")
    if runs.max() > grid * grid:
        return [_decode_one(text, grid) for text in texts]
    stops = np.cumsum([text.count(",") + 1 for text in texts])
    starts = np.concatenate([[0], stops[:-1]])
    ends = np.cumsum(runs)
    totals = np.diff(ends[stops - 1], prepend=0)
    if (wrong := totals != grid * grid).any():
        raise RunLengthError(float(totals[wrong.argmax()]), grid)
    # Every text sums to the same number, hence the place where the sum of the k-th text begins.
    parts = [ends[a:b] - k * grid * grid for k, (a, b) in enumerate(zip(starts, stops, strict=True))]
    masks = [part if part.size % 2 == 0 else part[:-1] for part in parts]
    if np.count_nonzero(runs == 0) > np.count_nonzero(runs[starts] == 0):
        return [_once(mask) for mask in masks]
    return masks


def _decode_one(text: str, grid: int) -> Mask:
    """Read one text that may hold blanks or anything else."""
    runs = [to_number(token) if token.strip() else math.nan for token in text.split(",")]
    if not all(run >= 0 and run.is_integer() for run in runs):
        raise RunLengthError(math.nan, grid)
    if sum(runs) != grid * grid:
        raise RunLengthError(sum(runs), grid)
    return decode_leniently(text, grid)


def decode_leniently(text: str, grid: int) -> Mask:
    """Read a mask from any text, as the tools did that `decode` is stricter than.

    Tokens that are no number, infinite or negative are dropped *without* a change of side; others are
    truncated; what is missing at the end stays off, what is too much is cut.

    Parameters
    ----------
    text : str
        Comma-joined run lengths.
    grid : int
        Pixels per side.

    Returns
    -------
    Mask
        The mask.
    """
    ends: list[int] = []
    position = 0
    for token in text.split(","):
        run = to_number(token)
        if math.isfinite(run) and run >= 0:
            position = min(position + math.trunc(run), grid * grid)
            ends.append(position)
    return _once(np.array(ends[: len(ends) // 2 * 2], dtype=np.int64))


def resize(mask: Mask, source: int, target: int) -> Mask:
    """Resample a mask to another grid by the nearest pixel.

    Parameters
    ----------
    mask : Mask
        A mask of the grid `source`.
    source, target : int
        Pixels per side before and after.

    Returns
    -------
    Mask
        Pixel t of a side comes from ``floor((t + .5) * source / target)``.
    """
    if source == target:
        return mask
    nearest = np.floor((np.arange(target) + 0.5) * source / target).astype(np.int64).clip(0, source - 1)
    return from_pixels(to_pixels(mask, source)[np.ix_(nearest, nearest)])


def union(masks: Sequence[Mask]) -> Mask:
    """Give the pixels that are on in any of `masks` (of one grid)."""
    if len(masks) == 1:
        return masks[0]
    places = np.concatenate([EMPTY, *masks])
    steps = np.concatenate([EMPTY, *(np.tile([1, -1], mask.size // 2) for mask in masks)])
    order = np.argsort(places, kind="stable")
    places, depth = places[order], np.cumsum(steps[order])
    last = np.flatnonzero(np.diff(places, append=-1))
    covered = depth[last] > 0
    joined: Mask = places[last][covered != np.concatenate([[False], covered[:-1]])]
    return joined


def to_pixels(mask: Mask, grid: int) -> NDArray[np.bool_]:
    """Draw a mask: (grid, grid) bool, row-major."""
    flips = np.zeros(grid * grid + 1, dtype=np.uint8)
    flips[mask] = 1
    return np.bitwise_xor.accumulate(flips[:-1]).astype(bool).reshape(grid, grid)


def from_pixels(pixels: NDArray[np.bool_]) -> Mask:
    """Give the mask of (grid, grid) bool pixels."""
    edges = np.diff(pixels.ravel().astype(np.int8), prepend=np.int8(0), append=np.int8(0))
    return np.flatnonzero(edges)


def pixel_count(mask: Mask) -> int:
    """Count the pixels that are on."""
    return int((mask[1::2] - mask[::2]).sum())


def bounds(mask: Mask, grid: int) -> tuple[int, int, int, int]:
    """Give the box of a mask that is not empty.

    Returns
    -------
    tuple of int
        Left, top, right, bottom in pixels, right and bottom exclusive.
    """
    first, last = mask[::2], mask[1::2] - 1
    # A run that goes on into the next row touches both sides.
    wraps = bool((first // grid != last // grid).any())
    left = 0 if wraps else int((first % grid).min())
    right = grid if wraps else int((last % grid).max()) + 1
    return left, int(first[0]) // grid, right, int(last[-1]) // grid + 1


@dataclass(frozen=True, slots=True)
class Atoms:
    """Several masks of one grid over the segments between their boundaries.

    Attributes
    ----------
    cuts : ndarray, (m,) int64
        Where each segment begins, ascending; the first pixels, which lie in no mask, are left out.
    sizes : ndarray, (m,) float32
        Pixels of each segment.
    states : ndarray, (n, m) bool
        Whether a mask is on over a segment.
    """

    cuts: NDArray[np.int64]
    sizes: NDArray[np.float32]
    states: NDArray[np.bool_]

    def overlaps(self) -> NDArray[np.float32]:
        """Count the pixels that any two masks share: (n, n) float32, exact; on the diagonal their sizes."""
        states = self.states.astype(np.float32)
        # All sums stay below 2**24, where single precision counts exactly.
        counts: NDArray[np.float32] = np.matmul(states * self.sizes, states.T)
        return counts

    def mask(self, row: int) -> Mask:
        """Give one of the masks again."""
        states = self.states[row].astype(np.int8)
        return self.cuts[np.flatnonzero(np.diff(states, prepend=np.int8(0)))]


def split(masks: Sequence[Mask], grid: int) -> Atoms:
    """Cut masks at each other's boundaries.

    Parameters
    ----------
    masks : sequence of Mask
        n masks of one grid.
    grid : int
        Pixels per side.

    Returns
    -------
    Atoms
        The segments and the states of the n masks over them.
    """
    places = np.concatenate([EMPTY, *masks])
    owners = np.repeat(np.arange(len(masks)), [mask.size for mask in masks])
    taken = np.zeros(grid * grid + 1, dtype=bool)
    taken[places] = True
    cuts = np.flatnonzero(taken)
    index = np.empty(grid * grid + 1, dtype=np.int32)
    index[cuts] = np.arange(cuts.size, dtype=np.int32)
    flips = np.zeros((len(masks), cuts.size), dtype=np.uint8)
    flips[owners, index[places]] = 1
    states = np.bitwise_xor.accumulate(flips, axis=1).view(np.bool_)
    return Atoms(cuts, np.diff(cuts, append=grid * grid).astype(np.float32), states)
