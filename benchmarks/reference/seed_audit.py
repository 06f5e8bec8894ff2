"""The first version's audit of who is seen in a slot, on the same models: what ours is compared with.

The first frame of a video is decoded by OpenCV, all its faces are found and embedded one by one, each label
is given the face that it overlaps most, and that face the nearest of all centroids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from reference.seed_faces import embedding, faces

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from onnxruntime import InferenceSession

__all__ = ["audit_first_frame", "overlap"]

_LEAST_OVERLAP = 0.3


def audit_first_frame(
    video: Path,
    labels: Sequence[Sequence[float]],
    centroids: Mapping[str, NDArray[np.float32]],
    detector: InferenceSession,
    embedder: InferenceSession,
    *,
    det_size: int,
) -> list[str]:
    """Say whom each label shows, "" where no face is.

    Parameters
    ----------
    video : Path
        The video.
    labels : sequence of sequences of float
        The boxes of its first frame, in pixels.
    centroids : mapping
        Slug -> unit vector.
    detector, embedder : InferenceSession
        The models.
    det_size : int
        Side of the square that the detector sees.
    """
    # The first version read videos with it.
    capture = cv2.VideoCapture(str(video), cv2.CAP_FFMPEG)  # noqa: TID251
    _, frame = capture.read()
    capture.release()
    pixels = np.asarray(frame)
    boxes, landmarks = faces(pixels, detector, det_size)
    seen = [
        (box, embedding(pixels, points, embedder))
        for box, points in zip(boxes.tolist(), landmarks, strict=True)
    ]
    shown = []
    for label in labels:
        best = max(seen, key=lambda face: overlap(face[0], label), default=None)
        if best is None or overlap(best[0], label) < _LEAST_OVERLAP:
            shown.append("")
        else:
            scores = {slug: float(best[1] @ centroid) for slug, centroid in centroids.items()}
            shown.append(max(scores, key=scores.__getitem__))
    return shown


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Give the intersection of two boxes over their union."""
    width = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    height = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    both = width * height
    either = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)) - both
    return both / either if either else 0.0
