"""Shapes of input: as they are on the CPU, few on CUDA."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facebank.faces.embedder import Embedder
from facebank.faces.retinaface import RetinaFace
from facebank.runtime.packs import load_pack
from facebank.runtime.shapes import InputShapes
from portraits import LITE, detector, embedder, friends

if TYPE_CHECKING:
    from numpy.typing import NDArray


@given(st.integers(1, 4096), st.integers(1, 4096), st.integers(1, 16))
def test_the_cpu_pads_nothing(height: int, width: int, count: int) -> None:
    shapes = InputShapes.on("cpu")
    assert (shapes.sides(height, width), shapes.rows(count)) == ((height, width), count)


@given(st.integers(1, 640), st.integers(1, 640), st.integers(1, 16))
def test_cuda_sees_few_shapes_that_hold_everything(height: int, width: int, count: int) -> None:
    shapes = InputShapes.on("cuda:1")
    rows, columns = shapes.sides(height, width)
    assert rows == columns >= max(height, width)
    assert rows in range(64, 641, 64)
    assert count <= shapes.rows(count) in {1, 2, 4, 8, 16}


@pytest.mark.parametrize("side", [64, 320, 640])
def test_a_square_of_a_usual_size_is_not_padded(side: int) -> None:
    assert InputShapes.on("cuda").sides(side, side) == (side, side)


@pytest.fixture
def photo() -> NDArray[np.uint8]:
    return np.ascontiguousarray(friends()[:-37])


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("det_size", [320, 500, 640])
def test_padding_moves_no_face_and_adds_none(photo: NDArray[np.uint8], det_size: int, count: int) -> None:
    padding = RetinaFace(load_pack(LITE))
    padding._shapes = InputShapes(fixed=True)
    (plain,) = detector().detect([photo], det_size=det_size, score_threshold=0.8)
    found = padding.detect([photo] * count, det_size=det_size, score_threshold=0.8)
    assert len(found) == count
    pixel = max(photo.shape) / det_size  # of the picture that the model saw
    for padded in found:
        offsets = np.abs(plain.boxes[:, None] - padded.boxes[None]).max(axis=2)
        assert sorted(offsets.argmin(axis=1)) == list(range(len(padded)))
        assert offsets.min(axis=1).max() < pixel


def test_rows_of_padding_change_no_embedding(photo: NDArray[np.uint8]) -> None:
    (faces,) = detector().detect([photo], det_size=640, score_threshold=0.8)
    padding = Embedder(load_pack(LITE))
    padding._shapes = InputShapes(fixed=True)
    expected = embedder(LITE).embed_faces(photo, faces.landmarks)
    np.testing.assert_allclose(padding.embed_faces(photo, faces.landmarks), expected, rtol=0, atol=1e-4)
    assert padding.embed([]).shape == (0, padding.dimension)
