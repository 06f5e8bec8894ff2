"""How much of a source is labelled, and how still its boxes lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facebank.tracks.interpolation import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facebank.tracks.interpolation import SlotTrack

__all__ = ["Coverage", "cover", "intervals"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Figures of one source.

    Attributes
    ----------
    frames : int
        Frames of the source.
    all_slots : float
        Share of frames in which every slot has a box, 0 to 1.
    slots : tuple of float
        Share of frames with a box, for each slot.
    centre_std : tuple of float
        Standard deviation of each slot's detected centres in pixels, over x and y together; NaN without a
        detection.
    hidden : tuple of tuple of (int, int)
        For each slot the runs of frames, first and last, in which it is hidden.
    """

    frames: int
    all_slots: float
    slots: tuple[float, ...]
    centre_std: tuple[float, ...]
    hidden: tuple[tuple[tuple[int, int], ...], ...]


def cover(tracks: Sequence[SlotTrack]) -> Coverage:
    """Measure one source's tracks, at least one."""
    boxed = np.array([track.status <= Status.HELD for track in tracks])
    return Coverage(
        frames=boxed.shape[1],
        all_slots=float(boxed.all(axis=0).mean()),
        slots=tuple(float(share) for share in boxed.mean(axis=1)),
        centre_std=tuple(_centre_std(track) for track in tracks),
        hidden=tuple(intervals((track.status == Status.HIDDEN).tolist()) for track in tracks),
    )


def intervals(flags: Sequence[bool]) -> tuple[tuple[int, int], ...]:
    """Give the runs of true values as (first, last) positions, both inside."""
    edges = np.diff(np.concatenate([[False], np.asarray(flags, dtype=bool), [False]]).astype(np.int8))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    return tuple(zip(starts.tolist(), ends.tolist(), strict=True))


def _centre_std(track: SlotTrack) -> float:
    """Give the root of the summed variances of the detected boxes' centres."""
    boxes = track.boxes[track.status == Status.DETECTED]
    if not len(boxes):
        return float("nan")
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    return float(np.sqrt(centres.var(axis=0).sum()))
