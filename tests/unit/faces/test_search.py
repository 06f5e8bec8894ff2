"""The search: several sizes, and second looks that lead back to the photo's own pixels."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from facebank.faces.boxes import iou_matrix
from facebank.faces.search import ATTEMPTS, _moved, _turned_looks, _upright_looks, find_faces
from portraits import astronaut, detector, friends, hanks, hopper, landscape

SIZES = (160, 320)


def test_each_look_leads_back_to_the_photo() -> None:
    photo = np.zeros((30, 70, 3), np.uint8)
    photo[11, 23] = 255
    looks = [*_upright_looks(photo, (16, 32)), *_turned_looks(photo, (16, 32))]
    assert [look.attempt for look in looks] == list(ATTEMPTS)
    for look in looks:
        y, x = np.argwhere(look.picture[:, :, 0] == 255)[0]
        middle = look.back[:, :2] @ (x + 0.5, y + 0.5) + look.back[:, 2]
        np.testing.assert_allclose(middle, (23.5, 11.5))


def test_a_border_around_a_long_and_thin_photo_takes_no_gigabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = np.zeros((64, 16, 3), np.uint8)
    photo[40:44, 8:12] = 255
    (whole,) = (look for look in _upright_looks(photo, (99,)) if look.attempt == "padded")
    assert whole.picture.shape == (128, 80, 3)
    monkeypatch.setattr("facebank.faces.search._MOST_PADDED", 128 * 80 // 4)
    (look,) = (look for look in _upright_looks(photo, (99,)) if look.attempt == "padded")
    assert look.picture.shape == (64, 40, 3)
    y, x = (np.mean(places) + 0.5 for places in np.nonzero(look.picture[:, :, 0]))
    np.testing.assert_allclose(look.back[:, :2] @ (x, y) + look.back[:, 2], (10, 42))
    # A single line of pixels too.
    for shape in ((1, 9000, 3), (9000, 1, 3)):
        looks = [*_upright_looks(np.zeros(shape, np.uint8), (99,))]
        assert max(look.picture.size for look in looks) <= max(9000 * 3, 128 * 80 // 4 * 3)


def test_a_photo_without_pixels_for_it_is_not_enlarged() -> None:
    attempts = [look.attempt for look in _upright_looks(np.zeros((30, 70, 3), np.uint8), (70,))]
    assert attempts == ["plain", "padded"]


def test_a_photo_without_a_face_has_none() -> None:
    found = find_faces(landscape(), detector(), det_sizes=SIZES, min_score=0.8)
    assert len(found.faces) == 0
    assert found.attempt is None


@pytest.mark.parametrize(("photo", "faces"), [(hanks(), 1), (astronaut(), 1), (friends(), 6)])
def test_the_faces_of_all_sizes_are_merged(photo: NDArray[np.uint8], faces: int) -> None:
    found = find_faces(photo, detector(), det_sizes=(160, 320, 640), min_score=0.8)
    assert (len(found.faces), found.attempt) == (faces, "plain")
    assert (np.diff(found.faces.scores) <= 0).all()


@pytest.mark.parametrize(("quarters", "attempt"), [(3, "turned_90"), (2, "turned_180"), (1, "turned_270")])
@pytest.mark.parametrize("photo", [astronaut()[::2, ::2], hopper()[:400:2, ::2]])
def test_a_turned_photo_gives_faces_in_its_own_pixels(
    photo: NDArray[np.uint8], quarters: int, attempt: str
) -> None:
    sizes = (320, 640)
    upright = find_faces(photo, detector(), det_sizes=sizes, min_score=0.5).faces
    turned = np.ascontiguousarray(np.rot90(photo, quarters))
    found = find_faces(turned, detector(), det_sizes=sizes, min_score=0.5)
    assert found.attempt == attempt
    matrix = next(look.back for look in _turned_looks(turned, sizes) if look.attempt == attempt)
    # Undoing the turn shows the very pixels of the upright photo.
    expected = _moved(upright, matrix)
    np.testing.assert_array_equal(found.faces.boxes, expected.boxes)
    np.testing.assert_array_equal(found.faces.landmarks, expected.landmarks)


def test_a_face_that_fills_the_picture_is_seen_better_with_a_border() -> None:
    tight = np.ascontiguousarray(astronaut()[90:160, 198:252])
    plain = detector().detect([tight], det_size=640, score_threshold=0.995)[0]
    found = find_faces(tight, detector(), det_sizes=(640,), min_score=0.995)
    assert len(plain) == 0
    assert (len(found.faces), found.attempt) == (1, "padded")
    np.testing.assert_allclose(found.faces.landmarks[0, 2], (225 - 198, 133 - 90), atol=4)


def test_a_small_face_in_a_wide_photo() -> None:
    wide = np.zeros((900, 1600, 3), np.uint8)
    wide[100:228, 1200:1328] = astronaut()[::4, ::4]
    found = find_faces(wide, detector(), det_sizes=(640,), min_score=0.5)
    assert found.attempt == "enlarged"
    overlap = iou_matrix(found.faces.boxes[:1], np.array([[1244.5, 115, 1268, 144.5]], np.float32))
    assert overlap[0, 0] > 0.5
