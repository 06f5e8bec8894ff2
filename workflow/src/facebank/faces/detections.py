"""What a detector gives, and what every detector can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Detections", "Detector", "in_pixels_of", "scaled"]


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """The faces of one image, best first.

    Attributes
    ----------
    boxes : ndarray (N, 4) of float32
        ``x1, y1, x2, y2`` in pixels of the upright image. Not clipped: a face at the border reaches over it.
    scores : ndarray (N,) of float32
        Detector scores in 0..1, descending.
    landmarks : ndarray (N, 5, 2) of float32
        x and y of eye, eye, nose tip, mouth corner, mouth corner; of each pair the one on the image's left
        (of an upright face) comes first.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    landmarks: NDArray[np.float32]

    @classmethod
    def empty(cls) -> Detections:
        """Give the detections of an image without a face."""
        return cls(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty((0, 5, 2), np.float32))

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, indices: NDArray[Any]) -> Detections:
        """Give some of the faces, in the order of `indices` (numbers, or a mask of bool)."""
        return Detections(self.boxes[indices], self.scores[indices], self.landmarks[indices])


class Detector(Protocol):
    """What every detector can do."""

    def detect(
        self, images: Sequence[NDArray[np.uint8]], *, det_size: int, score_threshold: float
    ) -> list[Detections]:
        """Find the faces of some images.

        An image is scaled, up or down, so that its longer side is `det_size`; it is never padded to a
        square. A result does not depend on what other images are in the call.

        Parameters
        ----------
        images : sequence of ndarray (H, W, 3) of uint8
            Upright RGB images of any sizes.
        det_size : int
            Longer side in pixels at which the model sees an image.
        score_threshold : float
            Faces with a lower score are not returned.

        Returns
        -------
        list of Detections
            One for each image, in pixels of the image as it was given.
        """
        ...


def scaled(image: NDArray[np.uint8], longer_side: int) -> NDArray[np.uint8]:
    """Scale an image so that its longer side has a given length, keeping its aspect.

    Parameters
    ----------
    image : ndarray (H, W, 3) of uint8
        The image.
    longer_side : int
        Length in pixels; the other side is rounded to whole pixels, at least 1.

    Returns
    -------
    ndarray (h, w, 3) of uint8
        The image itself when it has that size.
    """
    height, width = image.shape[:2]
    factor = longer_side / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    if size == (width, height):
        return image
    # Averaging over the area keeps small faces free of aliasing.
    resized = cv2.resize(image, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
    return np.asarray(resized, dtype=np.uint8)


def in_pixels_of(image: NDArray[np.uint8], seen: NDArray[np.uint8], faces: Detections) -> Detections:
    """Bring faces from an image as the model saw it to the image as it was given.

    Parameters
    ----------
    image : ndarray (H, W, 3) of uint8
        The image as it was given.
    seen : ndarray (h, w, 3) of uint8
        The same image, scaled.
    faces : Detections
        Faces in pixels of `seen`.

    Returns
    -------
    Detections
        The faces in pixels of `image`.
    """
    # Each axis has its own factor, since the scaled sides are whole pixels.
    across, down = image.shape[1] / seen.shape[1], image.shape[0] / seen.shape[0]
    factors = np.array([across, down, across, down], dtype=np.float32)
    return Detections(faces.boxes * factors, faces.scores, faces.landmarks * factors[:2])
