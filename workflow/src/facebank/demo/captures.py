"""Captures of a portrait: what a camera makes of one picture at another time.

Each capture has its own crop, rotation, scale, light, blur, sensor noise and compression, so no two are
the same picture, and all show the same person.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
from PIL import Image

from facebank.demo.portraits import picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facebank.demo.portraits import Portrait

__all__ = ["Look", "capture", "encode", "random_look"]


@dataclass(frozen=True, slots=True)
class Look:
    """How a portrait is captured.

    Attributes
    ----------
    side : int
        Side of the square photo in pixels.
    reach : float
        Half the side of the cropped square, in heights of the face.
    angle : float
        Rotation in degrees, counter-clockwise.
    shift : tuple of float
        Offset of the crop from the face, in heights of the face.
    gamma : float
        Exponent of the light curve: below 1 is brighter.
    slope : float
        Light across the photo: -0.3 is 30 % darker at the right edge than at the left.
    blur : float
        Standard deviation of the blur in pixels.
    noise : float
        Standard deviation of the sensor noise in grey levels.
    """

    side: int
    reach: float
    angle: float
    shift: tuple[float, float]
    gamma: float
    slope: float
    blur: float
    noise: float


def random_look(rng: np.random.Generator) -> Look:
    """Draw a look that leaves the face recognisable."""
    return Look(
        side=int(rng.integers(320, 520)),
        reach=float(rng.uniform(0.78, 0.98)),
        angle=float(rng.uniform(-12, 12)),
        shift=(float(rng.uniform(-0.1, 0.1)), float(rng.uniform(-0.1, 0.1))),
        gamma=float(rng.uniform(0.75, 1.35)),
        slope=float(rng.uniform(-0.3, 0.3)),
        blur=float(rng.uniform(0.2, 1.2)),
        noise=float(rng.uniform(1, 5)),
    )


def capture(portrait: Portrait, look: Look, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Take a photo of a portrait.

    Parameters
    ----------
    portrait : Portrait
        Whom.
    look : Look
        How.
    rng : numpy.random.Generator
        Where the sensor noise comes from.

    Returns
    -------
    ndarray of uint8, shape (side, side, 3)
        RGB.
    """
    x, y = portrait.centre
    centre = (x + look.shift[0] * portrait.height, y + look.shift[1] * portrait.height)
    scale = look.side / (2 * look.reach * portrait.height)
    warp = np.asarray(cv2.getRotationMatrix2D(centre, look.angle, scale), np.float64)
    warp[:, 2] += look.side / 2 - np.asarray(centre)
    size = (look.side, look.side)
    warped = cv2.warpAffine(
        picture(portrait.picture), warp, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    slope = 1 + look.slope * np.linspace(-0.5, 0.5, look.side)[None, :, None]
    light = np.power(warped.astype(np.float64) / 255, look.gamma) * slope
    blurred = cv2.GaussianBlur(light.astype(np.float32), (0, 0), look.blur).astype(np.float64)
    noisy = blurred * 255 + rng.normal(0, look.noise, blurred.shape)
    photo: NDArray[np.uint8] = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    return photo


def encode(
    pixels: NDArray[np.uint8],
    kind: Literal["jpeg", "png", "webp"],
    *,
    quality: int = 90,
    orientation: int = 1,
) -> bytes:
    """Encode a photo.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB, as stored: for an orientation other than 1, turned already.
    kind : str
        File format.
    quality : int
        Quality of the lossy formats, 1 to 100.
    orientation : int
        EXIF orientation, 1 to 8.

    Returns
    -------
    bytes
        The file.
    """
    file = BytesIO()
    exif = Image.Exif()
    if orientation != 1:
        exif[0x0112] = orientation
    Image.fromarray(pixels).save(file, kind, quality=quality, exif=exif)
    return file.getvalue()
