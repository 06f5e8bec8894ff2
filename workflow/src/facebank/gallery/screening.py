"""Which photos cannot be copies of one picture: told by a bound, without laying one upon the other.

A copy lies upon its original within a fraction of a pixel of the thumbnails that are compared. Such a shift
changes a pixel by no more than the pixel differs from its neighbours, so it can bring the correlation of two
thumbnails up by so much and not more. Where that is not enough, no registration has to be tried: it takes a
hundred times as long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np

from facebank.gallery.registration import MAX_DISPLACEMENT, MIN_CORRELATION, SIDE, grey_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Thumbnail", "cannot_be_copies", "thumbnail"]

#: Pixels at the border that a shift may bring out of the picture, and the reach of their neighbours.
_BORDER = 2
#: The longest shift of a copy's pixels; interpolation rounds places to a thirty-second of a pixel.
_SHIFT = MAX_DISPLACEMENT * SIDE + 1 / 32
#: The weight of a pixel's neighbours after such a shift by linear interpolation; most where it is diagonal.
_WEIGHT = 1 - (1 - _SHIFT / math.sqrt(2)) ** 2
#: Left over for sums in single precision.
_ROUNDING = 1e-3


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """Grey values of a photo, and what bounds its correlation with others.

    Attributes
    ----------
    grey : ndarray of float32, shape (h, w)
        What `facebank.gallery.registration.grey_values` gave.
    """

    grey: NDArray[np.float32]

    def deviations(self) -> NDArray[np.float32]:
        """Give how far the pixels within the border are from their mean."""
        within = self.grey[_BORDER:-_BORDER, _BORDER:-_BORDER]
        return within - self._mean

    @cached_property
    def _mean(self) -> np.float32:
        """The mean of the pixels within the border."""
        return np.float32(self.grey[_BORDER:-_BORDER, _BORDER:-_BORDER].mean(dtype=np.float64))

    @cached_property
    def length(self) -> float:
        """Length of the deviations as a vector; 0 where there is nothing within the border."""
        return float(np.linalg.norm(self.deviations())) if min(self.grey.shape) > 2 * _BORDER else 0.0

    @cached_property
    def share(self) -> float:
        """Sum of the squared deviations within the border, of that of all pixels."""
        return self.length**2 / float(self.grey.var(dtype=np.float64) * self.grey.size)

    @cached_property
    def leeway(self) -> float:
        """The largest angle, in radians, by which a shift turns the vector of the deviations."""
        around = np.ones((3, 3), np.uint8)
        steps = cv2.max(cv2.dilate(self.grey, around) - self.grey, self.grey - cv2.erode(self.grey, around))
        farthest = _WEIGHT * float(np.linalg.norm(steps[_BORDER:-_BORDER, _BORDER:-_BORDER]))
        return math.asin(farthest / self.length) if farthest < self.length else math.pi


def thumbnail(pixels: NDArray[np.uint8], size: tuple[int, int]) -> Thumbnail:
    """Make the thumbnail of a photo.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB pixels, upright.
    size : tuple of int
        Width and height in pixels, see `facebank.gallery.registration.common_size`.
    """
    return Thumbnail(grey_values(pixels, size))


def cannot_be_copies(first: Thumbnail, second: Thumbnail) -> bool:
    """Tell whether no shift that a copy may have brings the correlation up to a copy's.

    Parameters
    ----------
    first, second : Thumbnail
        Thumbnails of one size.

    Returns
    -------
    bool
        True is certain: of the squared correlation, at least ``share * sin(angle - leeway) ** 2`` is missing
        from 1, where `angle` is the angle between the deviations of the two. False says nothing.
    """
    if not (first.length and second.length):
        return False
    product = float(np.vdot(first.deviations(), second.deviations()))
    angle = math.acos(min(max(product / (first.length * second.length), -1.0), 1.0))
    least = min(max(angle - second.leeway, 0.0), math.pi / 2)
    missing = first.share * math.sin(least) ** 2
    return missing > 1 - MIN_CORRELATION**2 + _ROUNDING
