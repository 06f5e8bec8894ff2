"""Slots as thumbnails: when a face is in full view, and which frames show what no searched one shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from facebank.audit.looks import slot_views, unfamiliar_frames

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE, FRAMES, STRIDE = (640, 480), 41, 5
KEYFRAMES = tuple(range(0, FRAMES, STRIDE))
#: Where the slot's face is in every frame.
PLACE = np.array([200, 160, 280, 256])
BOXES = np.tile(PLACE.astype(float), (FRAMES, 1, 1))
REGIONS = BOXES[:, 0] / np.tile(SIZE, 2)
WHOLE = np.ones(FRAMES, bool)


def picture(person: int, *, covered: float = 0, light: float = 0, seed: int = 0) -> NDArray[np.uint8]:
    """Draw a thumbnail: somebody's portrait, perhaps covered from its left."""
    x1, y1, x2, y2 = PLACE
    large = np.full((480, 640), 120.0)
    coarse = np.random.default_rng(person).uniform(20, 200, (6, 5)).astype(np.float32)
    large[y1:y2, x1:x2] = cv2.resize(coarse, (x2 - x1, y2 - y1), interpolation=cv2.INTER_CUBIC)
    large[y1:y2, x1 : x1 + round(covered * (x2 - x1))] = 30
    large += light + np.random.default_rng(seed).normal(0, 2, large.shape)
    return cv2.resize(large.clip(0, 255).astype(np.uint8), (80, 60), interpolation=cv2.INTER_AREA)


def pictures(**shown: int) -> dict[int, NDArray[np.uint8]]:
    """Draw the keyframes, in which person 1 is shown but where another is given: f20=2."""
    return {frame: picture(shown.get(f"f{frame}", 1), seed=frame) for frame in KEYFRAMES}


def test_a_face_is_in_full_view_where_nothing_is_before_it_at_both_keyframes_beside() -> None:
    shots = np.stack([picture(1, covered=0.3 * (frame == 15), seed=frame) for frame in KEYFRAMES])
    boxes = BOXES.copy()
    boxes[32:39] = np.nan
    views = slot_views(boxes, KEYFRAMES, shots, SIZE)
    # Keyframe 35 has no box, and 15 but a part of the face.
    assert np.flatnonzero(views.in_view[:, 0]).tolist() == [*range(11), *range(20, 31), 40]


def test_the_cells_are_those_of_the_faces_and_around_them() -> None:
    views = slot_views(BOXES, KEYFRAMES, np.stack([*pictures().values()]), SIZE)
    rows, columns = np.nonzero(views.cells)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (19, 32, 24, 35)
    assert views.cells.sum() == 14 * 12


def test_a_slot_without_a_box_is_never_in_view() -> None:
    views = slot_views(np.full_like(BOXES, np.nan), KEYFRAMES, np.stack([*pictures().values()]), SIZE)
    assert not views.in_view.any()
    assert not views.cells.any()


@pytest.mark.parametrize(
    ("searched", "shown", "expected"),
    [
        ((0, 10, 30), {}, []),
        ((0, 10, 30), {"f20": 2}, [20]),
        ((0, 10, 30), {"f15": 2, "f20": 2}, [15, 20]),
        # Two frames are enough to know a look.
        ((0, 10, 30), {"f15": 2, "f20": 2, "f25": 2, "f35": 2, "f40": 2}, [20, 35]),
        # One frame that was searched is not, for it proves nothing by itself.
        ((0, 10, 30), {"f10": 2, "f15": 2}, [15]),
        ((0, 10, 15, 30), {"f10": 2, "f15": 2, "f20": 2}, []),
        # But where it is the only one.
        ((10,), {}, []),
        ((), {"f15": 2}, []),
    ],
)
def test_frames_are_chosen_that_show_what_hardly_any_searched_one_shows(
    searched: tuple[int, ...], shown: dict[str, int], expected: list[int]
) -> None:
    looks = pictures(**shown)
    assert unfamiliar_frames({it: looks[it] for it in searched}, looks, REGIONS, WHOLE) == expected


def test_nothing_is_said_of_what_is_not_in_full_view() -> None:
    looks = pictures(f15=2, f20=2, f25=2)
    in_view = WHOLE.copy()
    in_view[18:] = False
    assert unfamiliar_frames({it: looks[it] for it in (0, 5, 10)}, looks, REGIONS, in_view) == [15]


def test_other_light_is_no_other_look() -> None:
    looks = {frame: picture(1, light=frame - 20, seed=frame) for frame in KEYFRAMES}
    assert unfamiliar_frames({it: looks[it] for it in (0, 5)}, looks, REGIONS, WHOLE) == []
