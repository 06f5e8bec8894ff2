"""Places of faces: whose a box is, and where it is looked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facebank.keyframes.keyframe import Face
from facebank.keyframes.places import (
    CLOSE,
    WIDE,
    Place,
    around_both,
    assigned,
    happened,
    overlap,
    window_around,
)

CLEAR = (100, 100, 160, 180)
#: What is left of the face when something stands before its lower two thirds.
PARTLY = (100, 100, 160, 125)


def face(*box: float, at: int = 0) -> Face:
    """Make a face."""
    return Face(np.array(box, np.float32), 0.9, np.zeros((5, 2), np.float32), at, at)


def place(*looks: Face | None) -> Place:
    """Make a place that was looked at in each frame from 0."""
    return Place(face(*CLEAR), dict(enumerate(looks)))


def test_nothing_is_assigned_to_nothing() -> None:
    assert assigned([], [], 0) == []
    assert assigned([place(face(*CLEAR))], [], 1) == [None]
    assert assigned([], [face(*CLEAR)], 1) == []


def test_a_face_that_was_covered_in_part_is_known_again() -> None:
    """By the box last found alone it would be a face at another place."""
    covered = place(face(*CLEAR), face(*PARTLY, at=1), None)
    again = face(*CLEAR, at=3)
    assert assigned([covered], [again], 3) == [again]
    assert assigned([covered], [face(300, 100, 360, 180, at=3)], 3) == [None]


def test_each_place_has_its_own_face() -> None:
    left, right = place(face(*CLEAR)), place(face(*CLEAR))
    right.known = face(300, 100, 360, 180)
    right.looks = {0: face(300, 100, 360, 180)}
    faces = [face(302, 100, 362, 180), face(101, 100, 161, 180)]
    assert assigned([left, right], faces, 1) == [faces[1], faces[0]]


@pytest.mark.parametrize(
    ("last", "sought"),
    [(CLEAR, CLEAR), (PARTLY, CLEAR), ((130, 100, 190, 180), (130, 100, 190, 180))],
    ids=["still", "covered", "moved"],
)
def test_a_face_is_sought_where_it_stood_clear_or_where_it_moved(
    last: tuple[int, ...], sought: tuple[int, ...]
) -> None:
    assert tuple(place(face(*CLEAR), face(*last, at=1)).box_sought(1)) == sought


@pytest.mark.parametrize(
    ("shift", "moved"),
    [
        ((-5, 0), False),
        ((5, 0), False),
        ((0, -7), False),
        ((0, 7), False),
        ((-7, 0), True),
        ((7, 0), True),
        ((0, -9), True),
        ((0, 9), True),
    ],
)
def test_a_face_moved_that_reaches_out_by_a_tenth_of_its_sides(
    shift: tuple[int, int], *, moved: bool
) -> None:
    found = tuple(start + by for start, by in zip(CLEAR, shift * 2, strict=True))
    seen = place(face(*CLEAR), face(*found, at=1))
    assert (seen.box_sought(1) is seen.box_near(1), seen.box_sought(1) is seen.box) == (moved, not moved)


def test_what_is_found_later_says_nothing_of_a_frame_before() -> None:
    seen = place(None, face(*CLEAR, at=1), face(*PARTLY, at=2))
    assert seen.box_near(0) is seen.box
    assert [seen.box_near(frame).tolist() for frame in (1, 2, 3)] == [[*CLEAR], [*PARTLY], [*PARTLY]]
    assert [seen.last_look(frame) for frame in (0, 1, 2, 9)] == [0, 1, 2, 2]


def test_who_is_only_found_later_gets_what_no_other_place_does() -> None:
    beside = (112, 100, 172, 180)
    seen, later = place(face(*CLEAR)), place(None, None, face(*beside, at=2))
    later.known = face(*beside, at=2)
    assert [later.was_found(frame) for frame in (0, 1, 2, 3)] == [False, False, True, True]
    between = face(110, 100, 170, 180)
    assert assigned([seen, later], [between], 1) == [between, None]
    assert assigned([seen, later], [between], 2) == [None, between]


def test_a_face_that_moved_is_told_by_where_it_was_last() -> None:
    away = (300, 100, 360, 180)
    moved = place(face(*CLEAR), face(*away, at=1))
    found = face(302, 100, 362, 180, at=2)
    assert assigned([moved], [found], 2) == [found]
    # Where it stood at first, it holds whom it was seen with clear.
    assert (moved.holds(face(*CLEAR)), moved.holds(face(*away))) == (True, False)


def test_no_face_is_at_two_places() -> None:
    """Who passed before the other place was found there last, and stands before the first one by now."""
    first, other = place(face(*CLEAR)), place(face(*CLEAR))
    other.known = face(300, 100, 360, 180)
    found = face(*CLEAR, at=1)
    assert assigned([first, other], [found], 1) == assigned([other, first], [found], 1)[::-1] == [found, None]


def test_only_the_last_look_and_the_last_that_found_it_are_kept() -> None:
    seen = place(face(*CLEAR), face(*CLEAR, at=1), None, None)
    seen.forget()
    assert sorted(seen.looks) == [1, 3]
    assert seen.face(5) is None
    assert seen.box_near(5) is seen.looks[1].box  # type: ignore[union-attr] - it was found


@pytest.mark.parametrize(
    ("first", "second", "covered", "expected"),
    [
        (None, None, True, False),
        (None, CLEAR, False, True),
        (CLEAR, None, False, True),
        (CLEAR, CLEAR, False, False),
        (CLEAR, CLEAR, True, True),
        (CLEAR, (101, 100, 161, 182), False, False),
        (CLEAR, (101, 100, 161, 183), False, True),
    ],
)
def test_what_happened_between_two_looks(
    first: tuple[int, ...] | None, second: tuple[int, ...] | None, *, covered: bool, expected: bool
) -> None:
    before, after = (box if box is None else face(*box) for box in (first, second))
    assert happened(before, after, covered=covered) is expected


@given(
    size=st.sampled_from([(640, 480), (1280, 720), (480, 640), (854, 480)]),
    corner=st.tuples(st.integers(-200, 1400), st.integers(-200, 1400)),
    sides=st.tuples(st.integers(1, 400), st.integers(1, 400)),
)
def test_a_window_lies_in_the_frame_and_holds_what_is_in_it_of_the_box(
    size: tuple[int, int], corner: tuple[int, int], sides: tuple[int, int]
) -> None:
    box = np.array([*corner, *(start + side for start, side in zip(corner, sides, strict=True))])
    x1, y1, x2, y2 = window_around(box, size, 640)
    assert 0 <= x1 < x2 <= size[0]
    assert 0 <= y1 < y2 <= size[1]
    inside = np.clip(box, 0, np.tile(size, 2))
    if inside[0] < inside[2] and inside[1] < inside[3]:
        assert (np.array([x1, y1]) <= inside[:2]).all()
        assert (inside[2:] <= np.array([x2, y2])).all()


def test_a_close_window_lies_in_the_wide_one_and_shows_the_face_on_the_same_cells() -> None:
    box = np.array([250, 200, 330, 300])
    close, wide = (window_around(box, (640, 480), 640, context=context) for context in (CLOSE, WIDE))
    assert close == (192, 160, 384, 352)
    assert wide == (160, 96, 416, 384)
    assert window_around(box, (640, 480), 640) == wide
    # However small the face, there is a cell around it.
    assert window_around(np.array([300, 200, 308, 208]), (640, 480), 640) == (256, 160, 352, 256)


@pytest.mark.parametrize(
    ("other", "common"),
    [
        (CLEAR, True),
        ((120, 120, 130, 130), True),
        ((150, 170, 300, 300), True),
        ((160, 100, 220, 180), False),
        ((100, 180, 160, 220), False),
        ((150, 200, 300, 300), False),
        ((200, 170, 300, 300), False),
    ],
)
def test_boxes_that_touch_have_no_part_in_common(other: tuple[float, ...], *, common: bool) -> None:
    first, second = (np.array(box, np.float32) for box in (CLEAR, other))
    assert overlap(first, second) is overlap(second, first) is common


def test_around_two_boxes_lies_the_least_that_holds_both() -> None:
    first, second = (np.array(box, np.float32) for box in (CLEAR, (90, 120, 170, 140)))
    assert around_both(first, second).tolist() == around_both(second, first).tolist() == [90, 100, 170, 180]


@pytest.mark.parametrize(
    ("found", "holds"),
    [(None, False), (CLEAR, True), ((110, 110, 170, 190), True), ((300, 100, 360, 180), False)],
)
def test_a_place_holds_a_face_that_lies_there(found: tuple[float, ...] | None, *, holds: bool) -> None:
    assert place(None).holds(None if found is None else face(*found)) is holds
