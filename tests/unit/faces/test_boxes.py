"""Box maths against plain definitions."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from facebank.faces.boxes import area, centres, clip_boxes, iou_matrix, nms, nms_nested

EMPTY = np.empty((0, 4), np.float32)
BOXES = hnp.arrays(
    np.float64,
    st.tuples(st.integers(0, 8), st.just(4)),
    elements=st.integers(-20, 60).map(float),
).map(lambda boxes: np.concatenate([boxes[:, :2], boxes[:, :2] + np.abs(boxes[:, 2:])], axis=1))


@pytest.mark.parametrize(
    ("boxes", "areas", "middles"),
    [
        (EMPTY, [], np.empty((0, 2))),
        ([[0, 0, 4, 3]], [12], [[2, 1.5]]),
        ([[4, 3, 0, 0]], [0], [[2, 1.5]]),
        ([[-1, -1, 1, 1], [2, 2, 2, 9]], [4, 0], [[0, 0], [2, 5.5]]),
    ],
)
def test_area_and_centre(boxes: object, areas: object, middles: object) -> None:
    array = np.asarray(boxes, dtype=np.float32)
    np.testing.assert_array_equal(area(array), areas)
    np.testing.assert_array_equal(centres(array), middles)
    assert area(array).dtype == np.float32


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        (EMPTY, EMPTY),
        ([[-5, 2, 3, 99]], [[0, 2, 3, 20]]),
        ([[30, 30, 40, 40]], [[10, 20, 10, 20]]),
    ],
)
def test_clipping(boxes: object, expected: object) -> None:
    np.testing.assert_array_equal(clip_boxes(np.asarray(boxes, dtype=np.float32), 10, 20), expected)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([0, 0, 2, 2], [0, 0, 2, 2], 1),
        ([0, 0, 2, 2], [1, 0, 3, 2], 1 / 3),
        ([0, 0, 2, 2], [2, 0, 4, 2], 0),
        ([1, 1, 1, 1], [1, 1, 1, 1], 0),
    ],
)
def test_intersection_over_union(a: list[float], b: list[float], expected: float) -> None:
    assert iou_matrix(np.array([a], float), np.array([b], float))[0, 0] == pytest.approx(expected)


def test_empty_matrices() -> None:
    one = np.zeros((1, 4))
    assert iou_matrix(EMPTY, one).shape == (0, 1)
    assert iou_matrix(one, EMPTY).shape == (1, 0)
    assert nms(EMPTY, np.empty(0), 0.4).tolist() == []


@given(BOXES, BOXES)
def test_intersection_over_union_is_symmetric_and_within_0_and_1(a: np.ndarray, b: np.ndarray) -> None:
    matrix = iou_matrix(a, b)
    np.testing.assert_array_equal(matrix, iou_matrix(b, a).T)
    assert ((matrix >= 0) & (matrix <= 1)).all()
    np.testing.assert_array_equal(np.diagonal(iou_matrix(a, a)), area(a) > 0)


@given(BOXES, st.randoms(use_true_random=False), st.sampled_from([0.2, 0.4, 0.7]))
def test_nms_keeps_the_best_and_only_what_does_not_overlap(
    boxes: np.ndarray, random: object, threshold: float
) -> None:
    scores = np.array([random.random() for _ in boxes])  # type: ignore[attr-defined]
    kept = nms(boxes, scores, threshold)
    assert all(scores[a] >= scores[b] for a, b in pairwise(kept))
    overlap = iou_matrix(boxes, boxes)
    for index in range(len(boxes)):
        better = [other for other in kept if other != index and scores[other] >= scores[index]]
        assert (index in kept) == all(overlap[index, other] <= threshold for other in better)


def test_equal_scores_keep_their_order() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 10], [50, 0, 60, 10]], float)
    assert nms(boxes, np.array([0.5, 0.5, 0.5]), 0.4).tolist() == [0, 2]


def test_a_face_within_a_face_is_one_face() -> None:
    boxes = np.array([[0, 0, 100, 100], [30, 30, 60, 60], [90, 0, 190, 100]], float)
    scores = np.array([0.9, 0.8, 0.7])
    assert nms(boxes, scores, 0.6).tolist() == [0, 1, 2]
    assert nms_nested(boxes, scores, 0.6).tolist() == [0, 2]
