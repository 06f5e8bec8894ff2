"""A table with printed portraits, seen by a fixed camera.

Lengths on the table are centimetres, x to the right and y towards the camera, from the point that the camera
looks at. Positions in a frame are pixels in continuous coordinates: the first pixel covers 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from facebank.demo.homographies import moved, projected, scaled, turned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facebank.demo.portraits import Portrait

__all__ = [
    "FRAME_SIZE",
    "Print",
    "Sheet",
    "printed",
    "projected_box",
    "still",
    "table",
]

#: Width and height of a frame in pixels.
FRAME_SIZE = (640, 480)

_PAPER_PIXELS = 384
_PAPER_CM = 26.0
_BORDER_PIXELS = 14
_PAPER_WHITE = 244
_SHEET_SHADOW = 0.35
#: Side of the printed square, in heights of the face.
_SQUARE_IN_FACES = 1.8

_TILT_DEG = 24.0
_DISTANCE_CM = 100.0
_FOCAL_PIXELS = 700.0

#: A frame is drawn at this multiple of its size, then averaged, so that no edge is jagged.
_SUPERSAMPLING = 2
_WOOD_PIXELS_PER_CM = 8.0
_WOOD_CM = (140.0, 120.0)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Where a square sheet of paper lies on the table.

    Attributes
    ----------
    x, y : float
        Its middle in centimetres.
    turn : float
        Its turn in degrees, clockwise as the camera sees it.
    """

    x: float
    y: float
    turn: float

    @property
    def homography(self) -> NDArray[np.float64]:
        """From pixels of the printed paper to pixels of the frame, ndarray (3, 3)."""
        centred = scaled(_PAPER_CM / _PAPER_PIXELS) @ moved(-_PAPER_PIXELS / 2, -_PAPER_PIXELS / 2)
        return np.asarray(
            _camera() @ moved(self.x, self.y) @ turned(np.deg2rad(self.turn)) @ centred, dtype=np.float64
        )

    @property
    def corners(self) -> NDArray[np.float64]:
        """Its corners in pixels of the frame, clockwise from the upper left, ndarray (4, 2)."""
        side = float(_PAPER_PIXELS)
        return projected(self.homography, np.array([(0, 0), (side, 0), (side, side), (0, side)]))


@dataclass(frozen=True, slots=True, eq=False)
class Print:
    """A portrait on paper.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (S, S, 3)
        The white sheet with the picture on it, RGB.
    box : tuple of float
        The face, ``x1, y1, x2, y2`` in pixels of the sheet.
    """

    pixels: NDArray[np.uint8]
    box: tuple[float, float, float, float]


def printed(portrait: Portrait, source: NDArray[np.uint8]) -> Print:
    """Print a portrait: a square around the face, as far as its picture reaches, in the middle of a sheet.

    Parameters
    ----------
    portrait : Portrait
        Whose face.
    source : ndarray of uint8, shape (H, W, 3)
        The picture that the portrait's box refers to, RGB.

    Returns
    -------
    Print
        All faces have the same height on paper.
    """
    height, width = source.shape[:2]
    half = _SQUARE_IN_FACES * portrait.height / 2
    x, y = portrait.centre
    left, top = max(0, round(x - half)), max(0, round(y - half))
    right, bottom = min(width, round(x + half)), min(height, round(y + half))
    scale = (_PAPER_PIXELS - 2 * _BORDER_PIXELS) / (2 * half)
    size = (round((right - left) * scale), round((bottom - top) * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    picture = cv2.resize(source[top:bottom, left:right], size, interpolation=method)
    pixels = np.full((_PAPER_PIXELS, _PAPER_PIXELS, 3), _PAPER_WHITE, np.uint8)
    column, row = (_PAPER_PIXELS - size[0]) // 2, (_PAPER_PIXELS - size[1]) // 2
    pixels[row : row + size[1], column : column + size[0]] = picture
    corners = np.array(portrait.box).reshape(2, 2) - (left, top)
    on_paper = corners * np.array(size) / (right - left, bottom - top) + (column, row)
    x1, y1, x2, y2 = on_paper.ravel().tolist()
    return Print(pixels, (x1, y1, x2, y2))


def projected_box(
    homography: NDArray[np.float64], box: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """Give the upright box of a projected face.

    It reaches to the middles of the projected box's sides, not to its corners: a face does not fill the
    corners of its box, so a slightly turned face keeps its size.

    Parameters
    ----------
    homography : ndarray, shape (3, 3)
        From the plane of the box to pixels of the frame.
    box : tuple of float
        ``x1, y1, x2, y2``.

    Returns
    -------
    tuple of float
        ``x1, y1, x2, y2`` in pixels of the frame.
    """
    x1, y1, x2, y2 = box
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    sides = projected(homography, np.array([(x1, y), (x, y1), (x2, y), (x, y2)]))
    (left, top), (right, bottom) = sides.min(axis=0), sides.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def table(generator: np.random.Generator) -> NDArray[np.uint8]:
    """Draw the empty table as the camera sees it.

    Parameters
    ----------
    generator : numpy Generator
        For the grain of the wood.

    Returns
    -------
    ndarray of uint8, shape (2 * 480, 2 * 640, 3)
        RGB, at twice the size of a frame, for `still`.
    """
    wood = _wood(generator)
    to_table = scaled(1 / _WOOD_PIXELS_PER_CM) @ moved(-wood.shape[1] / 2, -wood.shape[0] / 2)
    return _warped(wood, _camera() @ to_table)


def still(empty: NDArray[np.uint8], prints: Sequence[tuple[Print, Sheet]]) -> NDArray[np.uint8]:
    """Lay sheets on a table and light it; no noise and no gripper yet.

    Parameters
    ----------
    empty : ndarray of uint8, shape (2 * 480, 2 * 640, 3)
        The table, see `table`.
    prints : sequence of (Print, Sheet)
        What lies where; a later sheet lies on an earlier one.

    Returns
    -------
    ndarray of uint8, shape (480, 640, 3)
        RGB.
    """
    canvas = np.asarray(empty, dtype=np.float32)
    paper = np.full((_PAPER_PIXELS, _PAPER_PIXELS), 255, np.uint8)
    for sheet_print, sheet in prints:
        cover = _warped(paper, sheet.homography)
        shadow = cv2.GaussianBlur(_warped(paper, moved(1.5, 2) @ sheet.homography), (0, 0), 5)
        # Where the sheet lies, its own picture is seen; around it, the table in its shadow.
        passing = (1 - _SHEET_SHADOW * shadow / 255) * (1 - cover / 255)
        picture = _warped(sheet_print.pixels, sheet.homography) * (cover / 255)[:, :, None]
        canvas = np.asarray(canvas * passing[:, :, None] + picture, dtype=np.float32)
    frame = cv2.resize(canvas, FRAME_SIZE, interpolation=cv2.INTER_AREA)
    x, y = (np.linspace(-1, 1, side) for side in FRAME_SIZE)
    return np.rint(frame * (0.95 - 0.04 * x[None, :] - 0.05 * y[:, None])[:, :, None]).astype(np.uint8)


def _camera() -> NDArray[np.float64]:
    """Homography from the table to the frame: a pinhole camera that looks down at a tilt."""
    tilt = np.deg2rad(_TILT_DEG)
    width, height = FRAME_SIZE
    lens = np.array([[_FOCAL_PIXELS, 0, width / 2], [0, _FOCAL_PIXELS, height / 2], [0, 0, 1]])
    pose = np.array([[1, 0, 0], [0, np.cos(tilt), 0], [0, -np.sin(tilt), _DISTANCE_CM]])
    return np.asarray(lens @ pose, dtype=np.float64)


def _warped(picture: NDArray[np.uint8], homography: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Warp a picture to the supersampled frame; black outside of the picture."""
    size = (FRAME_SIZE[0] * _SUPERSAMPLING, FRAME_SIZE[1] * _SUPERSAMPLING)
    # OpenCV counts from the middle of the first pixel, we count from its corner.
    matrix = moved(-0.5, -0.5) @ scaled(_SUPERSAMPLING) @ homography @ moved(0.5, 0.5)
    return np.asarray(cv2.warpPerspective(picture, matrix, size), dtype=np.uint8)


def _wood(generator: np.random.Generator) -> NDArray[np.uint8]:
    """Draw boards with a grain along x, RGB."""
    width, height = (round(side * _WOOD_PIXELS_PER_CM) for side in _WOOD_CM)
    waves = cv2.GaussianBlur(generator.standard_normal((height, width), np.float32), (0, 0), 60, sigmaY=9)
    fibres = cv2.GaussianBlur(generator.standard_normal((height, width), np.float32), (0, 0), 24, sigmaY=0.8)
    y = np.arange(height, dtype=np.float32)[:, None]
    rings = np.sin(y * 0.16 + waves * (7 / waves.std()))
    tone = 1 + 0.05 * rings + 0.035 * fibres / fibres.std()
    boards = (y // (20 * _WOOD_PIXELS_PER_CM)).astype(int)[:, 0]
    tone *= generator.uniform(0.93, 1.04, boards[-1] + 1)[boards][:, None]
    tone[np.flatnonzero(np.diff(boards))] *= 0.6
    return np.asarray(np.clip(tone[:, :, None] * (168, 124, 82), 0, 255), dtype=np.uint8)
