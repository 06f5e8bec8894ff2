"""Which face found at a keyframe belongs to which slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facebank.tracks.distances import GATE, anchor_distances

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["match_to_slots"]


def match_to_slots(
    boxes: NDArray[np.floating], anchors: NDArray[np.floating], *, gate: float = GATE
) -> NDArray[np.intp]:
    """Give each slot the face of one keyframe that fits its anchor, by optimal matching.

    Parameters
    ----------
    boxes : float (n, 4)
        The faces of one frame, xyxy in pixels.
    anchors : float (slots, 4)
        The slots' anchor boxes.
    gate : float
        Greatest `anchor_distances`; a face beyond it belongs to no slot, however empty the slot is.

    Returns
    -------
    intp (slots,)
        Row of `boxes` for each slot, or -1.
    """
    chosen = np.full(len(anchors), -1, dtype=np.intp)
    if not len(boxes) or not len(anchors):
        return chosen
    # SciPy's optimisers take longer to load than many a job to run.
    from scipy.optimize import linear_sum_assignment

    distances = anchor_distances(boxes, anchors)
    # Pairs beyond the gate cost more than all allowed ones together, so they never displace an allowed pair.
    forbidden = gate * (min(distances.shape) + 1)
    rows, slots = linear_sum_assignment(np.where(distances <= gate, distances, forbidden))
    allowed = distances[rows, slots] <= gate
    chosen[slots[allowed]] = rows[allowed]
    return chosen
