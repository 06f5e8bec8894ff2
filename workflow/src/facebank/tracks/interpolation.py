"""One slot over all frames of a source, from what was seen of it at keyframes.

A box is only ever made from detections of the same slot: between two of them, linear in time, or for a moment
after the last one. Where neither is honest there is no box.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SlotTrack", "Status", "track_slot"]


#: Times of frames are sums of fractions in floating point: a span that equals a limit must not exceed it.
_TOLERANCE_S = 1e-6


class Status(IntEnum):
    """What a slot is in one frame."""

    DETECTED = 0
    """The frame is a keyframe and the slot's face was found in it."""
    INTERPOLATED = 1
    """Between two keyframes with the slot's face, not too far apart and with nothing before it in between."""
    HELD = 2
    """The last box kept for a moment, because the face is not found again."""
    HIDDEN = 3
    """No face, and the slot's pixels are not what they are when the face shows."""
    MISSING = 4
    """No face, though nothing is seen to hide it."""

    @property
    def label(self) -> str:
        """The word used in files."""
        return self.name.lower()

    @property
    def has_box(self) -> bool:
        """Whether a face label of this status has a box."""
        return self <= Status.HELD


@dataclass(frozen=True, slots=True)
class SlotTrack:
    """One slot in every frame of a source.

    Attributes
    ----------
    status : int64 (frames,)
        Values of `Status`.
    boxes : float64 (frames, 4)
        xyxy in pixels; NaN where the status has no box.
    scores : float64 (frames,)
        The detector's score, the lower one of two; NaN without a box.
    confidence : float64 (frames,)
        The score, lowered with the time to the nearest keyframe that the box rests on; 0 without a box.
    before, after : int64 (frames,)
        Frame numbers of the two keyframes that the status rests on, -1 for none.
    """

    status: NDArray[np.int64]
    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]
    confidence: NDArray[np.float64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]


def track_slot(
    times: NDArray[np.float64],
    keyframes: NDArray[np.integer],
    boxes: NDArray[np.floating],
    scores: NDArray[np.floating],
    covered: NDArray[np.bool_],
    *,
    detected_at: NDArray[np.integer],
    unchanged_since: NDArray[np.integer],
    max_gap_s: float,
    max_hold_s: float,
) -> SlotTrack:
    """Fill one slot's frames between its keyframes.

    Parameters
    ----------
    times : float64 (frames,)
        Time of display of every frame in seconds, never falling.
    keyframes : int (k,)
        Frame numbers at which faces were looked for, rising.
    boxes : float (k, 4)
        The slot's face at each keyframe, xyxy in pixels; a row of NaN where it was not found.
    scores : float (k,)
        Its score, NaN where it was not found.
    covered : bool (k,)
        Where the slot's pixels changed; counts only at keyframes without a face.
    detected_at : int (k,)
        Where the detector found that face: the keyframe itself, or an earlier one, since which nothing of it
        changed. Only the former is a detection.
    unchanged_since : int (k,)
        For a detection, the one before it if the face's pixels are the same in every frame between the two;
        else its own keyframe.
    max_gap_s : float
        Longest time between two detections that is bridged, where it was not seen that nothing changed.
    max_hold_s : float
        Longest time that a box is kept after its last detection when it cannot be interpolated.

    Returns
    -------
    SlotTrack
        One entry for every frame.

    Notes
    -----
    Confidence is ``score * (1 - distance / limit / 2)``, with the time to the nearest of the box's keyframes
    and the limit `max_gap_s` or `max_hold_s`: it falls to half at the limit. Between two detections with the
    same pixels in all frames between it is the score. A bridge never spans a keyframe
    at which something stood before the slot. A frame without a box takes its status from the nearer one of
    the keyframes around it that found no face.
    """
    frame = np.arange(len(times))
    found = np.isfinite(np.asarray(scores, dtype=np.float64))
    real = found & (np.asarray(detected_at) == keyframes)
    seen = np.asarray(keyframes, dtype=np.int64)[real]
    last, following = _around(seen, frame)
    blocks = np.zeros(len(times) + 1, dtype=np.int64)
    blocks[np.asarray(keyframes)[covered & ~found] + 1] = 1
    blocks = blocks.cumsum()

    detected = (last == frame) & (last >= 0)
    bridged = (last >= 0) & (following >= 0) & ~detected
    since = np.full(len(times) + 1, len(times), dtype=np.int64)
    since[seen] = np.asarray(unchanged_since)[real]
    still = bridged & (since[following] <= last)
    bridged &= still | (times[following] - times[last] <= max_gap_s + _TOLERANCE_S)
    bridged &= blocks[following] == blocks[last]
    held = (last >= 0) & ~detected & ~bridged
    held &= (times - times[last] <= max_hold_s + _TOLERANCE_S) & (blocks[frame + 1] == blocks[last])

    status = np.where(
        detected,
        Status.DETECTED,
        np.where(bridged, Status.INTERPOLATED, np.where(held, Status.HELD, Status.MISSING)),
    ).astype(np.int64)
    unseen, before, after = _unseen(times, np.asarray(keyframes, dtype=np.int64), found, covered)
    without = status == Status.MISSING
    status[without] = unseen[without]

    row = np.full(len(times) + 1, -1, dtype=np.int64)
    row[seen] = np.flatnonzero(real)
    # What is held rests on the last detection alone.
    end = np.where(bridged, following, last)
    share = _share(times, last, end)
    shown = ~without
    out_boxes = np.full((len(times), 4), np.nan)
    out_scores = np.full(len(times), np.nan)
    first_row, end_row = row[last[shown]], row[end[shown]]
    lean = share[shown][:, None]
    known = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    out_boxes[shown] = known[first_row] * (1 - lean) + known[end_row] * lean
    out_scores[shown] = np.minimum(np.asarray(scores)[first_row], np.asarray(scores)[end_row])

    distance = np.where(bridged, np.minimum(times - times[last], times[end] - times), times - times[last])
    limit = np.where(bridged, max_gap_s, max_hold_s)
    fading = np.divide(
        distance, limit, out=np.zeros(len(times)), where=(limit > 0) & ~detected & ~still & shown
    )
    confidence = np.where(shown, np.nan_to_num(out_scores) * (1 - fading / 2), 0.0)
    return SlotTrack(
        status=status,
        boxes=out_boxes,
        scores=out_scores,
        confidence=confidence,
        before=np.where(shown, last, before),
        after=np.where(shown, end, after),
    )


def _around(
    marks: NDArray[np.int64], frame: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give for each frame the last mark at or before it and the first at or after it, -1 for none."""
    fenced = np.concatenate([[-1], marks, [-1]])
    return fenced[np.searchsorted(marks, frame, side="right")], fenced[
        np.searchsorted(marks, frame, side="left") + 1
    ]


def _unseen(
    times: NDArray[np.float64],
    keyframes: NDArray[np.int64],
    found: NDArray[np.bool_],
    covered: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Give the status that each frame has if it gets no box, and the keyframes around it."""
    frame = np.arange(len(times))
    before, after = _around(keyframes, frame)
    empty = np.zeros(len(times) + 1, dtype=bool)
    empty[keyframes[~found]] = True
    hides = np.zeros(len(times) + 1, dtype=bool)
    hides[keyframes[covered & ~found]] = True
    # Index -1 reads the last cell, which no frame owns and which stays False.
    nearer_before = np.abs(times - times[before]) <= np.abs(times[after] - times)
    use_before = empty[before] & (nearer_before | ~empty[after])
    status = np.where(hides[np.where(use_before, before, after)], Status.HIDDEN, Status.MISSING)
    return status.astype(np.int64), before, after


def _share(
    times: NDArray[np.float64], start: NDArray[np.int64], end: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Give how far each frame is in time from `start` (0) to `end` (1); 0 where they are one."""
    span = times[end] - times[start]
    share: NDArray[np.float64] = np.divide(
        times - times[start], span, out=np.zeros(len(times)), where=span > 0
    )
    return np.clip(share, 0.0, 1.0)
