"""The first version's way to the faces of a video, on the same model: what our detection is compared with.

Every frame is decoded and converted by OpenCV; each stride-th one goes through the detector alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from reference.seed_faces import faces

if TYPE_CHECKING:
    from pathlib import Path

    from onnxruntime import InferenceSession

__all__ = ["detect_every"]


def detect_every(
    video: Path,
    session: InferenceSession,
    *,
    stride: int,
    det_size: int,
    threads: int,
) -> list[np.ndarray]:
    """Give the boxes of every stride-th frame, (N, 4) in pixels."""
    # The first version read videos with it.
    capture = cv2.VideoCapture(str(video), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, threads])  # noqa: TID251
    found, index = [], 0
    while True:
        good, frame = capture.read()
        if not good:
            break
        if index % stride == 0:
            found.append(faces(np.asarray(frame), session, det_size)[0])
        index += 1
    capture.release()
    return found
