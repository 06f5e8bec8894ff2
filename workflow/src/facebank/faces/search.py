"""Find the faces of a photo whatever their size: several scales at once, and second looks before "no face".

Why several scales (measured with the embedded detector): a face that fills the picture is missed or badly
landmarked where the picture is large, a small face in a wide photo where it is small. 320 and 640 together do
on tight 100 px crops what 320 does, and on wide photos what 640 does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from facebank.faces.boxes import nms_nested
from facebank.faces.detections import Detections
from facebank.faces.facts import pose

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from facebank.faces.detections import Detector

__all__ = ["ATTEMPTS", "Attempt", "FoundFaces", "find_faces"]

Attempt = Literal["plain", "padded", "enlarged", "turned_90", "turned_180", "turned_270"]

#: The looks that are taken, in this order; turns are counter-clockwise. See `find_faces` for when.
ATTEMPTS: tuple[Attempt, ...] = ("plain", "padded", "enlarged", "turned_90", "turned_180", "turned_270")

#: Boxes that share more than this of the smaller one are the same face.
_SAME_FACE = 0.6

#: A best face of a lower score, or one that leans more (in degrees), may not stand upright.
_DOUBTFUL_SCORE = 0.8
_DOUBTFUL_ROLL = 40.0

#: Pixels of the largest picture with a border: of a photo of 89 million pixels that is twice as long as wide.
_MOST_PADDED = 1 << 29


@dataclass(frozen=True, slots=True, eq=False)
class FoundFaces:
    """What the search found.

    Attributes
    ----------
    faces : Detections
        The faces, best first, in pixels of the photo as it was given.
    attempt : str or None
        Which look found them; None when there is no face.
    """

    faces: Detections
    attempt: Attempt | None


def find_faces(
    image: NDArray[np.uint8], detector: Detector, *, det_sizes: Sequence[int], min_score: float
) -> FoundFaces:
    """Find the faces of a photo.

    A photo without a face gets a second look: with a border (a face that fills the picture), at twice the
    largest size where the photo has the pixels (a small face in a wide photo). If there is still no face, or
    the best one is doubtful, the photo is also turned, and the look with the best face wins: a detector finds
    faces that lie on their side or upside down, but often with wrong landmarks.

    Parameters
    ----------
    image : ndarray (H, W, 3) of uint8
        RGB photo.
    detector : Detector
        The detector.
    det_sizes : sequence of int
        Longer sides in pixels at which the detector sees the photo; the faces of all sizes are merged.
    min_score : float
        A face needs this score, at any size.

    Returns
    -------
    FoundFaces
        The faces and how they were found.
    """

    def found_by(look: _Look) -> FoundFaces:
        seen = [
            detector.detect([look.picture], det_size=size, score_threshold=min_score)[0]
            for size in look.det_sizes
        ]
        return FoundFaces(_moved(_merged(seen), look.back), look.attempt)

    looks = map(found_by, _upright_looks(image, det_sizes))
    upright = next((found for found in looks if len(found.faces)), None)
    if upright is None:
        return _best(map(found_by, _turned_looks(image, det_sizes)))
    if not _is_doubtful(upright.faces):
        return upright
    # Heads lean; most doubtful faces are right. The smallest size is enough to see whether turning pays.
    promising = [
        look
        for look in _turned_looks(image, det_sizes)
        if _best_score(found_by(replace(look, det_sizes=[min(det_sizes)]))) > _best_score(upright)
    ]
    return _best([upright, *map(found_by, promising)])


def _best(found: Iterable[FoundFaces]) -> FoundFaces:
    """Give the look with the best face, of equals the first; one without a face where all are."""
    best = max(found, key=_best_score)
    return best if len(best.faces) else FoundFaces(best.faces, None)


def _best_score(found: FoundFaces) -> float:
    """Give the score of a look's best face, 0 where it has none."""
    return float(found.faces.scores[0]) if len(found.faces) else 0.0


def _is_doubtful(faces: Detections) -> bool:
    """Tell whether the best face might be one that does not stand upright."""
    return bool(faces.scores[0] < _DOUBTFUL_SCORE or abs(pose(faces.landmarks[0]).roll) > _DOUBTFUL_ROLL)


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """One look at a photo: the picture that is searched, and the way back to the photo.

    `back`, ndarray (2, 3), maps ``(x, y, 1)`` of the picture to ``(x, y)`` of the photo.
    """

    attempt: Attempt
    picture: NDArray[np.uint8]
    det_sizes: Sequence[int]
    back: NDArray[np.float32]


def _upright_looks(image: NDArray[np.uint8], det_sizes: Sequence[int]) -> Iterator[_Look]:
    """Give the looks at a photo as it stands; each picture is made when it is asked for."""
    height, width = image.shape[:2]
    as_it_is = _affine([[1, 0, 0], [0, 1, 0]])
    yield _Look("plain", image, det_sizes, as_it_is)
    yield _padded_look(image, det_sizes)
    if max(height, width) > max(det_sizes):
        yield _Look("enlarged", image, [2 * max(det_sizes)], as_it_is)


def _padded_look(image: NDArray[np.uint8], det_sizes: Sequence[int]) -> _Look:
    """Give a photo with a border; a long and thin one is shrunk first, or the border would take gigabytes."""
    longer = max(image.shape[:2])
    padded_pixels = (image.shape[0] + longer) * (image.shape[1] + longer)
    factor = min(1.0, sqrt(_MOST_PADDED / padded_pixels))
    height, width = (max(1, round(side * factor)) for side in image.shape[:2])
    small = image if factor == 1 else cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    border = max(height, width) // 2
    across, down = image.shape[1] / width, image.shape[0] / height
    return _Look(
        "padded",
        np.pad(small, ((border, border), (border, border), (0, 0))),
        det_sizes,
        _affine([[across, 0, -border * across], [0, down, -border * down]]),
    )


def _turned_looks(image: NDArray[np.uint8], det_sizes: Sequence[int]) -> Iterator[_Look]:
    """Give the looks at a turned photo."""
    height, width = image.shape[:2]
    yield _Look(
        "turned_90",
        _turned(image, cv2.ROTATE_90_COUNTERCLOCKWISE),
        det_sizes,
        _affine([[0, -1, width], [1, 0, 0]]),
    )
    yield _Look(
        "turned_180", _turned(image, cv2.ROTATE_180), det_sizes, _affine([[-1, 0, width], [0, -1, height]])
    )
    yield _Look(
        "turned_270",
        _turned(image, cv2.ROTATE_90_CLOCKWISE),
        det_sizes,
        _affine([[0, 1, 0], [-1, 0, height]]),
    )


def _turned(image: NDArray[np.uint8], turn: int) -> NDArray[np.uint8]:
    """Turn an image; OpenCV is three times as fast as copying NumPy's turned view."""
    return np.asarray(cv2.rotate(image, turn), dtype=np.uint8)


def _affine(rows: Sequence[Sequence[float]]) -> NDArray[np.float32]:
    """Give an affine map as a matrix."""
    return np.array(rows, dtype=np.float32)


def _merged(found: Sequence[Detections]) -> Detections:
    """Merge what was found at several sizes; of two sightings of a face the better one stays."""
    everything = Detections(
        np.concatenate([faces.boxes for faces in found]),
        np.concatenate([faces.scores for faces in found]),
        np.concatenate([faces.landmarks for faces in found]),
    )
    return everything.take(nms_nested(everything.boxes, everything.scores, _SAME_FACE))


def _moved(faces: Detections, matrix: NDArray[np.float32]) -> Detections:
    """Map faces by an affine matrix that keeps boxes axis-aligned."""
    corners = faces.boxes.reshape(-1, 2, 2) @ matrix[:, :2].T + matrix[:, 2]
    return Detections(
        np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1),
        faces.scores,
        faces.landmarks @ matrix[:, :2].T + matrix[:, 2],
    )
