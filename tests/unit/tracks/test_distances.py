from __future__ import annotations

import numpy as np
import pytest

from facebank.tracks.distances import GATE, anchor_distances

LEFT = np.array([100, 100, 160, 180], float)


@pytest.mark.parametrize(
    ("box", "distance"),
    [
        (LEFT, 0.0),
        (LEFT + np.array([70, 0, 70, 0]), 70 / np.sqrt(60 * 80)),
        (LEFT + np.array([0, 30, 0, 30]), 30 / np.sqrt(60 * 80)),
        (LEFT + np.array([-40, 30, -40, 30]), 50 / np.sqrt(60 * 80)),
        ([70, 60, 190, 220], np.log(2)),
        ([115, 120, 145, 160], np.log(2)),
        ([100, 100, 220, 260], np.hypot(50 / np.sqrt(60 * 80), np.log(2))),
    ],
    ids=["same", "beside", "below", "aslant", "twice as large", "half as large", "larger and aslant"],
)
def test_distances_count_place_and_size(box: object, distance: float) -> None:
    assert anchor_distances(np.array([box]), LEFT[None]) == pytest.approx(np.array([[distance]]))


def test_a_box_is_never_within_the_gate_of_two_faces_that_lie_beside_each_other() -> None:
    neighbour = LEFT + np.array([80, 0, 80, 0])
    shifts = np.linspace(0, 80, 200)[:, None] * [1, 0, 1, 0]
    near = anchor_distances(LEFT + shifts, np.stack([LEFT, neighbour])) <= GATE
    assert not near.all(axis=1).any()
