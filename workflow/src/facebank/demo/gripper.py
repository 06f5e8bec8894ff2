"""A gripper that moves over the scene, its shadow, and the frames that a camera takes of both.

Positions are pixels of a frame in continuous coordinates: the first pixel covers 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from facebank.demo.homographies import moved, turned
from facebank.demo.scene import FRAME_SIZE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Overlay", "gripper", "photographed", "trajectory"]

_SPRITE_SIZE = (220, 760)
#: The middle of the palm, which `gripper` puts where it is told.
_PALM = (110.0, 150.0)
#: Where the arm stands, below the frame.
_SHOULDER = (320.0, 1100.0)
_SHADOW_SHIFT = (14.0, 10.0)
_SHADOW_DEPTH = 0.45
#: How long the gripper rests at first and at last; one move takes 1.
_WAIT = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """What stands between the camera and the table.

    Attributes
    ----------
    opacity : ndarray of uint8, shape (H, W)
        255 where the gripper hides what is behind it.
    colour : ndarray of uint8, shape (H, W, 3)
        Light of the gripper, RGB, already weighted by its opacity.
    passing : ndarray of uint8, shape (H, W, 3)
        Share of the scene's light that reaches the camera, 255 for all of it: none behind the gripper, less
        in its shadow.
    """

    opacity: NDArray[np.uint8]
    colour: NDArray[np.uint8]
    passing: NDArray[np.uint8]

    def hidden_share(self, box: tuple[float, float, float, float]) -> float:
        """Give the share, 0 to 1, of a box (``x1, y1, x2, y2`` in pixels, to the nearest) that is hidden."""
        x1, y1, x2, y2 = (round(value) for value in box)
        return float(self.opacity[y1:y2, x1:x2].mean()) / 255


def trajectory(
    frames: int, visits: Sequence[tuple[float, float, float]], *, rest: tuple[float, float]
) -> NDArray[np.float64]:
    """Move the gripper from its place of rest to one visit after the other.

    Parameters
    ----------
    frames : int
        Number of frames.
    visits : sequence of (float, float, float)
        x and y of the palm in pixels, and how long it stays there, where one move takes 1.
    rest : tuple of float
        x and y of its place of rest in pixels; its y is the height at which it moves sideways.

    Returns
    -------
    ndarray, shape (frames, 2)
        x and y of the palm in every frame.
    """
    waypoints = [(0.0, *rest), (_WAIT, *rest)]
    for x, y, stay in visits:
        for duration, height in ((1, rest[1]), (1, y), (stay, y), (1, rest[1])):
            waypoints.append((waypoints[-1][0] + duration, x, height))
    times, *ways = np.array(waypoints).T
    now = np.linspace(0, times[-1] + _WAIT, frames)
    # The place among the waypoints, with a soft start and end of each move.
    place = np.interp(now, times, np.arange(len(times)))
    begin, passed = np.floor(place), place % 1
    eased = begin + passed**2 * (3 - 2 * passed)
    return np.column_stack([np.interp(eased, np.arange(len(times)), way) for way in ways])


def gripper(x: float, y: float) -> Overlay:
    """Draw the gripper.

    Parameters
    ----------
    x, y : float
        The middle of its palm in pixels of the frame. The arm behind it reaches to below the frame.

    Returns
    -------
    Overlay
        Of a frame's size.
    """
    colour, opacity, shadow = _sprite()
    leant = turned(np.arctan2(x - _SHOULDER[0], _SHOULDER[1] - y))
    matrix = moved(x, y) @ leant @ moved(-_PALM[0], -_PALM[1])
    hides = cv2.warpAffine(opacity, matrix[:2], FRAME_SIZE)
    dims = cv2.warpAffine(shadow, (moved(*_SHADOW_SHIFT) @ matrix)[:2], FRAME_SIZE)
    passing = cv2.multiply(cv2.bitwise_not(hides), cv2.bitwise_not(dims), scale=1 / 255)
    return Overlay(
        opacity=np.asarray(hides, dtype=np.uint8),
        colour=np.asarray(cv2.warpAffine(colour, matrix[:2], FRAME_SIZE), dtype=np.uint8),
        passing=np.asarray(cv2.cvtColor(passing, cv2.COLOR_GRAY2RGB), dtype=np.uint8),
    )


def photographed(
    scene: NDArray[np.uint8], overlay: Overlay, *, light: float, noise: NDArray[np.int16]
) -> NDArray[np.uint8]:
    """Take one frame of a video.

    Parameters
    ----------
    scene : ndarray of uint8, shape (H, W, 3)
        The table, see `still`.
    overlay : Overlay
        What stands before it.
    light : float
        Brightness of this frame, 1 for the scene's own.
    noise : ndarray of int16, shape (H, W, 3)
        What the sensor adds.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        RGB.
    """
    seen = cv2.add(cv2.multiply(scene, overlay.passing, scale=1 / 255), overlay.colour)
    return np.asarray(cv2.add(cv2.convertScaleAbs(seen, alpha=light), noise, dtype=cv2.CV_8U), dtype=np.uint8)


@cache
def _sprite() -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw the gripper pointing up: its colour weighted by opacity, its opacity, its shadow."""
    width, height = _SPRITE_SIZE
    parts = (
        ([(62, 230), (158, 230), (172, height), (48, height)], 42),  # arm
        ([(42, 84), (178, 84), (186, 224), (160, 250), (60, 250), (34, 224)], 58),  # palm
        ([(44, 20), (78, 12), (82, 96), (40, 96)], 36),  # fingers
        ([(142, 12), (176, 20), (180, 96), (138, 96)], 36),
        ([(70, 112), (150, 112), (150, 190), (70, 190)], 74),  # motor
    )
    opacity, grey = np.zeros((height, width), np.uint8), np.zeros((height, width), np.uint8)
    for corners, tone in parts:
        polygon = [np.array(corners, np.int32)]
        cv2.fillPoly(opacity, polygon, 255, cv2.LINE_AA)
        cv2.fillPoly(grey, polygon, float(tone), cv2.LINE_AA)
        cv2.polylines(grey, polygon, isClosed=True, color=float(tone + 34), thickness=2, lineType=cv2.LINE_AA)
    for centre in ((84, 126), (136, 126), (84, 176), (136, 176), (110, 290), (110, 420)):
        cv2.circle(grey, centre, 6, 120.0, -1, cv2.LINE_AA)
        cv2.circle(grey, centre, 3, 30.0, -1, cv2.LINE_AA)
    for y in range(330, height, 90):
        cv2.line(grey, (50, y), (170, y), 24.0, 3, cv2.LINE_AA)
    # Light falls from the left; metal is a little blue.
    shade = grey * np.linspace(1.35, 0.75, width)[None, :]
    colour = shade[:, :, None] * np.array([0.95, 1.0, 1.08]) * (opacity[:, :, None] / 255)
    shadow = cv2.GaussianBlur(opacity, (0, 0), 12) * _SHADOW_DEPTH
    return np.clip(colour, 0, 255).astype(np.uint8), opacity, np.rint(shadow).astype(np.uint8)
