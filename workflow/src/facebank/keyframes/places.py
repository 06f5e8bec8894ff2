"""Places where a face was seen: what each look at one found, and the window in which it is looked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facebank.tracks.matching import match_to_slots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facebank.keyframes.keyframe import Face
    from facebank.media.frames import Window

__all__ = [
    "CLOSE",
    "MIDDLE",
    "WIDE",
    "Place",
    "around_both",
    "assigned",
    "grown",
    "happened",
    "overlap",
    "window_around",
]

#: Around a face the detector is shown as much as this share of the face's longer side: what is found is taken
#: for what stays in many frames, for what passes, or for what is in one frame alone. Measured with the
#: embedded detector, boxes lie 0.35 px, 0.53 px and 0.73 px on average from those of the whole frame, most
#: often to the same side.
WIDE, MIDDLE, CLOSE = 0.75, 0.6, 0.375
#: Windows begin and end at multiples of this, in pixels of the detector's input, as its coarsest cells do.
_CELL = 32

#: As much of a face's longer side has what is seen of it when something covers it in part. Measured: of 851
#: looks at faces that something passed, one found something else where faces shorter than that were left out.
_LEAST_SEEN = 0.7

#: What stands before a face makes its box smaller; it moved when the box reaches out of the one known by more
#: than this share of its sides.
_MOVED = 0.1

#: A box that moved by no more pixels than this between two looks is where a straight line says.
_STRAIGHT = 2.0


@dataclass(eq=False, slots=True)
class Place:
    """Where a face was seen.

    Attributes
    ----------
    known : Face
        The face as a look at the whole frame found it last. What stands before a part of a face draws its box
        to the rest of it, so the box last found may be no good for telling it again.
    looks : dict
        What each look found, by frame.
    """

    known: Face
    looks: dict[int, Face | None]

    @property
    def box(self) -> NDArray[np.float32]:
        """The box of the face known, xyxy in pixels."""
        return self.known.box

    @property
    def longer_side(self) -> float:
        """The longer side of the face known, in pixels."""
        return float(np.max(self.box[2:] - self.box[:2]))

    @property
    def least_side(self) -> float:
        """Longer side in pixels of the least that may be seen of the face."""
        return _LEAST_SEEN * self.longer_side

    def last_look(self, frame: int) -> int:
        """Give the frame of the last look at or before a frame."""
        return max(at for at in self.looks if at <= frame)

    def face(self, frame: int) -> Face | None:
        """Give what the last look at or before a frame found."""
        return self.looks[self.last_look(frame)]

    def was_found(self, frame: int) -> bool:
        """Tell whether a look at or before a frame found the face."""
        return any(face is not None and at <= frame for at, face in self.looks.items())

    def box_near(self, frame: int) -> NDArray[np.float32]:
        """Give the box last found at or before a frame, or else the one known."""
        found = [face for at, face in self.looks.items() if face is not None and at <= frame]
        return max(found, key=lambda face: face.detected_at).box if found else self.box

    def box_sought(self, frame: int) -> NDArray[np.float32]:
        """Give the box around which the face is looked for: the one last found, if the face moved."""
        near = self.box_near(frame)
        if near is self.box:
            return near
        # Asked for so often that arrays of four numbers are too slow.
        (x1, y1, x2, y2), (left, top, right, bottom) = self.box.tolist(), near.tolist()
        across, down = _MOVED * (x2 - x1), _MOVED * (y2 - y1)
        moved = x1 - left > across or right - x2 > across or y1 - top > down or bottom - y2 > down
        return near if moved else self.box

    def holds(self, face: Face | None) -> bool:
        """Tell whether a face lies at the box known."""
        return _matched([self.box], [] if face is None else [face]) != [None]

    def forget(self) -> None:
        """Keep the last look, and the last one that found the face."""
        found = [at for at, face in self.looks.items() if face is not None]
        keep = {max(self.looks), max(found, default=max(self.looks))}
        self.looks = {at: self.looks[at] for at in sorted(keep)}


def assigned(places: Sequence[Place], faces: Sequence[Face], frame: int) -> list[Face | None]:
    """Give each place its face of a frame: by the boxes known, and what is left by the boxes last found.

    In this order, since who passes right before a face may be what was found there last. A place whose face
    was only found in later frames gets what no other one does: what lay there before may be another's.
    """
    chosen: list[Face | None] = [None] * len(places)
    there = [place.was_found(frame) for place in places]
    rounds = (
        (there, [place.box for place in places]),
        (there, [place.box_near(frame) for place in places]),
        (np.logical_not(there), [place.box for place in places]),
    )
    for asked, boxes in rounds:
        left = [face for face in faces if all(face is not other for other in chosen)]
        empty = [row for row in np.flatnonzero(asked).tolist() if chosen[row] is None]
        for row, face in zip(empty, _matched([boxes[row] for row in empty], left), strict=True):
            chosen[row] = face
    return chosen


def happened(first: Face | None, second: Face | None, *, covered: bool) -> bool:
    """Tell whether something happened between two looks at a place that has to be seen."""
    if first is None or second is None:
        return first is not second
    return covered or float(np.abs(first.box - second.box).max()) > _STRAIGHT


def overlap(first: NDArray[np.float32], second: NDArray[np.float32]) -> bool:
    """Tell whether two boxes have a part in common."""
    return bool((np.minimum(first[2:], second[2:]) > np.maximum(first[:2], second[:2])).all())


def around_both(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give the least box that holds two."""
    return np.concatenate([np.minimum(first[:2], second[:2]), np.maximum(first[2:], second[2:])])


def window_around(
    box: NDArray[np.floating], size: tuple[int, int], det_size: int, *, context: float = WIDE
) -> Window:
    """Give the part of a frame around a box that the detector is shown.

    Parameters
    ----------
    box : float (4,)
        xyxy in pixels.
    size : (int, int)
        Width and height of the frame in pixels.
    det_size : int
        Longer side in pixels at which the detector sees the frame.
    context : float
        How much around it, as a share of the box's longer side.
    """
    cell = _CELL * max(size) / det_size
    return grown(box, max(context * float(np.max(box[2:] - box[:2])), cell), cell, size)


def grown(box: NDArray[np.floating], around: float, step: float, size: tuple[int, int]) -> Window:
    """Give the window that holds a box and so many pixels around it, and ends at multiples of a step."""
    left, top = (max(round(np.floor((start - around) / step) * step), 0) for start in box[:2].tolist())
    right, bottom = (
        min(round(np.ceil((stop + around) / step) * step), side)
        for stop, side in zip(box[2:].tolist(), size, strict=True)
    )
    # A face that left the frame is looked for at its border.
    left, top = min(left, size[0] - round(step)), min(top, size[1] - round(step))
    return max(left, 0), max(top, 0), max(right, round(step)), max(bottom, round(step))


def _matched(boxes: Sequence[NDArray[np.float32]], faces: Sequence[Face]) -> list[Face | None]:
    """Give each box its face."""
    if not boxes or not faces:
        return [None] * len(boxes)
    rows = match_to_slots(np.array([face.box for face in faces]), np.array(boxes))
    return [None if row < 0 else faces[row] for row in rows.tolist()]
