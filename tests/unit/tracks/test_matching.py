from __future__ import annotations

import numpy as np
import pytest

from facebank.tracks.matching import match_to_slots

ANCHORS = np.array([[100, 100, 160, 180], [300, 90, 360, 170], [500, 110, 570, 190]], float)


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        (np.empty((0, 4)), [-1, -1, -1]),
        (ANCHORS, [0, 1, 2]),
        (ANCHORS[::-1], [2, 1, 0]),
        (ANCHORS[1:], [-1, 0, 1]),
        (ANCHORS[[0, 2]], [0, -1, 1]),
        (ANCHORS[[1]] + 4, [-1, 0, -1]),
        (ANCHORS[[0]] + [100, 0, 100, 0], [-1, -1, -1]),
        (np.vstack([ANCHORS[0] + 5, ANCHORS[0] + 2, ANCHORS[2]]), [1, -1, 2]),
    ],
    ids=["none", "all", "reversed", "left hidden", "middle hidden", "one", "between slots", "two at one"],
)
def test_boxes_go_to_their_own_slot_or_nowhere(boxes: np.ndarray, expected: list[int]) -> None:
    assert match_to_slots(boxes, ANCHORS).tolist() == expected


@pytest.mark.parametrize(
    ("box", "slot"),
    [
        ([50, 0, 150, 100], 0),
        ([51, 0, 151, 100], -1),
        ([0, -50, 100, 50], 0),
        ([0, -51, 100, 49], -1),
        ([-32, -32, 132, 132], 0),
        ([-33, -33, 133, 133], -1),
        ([20, 20, 81, 81], 0),
        ([20, 20, 80, 80], -1),
    ],
)
def test_the_gate_lies_half_a_face_away_and_at_165_per_cent_of_its_size(box: list[float], slot: int) -> None:
    assert match_to_slots(np.array([box]), np.array([[0, 0, 100, 100]])).tolist() == [slot]


def test_no_slots_take_no_boxes() -> None:
    assert match_to_slots(ANCHORS, np.empty((0, 4))).shape == (0,)


def test_a_box_beyond_the_gate_does_not_push_out_one_within() -> None:
    far = ANCHORS[[0]] + [60, 0, 60, 0]
    near = ANCHORS[[0]] + [20, 0, 20, 0]
    assert match_to_slots(np.vstack([far, near]), ANCHORS[:2]).tolist() == [1, -1]
