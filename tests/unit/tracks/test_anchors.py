from __future__ import annotations

import numpy as np

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
