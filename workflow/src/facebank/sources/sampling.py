"""Which frames of a variant are looked at to see who is shown in each slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["sample_frames"]


def sample_frames(visible: NDArray[np.bool_], count: int) -> tuple[int, ...]:
    """Choose few frames that show every slot often.

    Parameters
    ----------
    visible : bool (frames, slots)
        Where each slot is certainly seen.
    count : int
        Wanted frames for each slot.

    Returns
    -------
    tuple of int
        Frame numbers, rising: `count` of them spread over the frames in which all slots are seen, and for
        each slot that is seen too seldom in these, more from its own frames, as far as it has any.
    """
    chosen = set(_spread(np.flatnonzero(visible.all(axis=1)), count)) if visible.shape[1] else set()
    for slot in range(visible.shape[1]):
        own = np.flatnonzero(visible[:, slot])
        lacking = count - sum(bool(visible[frame, slot]) for frame in chosen)
        others = np.array([frame for frame in own.tolist() if frame not in chosen], dtype=np.intp)
        chosen.update(_spread(others, lacking))
    return tuple(sorted(chosen))


def _spread(frames: NDArray[np.intp], count: int) -> list[int]:
    """Choose up to `count` of some rising frame numbers: the middles of equal parts."""
    if count <= 0 or not len(frames):
        return []
    count = min(count, len(frames))
    places = ((np.arange(count) + 0.5) * len(frames) / count).astype(np.intp)
    chosen: list[int] = frames[places].tolist()
    return chosen
