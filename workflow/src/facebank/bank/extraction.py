"""From the pixels of a photo to the faces that are kept of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.faces.alignment import align
from facebank.faces.boxes import area, clip_boxes
from facebank.faces.embedder import unit
from facebank.faces.facts import blur, pose
from facebank.faces.search import find_faces

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from facebank.faces.detections import Detector
    from facebank.faces.embedder import Embedder

__all__ = ["ExtractionRules", "PhotoFaces", "extract_faces"]


@dataclass(frozen=True, slots=True)
class ExtractionRules:
    """What decides which faces of a photo are kept.

    Attributes
    ----------
    det_sizes : tuple of int
        Longer sides in pixels at which the detector sees the photo.
    min_score : float
        A face needs this detector score before its size counts.
    keep_faces : int
        How many faces are kept, largest first.
    """

    det_sizes: tuple[int, ...]
    min_score: float
    keep_faces: int

    def described(self) -> dict[str, Any]:
        """Give the rules as plain values, for digests and provenance."""
        return {**asdict(self), "det_sizes": list(self.det_sizes)}


@dataclass(frozen=True, slots=True, eq=False)
class PhotoFaces:
    """The K faces that are kept of one photo, largest first; arrays only, so that a cache can hold them.

    Attributes
    ----------
    faces_found : ndarray () of int32
        How many faces passed the score gate.
    attempt : ndarray () of str
        Which look found them, see `facebank.faces.search`; empty when there is none.
    boxes : ndarray (K, 4) of float32
        ``x1, y1, x2, y2`` in pixels of the upright photo, clipped to it.
    scores : ndarray (K,) of float32
        Detector scores.
    landmarks : ndarray (K, 5, 2) of float32
        x and y in pixels of the upright photo, not clipped.
    embeddings : ndarray (K, D) of float32
        Embeddings of length 1.
    norms : ndarray (K,) of float32
        Lengths of the raw embeddings.
    blurs : ndarray (K,) of float32
        0 sharp .. 1 blurred.
    poses : ndarray (K, 3) of float32
        Yaw, pitch and roll in degrees.
    shares : ndarray (K,) of float32
        Area of the box over the area of the photo.
    """

    faces_found: NDArray[np.int32]
    attempt: NDArray[np.str_]
    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    embeddings: NDArray[np.float32]
    norms: NDArray[np.float32]
    blurs: NDArray[np.float32]
    poses: NDArray[np.float32]
    shares: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give the arrays by name."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> PhotoFaces:
        """Make it from what `arrays` gave."""
        return cls(**arrays)


def extract_faces(
    pixels: NDArray[np.uint8], detector: Detector, embedder: Embedder, rules: ExtractionRules
) -> PhotoFaces:
    """Find, choose, align, embed and describe the faces of a photo.

    The result depends on the photo, the models and the rules alone: nothing is batched across photos.

    Parameters
    ----------
    pixels : ndarray (H, W, 3) of uint8
        Upright RGB photo.
    detector : Detector
        The pack's detector.
    embedder : Embedder
        The pack's embedder.
    rules : ExtractionRules
        Which faces are kept.

    Returns
    -------
    PhotoFaces
        The faces; no row where there is none.
    """
    height, width = pixels.shape[:2]
    found = find_faces(pixels, detector, det_sizes=rules.det_sizes, min_score=rules.min_score)
    # The score gate came first: a large box that is hardly a face never competes by its size.
    clipped = clip_boxes(found.faces.boxes, width, height)
    largest = np.argsort(-area(clipped), kind="stable")[: rules.keep_faces]
    landmarks = found.faces.landmarks[largest]
    crops = [align(pixels, points, embedder.input_size) for points in landmarks]
    raw = embedder.embed(crops)
    poses = [pose(points) for points in landmarks]
    return PhotoFaces(
        faces_found=np.array(len(found.faces), dtype=np.int32),
        attempt=np.array(found.attempt or ""),
        boxes=np.asarray(clipped[largest], dtype=np.float32),
        scores=found.faces.scores[largest],
        landmarks=landmarks,
        embeddings=np.asarray(unit(raw), dtype=np.float32),
        norms=np.asarray(np.linalg.norm(raw, axis=1), dtype=np.float32),
        blurs=np.array([blur(crop) for crop in crops], dtype=np.float32),
        poses=np.array([(it.yaw, it.pitch, it.roll) for it in poses], dtype=np.float32).reshape(-1, 3),
        shares=np.asarray(area(clipped)[largest] / (width * height), dtype=np.float32),
    )
