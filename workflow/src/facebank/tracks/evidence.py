"""Whether a slot without a detected face still shows the same pixels, or something stands before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facebank.tracks.brightness import MAD_TO_SIGMA
from facebank.tracks.regions import in_blocks, region_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["COVERED_SHARE", "changed_share"]

#: From this share of changed pixels on, a slot's face is hidden.
COVERED_SHARE = 0.25

#: A pixel has changed when it differs by this many standard deviations of its own noise, and by this many
#: levels. In a dim or pale picture what covers a face differs from it by less, as the face's own pixels do:
#: there it has changed when it differs by this share of their standard deviation, but by no less than what a
#: codec does where nothing happens.
_NOISE_FACTOR = 4.0
_MIN_LEVELS = 8.0
_MIN_SPREAD = 0.25
_LEAST_LEVELS = 2.0


def changed_share(
    thumbnails: NDArray[np.uint8],
    region: NDArray[np.floating],
    shown: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Give each keyframe's share of a slot's pixels that differ from what they are when its face shows.

    Parameters
    ----------
    thumbnails : uint8 (keyframes, height, width)
        Grey thumbnails of a still camera.
    region : float (4,)
        The slot's box, xyxy, as shares of the frame's width and height, 0 to 1.
    shown : bool (keyframes,)
        Where the slot's face was found: these frames make the reference.

    Returns
    -------
    float64 (keyframes,)
        0 to 1; NaN throughout when the face was never found, for then there is nothing to compare with. A
        change of brightness of the whole frame is no change.
    """
    if not shown.any():
        return np.full(len(thumbnails), np.nan)
    usual = _median(thumbnails, shown)
    rows, columns = region_cells(region, thumbnails.shape[1:])
    inside = np.empty((len(thumbnails), *usual[rows, columns].shape), np.float32)
    for block in in_blocks(len(thumbnails)):
        difference = thumbnails[block] - usual
        # Brightness is followed by the whole frame's median difference, so an object in it does not count.
        brighter = np.median(difference, axis=(1, 2), keepdims=True)
        inside[block] = difference[:, rows, columns] - brighter
    noise = MAD_TO_SIGMA * np.median(np.abs(inside[shown]), axis=0)
    levels = np.clip(_MIN_SPREAD * usual[rows, columns].std(), _LEAST_LEVELS, _MIN_LEVELS)
    changed = np.abs(inside) > np.maximum(_NOISE_FACTOR * noise, levels)
    share: NDArray[np.float64] = changed.mean(axis=(1, 2))
    return share


def _median(pictures: NDArray[np.uint8], chosen: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Give the median of some pictures, float32 (height, width), a row of all of them at a time."""
    return np.array([np.median(row[chosen], axis=0) for row in pictures.swapaxes(0, 1)], np.float32)
