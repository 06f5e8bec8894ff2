"""Alignment: landmarks come to the template's places."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.transform import SimilarityTransform

from facebank.errors import DataError
from facebank.faces.alignment import align, arcface_template, similarity
from portraits import astronaut, detector


@given(
    st.floats(0.2, 8),
    st.floats(-3, 3),
    st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
    st.sampled_from([112, 224]),
)
def test_any_similar_copy_of_the_template_comes_home(
    scale: float, angle: float, shift: tuple[float, float], size: int
) -> None:
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    landmarks = (arcface_template() @ turn.T * scale + shift).astype(np.float32)
    matrix = similarity(landmarks, size)
    home = landmarks @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(home, arcface_template() * (size / 112), atol=0.05)
    rotation = matrix[:, :2] / np.sqrt(np.linalg.det(matrix[:, :2]))
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(2), atol=1e-9)


@pytest.mark.parametrize("size", [112, 224])
def test_a_real_face_is_found_at_the_template_in_its_own_crop(size: int) -> None:
    landmarks = detector().detect([astronaut()], det_size=320, score_threshold=0.8)[0].landmarks[0]
    crop = align(astronaut(), landmarks, size)
    assert (crop.shape, crop.dtype) == ((size, size, 3), np.uint8)
    again = detector().detect([crop], det_size=160, score_threshold=0.8)[0].landmarks[0]
    eyes = arcface_template()[:2] * (size / 112)
    np.testing.assert_allclose(again[:2], eyes, atol=0.06 * size)


@given(hnp.arrays(np.float32, (5, 2), elements=st.floats(-500, 500, width=32)), st.sampled_from([112, 224]))
def test_no_similarity_brings_landmarks_closer(landmarks: np.ndarray, size: int) -> None:
    assume(np.ptp(landmarks, axis=0).max() > 1)
    template = arcface_template() * np.float32(size / 112)
    # By least squares over the four numbers of a similarity: x' = ax - by + c, y' = bx + ay + d.
    x, y = landmarks.astype(np.float64).T
    one, none = np.ones(5), np.zeros(5)
    rows = np.concatenate([np.stack([x, -y, one, none], axis=1), np.stack([y, x, none, one], axis=1)])
    a, b, c, d = np.linalg.lstsq(rows, template.T.astype(np.float64).ravel())[0]
    np.testing.assert_allclose(similarity(landmarks, size), [[a, -b, c], [b, a, d]], rtol=1e-6, atol=1e-6)


def test_a_real_face_is_aligned_as_scikit_image_says() -> None:
    landmarks = detector().detect([astronaut()], det_size=320, score_threshold=0.8)[0].landmarks[0]
    places = (points.astype(np.float64) for points in (landmarks, arcface_template()))
    expected = SimilarityTransform.from_estimate(*places)
    np.testing.assert_allclose(similarity(landmarks, 112), expected.params[:2], rtol=1e-9)


@pytest.mark.parametrize("value", [7, np.nan, np.inf])
def test_one_point_is_no_face(value: float) -> None:
    with pytest.raises(DataError, match="different places"):
        align(astronaut(), np.full((5, 2), value, np.float32), 112)
