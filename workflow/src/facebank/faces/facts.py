"""What landmarks and pixels say of a face: how it is turned, how blurred it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Pose", "blur", "pose"]

#: Side in pixels at which blur is measured, and the length of the blur that is added.
_BLUR_SIZE = 112
_BLUR_WINDOW = 9


@dataclass(frozen=True, slots=True)
class Pose:
    """How a head is turned, in degrees; all zero for a face that looks straight into the camera.

    Attributes
    ----------
    yaw : float
        Positive when the nose points to the right of the image.
    pitch : float
        Positive when the nose points up.
    roll : float
        Positive when the head leans clockwise in the image.
    """

    yaw: float
    pitch: float
    roll: float


#: Five landmarks of a head in three dimensions: x right, y down, z towards the camera, in eye distances.
#: Rounded proportions of adult faces. The nose tip is lower than in the ArcFace template, as in portraits.
_LANDMARKS = np.array(
    [[-0.5, 0, 0], [0.5, 0, 0], [0, 0.75, 0.5], [-0.4, 1.15, 0.1], [0.4, 1.15, 0.1]], dtype=np.float64
)
_HEAD = _LANDMARKS - _LANDMARKS.mean(axis=0)
#: Times landmarks (5, 2), this is the affine camera (3, 2) that sees the head so, by least squares.
_FIT = np.linalg.pinv(_HEAD).tolist()


def pose(landmarks: NDArray[np.float32]) -> Pose:
    """Estimate how a head is turned from its five landmarks.

    Least squares under weak perspective: the two rows of an affine camera are fitted, then brought to the
    nearest rotation. Good to roughly ten degrees, since heads differ from the mean head.

    Parameters
    ----------
    landmarks : ndarray (5, 2)
        Eye, eye, nose tip, mouth corner, mouth corner in pixels.

    Returns
    -------
    Pose
        Angles in degrees; all zero for landmarks on one point, which say nothing.
    """
    # The search for faces looks at the pose of the best one, and its photo's description again.
    return _pose(np.asarray(landmarks, dtype=np.float64).tobytes())


@lru_cache(maxsize=64)
def _pose(landmarks: bytes) -> Pose:
    """Estimate the pose of five landmarks, given as the bytes of float64 numbers.

    In plain numbers: after a model has run, the processor has to fetch the code of NumPy and LAPACK anew,
    which took five times as long as all of this.
    """
    points = np.frombuffer(landmarks, dtype=np.float64).reshape(5, 2)
    across, down = (_camera_row(values) for values in points.T.tolist())
    # The camera is a triangle, (width, 0) above (lean, height), times two orthonormal rows. The rotation that
    # is nearest to the triangle, times these rows, is the rotation nearest to the camera.
    width, first = _unit(across)
    lean = sum(one * other for one, other in zip(down, first, strict=True))
    height, second = _unit([one - lean * other for one, other in zip(down, first, strict=True)])
    if not (width and height):
        return Pose(0.0, 0.0, 0.0)
    along, length = width + height, math.hypot(width + height, lean)
    right = [(along * one - lean * other) / length for one, other in zip(first, second, strict=True)]
    below = [(lean * one + along * other) / length for one, other in zip(first, second, strict=True)]
    # The direction of the nose in the image's frame is the third column of the rotation, whose third row is
    # the cross product of the other two.
    nose_x, nose_y, nose_z = right[2], below[2], right[0] * below[1] - right[1] * below[0]
    return Pose(
        yaw=math.degrees(math.atan2(nose_x, nose_z)),
        pitch=math.degrees(math.asin(min(max(-nose_y, -1.0), 1.0))),
        roll=math.degrees(math.atan2(below[0], right[0])),
    )


def _camera_row(values: Sequence[float]) -> list[float]:
    """Fit one row of the camera, of length 3, to five coordinates along one axis."""
    middle = sum(values) / len(values)
    return [sum(weight * (value - middle) for weight, value in zip(row, values, strict=True)) for row in _FIT]


def _unit(row: Sequence[float]) -> tuple[float, list[float]]:
    """Give the length of a row, and the row of length 1 that points where it does; nothing points nowhere."""
    length = math.hypot(*row)
    return length, [value / length if length else 0.0 for value in row]


def blur(crop: NDArray[np.uint8]) -> float:
    """Measure how blurred an aligned face is (Crete et al., "The blur effect", 2007).

    A sharp picture loses much of the difference between neighbouring pixels when it is blurred once more, a
    blurred one hardly any.

    Parameters
    ----------
    crop : ndarray (S, S, 3) of uint8
        Aligned RGB crop; it is measured at 112 pixels, so that packs of other crop sizes compare.

    Returns
    -------
    float
        0 for a sharp face, 1 for nothing but blur. A crop of one colour counts as 1.
    """
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_BLUR_SIZE, _BLUR_SIZE), interpolation=cv2.INTER_AREA).astype(np.float32)
    return max(_kept_difference(small), _kept_difference(np.asarray(cv2.transpose(small), np.float32)))


def _kept_difference(image: NDArray[np.float32]) -> float:
    """Give the share of the differences between rows that is left after a blur across rows."""
    blurred = cv2.blur(image, (1, _BLUR_WINDOW))
    before, after = (cv2.absdiff(rows[1:], rows[:-1]) for rows in (image, blurred))
    total = float(before.sum())
    return float(cv2.min(before, after).sum()) / total if total else 1.0
