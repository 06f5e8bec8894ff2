"""Faces drawn into a picture: boxes, landmarks and captions, for a look by eye."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facebank.faces.detections import Detections

__all__ = ["draw_faces"]

_FIRST_COLOUR, _OTHER_COLOUR, _POINT_COLOUR = (0, 200, 80), (255, 170, 0), (0, 220, 255)
_DARK = (0, 0, 0)
#: Pixels of dark ground around a caption.
_MARGIN = 1

#: Lines and letters as a share of the picture's longer side, and the fewest pixels.
_LINE_SHARE, _LEAST_LINE = 0.003, 2
_TEXT_SHARE, _LEAST_TEXT = 0.022, 11


def draw_faces(
    pixels: NDArray[np.uint8], faces: Detections, captions: Sequence[str], first: int | None = None
) -> NDArray[np.uint8]:
    """Draw faces on a copy of a picture.

    Parameters
    ----------
    pixels : ndarray (H, W, 3) of uint8
        Upright RGB picture.
    faces : Detections
        The faces, in pixels of the picture.
    captions : sequence of str
        A caption for each face.
    first : int, optional
        The face that counts: drawn in green, the others in orange.

    Returns
    -------
    ndarray (H, W, 3) of uint8
        The same size.
    """
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    side = max(image.size)
    line = max(_LEAST_LINE, round(_LINE_SHARE * side))
    font = ImageFont.load_default(max(_LEAST_TEXT, round(_TEXT_SHARE * side)))
    for number, (box, landmarks, caption) in enumerate(
        zip(faces.boxes.tolist(), faces.landmarks.tolist(), captions, strict=True)
    ):
        colour = _FIRST_COLOUR if number == first else _OTHER_COLOUR
        draw.rectangle(box, outline=colour, width=line)
        for x, y in landmarks:
            draw.ellipse((x - line, y - line, x + line, y + line), fill=_POINT_COLOUR)
        left, top, right, bottom = draw.textbbox((box[0], box[1]), caption, font=font, anchor="lb")
        # A face at the border keeps its caption in the picture, the start of it first.
        aside = max(min(0.0, image.width - _MARGIN - right), _MARGIN - left)
        down = max(0.0, _MARGIN - top)
        ground = (left + aside - _MARGIN, top + down - _MARGIN, right + aside, bottom + down)
        draw.rectangle(ground, fill=_DARK)
        draw.text((box[0] + aside, box[1] + down), caption, fill=colour, font=font, anchor="lb")
    return np.asarray(image)
