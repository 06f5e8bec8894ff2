"""What is no place of a face: which windows show the detector whether a face came there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from facebank.sources.places import grown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facebank.media.frames import Window

__all__ = ["Glance", "coarse_share", "squares", "windows_over"]

#: What changed counts from a square of so many cells a side on: 16 px in a frame of 640.
_SQUARE = np.ones((2, 2), np.uint8)
#: A face half as long as the smallest one known has at least so many pixels in the detector's input: the
#: embedded detector finds faces from 16.
_COARSE_SIDE = 16.0
#: Around what changed the detector is shown as much as this share of the longest known face: with two cells
#: that changed it is all of one.
_AROUND = 0.75
#: Windows begin and end at multiples of this, in pixels of the detector's input: that a face is there has to
#: be seen, not where exactly.
_STEP = 16
#: A call of the detector takes as long as so many pixels of input do.
_CALL = 8192


@dataclass(frozen=True, slots=True, eq=False)
class Glance:
    """How what is no place of a face is looked at in a frame; `share` is one of the usual scale."""

    frame: int
    changed: NDArray[np.bool_]
    share: float
    windows: list[Window]


def squares(changed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Leave out of changed cells (rows, columns) what is smaller than a face can be."""
    # A square of even side has no middle: what it leaves is put back where it was.
    left = cv2.dilate(cv2.erode(changed.astype(np.uint8), _SQUARE), _SQUARE, anchor=(0, 0))
    return left.astype(np.bool_)


def coarse_share(sides: Sequence[float], size: tuple[int, int], det_size: int) -> float:
    """Give the share of the usual scale at which faces half as large as those known are still found.

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
