"""Are two photos the same picture? Answered in pixels, by laying one upon the other.

A copy that was renamed, rescaled or compressed again lies exactly upon its original. Another capture of the
same scene does not: its crop, angle or perspective differs, and registration measures by how much.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["UNLIKE", "Registration", "common_size", "grey_values", "lay_upon", "register"]

#: Longer side, in pixels, at which pictures are compared.
SIDE = 192
#: Copies lie upon each other to this share of the longer side. A capture that was framed anew is off by more.
MAX_DISPLACEMENT = 0.004
#: Copies correlate at least so; compression to a JPEG quality of 30 leaves more.
MIN_CORRELATION = 0.98
#: Rescaling to whole pixels changes the aspect ratio of a thumbnail by so much at most.
MAX_ASPECT_CHANGE = 0.02
#: Blur before comparison, in pixels: evens out how the two were resampled.
_BLUR = 1.0
#: Side in pixels of the filter before registration.
_FILTER = 5
_ITERATIONS = 60


@dataclass(frozen=True, slots=True)
class Registration:
    """How well one picture lies upon another.

    Attributes
    ----------
    displacement : float
        The largest shift of a corner, as a share of the longer side; infinite where nothing fits.
    correlation : float
        Correlation of the grey values once they lie upon each other, -1 to 1.
    """

    displacement: float
    correlation: float

    @property
    def same_picture(self) -> bool:
        """Whether the two are copies of one picture."""
        return self.displacement <= MAX_DISPLACEMENT and self.correlation >= MIN_CORRELATION


#: Two photos that do not fit at all.
UNLIKE = Registration(displacement=float("inf"), correlation=float("-inf"))


def register(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Registration:
    """Lay one photo upon another.

    Both are scaled to the same size; then the affine map between them is found by maximising the enhanced
    correlation coefficient (Evangelidis and Psarakis, IEEE TPAMI 30(10), 2008), which does not see gain and
    offset.

    Parameters
    ----------
    first, second : ndarray of uint8, shape (H, W, 3)
        RGB pixels, upright; the sizes may differ.
    """
    size = common_size(first.shape[:2], second.shape[:2])
    return UNLIKE if size is None else lay_upon(grey_values(first, size), grey_values(second, size))


def common_size(first: Sequence[int], second: Sequence[int]) -> tuple[int, int] | None:
    """Give the size at which two photos are compared; None where their shapes differ too much.

    Parameters
    ----------
    first, second : sequence of int
        Height and width in pixels.

    Returns
    -------
    tuple of int, optional
        Width and height in pixels.
    """
    ratio = (first[1] / first[0]) / (second[1] / second[0])
    if abs(np.log(ratio)) > MAX_ASPECT_CHANGE:
        return None
    height, width = (min(sides) for sides in zip(first, second, strict=True))
    scale = min(1.0, SIDE / max(height, width))
    return max(1, round(width * scale)), max(1, round(height * scale))


def lay_upon(first: NDArray[np.float32], second: NDArray[np.float32]) -> Registration:
    """Lay the grey values of one photo upon those of another; see `register`.

    Parameters
    ----------
    first, second : ndarray of float32, shape (h, w)
        What `grey_values` gave at their `common_size`.
    """
    size = first.shape[::-1]
    affine = np.eye(2, 3, dtype=np.float32)
    until = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, _ITERATIONS, 1e-6)
    try:
        correlation, affine = cv2.findTransformECC(  # type: ignore[call-overload]
            first, second, affine, cv2.MOTION_AFFINE, until, None, 1
        )
    except cv2.error:
        # The iteration left the picture, or there is no structure to hold on to.
        return UNLIKE
    corners = np.array([[0, 0, 1], [size[0], 0, 1], [0, size[1], 1], [*size, 1]], dtype=np.float64)
    shifts = corners @ np.asarray(affine, dtype=np.float64).T - corners[:, :2]
    return Registration(
        displacement=float(np.linalg.norm(shifts, axis=1).max() / max(size)), correlation=float(correlation)
    )


def grey_values(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.float32]:
    """Scale a photo to (width, height) as blurred grey values."""
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    even = cv2.GaussianBlur(grey, (0, 0), _BLUR)
    # What findTransformECC does by itself, for each pair anew, unless it is told not to.
    return np.asarray(cv2.GaussianBlur(even, (_FILTER, _FILTER), 0), dtype=np.float32)
