"""Parts of small pictures: the cells that a region of the frame covers, and runs of many pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["in_blocks", "region_cells"]

#: Pictures that are floating-point numbers at one time: a video has any number of them.
_BLOCK = 128


def in_blocks(count: int) -> Iterator[slice]:
    """Part so many pictures into runs, of which each is small in memory whatever is computed from it."""
    return (slice(start, min(start + _BLOCK, count)) for start in range(0, count, _BLOCK))


def region_cells(region: NDArray[np.floating], shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Give the rows and columns of a thumbnail's cells that a region covers, at least one of each.

    Parameters
    ----------
    region : float (4,)
        xyxy as shares of the frame's width and height; what reaches over the frame is cut off.
    shape : (int, int)
        Rows and columns of the thumbnail.
    """
    (height, width), (x1, y1, x2, y2) = shape, region.tolist()
    return _span(y1, y2, height), _span(x1, x2, width)


def _span(start: float, end: float, length: int) -> slice:
    """Give the cells from `start` to `end` (shares of `length`), cut to the picture."""
    first = min(max(int(np.floor(start * length)), 0), length - 1)
    return slice(first, min(max(int(np.ceil(end * length)), first + 1), length))
