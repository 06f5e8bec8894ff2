"""Windows over what changed beside the places of faces."""

from __future__ import annotations

import numpy as np
import pytest

from facebank.keyframes.rest import (
    coarse_share,
    contrasted,
    square_in_face,
    squares,
    windows_over,
    with_neighbours,
    within_a_face,
)

SIZE, SHAPE = (640, 480), (60, 80)


def cells(*spans: tuple[int, int, int, int]) -> np.ndarray:
    """Mark cells, given as x1, y1, x2, y2."""
    marked = np.zeros(SHAPE, bool)
    for x1, y1, x2, y2 in spans:
        marked[y1:y2, x1:x2] = True
    return marked


@pytest.mark.parametrize(
    ("spans", "left"),
    [
        ((), ()),
        (((3, 3, 4, 4),), ()),
        (((3, 3, 9, 4),), ()),
        (((3, 3, 5, 5), (70, 2, 71, 9)), ((3, 3, 5, 5),)),
        (((0, 0, 80, 60),), ((0, 0, 80, 60),)),
    ],
)
def test_what_is_smaller_than_a_face_is_left_out(
    spans: tuple[tuple[int, int, int, int], ...], left: tuple[tuple[int, int, int, int], ...]
) -> None:
    assert (squares(cells(*spans)) == cells(*left)).all()


@pytest.mark.parametrize(
    ("span", "side", "left"),
    [
        ((3, 3, 5, 5), 3, False),
        ((3, 3, 6, 5), 3, False),
        ((3, 3, 6, 6), 3, True),
        ((0, 0, 3, 3), 3, True),
        ((70, 50, 74, 55), 4, True),
        ((70, 50, 74, 55), 5, False),
        # A face may reach out of the picture.
        ((76, 55, 80, 60), 5, True),
    ],
)
def test_squares_of_any_side_stay_where_they_are(
    span: tuple[int, int, int, int], side: int, left: bool
) -> None:
    assert (squares(cells(span), side) == cells(*[span] * left)).all()


@pytest.mark.parametrize(
    ("sides", "square"), [([], 2), ([10.0], 2), ([48.0], 2), ([64.0], 3), ([300.0], 3), ([300.0, 48.0], 2)]
)
def test_a_square_lies_in_a_face_of_half_the_length_wherever_it_begins(
    sides: list[float], square: int
) -> None:
    assert square_in_face(sides, 8.0) == square


@pytest.mark.parametrize(
    ("spans", "grown"),
    [
        ((), ()),
        (((3, 3, 4, 4),), ((2, 2, 5, 5),)),
        (((0, 58, 2, 60), (79, 0, 80, 1)), ((0, 57, 3, 60), (78, 0, 80, 2))),
    ],
)
def test_what_touches_a_cell_is_its_neighbour(
    spans: tuple[tuple[int, int, int, int], ...], grown: tuple[tuple[int, int, int, int], ...]
) -> None:
    assert (with_neighbours(cells(*spans)) == cells(*grown)).all()


@pytest.mark.parametrize(
    ("sides", "spans", "grown"),
    [
        ([], ((9, 9, 11, 11),), ((9, 9, 11, 11),)),
        ([80.0, 48.0], (), ()),
        ([80.0, 48.0], ((9, 9, 11, 11),), ((4, 4, 16, 16),)),
        ([80.0], ((0, 58, 2, 60),), ((0, 53, 7, 60),)),
    ],
)
def test_what_lies_within_half_of_the_longest_face(
    sides: list[float],
    spans: tuple[tuple[int, int, int, int], ...],
    grown: tuple[tuple[int, int, int, int], ...],
) -> None:
    assert (within_a_face(cells(*spans), sides, 8.0) == cells(*grown)).all()


@pytest.mark.parametrize(("levels", "found"), [(0, 0), (7, 0), (8, 2), (200, 2)])
def test_what_is_of_one_grey_shows_no_face(levels: int, found: int) -> None:
    thumbnail = np.full(SHAPE, 50, np.uint8)
    thumbnail[20:, 40:] += np.uint8(levels)
    # A cell on each side of an edge, across it and down.
    shown = contrasted(thumbnail)
    assert (shown[30].sum(), shown[:, 60].sum()) == (found, found)


@pytest.mark.parametrize(
    ("sides", "det_size", "share"),
    [
        ([80.0], 640, 0.5),
        ([200.0, 80.0], 640, 0.5),
        ([80.0], 320, 1.0),
        ([20.0], 640, 1.0),
        ([64.0], 640, 0.5),
        ([63.0], 640, 1.0),
        ([400.0], 640, 0.125),
    ],
)
def test_a_face_of_half_the_length_has_16_pixels(sides: list[float], det_size: int, share: float) -> None:
    assert coarse_share(sides, SIZE, det_size) == pytest.approx(share)


@pytest.mark.parametrize(
    ("spans", "windows"),
    [
        ((), []),
        (((40, 30, 42, 32),), [(256, 176, 400, 320)]),
        (((0, 0, 2, 2),), [(0, 0, 80, 80)]),
        (((78, 58, 80, 60),), [(560, 400, 640, 480)]),
        # Side by side they are one; far from each other they are not.
        (((40, 30, 42, 32), (44, 30, 46, 32)), [(256, 176, 432, 320)]),
        (((0, 0, 2, 2), (78, 58, 80, 60)), [(0, 0, 80, 80), (560, 400, 640, 480)]),
        # A gap that costs less than a call is looked at too.
        (((40, 30, 42, 32), (60, 30, 62, 32)), [(256, 176, 560, 320)]),
        (((40, 30, 42, 32), (68, 30, 70, 32)), [(256, 176, 400, 320), (480, 176, 624, 320)]),
        # What lies between two makes one of all.
        (((40, 30, 42, 32), (68, 30, 70, 32), (54, 32, 56, 34)), [(256, 176, 624, 336)]),
    ],
)
def test_windows_hold_what_changed_and_a_face_around_it(
    spans: tuple[tuple[int, int, int, int], ...], windows: list[tuple[int, int, int, int]]
) -> None:
    assert windows_over(cells(*spans), [80.0], SIZE, 640) == windows
    assert windows_over(cells(*spans), [20.0, 80.0], SIZE, 640) == windows


def test_windows_are_measured_as_the_detector_sees_the_frame() -> None:
    spans = (40, 30, 42, 32), (68, 30, 70, 32)
    assert windows_over(cells(spans[0]), [80.0], SIZE, 320) == [(256, 160, 416, 320)]
    assert windows_over(cells(*spans), [80.0], SIZE, 320) == [(256, 160, 640, 320)]
    # Cells that are no squares.
    assert windows_over(cells(spans[0])[::2], [80.0], SIZE, 640) == [(256, 176, 400, 320)]
