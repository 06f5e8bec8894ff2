from __future__ import annotations

import math

import numpy as np
import pytest

from facebank.tracks.coverage import cover, intervals
from facebank.tracks.interpolation import SlotTrack, Status


def track(statuses: list[Status], boxes: np.ndarray) -> SlotTrack:
    """Give a track with these statuses."""
    count = len(statuses)
    nothing = np.zeros(count)
    return SlotTrack(np.array(statuses), boxes, nothing, nothing, np.zeros(count, int), np.zeros(count, int))


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ([], ()),
        ([False], ()),
        ([True], ((0, 0),)),
        ([True, True, False, True], ((0, 1), (3, 3))),
    ],
)
def test_intervals(flags: list[bool], expected: tuple[tuple[int, int], ...]) -> None:
    assert intervals(flags) == expected


def test_coverage_counts_boxes_of_every_kind() -> None:
    boxes = np.zeros((4, 4))
    boxes[3] = [6, 8, 6, 8]
    first = track([Status.DETECTED, Status.HELD, Status.INTERPOLATED, Status.DETECTED], boxes)
    second = track([Status.DETECTED, Status.HIDDEN, Status.HIDDEN, Status.MISSING], boxes)
    covered = cover([first, second])
    assert (covered.frames, covered.all_slots, covered.slots) == (4, 0.25, (1.0, 0.25))
    assert covered.hidden == ((), ((1, 2),))
    assert covered.centre_std == pytest.approx((5.0, 0.0))


def test_a_slot_that_is_never_detected_has_no_deviation() -> None:
    assert math.isnan(cover([track([Status.MISSING], np.full((1, 4), np.nan))]).centre_std[0])
