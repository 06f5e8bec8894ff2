"""Homographies: 3x3 matrices on homogeneous points of a plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["moved", "projected", "scaled", "turned"]


def moved(x: float, y: float) -> NDArray[np.float64]:
    """Homography of a translation."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], dtype=np.float64)


def turned(angle: float) -> NDArray[np.float64]:
    """Homography of a turn about the origin, in radians from x towards y."""
    return np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])


def scaled(factor: float) -> NDArray[np.float64]:
    """Homography of a scaling about the origin."""
    return np.diag([factor, factor, 1.0])


def projected(homography: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Apply a homography to points, ndarray (N, 2)."""
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ homography.T
    return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:], dtype=np.float64)
