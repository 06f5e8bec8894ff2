"""How the first version shows a picture to its detector: scaled, padded to a square, alone.

Only what is common to all detectors of the family is shared with ours: prior boxes, decoding and suppression.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from insightface.utils.face_align import norm_crop

from facebank.faces.boxes import nms
from facebank.faces.retinaface import decode_boxes, decode_landmarks, prior_boxes

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession

__all__ = ["MEAN", "embedding", "faces"]

#: What the detector has taken off each colour, blue first.
MEAN = (104.0, 117.0, 123.0)
_CROP = 224


def faces(
    pixels: NDArray[np.uint8], session: InferenceSession, det_size: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Give the boxes (N, 4) and landmarks (N, 5, 2) of a BGR picture's faces, in its pixels."""
    factor = det_size / max(pixels.shape[:2])
    resized = cv2.resize(pixels, None, fx=factor, fy=factor)
    square = np.zeros((det_size, det_size, 3), np.uint8)
    square[: resized.shape[0], : resized.shape[1]] = resized
    blob = cv2.dnn.blobFromImage(square, 1.0, (det_size, det_size), MEAN)
    loc, conf, points = session.run(["loc", "conf", "landmarks"], {session.get_inputs()[0].name: blob})
    sure = np.flatnonzero(conf[0, :, 1] >= 0.5)
    priors = prior_boxes(det_size, det_size)[sure]
    boxes = decode_boxes(loc[0, sure], priors)
    kept = nms(boxes, conf[0, sure, 1], 0.4)
    landmarks = decode_landmarks(points[0, sure[kept]], priors[kept])
    return boxes[kept] / np.float32(factor), landmarks / np.float32(factor)


def embedding(
    pixels: NDArray[np.uint8], landmarks: NDArray[np.float32], session: InferenceSession
) -> NDArray[np.float32]:
    """Cut out a face by insightface and embed it alone: a unit vector."""
    crop = norm_crop(pixels, landmarks, image_size=_CROP)
    blob = cv2.dnn.blobFromImage(crop, 1.0, (_CROP, _CROP), (0, 0, 0), swapRB=True)
    [[vector]] = session.run(None, {session.get_inputs()[0].name: blob})
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)
