"""The first version's way to the faces of a video, on the same model: what our detection is compared with.

Every frame is decoded and converted by OpenCV; each stride-th one is padded to a square and goes through the
detector alone. Only what is common to all detectors of the family is shared with ours: prior boxes, decoding
and suppression.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from facebank.faces.boxes import nms
from facebank.faces.retinaface import decode_boxes, prior_boxes

if TYPE_CHECKING:
    from pathlib import Path

    from onnxruntime import InferenceSession

__all__ = ["detect_every"]


def detect_every(
    video: Path,
    session: InferenceSession,
    mean: tuple[float, float, float],
    *,
    stride: int,
    det_size: int,
    threads: int,
) -> list[np.ndarray]:
    """Give the boxes of every stride-th frame, in pixels of the padded square."""
    # The first version read videos with it.
    capture = cv2.VideoCapture(str(video), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, threads])  # noqa: TID251
    name = session.get_inputs()[0].name
    found, index = [], 0
    while True:
        good, frame = capture.read()
        if not good:
            break
        if index % stride == 0:
            factor = det_size / max(frame.shape[:2])
            resized = cv2.resize(frame, None, fx=factor, fy=factor)
            square = np.zeros((det_size, det_size, 3), np.uint8)
            square[: resized.shape[0], : resized.shape[1]] = resized
            blob = cv2.dnn.blobFromImage(square, 1.0, (det_size, det_size), mean)
            loc, conf, _ = session.run(["loc", "conf", "landmarks"], {name: blob})
            sure = np.flatnonzero(conf[0, :, 1] >= 0.5)
            boxes = decode_boxes(loc[0, sure], prior_boxes(det_size, det_size)[sure])
            found.append(boxes[nms(boxes, conf[0, sure, 1], 0.4)])
        index += 1
    capture.release()
    return found
