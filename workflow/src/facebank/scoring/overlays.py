"""Pictures of samples: gold and predicted outlines over hair, background and leaks. No photo is in them."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from facebank.gold import masks
from facebank.scoring.scores import SKIN, scored_atoms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facebank.scoring.scores import Comparison, ScoringRules

__all__ = ["COLOURS", "Sketch", "draw_overlay", "encode_png"]

#: What is drawn -> RGB, the later ones over the earlier ones.
COLOURS = {
    "nothing": (244, 245, 247),
    "background": (214, 222, 232),
    "hair": (196, 164, 132),
    "skin": (252, 228, 206),
    "leak": (226, 62, 54),
    "gold": (20, 122, 60),
    "predicted": (30, 90, 220),
}
_PLACES = {name: place for place, name in enumerate(COLOURS)}
#: The least side of a picture in pixels.
_SIDE = 512


@dataclass(frozen=True, slots=True)
class Sketch:
    """What a picture of a sample is drawn from.

    Attributes
    ----------
    sample_hash, source : str
        The sample.
    driver_score : float
        How bad it is.
    comparison : Comparison
        Its masks.
    """

    sample_hash: str
    source: str
    driver_score: float
    comparison: Comparison


def draw_overlay(comparison: Comparison, rules: ScoringRules, grid: int) -> NDArray[np.uint8]:
    """Draw a sample as it was scored.

    Gold hair, background and skin are filled; what of the predicted skin or of a predicted module lies on
    hair or background is filled as leak; gold and predicted outlines of skin and modules lie above.

    Parameters
    ----------
    comparison : Comparison
        The sample's masks.
    rules : ScoringRules
        What was done to the prediction before it was scored.
    grid : int
        Pixels per side of the masks.

    Returns
    -------
    ndarray, (side, side) uint8
        Places in `COLOURS`; the side is a multiple of the grid, at least 512.
    """
    atoms = scored_atoms(comparison, rules)

    def pixels(row: int) -> NDArray[np.bool_]:
        return masks.to_pixels(atoms.mask(row), grid)

    gold = {name: pixels(row) for name, row in comparison.gold.items()}
    predicted = [pixels(row) for row in (SKIN, *comparison.predicted.values())]
    empty = np.zeros((grid, grid), dtype=bool)
    hair, background = gold.get("hair", empty), gold.get("background", empty)
    leak = np.logical_or.reduce(predicted) & (hair | background)
    drawn = np.zeros((grid, grid), dtype=np.uint8)
    fills = {"background": background, "skin": gold.get("skin", empty), "hair": hair, "leak": leak}
    for name, filled in fills.items():
        drawn[filled] = _PLACES[name]
    factor = -(-_SIDE // grid)
    picture = _enlarged(drawn, factor)
    outlined = [mask for name, mask in gold.items() if name not in {"hair", "background", "face_oval"}]
    # A gold line is broader: where both run together, it shows on both sides of the predicted one.
    for name, found, width in (("gold", outlined, 3), ("predicted", predicted, 1)):
        picture[_borders(found, grid, factor, width)] = _PLACES[name]
    return picture


def _enlarged(pixels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Repeat each pixel in both directions."""
    size = pixels.shape[1] * factor, pixels.shape[0] * factor
    return cv2.resize(pixels, size, interpolation=cv2.INTER_NEAREST).astype(np.uint8, copy=False)


def _borders(drawn: Sequence[NDArray[np.bool_]], grid: int, factor: int, width: int) -> NDArray[np.bool_]:
    """Give the borders of masks in a picture `factor` times their size, `width` pixels wide."""
    lines = np.zeros((grid * factor, grid * factor), dtype=np.uint8)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    for mask in drawn:
        pixels = mask.view(np.uint8)
        # Most masks are small, and what is not of a mask is no border of it.
        x, y, columns, rows = cv2.boundingRect(pixels)
        if not columns:
            continue
        large = _enlarged(pixels[y : y + rows, x : x + columns], factor)
        inner = cv2.erode(large, cross, borderType=cv2.BORDER_CONSTANT, borderValue=0)
        within = lines[y * factor :, x * factor :][: rows * factor, : columns * factor]
        within |= cv2.subtract(large, inner).astype(np.uint8, copy=False)
    return cv2.dilate(lines, np.ones((width, width), dtype=np.uint8)).astype(bool)


def encode_png(picture: NDArray[np.uint8]) -> bytes:
    """Encode a picture of `draw_overlay` as PNG."""
    image = Image.fromarray(picture, mode="P")
    image.putpalette([level for colour in COLOURS.values() for level in colour])
    data = io.BytesIO()
    # Runs of one colour are all there is to find: half the time for as many bytes.
    image.save(data, "PNG", bits=4, compress_type=zlib.Z_RLE)
    return data.getvalue()
