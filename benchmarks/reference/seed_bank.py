"""The first version's way from photos to recall, on the same models: what our gallery is compared with.

One photo at a time: decoded by OpenCV, padded to a square, shown to the detector, its largest face cut out by
insightface, embedded alone, and kept in a file. Then a centroid for each person, and for each photo one more,
without it. Shared with ours is only what is common to all detectors of the family: prior boxes, decoding and
suppression.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from insightface.utils.face_align import norm_crop

from facebank.faces.boxes import area, nms
from facebank.faces.retinaface import decode_boxes, decode_landmarks, prior_boxes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from onnxruntime import InferenceSession

__all__ = ["embed_every", "match_every"]

_MEAN = (104.0, 117.0, 123.0)
_CROP = 224


def embed_every(
    photos: Sequence[Path],
    detector: InferenceSession,
    embedder: InferenceSession,
    folder: Path,
    *,
    det_size: int,
) -> int:
    """Write the embedding of each photo's largest face into a folder; tell how many photos have one."""
    written = 0
    for number, photo in enumerate(photos):
        pixels = cv2.imdecode(np.frombuffer(photo.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        landmarks = _largest_face(np.asarray(pixels), detector, det_size)
        if landmarks is None:
            continue
        crop = norm_crop(pixels, landmarks, image_size=_CROP)
        blob = cv2.dnn.blobFromImage(crop, 1.0, (_CROP, _CROP), (0, 0, 0), swapRB=True)
        [[embedding]] = embedder.run(None, {embedder.get_inputs()[0].name: blob})
        np.save(folder / f"{number}.npy", embedding / np.linalg.norm(embedding), allow_pickle=False)
        written += 1
    return written


def match_every(embeddings: NDArray[np.float32], identities: NDArray[np.int64]) -> float:
    """Match each photo with the centroids of all, its own made without it; give the recall."""
    rows = {name: np.flatnonzero(identities == name) for name in np.unique(identities).tolist()}
    centroids = {name: _unit(embeddings[members].mean(axis=0)) for name, members in rows.items()}
    hits, tested = 0, 0
    for name, members in rows.items():
        for photo in members.tolist() if len(members) > 1 else []:
            without = _unit(embeddings[members[members != photo]].mean(axis=0))
            scores = {
                other: float(embeddings[photo] @ (without if other == name else centroid))
                for other, centroid in centroids.items()
            }
            hits += max(scores, key=scores.__getitem__) == name
            tested += 1
    return hits / tested


def _largest_face(
    pixels: NDArray[np.uint8], session: InferenceSession, det_size: int
) -> NDArray[np.float32] | None:
    """Give the landmarks of a photo's largest face."""
    factor = det_size / max(pixels.shape[:2])
    resized = cv2.resize(pixels, None, fx=factor, fy=factor)
    square = np.zeros((det_size, det_size, 3), np.uint8)
    square[: resized.shape[0], : resized.shape[1]] = resized
    blob = cv2.dnn.blobFromImage(square, 1.0, (det_size, det_size), _MEAN)
    loc, conf, points = session.run(["loc", "conf", "landmarks"], {session.get_inputs()[0].name: blob})
    sure = np.flatnonzero(conf[0, :, 1] >= 0.5)
    priors = prior_boxes(det_size, det_size)[sure]
    boxes = decode_boxes(loc[0, sure], priors)
    kept = nms(boxes, conf[0, sure, 1], 0.4)
    if not len(kept):
        return None
    largest = kept[int(np.argmax(area(boxes[kept])))]
    return np.asarray(decode_landmarks(points[0, sure], priors)[largest] / factor, dtype=np.float32)


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give a vector of length 1."""
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)
