from __future__ import annotations

import numpy as np
import pytest

from facebank.tracks.anchors import fit_anchors

LEFT, MIDDLE, RIGHT = np.array([[100, 100, 160, 180], [300, 90, 360, 170], [500, 110, 570, 190]], float)


def seen(
    *boxes: object, scores: object = None, keyframes: int = 20
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give faces that stand in every keyframe."""
    every = np.tile(np.array(boxes, float), (keyframes, 1, 1))
    at = np.repeat(np.arange(keyframes), len(boxes))
    given = np.ones(len(boxes)) if scores is None else np.asarray(scores, float)
    return every.reshape(-1, 4), np.tile(given, keyframes), at


def test_no_faces_give_no_places() -> None:
    fit = fit_anchors(np.empty((0, 4)), np.empty(0), np.empty(0, int), slots=3, keyframe_count=27)
    assert fit.boxes.shape == (0, 4)
    assert fit.problem == "FEWER_PLACES_THAN_SLOTS"


def test_places_are_sorted_from_left_to_right_whatever_the_order_of_the_faces() -> None:
    boxes, scores, at = seen(RIGHT, LEFT, MIDDLE, scores=(0.9, 0.7, 0.8))
    fit = fit_anchors(boxes, scores, at, slots=3, keyframe_count=20)
    assert fit.problem == ""
    assert np.array_equal(fit.boxes, [LEFT, MIDDLE, RIGHT])


def test_a_face_that_is_never_found_makes_the_slots_unknown() -> None:
    fit = fit_anchors(*seen(LEFT, RIGHT), slots=3, keyframe_count=20)
    assert (len(fit.boxes), fit.problem) == (0, "FEWER_PLACES_THAN_SLOTS")


def test_a_lasting_fourth_face_makes_the_slots_ambiguous() -> None:
    fit = fit_anchors(*seen(LEFT, MIDDLE, RIGHT, MIDDLE + 150), slots=3, keyframe_count=20)
    assert (len(fit.boxes), fit.problem) == (0, "AMBIGUOUS_PLACES")


def test_a_fourth_face_that_comes_and_goes_is_left_out() -> None:
    boxes, scores, at = seen(LEFT, MIDDLE, RIGHT, MIDDLE + 150)
    keep = (np.arange(len(at)) % 4 != 3) | (at < 12)
    fit = fit_anchors(boxes[keep], scores[keep], at[keep], slots=3, keyframe_count=20)
    assert np.array_equal(fit.boxes, [LEFT, MIDDLE, RIGHT])


def test_a_passer_by_has_no_place() -> None:
    boxes, scores, at = seen(LEFT, MIDDLE, RIGHT)
    walking = np.array([[20 + 28 * step, 250, 110 + 28 * step, 360] for step in range(20)], float)
    fit = fit_anchors(
        np.vstack([walking, boxes]),
        np.r_[np.ones(20), scores],
        np.r_[np.arange(20), at],
        slots=3,
        keyframe_count=20,
    )
    assert np.array_equal(fit.boxes, [LEFT, MIDDLE, RIGHT])


@pytest.mark.parametrize(
    ("keyframes", "sightings", "found"),
    [
        (100, 10, True),
        (100, 9, False),
        (20, 3, True),
        (20, 2, False),
        (2, 2, True),
        (2, 1, False),
        (1, 1, True),
    ],
)
def test_a_place_is_one_where_a_face_was_seen_often_enough(
    keyframes: int, sightings: int, *, found: bool
) -> None:
    boxes, scores, at = seen(LEFT, MIDDLE, RIGHT, keyframes=keyframes)
    keep = (np.arange(len(at)) % 3 != 2) | (at < sightings)
    fit = fit_anchors(boxes[keep], scores[keep], at[keep], slots=3, keyframe_count=keyframes)
    assert (fit.problem == "") is found
    assert len(fit.boxes) == 3 * found


def test_faces_of_one_keyframe_are_one_sighting() -> None:
    boxes, scores, at = seen(LEFT, MIDDLE, RIGHT)
    keep = np.arange(len(at)) % 3 != 2
    fit = fit_anchors(
        np.vstack([boxes[keep], np.tile(RIGHT, (9, 1))]),
        np.r_[scores[keep], np.ones(9)],
        np.r_[at[keep], np.full(9, 7)],
        slots=3,
        keyframe_count=20,
    )
    assert fit.problem == "FEWER_PLACES_THAN_SLOTS"


@pytest.mark.parametrize(("share", "found"), [(0.045, True), (0.055, False)])
def test_a_place_is_one_where_faces_stand_still(share: float, *, found: bool) -> None:
    away = share * np.sqrt(70 * 80) * np.r_[np.full(10, -1), 0, np.full(10, 1)]
    boxes, scores, at = seen(LEFT, MIDDLE, RIGHT, keyframes=21)
    boxes[2::3] += away[:, None] * [1, 0, 1, 0]
    fit = fit_anchors(boxes, scores, at, slots=3, keyframe_count=21)
    assert fit.problem == ("" if found else "UNSTEADY_PLACES")


@pytest.mark.parametrize(("slots", "problem"), [(3, "UNSTEADY_PLACES"), (4, "FEWER_PLACES_THAN_SLOTS")])
def test_faces_that_a_shaking_camera_sees_are_not_said_to_be_missing(slots: int, problem: str) -> None:
    boxes, scores, at = seen(LEFT, MIDDLE, RIGHT, keyframes=20)
    boxes += 6 * np.resize([-1, 1], 20).repeat(3)[:, None] * [1, 0, 1, 0]
    fit = fit_anchors(boxes, scores, at, slots=slots, keyframe_count=20)
    assert (len(fit.boxes), fit.problem) == (0, problem)


@pytest.mark.parametrize(("sightings", "faces", "told"), [(16, 1, True), (17, 1, False), (10, 3, True)])
def test_a_rival_is_one_that_is_seen_nearly_as_often(sightings: int, faces: int, *, told: bool) -> None:
    boxes, scores, at = seen(LEFT, MIDDLE, RIGHT, *[MIDDLE + 150] * faces)
    keep = (np.arange(len(at)) % (3 + faces) < 3) | (at < sightings)
    fit = fit_anchors(boxes[keep], scores[keep], at[keep], slots=3, keyframe_count=20)
    assert fit.problem == ("" if told else "AMBIGUOUS_PLACES")


@pytest.mark.parametrize(("parked", "told"), [(9, False), (10, True)])
def test_a_place_where_a_portrait_was_parked_is_no_slot(parked: int, *, told: bool) -> None:
    """In the slot's own place it lay in two ways: nothing stood still there for half of the time.

    Nor did what was seen elsewhere for a moment.
    """
    boxes, scores, at = seen(LEFT, MIDDLE, RIGHT, MIDDLE + 150, MIDDLE + 300)
    boxes[1::5] += 0.06 * np.sqrt(70 * 80) * np.repeat([-1, 1], 10)[:, None] * [1, 0, 1, 0]
    boxes[4::5] += 0.06 * np.sqrt(70 * 80) * np.resize([-1, 1], 20)[:, None] * [1, 0, 1, 0]
    keep = (np.arange(len(at)) % 5 < 3) | (at < np.where(np.arange(len(at)) % 5 == 3, parked, 4))
    fit = fit_anchors(boxes[keep], scores[keep], at[keep], slots=3, keyframe_count=20)
    assert (fit.problem == "") is told
    assert len(fit.boxes) == 3 * told


def test_two_beginnings_of_one_place_are_one_place() -> None:
    size = np.sqrt(70 * 80)
    away = size * np.r_[0.3, -0.3, np.tile([0.01, -0.01], 9)]
    boxes, scores, at = seen(LEFT, MIDDLE, RIGHT)
    boxes[2::3] += away[:, None] * [1, 0, 1, 0]
    fit = fit_anchors(boxes, scores, at, slots=3, keyframe_count=20)
    assert fit.problem == ""
    assert np.abs(fit.boxes - [LEFT, MIDDLE, RIGHT]).max() < 1
    assert len(fit.support) == 3


def test_left_is_where_a_places_middle_lies() -> None:
    wide, narrow = [100, 300, 400, 400], [120, 100, 180, 180]
    fit = fit_anchors(*seen(wide, narrow), slots=2, keyframe_count=20)
    assert np.array_equal(fit.boxes, [narrow, wide])
    begins_later = [220, 100, 300, 180]
    fit = fit_anchors(*seen(begins_later, wide), slots=2, keyframe_count=20)
    assert np.array_equal(fit.boxes, [wide, begins_later])
