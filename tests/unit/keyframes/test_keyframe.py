"""What is known of one frame of a video."""

from __future__ import annotations

import numpy as np
import pytest

from facebank.keyframes.keyframe import Face, distinct


def face(left: float, score: float) -> Face:
    """Give a face of 20 x 20 px."""
    box = np.array([left, 40, left + 20, 60], np.float32)
    return Face(box, score, np.zeros((5, 2), np.float32), 7, 7)


@pytest.mark.parametrize(
    ("faces", "kept"),
    [
        pytest.param([], [], id="none"),
        pytest.param([face(40, 0.9)], [0], id="one"),
        pytest.param([face(40, 0.8), face(80, 0.9)], [1, 0], id="the best first"),
        pytest.param([face(80, 0.9), face(40, 0.9)], [1, 0], id="of equal ones the left one"),
        pytest.param([face(40, 0.8), face(49, 0.9)], [1, 0], id="side by side"),
        pytest.param([face(40, 0.8), face(48, 0.9)], [1], id="one face at two places"),
    ],
)
def test_each_face_is_told_once_and_the_best_first(faces: list[Face], kept: list[int]) -> None:
    assert distinct(faces) == tuple(faces[row] for row in kept)
