"""The demo's scene: the camera's geometry, the sheets, the gripper and its way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facebank.demo.portraits import PORTRAITS, Portrait, picture
from facebank.demo.scene import FRAME_SIZE, Sheet, printed, projected_box, still, table

WIDTH, HEIGHT = FRAME_SIZE
EMPTY = table(np.random.Generator(np.random.PCG64(0)))
REST = (320.0, 452.0)

places = st.floats(-30, 30)


def test_the_middle_of_the_table_is_in_the_middle_of_the_frame() -> None:
    corners = Sheet(0, 0, 0).corners
    # Diagonals of a square meet in its middle, also in perspective.
    upper_left, upper_right, lower_right, lower_left = np.column_stack([corners, np.ones(4)])
    x, y, scale = np.cross(np.cross(upper_left, lower_right), np.cross(upper_right, lower_left))
    assert (x / scale, y / scale) == pytest.approx((WIDTH / 2, HEIGHT / 2))


@given(x=places, y=places, turn=st.floats(-30, 30))
def test_what_is_nearer_to_the_camera_is_larger(x: float, y: float, turn: float) -> None:
    def area(sheet: Sheet) -> float:
        (x1, y1), (x2, y2), (x3, y3), (x4, y4) = sheet.corners
        return float(((x3 - x1) * (y4 - y2) - (x4 - x2) * (y3 - y1)) / 2)

    sheet = Sheet(x, y, turn)
    assert 0 < area(sheet) < area(replace(sheet, y=y + 1))


@given(shift=st.tuples(places, places), size=st.tuples(st.floats(1, 99), st.floats(1, 99)))
def test_a_box_that_is_only_moved_stays_as_it_is(
    shift: tuple[float, float], size: tuple[float, float]
) -> None:
    moved = np.array([[1, 0, shift[0]], [0, 1, shift[1]], [0, 0, 1]])
    box = projected_box(moved, (0.0, 0.0, *size))
    assert box == pytest.approx((*shift, shift[0] + size[0], shift[1] + size[1]))


@pytest.mark.parametrize("person", PORTRAITS, ids=[person.identity for person in PORTRAITS])
def test_a_printed_face_lies_in_its_box_and_all_are_equally_high(person: Portrait) -> None:
    source = picture(person.picture)
    sheet = printed(person, source)
    x1, y1, x2, y2 = (round(value) for value in sheet.box)
    assert y2 - y1 == pytest.approx(198, abs=2)
    left, top, right, bottom = (round(value) for value in person.box)
    # Means of quarters: what stands in the box on paper is what stands in the box in the picture.
    for rows, columns in ((0, 0), (0, 1), (1, 0), (1, 1)):
        on_paper, original = (
            np.array_split(np.array_split(face, 2, axis=0)[rows], 2, axis=1)[columns].mean(axis=(0, 1))
            for face in (sheet.pixels[y1:y2, x1:x2], source[top:bottom, left:right])
        )
        assert on_paper == pytest.approx(original, abs=6)
    border = np.concatenate([sheet.pixels[:10].reshape(-1, 3), sheet.pixels[-10:].reshape(-1, 3)])
    assert np.ptp(border) == 0


def test_an_empty_table_has_no_sheet_and_a_sheet_is_where_its_corners_are() -> None:
    empty = still(EMPTY, [])
    assert empty.shape == (HEIGHT, WIDTH, 3)
    person = PORTRAITS[0]
    sheet = Sheet(3, -4, 8)
    laid = still(EMPTY, [(printed(person, picture(person.picture)), sheet)])
    brighter = np.argwhere((laid.min(axis=2) > 180) & (empty.min(axis=2) < 180))
    (top, left), (bottom, right) = brighter.min(axis=0), brighter.max(axis=0) + 1
    (x1, y1), (x2, y2) = sheet.corners.min(axis=0), sheet.corners.max(axis=0)
    assert (left, top, right, bottom) == pytest.approx((x1, y1, x2, y2), abs=2)
    far = laid[-40:, :40]
    assert np.array_equal(far, empty[-40:, :40])
