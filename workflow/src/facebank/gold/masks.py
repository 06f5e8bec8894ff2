"""Masks of regions on a square grid, held as the places where they flip.

A mask is a sorted ``(2k,)`` int64 array of *boundaries*: read the grid row by row (index ``y * grid + x``,
x right, y down); pixels are off until the first boundary, on from it to the next, and so on. The last
boundary is at most ``grid * grid``, every boundary occurs once. This is run-length encoding summed up:
scan conversion produces it without touching a pixel, and a few hundred numbers stand for 65,536 pixels.

How much several masks share is counted in `facebank.scoring.atoms`.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import orjson
from numpy.typing import NDArray

from facebank.gold.javascript import number_text, to_number

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "EMPTY",
    "Mask",
    "RunLengthError",
    "bounds",
    "box",
    "decode",
    "decode_leniently",
    "encode",
    "from_flips",
    "from_pixels",
    "pixel_count",
    "polygon",
    "polygons",
    "resize",
    "to_pixels",
    "union",
]

Mask: TypeAlias = NDArray[np.int64]

#: The mask without a pixel.
EMPTY: Mask = np.empty(0, dtype=np.int64)
EMPTY.flags.writeable = False

_ZERO = 48


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
    """Scan-convert one polygon, see `polygons`.

    Parameters
    ----------
    points : ndarray, (n, 2) float64
        Corners in shares of the image.
    grid : int
        Pixels per side.
    """
    return polygons([points], grid)[0]


def polygons(outlines: Sequence[NDArray[np.float64]], grid: int) -> list[Mask]:
    """Scan-convert polygons by the even-odd rule at pixel centres, all of them in one pass.

    A pixel is on if the ray from its centre ``((x + .5) / grid, (y + .5) / grid)`` to the right crosses
    the outline an odd number of times. An edge crosses a row when exactly one of its ends lies below the
    row's centre line (half-open), so a shared vertex counts once.

    Parameters
    ----------
    outlines : sequence of ndarray, (n, 2) float64
        Corners of each polygon in shares of the image; clamped to 0..1, NaN counts as 0.
    grid : int
        Pixels per side.

    Returns
    -------
    list of Mask
        The pixels inside each. Where an outline crosses itself, doubly enclosed parts are outside.
    """
    if not outlines:
        return []
    sizes = np.array([len(outline) for outline in outlines])
    stops = np.cumsum(sizes)
    # fmax takes the number beside a NaN.
    x, y = np.fmax(np.minimum(np.concatenate(outlines), 1.0), 0.0).T
    before = np.arange(-1, x.size - 1)
    before[stops - sizes] = stops - 1
    centres = _centres(grid)
    # Rows whose centre line lies above a corner: an edge crosses those of one end that are not of the other.
    above = np.searchsorted(centres, y)
    crossed = np.abs(above - above[before])
    edge = np.repeat(np.arange(x.size), crossed)
    first = np.minimum(above, above[before]) - (np.cumsum(crossed) - crossed)
    row = np.arange(edge.size) + first[edge]
    # The order of these operations is part of the rule; a crossing edge is never horizontal.
    crossing = (x[before] - x)[edge] * (centres[row] - y[edge]) / (y[before] - y)[edge] + x[edge]
    # A crossing flips every pixel whose centre is not left of it. Each polygon has places of its own.
    span = grid * grid + 1
    place = np.repeat(np.arange(len(outlines)) * span, sizes)[edge] + row * grid
    flips = from_flips(place + np.searchsorted(centres, crossing))
    cuts = np.searchsorted(flips, np.arange(len(outlines) + 1) * span).tolist()
    return [flips[a:b] - number * span for number, (a, b) in enumerate(pairwise(cuts))]


@lru_cache(maxsize=4)
def _centres(grid: int) -> NDArray[np.float64]:
    """Give the centres of the pixels of a side in shares of it."""
    centres = (np.arange(grid) + 0.5) / grid
    centres.flags.writeable = False
    return centres


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
    return from_flips(np.concatenate([starts + columns.start, starts + columns.stop]))


def _touched(one: float, other: float, grid: int) -> range:
    """List the pixels between two shares of a side."""
    ends = sorted((min(max(end, 0.0), 1.0) if math.isfinite(end) else 0.0) * grid for end in (one, other))
    return range(math.floor(ends[0]), math.ceil(ends[1]))


def from_flips(positions: NDArray[np.int64]) -> Mask:
    """Give the mask that flips at places in any order; pairs at the same place cancel out."""
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
    return orjson.dumps(runs.tolist())[1:-1].decode()


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
    joined = ",".join(texts)
    data = np.frombuffer(joined.encode("utf-8", "replace"), dtype=np.uint8)
    counts = [text.count(",") + 1 for text in texts]
    stops = np.cumsum(counts)
    # Runs of digits between single commas, and nothing else.
    digit = np.zeros(data.size + 2, dtype=np.bool_)
    np.less(data - _ZERO, 10, out=digit[1:-1])
    if np.count_nonzero(digit) + sum(counts) - 1 != data.size or not (digit[1:] | digit[:-1]).all():
        return [_decode_one(text, grid) for text in texts]
    runs = np.fromstring(joined, dtype=np.int64, sep=",")
    if runs.max() > grid * grid:
        return [_decode_one(text, grid) for text in texts]
    starts = stops - counts
    runless = np.count_nonzero(runs == 0) > np.count_nonzero(runs[starts] == 0)
    # All have the same sum: less it, each text counts from 0 again where the one before it ends.
    runs[starts[1:]] -= grid * grid
    ends = np.cumsum(runs)
    if (ends[stops - 1] != grid * grid).any():
        return [_decode_one(text, grid) for text in texts]
    # The last run of an odd number is off: nothing flips at its end.
    masks = [ends[a : b - (b - a) % 2] for a, b in zip(starts.tolist(), stops.tolist(), strict=True)]
    return [from_flips(mask) for mask in masks] if runless else masks


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
    return from_flips(np.array(ends[: len(ends) // 2 * 2], dtype=np.int64))


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
    runs = np.diff(mask, prepend=0, append=grid * grid)
    return np.repeat(np.arange(runs.size) % 2 == 1, runs).reshape(grid, grid)


def from_pixels(pixels: NDArray[np.bool_]) -> Mask:
    """Give the mask of (grid, grid) bool pixels."""
    framed = np.zeros(pixels.size + 2, dtype=np.bool_)
    framed[1:-1] = pixels.ravel()
    return np.flatnonzero(framed[1:] != framed[:-1])


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
    starts = mask[::2]
    left = starts % grid
    right = left + (mask[1::2] - starts)
    top, bottom, width = int(mask[0]) // grid, (int(mask[-1]) - 1) // grid + 1, int(right.max())
    # A run that goes on into the next row touches both sides.
    return (0, top, grid, bottom) if width > grid else (int(left.min()), top, width, bottom)
