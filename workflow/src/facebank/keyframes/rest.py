"""What is no place of a face: which windows show the detector whether a face came there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from facebank.keyframes.places import grown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facebank.media.frames import Window

__all__ = [
    "coarse_share",
    "contrasted",
    "square_in_face",
    "squares",
    "windows_over",
    "with_neighbours",
    "within_a_face",
]

#: What changed counts from a square of so many cells a side on: 16 px in a frame of 640.
_LEAST_SQUARE = 2
#: What lies still and has contrast is asked for squares of a face half as long as the smallest one known, but
#: for none larger than this: within a large face there are cells without contrast.
_MOST_SQUARE = 3
#: Cells of a face have neighbours that differ from each other by at least so many levels, twice what counts
#: as a change.
_CONTRAST = 8
_NEIGHBOURS = np.ones((3, 3), np.uint8)
#: A face half as long as the smallest one known has at least so many pixels in the detector's input: the
#: embedded detector is made for faces from 16. Of those as long as the smallest one known, which have 32, it
#: finds 11 of 18 or more; of those half as long hardly any.
_COARSE_SIDE = 16.0
#: Around what changed the detector is shown as much as this share of the longest known face: with two cells
#: that changed it is all of one.
_AROUND = 0.75
#: Windows begin and end at multiples of this, in pixels of the detector's input: that a face is there has to
#: be seen, not where exactly.
_STEP = 16
#: A call of the detector takes as long as so many pixels of input do.
_CALL = 8192


def squares(changed: NDArray[np.bool_], side: int = _LEAST_SQUARE) -> NDArray[np.bool_]:
    """Leave out of changed cells (rows, columns) what is smaller than a face can be."""
    square = np.ones((side, side), np.uint8)
    # A square of even side has no middle: what it leaves is put back where it was.
    behind = (side - 1 - side // 2,) * 2
    left = cv2.dilate(cv2.erode(changed.astype(np.uint8), square), square, anchor=behind)
    return left.astype(np.bool_)


def square_in_face(sides: Sequence[float], cell: float) -> int:
    """Give how many cells a side a square has that lies in a face half as long as the smallest one known.

    Parameters
    ----------
    sides : sequence of float
        Longer sides of the faces known in pixels.
    cell : float
        Side of a cell in pixels.
    """
    inside = int(min(sides, default=0.0) / 2 / cell) - 1
    return min(max(inside, _LEAST_SQUARE), _MOST_SQUARE)


def contrasted(thumbnail: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell which cells of a thumbnail (rows, columns) can be of a face: what is of one grey shows none."""
    contrast = cv2.morphologyEx(thumbnail, cv2.MORPH_GRADIENT, _NEIGHBOURS)
    return np.asarray(contrast >= _CONTRAST)


def coarse_share(sides: Sequence[float], size: tuple[int, int], det_size: int) -> float:
    """Give the share of the usual scale at which faces as large as those known are found, most of them.

    It is a power of a half: a picture is scaled to it in the least time.

    Parameters
    ----------
    sides : sequence of float
        Longer sides of the faces known in pixels, at least one.
    size : (int, int)
        Width and height of the frame in pixels.
    det_size : int
        Longer side in pixels at which the detector sees the frame.
    """
    least = 2 * _COARSE_SIDE * max(size) / (min(sides) * det_size)
    return float(min(2.0 ** np.ceil(np.log2(least)), 1.0))


def with_neighbours(cells: NDArray[np.bool_], reach: int = 1) -> NDArray[np.bool_]:
    """Add to some cells (rows, columns) those that touch them, or lie within so many cells of them."""
    around = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    return cv2.dilate(cells.astype(np.uint8), around).astype(np.bool_)


def within_a_face(cells: NDArray[np.bool_], sides: Sequence[float], cell: float) -> NDArray[np.bool_]:
    """Add to some cells (rows, columns) those that lie within half of the longest face known of them."""
    return with_neighbours(cells, round(max(sides, default=0.0) / 2 / cell))


def windows_over(
    changed: NDArray[np.bool_], sides: Sequence[float], size: tuple[int, int], det_size: float
) -> list[Window]:
    """Give windows that hold what changed, and a face of which it may be a part.

    Parameters
    ----------
    changed : bool (rows, columns)
        Cells of the frame's thumbnail, see `squares`.
    sides : sequence of float
        Longer sides of the faces known in pixels, at least one.
    size : (int, int)
        Width and height of the frame in pixels.
    det_size : float
        Longer side in pixels at which the detector sees the frame.

    Returns
    -------
    list of Window
        As few as are looked at in the least time.
    """
    if not changed.any():
        return []
    rows, columns = changed.shape
    cell = np.tile([size[0] / columns, size[1] / rows], 2)
    _, _, stats, _ = cv2.connectedComponentsWithStats(changed.astype(np.uint8))
    pixel = max(size) / det_size
    windows: list[Window] = []
    for left, top, width, height, _ in stats[1:].tolist():
        box = cell * [left, top, left + width, top + height]
        _add(windows, grown(box, _AROUND * max(sides), _STEP * pixel, size), _CALL * pixel**2)
    return windows


def _add(windows: list[Window], window: Window, call: float) -> None:
    """Add a window, as one with others where that costs no more than a call by itself."""
    for other in windows:
        both = _around(window, other)
        if _area(both) <= _area(window) + _area(other) + call:
            windows.remove(other)
            _add(windows, both, call)
            return
    windows.append(window)


def _around(first: Window, second: Window) -> Window:
    """Give the least window that holds two."""
    x1, y1, x2, y2 = zip(first, second, strict=True)
    return min(x1), min(y1), max(x2), max(y2)


def _area(window: Window) -> int:
    """Give a window's area in pixels."""
    x1, y1, x2, y2 = window
    return (x2 - x1) * (y2 - y1)
