"""Bring a face into the place that ArcFace embedders expect."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from facebank.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["align", "arcface_template", "similarity"]

_TEMPLATE_SIZE = 112


@cache
def arcface_template() -> NDArray[np.float32]:
    """Give the five landmarks in a crop of 112 x 112 pixels, ndarray (5, 2): insightface's template."""
    # It loads half of SciPy with it, which who aligns nothing need not wait for.
    from insightface.utils.face_align import arcface_dst

    template: NDArray[np.float32] = np.array(arcface_dst, dtype=np.float32)
    template.setflags(write=False)
    return template


def align(image: NDArray[np.uint8], landmarks: NDArray[np.float32], size: int) -> NDArray[np.uint8]:
    """Cut out an aligned face.

    Parameters
    ----------
    image : ndarray (H, W, 3) of uint8
        RGB image.
    landmarks : ndarray (5, 2)
        Eye, eye, nose tip, mouth corner, mouth corner in pixels of the image.
    size : int
        Side of the crop in pixels, 112 or a multiple of it.

    Returns
    -------
    ndarray (size, size, 3) of uint8
        The crop, black where it reaches over the image.

    Raises
    ------
    DataError
        If the landmarks lie on one point, so that no crop is defined, or are no numbers.
    """
    matrix = similarity(landmarks, size)
    return np.asarray(cv2.warpAffine(image, matrix, (size, size), borderValue=0.0), dtype=np.uint8)


def similarity(landmarks: NDArray[np.float32], size: int) -> NDArray[np.float64]:
    """Give the similarity that brings landmarks closest to the template, by least squares.

    In the plane it has a closed form: with x and y as one complex number, a turn and a scale are one factor.
    It is the similarity of Umeyama (1991), which takes a singular value decomposition.

    Parameters
    ----------
    landmarks : ndarray (5, 2)
        Landmarks in pixels of the image.
    size : int
        Side of the crop in pixels.

    Returns
    -------
    ndarray (2, 3) of float64
        Maps ``(x, y, 1)`` of the image to ``(x, y)`` of the crop.

    Raises
    ------
    DataError
        If the landmarks lie on one point, or are no numbers.
    """
    centre, directions = _centred([complex(*point) for point in landmarks.tolist()])
    home, targets = _template(size)
    spread = sum(abs(direction) ** 2 for direction in directions)
    if not 0 < spread < math.inf:
        raise DataError(
            "A face cannot be aligned", expected="five landmarks at different places", found="one point"
        )
    pairs = zip(targets, directions, strict=True)
    factor = sum(target * direction.conjugate() for target, direction in pairs) / spread
    shift = home - factor * centre
    return np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]])


@cache
def _template(size: int) -> tuple[complex, list[complex]]:
    """Give the template in a crop of some size as complex numbers: its centre, and landmarks from there."""
    points = arcface_template() * np.float32(size / _TEMPLATE_SIZE)
    return _centred([complex(*point) for point in points.tolist()])


def _centred(points: Sequence[complex]) -> tuple[complex, list[complex]]:
    """Give the mean of points, and each point from there."""
    centre = sum(points) / len(points)
    return centre, [point - centre for point in points]
