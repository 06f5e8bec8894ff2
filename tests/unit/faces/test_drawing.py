from __future__ import annotations

import numpy as np
import pytest

from facebank.faces.detections import Detections
from facebank.faces.drawing import draw_faces

GREEN, ORANGE = (0, 200, 80), (255, 170, 0)


def faces(*boxes: tuple[float, float, float, float]) -> Detections:
    count = len(boxes)
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.ones(count, np.float32),
        np.full((count, 5, 2), 100, np.float32),
    )


def blank() -> np.ndarray:
    return np.full((200, 300, 3), 90, np.uint8)


def test_no_face_leaves_the_picture_as_it_is() -> None:
    assert np.array_equal(draw_faces(blank(), faces(), []), blank())


def test_boxes_stand_where_the_faces_are_and_the_first_is_green() -> None:
    picture = blank()
    drawn = draw_faces(picture, faces((20, 60, 80, 120), (150, 60, 210, 120)), ["1", "2"], first=1)
    assert np.array_equal(picture, blank())
    assert drawn.shape == picture.shape
    assert tuple(drawn[120, 50]) == ORANGE
    assert tuple(drawn[120, 180]) == GREEN
    assert tuple(drawn[100, 100]) == (0, 220, 255)
    assert tuple(drawn[90, 50]) == (90, 90, 90)


@pytest.mark.parametrize("box", [(2, 0, 40, 40), (280, 0, 299, 40), (-20, -20, 30, 30), (250, 150, 320, 220)])
def test_a_caption_at_the_border_stays_in_the_picture(box: tuple[float, float, float, float]) -> None:
    inside = draw_faces(blank(), faces((100, 100, 140, 140)), ["name 0.50"])
    written = (inside == 0).all(axis=2).sum()
    drawn = draw_faces(blank(), faces(box), ["name 0.50"])
    # The caption's dark ground is all there, but for what a box's line or a point may cover.
    assert (drawn == 0).all(axis=2).sum() >= 0.9 * written
