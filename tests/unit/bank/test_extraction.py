"""Extraction: which faces of a photo are kept, and what is said of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from facebank.bank.extraction import ExtractionRules, PhotoFaces, extract_faces
from facebank.faces.detections import Detections
from portraits import TINY, astronaut, detector, embedder, friends, landscape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RULES = ExtractionRules((320,), 0.5, 4)


def extracted(photo: NDArray[np.uint8], rules: ExtractionRules = RULES) -> PhotoFaces:
    return extract_faces(photo, detector(), embedder(TINY), rules)


def test_a_photo_without_a_face_has_no_row() -> None:
    found = extracted(landscape(), ExtractionRules((160,), 0.9, 4))
    assert len(found) == 0
    assert (int(found.faces_found), str(found.attempt)) == (0, "")
    assert (found.embeddings.shape, found.landmarks.shape) == ((0, 256), (0, 5, 2))


@pytest.mark.parametrize("keep", [1, 4, 9])
def test_the_largest_faces_are_kept(keep: int) -> None:
    found = extracted(friends(), ExtractionRules((640,), 0.5, keep))
    assert (int(found.faces_found), len(found)) == (6, min(keep, 6))
    assert (np.diff(found.shares) <= 0).all()
    np.testing.assert_allclose(np.linalg.norm(found.embeddings, axis=1), 1, rtol=1e-5)
    assert (found.norms > 1).all()


def test_the_facts_belong_to_their_face() -> None:
    found = extracted(astronaut())
    x1, y1, x2, y2 = found.boxes[0]
    assert found.shares[0] == pytest.approx((x2 - x1) * (y2 - y1) / 512**2, rel=1e-5)
    assert 0 < found.blurs[0] < 0.6
    assert np.abs(found.poses[0]).max() < 25


def test_boxes_are_cut_to_the_photo() -> None:
    photo = np.ascontiguousarray(astronaut()[80:300, 190:400])
    found = extracted(photo)
    raw = detector().detect([photo], det_size=320, score_threshold=0.5)[0].boxes[0]
    assert raw[0] < 0
    assert found.boxes[0].tolist() == [0, *raw[1:].tolist()]


@dataclass
class GhostDetector:
    """The real detector, and beside its faces a huge box that is hardly a face."""

    score: float

    def detect(
        self, images: Sequence[NDArray[np.uint8]], *, det_size: int, score_threshold: float
    ) -> list[Detections]:
        found = detector().detect(images, det_size=det_size, score_threshold=score_threshold)[0]
        if self.score < score_threshold:
            return [found]
        return [
            Detections(
                np.concatenate([found.boxes, [[300, 200, 512, 512]]]).astype(np.float32),
                np.append(found.scores, np.float32(self.score)),
                np.concatenate([found.landmarks, found.landmarks[:1] + 200]),
            )
        ]


@pytest.mark.parametrize(("score", "faces"), [(0.45, 1), (0.6, 2)])
def test_the_score_gate_comes_before_the_size(score: float, faces: int) -> None:
    found = extract_faces(astronaut(), GhostDetector(score), embedder(TINY), RULES)
    assert len(found) == faces
    assert found.scores[0] == pytest.approx(0.99 if faces == 1 else score, abs=0.02)


def test_arrays_there_and_back() -> None:
    found = extracted(astronaut())
    again = PhotoFaces.from_arrays(found.arrays())
    assert all(np.array_equal(array, again.arrays()[name]) for name, array in found.arrays().items())
