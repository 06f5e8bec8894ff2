"""What a release gives for a source and for a frame."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Labels", "Supervision", "stack"]


@dataclass(frozen=True, slots=True)
class Labels:
    """The slots of a source, in all its frames or in one, without anybody's name.

    Attributes
    ----------
    width, height : int
        Size of the frames in pixels.
    boxes : float32 (F, N, 4) or (N, 4)
        x1, y1, x2, y2 in pixels, N slots from the camera's left; 0 without a box.
    status : uint8 (F, N) or (N,)
        Values of `SlotStatus`.
    confidence : float32 (F, N) or (N,)
        The detector's score, lowered with the time to the nearest detection; 0 without a box.
    """

    width: int
    height: int
    boxes: NDArray[np.float32]
    status: NDArray[np.uint8]
    confidence: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Supervision:
    """What a loss needs for one frame, or for a batch of B frames.

    Attributes
    ----------
    boxes : float32 ([B,] N, 4)
        x1, y1, x2, y2 in pixels of the recorded frame, N slots from the camera's left; 0 without a box.
    status : uint8 ([B,] N)
        Values of `SlotStatus`.
    confidence : float32 ([B,] N)
        Of the box, whoever is in it; 0 without one. A weight for the loss, beside `valid`.
    valid : bool ([B,] N)
        Whether box and target may be used together.
    targets : float32 ([B,] N, D)
        The centroid of the person who is claimed to be in the slot; 0 where not valid.
    target_slot : int64 ([B])
        The slot of the person that the task is about, -1 for none: never use that as an index. It stands also
        where the slot is not valid in this frame.
    masks : bool ([B,] N, P), optional
        Patches that the box touches, row by row, where a geometry was given; empty where not valid.
    """

    boxes: NDArray[np.float32]
    status: NDArray[np.uint8]
    confidence: NDArray[np.float32]
    valid: NDArray[np.bool_]
    targets: NDArray[np.float32]
    target_slot: NDArray[np.int64]
    masks: NDArray[np.bool_] | None = None

    def __getitem__(self, row: int) -> Supervision:
        """Give one frame of a batch."""
        return Supervision(**{name: array[row] for name, array in self.arrays().items()})

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give the fields by their names, `masks` only where a geometry was given."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: array for name, array in found.items() if array is not None}


def stack(frames: Sequence[Supervision]) -> Supervision:
    """Make a batch of some frames, all of one release and geometry.

    Raises
    ------
    ValueError
        If there are none, or they differ in shape.
    """
    rows = [frame.arrays() for frame in frames]
    if not rows:
        raise ValueError("no frame makes no batch")
    return Supervision(**{name: np.stack([row[name] for row in rows]) for name in rows[0]})
