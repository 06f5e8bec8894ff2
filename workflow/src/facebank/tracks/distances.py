"""How far a face is from a place: what detection and labels both need, apart from where the places are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["GATE", "anchor_distances"]

#: Greatest `anchor_distances` at which a box belongs to an anchor: half a face's size away, or 1.65 times its
#: size. Portraits lie a whole face apart at least, so no box is within the gate of two slots' faces.
GATE = 0.5


def anchor_distances(boxes: NDArray[np.floating], anchors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Give how far boxes are from anchors in place and size, in units of the anchor's size.

    Parameters
    ----------
    boxes : float (n, 4)
        Boxes, xyxy in pixels, of positive area.
    anchors : float (m, 4)
        Anchor boxes, likewise.

    Returns
    -------
    float64 (n, m)
        The root of the squared distance of centres over the anchor's size plus the squared logarithm of the
        ratio of sizes, a box's size being the root of its area.
    """
    box_x, box_y, box_size = (values[:, None] for values in _places_and_sizes(boxes))
    x, y, size = (values[None, :] for values in _places_and_sizes(anchors))
    squares = ((box_x - x) / size) ** 2 + ((box_y - y) / size) ** 2 + np.log(box_size / size) ** 2
    distances: NDArray[np.float64] = np.sqrt(squares)
    return distances


def _places_and_sizes(
    boxes: NDArray[np.floating],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Give centre x, centre y and size (root of the area) of boxes; a box without area has a tiny size."""
    x1, y1, x2, y2 = np.asarray(boxes, dtype=np.float64).reshape(-1, 4).T
    area = np.maximum(x2 - x1, 0.0) * np.maximum(y2 - y1, 0.0)
    return (x1 + x2) / 2, (y1 + y2) / 2, np.sqrt(np.maximum(area, 1e-6))
