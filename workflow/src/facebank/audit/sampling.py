"""Which frames of a variant are looked at to see who is shown in each slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["sample_frames"]


def sample_frames(visible: NDArray[np.bool_], count: int) -> tuple[int, ...]:
    """Choose few frames that show every slot often, and all the time that it is seen.

    Parameters
    ----------
    visible : bool (frames, slots)
        Where each slot is certainly seen.
    count : int
        Wanted frames for each slot.

    Returns
    -------
    tuple of int
        Frame numbers, rising. The frames that show a slot make `count` parts, as equal as can be and as many
        as there are frames, and one of each part is among them: what a slot shows for a while only must not
        be missed. One frame serves several slots where it can.
    """
    shown = visible.sum(axis=1)
    chosen: set[int] = set()
    # Who is seen seldom has the least choice.
    for slot in np.argsort(visible.sum(axis=0), kind="stable").tolist():
        own = np.flatnonzero(visible[:, slot])
        for part in np.array_split(own, min(count, len(own))) if len(own) and count > 0 else ():
            if chosen.isdisjoint(part.tolist()):
                best = part[shown[part] == shown[part].max()]
                chosen.add(int(best[len(best) // 2]))
    return tuple(sorted(chosen))
