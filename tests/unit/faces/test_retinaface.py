"""RetinaFace: priors and decoding by the definition, and real faces in real photos."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from facebank.errors import ModelError
from facebank.faces.boxes import iou_matrix
from facebank.faces.detections import scaled
from facebank.faces.detector import open_detector
from facebank.faces.retinaface import RetinaFace, decode_boxes, decode_landmarks, prior_boxes
from facebank.runtime.packs import load_pack
from portraits import TINY, astronaut, detector, friends, hanks, hopper, landscape

#: The six faces of insightface's t1.jpg and the astronaut's, as drawn by hand.
SIX = [[59, 259, 165, 399], [269, 149, 367, 271], [466, 269, 576, 417],
       [745, 346, 843, 479], [904, 61, 1009, 205], [1133, 273, 1224, 398]]  # fmt: skip
ONE = [[178, 60, 272, 178]]


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (17, 40), (64, 33)])
def test_priors_follow_the_definition(size: tuple[int, int]) -> None:
    height, width = size
    expected = [
        ((x + 0.5) * stride, (y + 0.5) * stride, side)
        for stride, sides in ((8, (16, 32)), (16, (64, 128)), (32, (256, 512)))
        for y in range(int(np.ceil(height / stride)))
        for x in range(int(np.ceil(width / stride)))
        for side in sides
    ]
    np.testing.assert_array_equal(prior_boxes(height, width), np.array(expected, np.float32))


@pytest.mark.parametrize("size", [(40, 56), (120, 161)])
def test_there_is_a_prior_for_each_row_of_the_model(size: tuple[int, int]) -> None:
    model = RetinaFace(load_pack(TINY))
    rows = model._session.run(["loc"], {"input": np.zeros((1, 3, *size), np.float32)})[0]
    assert rows.shape[1] == len(prior_boxes(*size))


def test_decoding_follows_the_definition() -> None:
    priors = np.array([[100, 50, 32]], np.float32)
    assert decode_boxes(np.zeros((1, 4), np.float32), priors).tolist() == [[84, 34, 116, 66]]
    box = decode_boxes(np.array([[1, -2, 5 * np.log(2), 0]], np.float32), priors)
    np.testing.assert_allclose(box, [[103.2 - 32, 43.6 - 16, 103.2 + 32, 43.6 + 16]], rtol=1e-6)
    points = decode_landmarks(np.arange(10, dtype=np.float32)[None], priors)
    np.testing.assert_allclose(
        points[0], [(100 + 3.2 * x, 50 + 3.2 * (x + 1)) for x in range(0, 10, 2)], rtol=1e-6
    )


@pytest.mark.parametrize(
    ("colour", "std"), [("bgr", 1.0), ("rgb", 1.0), ("bgr", 128.0), ("rgb", (58.0, 57.0, 56.0))]
)
def test_the_input_is_what_the_contract_says(colour: str, std: float | tuple[float, ...]) -> None:
    pack = load_pack(TINY)
    contract = dataclasses.replace(pack.detector, colour=colour, std=std)  # type: ignore[arg-type]
    model = RetinaFace(dataclasses.replace(pack, detector=contract))
    image = astronaut()[:40, :48]
    blob = cv2.dnn.blobFromImages([image], 1.0, mean=contract.mean, swapRB=colour == "bgr")
    expected = blob / np.reshape(std, (-1, 1, 1)).astype(np.float32)
    np.testing.assert_array_equal(model._blob([image]), expected)


@pytest.mark.parametrize(
    ("image", "det_size", "expected"),
    [(landscape(), 320, []), (astronaut(), 320, ONE), (astronaut(), 640, ONE), (friends(), 640, SIX)],
)
def test_real_faces_are_found_where_they_are(
    image: NDArray[np.uint8], det_size: int, expected: list[list[int]]
) -> None:
    faces = detector().detect([image], det_size=det_size, score_threshold=0.8)[0]
    assert len(faces) == len(expected)
    assert (np.diff(faces.scores) <= 0).all()
    assert (faces.boxes.dtype, faces.scores.dtype, faces.landmarks.dtype) == (np.float32,) * 3
    if expected:
        overlap = iou_matrix(np.array(expected, np.float32), faces.boxes)
        assert (overlap.max(axis=1) > 0.7).all()
        assert sorted(overlap.argmax(axis=1)) == list(range(len(expected)))


def test_landmarks_stand_in_their_order_within_the_box() -> None:
    faces = detector().detect([astronaut()], det_size=320, score_threshold=0.8)[0]
    left_eye, right_eye, nose, left_mouth, right_mouth = faces.landmarks[0]
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < nose[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])
    assert ((faces.landmarks[0] > faces.boxes[0, :2]) & (faces.landmarks[0] < faces.boxes[0, 2:])).all()


def test_a_result_does_not_depend_on_the_other_images_or_on_threads() -> None:
    images = [astronaut(), hopper(), astronaut()[:, ::-1], landscape(), hanks(), astronaut()]
    together = detector().detect(images, det_size=160, score_threshold=0.5)
    threaded = open_detector(load_pack(TINY), threads=2).detect(images, det_size=160, score_threshold=0.5)
    for image, one, two in zip(images, together, threaded, strict=True):
        alone = detector().detect([image], det_size=160, score_threshold=0.5)[0]
        for name in ("boxes", "scores", "landmarks"):
            np.testing.assert_array_equal(getattr(one, name), getattr(alone, name))
            np.testing.assert_array_equal(getattr(two, name), getattr(alone, name))
    assert detector().detect([], det_size=160, score_threshold=0.5) == []


def test_rgb_is_not_bgr() -> None:
    right = detector().detect([friends()], det_size=320, score_threshold=0.5)[0]
    swapped = detector().detect([friends()[:, :, ::-1].copy()], det_size=320, score_threshold=0.5)[0]
    assert right.scores.sum() > swapped.scores.sum()


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((100, 200), (32, 64)),
        ((200, 100), (64, 32)),
        ((32, 64), (32, 64)),
        ((1, 5000), (1, 64)),
        ((20, 20), (64, 64)),
    ],
)
def test_scaling_keeps_the_aspect(shape: tuple[int, int], expected: tuple[int, int]) -> None:
    assert scaled(np.zeros((*shape, 3), np.uint8), 64).shape == (*expected, 3)


def test_another_model_is_no_retinaface() -> None:
    pack = load_pack(TINY)
    wrong = dataclasses.replace(pack.file("embedder"), role="detector")
    with pytest.raises(ModelError, match="another family"):
        open_detector(dataclasses.replace(pack, files=(wrong, pack.file("embedder"))))
