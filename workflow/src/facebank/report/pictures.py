"""Small pictures for pages: scaled, veiled, with boxes drawn, as JPEG bytes without metadata."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Faces", "Outline", "crop_around", "draw_outlines", "encode_jpeg", "fit", "pixelate"]

#: How pictures of people are shown: as they are, too coarse to recognise anyone, or not at all.
Faces = Literal["full", "blurred", "none"]

_QUALITY = 82
_LINE = 3
#: A lighter line on both sides keeps an outline visible on any picture.
_HALO = 1
_HALO_COLOUR = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Outline:
    """A box to draw.

    Attributes
    ----------
    box : tuple of float
        x1, y1, x2, y2 in pixels of the picture.
    colour : tuple of int
        RGB.
    """

    box: tuple[float, float, float, float]
    colour: tuple[int, int, int]


def fit(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Scale a picture down so that its longer side is at most `side`; a smaller one stays as it is.

    Parameters
    ----------
    pixels : ndarray (H, W, 3) of uint8
        RGB.
    side : int
        Pixels of the longer side.
    """
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def pixelate(pixels: NDArray[np.uint8], blocks: int) -> NDArray[np.uint8]:
    """Reduce a picture to `blocks` squares along its longer side, at its own size.

    The detail is averaged away and not only hidden, so no filter brings it back.
    """
    height, width = pixels.shape[:2]
    scale = blocks / max(height, width)
    coarse = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = Image.fromarray(pixels).resize(coarse, Image.Resampling.BOX)
    return np.asarray(small.resize((width, height), Image.Resampling.NEAREST))


def crop_around(
    pixels: NDArray[np.uint8], box: tuple[float, float, float, float], margin: float = 0.4
) -> NDArray[np.uint8]:
    """Cut out a square around a box.

    Parameters
    ----------
    pixels : ndarray (H, W, 3) of uint8
        RGB.
    box : tuple of float
        x1, y1, x2, y2 in pixels.
    margin : float
        What is added on each side, as a share of the box's longer side.

    Returns
    -------
    ndarray (h, w, 3) of uint8
        The part of the square that lies in the picture, at least one pixel.
    """
    height, width = pixels.shape[:2]
    half = max(box[2] - box[0], box[3] - box[1], 1.0) * (0.5 + margin)
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    left, top = int(np.clip(x - half, 0, width - 1)), int(np.clip(y - half, 0, height - 1))
    right, bottom = int(np.clip(x + half, left + 1, width)), int(np.clip(y + half, top + 1, height))
    return pixels[top:bottom, left:right]


def draw_outlines(pixels: NDArray[np.uint8], outlines: Sequence[Outline]) -> NDArray[np.uint8]:
    """Draw boxes on a copy of a picture."""
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    for outline in outlines:
        x1, y1, x2, y2 = outline.box
        around = (x1 - _HALO, y1 - _HALO, x2 + _HALO, y2 + _HALO)
        draw.rectangle(around, outline=_HALO_COLOUR, width=_LINE + 2 * _HALO)
        draw.rectangle(outline.box, outline=outline.colour, width=_LINE)
    return np.asarray(image)


def encode_jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """Encode RGB pixels as JPEG; pixels are all that goes in, so no EXIF comes out."""
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG", quality=_QUALITY, optimize=True)
    return data.getvalue()
