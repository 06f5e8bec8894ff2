"""Face regions from five landmarks and colour: a layout of the modules, a skin mask, and hair.

The layout is drawn once in the frame of an aligned face (112 x 112, the ArcFace template) and brought to
a photo by the similarity that aligns its landmarks. Skin is what has the colour of this face's own cheeks
and nose; hair is what differs from it, in colour or by its texture, above the eyes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from facebank.faces.alignment import similarity
from facebank.gold import masks
from facebank.gold.modules import MODULES, UNDER_EYE_MODULES
from facebank.gold.samples import Prediction

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facebank.predictor.settings import RegionSettings

__all__ = ["LAYOUT", "FaceRegions", "find_regions", "layout_on", "shape_modules"]

_FRAME = 112
#: Height of the line below the brows in the aligned frame: hair is looked for above it.
_BROWS = 46.0
#: Squared distances from the face's own colour, in units of its spread, up to which a pixel is skin, and
#: beyond which one above the eyes is hair.
_SKIN_DISTANCE, _HAIR_DISTANCE = 14.0, 14.0
#: Local contrast, in units of the cheeks' own, beyond which a pixel above the eyes is hair.
_HAIR_CONTRAST = 4.0
#: The least spread of a face's colour (lightness, red and blue difference), in levels of 0..255.
_LEAST_SPREAD = np.array([12.0, 4.0, 4.0])
_LEAST_CONTRAST = 3.0
_SAMPLED = ("left_cheek", "right_cheek", "nose")


def _mirrored(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Mirror an outline of the left half of the frame to the right."""
    return [(_FRAME - x, y) for x, y in reversed(points)]


_LEFT_CHEEK = [(23.0, 66.0), (43.0, 67.0), (45.0, 80.0), (39.0, 95.0), (27.0, 88.0)]
_UNDER_LEFT_EYE = [(28.0, 57.0), (46.0, 57.0), (47.0, 63.0), (38.0, 66.0), (28.0, 63.0)]
_TURN = np.arange(24) / 24 * 2 * np.pi

#: Outlines in the aligned frame: label -> (n, 2) float64 pixels, x right, y down. Left is the image's left.
LAYOUT: Final[dict[str, NDArray[np.float64]]] = {
    "face_oval": np.stack([56 + 41 * np.sin(_TURN), 66 - 55 * np.cos(_TURN)], axis=1),
    "nose": np.array([(51, 53), (61, 53), (66, 75), (56, 80), (46, 75)], dtype=np.float64),
    "forehead": np.array([(29, 41), (33, 26), (45, 17), (67, 17), (79, 26), (83, 41)], dtype=np.float64),
    "left_cheek": np.array(_LEFT_CHEEK),
    "right_cheek": np.array(_mirrored(_LEFT_CHEEK)),
    "chin": np.array([(42, 101), (70, 101), (67, 112), (56, 117), (45, 112)], dtype=np.float64),
    "under_eye_left": np.array(_UNDER_LEFT_EYE),
    "under_eye_right": np.array(_mirrored(_UNDER_LEFT_EYE)),
}


@dataclass(frozen=True, slots=True, eq=False)
class FaceRegions:
    """A face's regions before modules are fitted to it; all masks are (grid, grid) bool.

    Attributes
    ----------
    outlines : dict
        Label -> (n, 2) float64 corners in shares of the image.
    modules : dict
        Module -> the pixels of its outline.
    oval, skin, hair : ndarray
        Face oval; skin within it; hair above the eyes, the picture's surroundings of the head included.
    """

    outlines: dict[str, NDArray[np.float64]]
    modules: dict[str, NDArray[np.bool_]]
    oval: NDArray[np.bool_]
    skin: NDArray[np.bool_]
    hair: NDArray[np.bool_]


def layout_on(landmarks: NDArray[np.float32], width: int, height: int) -> dict[str, NDArray[np.float64]]:
    """Bring the layout to a face.

    Parameters
    ----------
    landmarks : ndarray (5, 2) of float32
        Eyes, nose tip, mouth corners in pixels of the image.
    width, height : int
        The image in pixels.

    Returns
    -------
    dict
        Label -> (n, 2) float64 corners in shares of the image, clamped to it.
    """
    to_image = cv2.invertAffineTransform(similarity(landmarks, _FRAME))
    scale = np.array([width, height], dtype=np.float64)
    return {
        label: np.clip((corners @ to_image[:, :2].T + to_image[:, 2]) / scale, 0.0, 1.0)
        for label, corners in LAYOUT.items()
    }


def find_regions(pixels: NDArray[np.uint8], landmarks: NDArray[np.float32], grid: int) -> FaceRegions:
    """Find the regions of one face.

    Parameters
    ----------
    pixels : ndarray (H, W, 3) of uint8
        An upright RGB image.
    landmarks : ndarray (5, 2) of float32
        Five landmarks of the face, in its pixels.
    grid : int
        Pixels per side of the masks.

    Returns
    -------
    FaceRegions
        The regions.
    """
    height, width = pixels.shape[:2]
    outlines = layout_on(landmarks, width, height)
    filled = masks.polygons(list(outlines.values()), grid)
    drawn = {label: masks.to_pixels(mask, grid) for label, mask in zip(outlines, filled, strict=True)}
    small = cv2.resize(pixels, (grid, grid), interpolation=cv2.INTER_AREA)
    levels = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2YCrCb), np.uint8)
    own = np.logical_or.reduce([drawn[name] for name in _SAMPLED])
    distance, contrast = _unlike(levels, own if own.any() else drawn["face_oval"])
    skin = _smooth(drawn["face_oval"] & (distance <= _SKIN_DISTANCE))
    to_frame = similarity(landmarks, _FRAME)
    x, y = (np.arange(grid) + 0.5) * width / grid, (np.arange(grid) + 0.5) * height / grid
    above = to_frame[1, 0] * x[None, :] + to_frame[1, 1] * y[:, None] + to_frame[1, 2] < _BROWS
    hair = _smooth(above & ((distance > _HAIR_DISTANCE) | (contrast > _HAIR_CONTRAST)))
    modules = {name: drawn[name] for name in MODULES}
    return FaceRegions(outlines, modules, drawn["face_oval"], skin, hair)


def _unlike(
    levels: NDArray[np.uint8], own: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give how far each pixel's colour and its local contrast are from those of the face's own pixels."""
    sample = levels[own].astype(np.float64)
    middle = np.median(sample, axis=0)
    # 1.4826 times the median deviation estimates the standard deviation, whatever a few outliers are.
    spread = np.maximum(1.4826 * np.median(np.abs(sample - middle), axis=0), _LEAST_SPREAD)
    # There are 256 levels, far fewer than pixels.
    of_levels = ((np.arange(256.0)[:, None] - middle) / spread) ** 2
    planes = cv2.split(levels)
    first, second, third = (cv2.LUT(plane, table) for plane, table in zip(planes, of_levels.T, strict=True))
    distance = np.asarray(first + second + third, np.float64)
    light = planes[0].astype(np.float64)
    mean = cv2.blur(light, (5, 5))
    deviation = np.sqrt(np.maximum(cv2.blur(light * light, (5, 5)) - mean * mean, 0.0))
    return distance, deviation / max(float(np.median(deviation[own])), _LEAST_CONTRAST)


def _smooth(pixels: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Take away specks and close small holes."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    opened = cv2.morphologyEx(pixels.astype(np.uint8), cv2.MORPH_OPEN, kernel)
    return cv2.morphologyEx(opened, cv2.MORPH_CLOSE, kernel, iterations=2).astype(bool)


def shape_modules(regions: FaceRegions, settings: RegionSettings) -> Prediction:
    """Fit the modules to a face and give them as a prediction.

    Each module is clipped to face oval and skin, the forehead to what is not hair as well. A clip that
    leaves too little of a module is not done.

    Parameters
    ----------
    regions : FaceRegions
        The face.
    settings : RegionSettings
        What too little means.
    """
    shaped = {}
    visible = regions.oval & regions.skin
    for name, outline in regions.modules.items():
        allowed = visible & ~regions.hair if name == "forehead" and settings.hair_aware else visible
        least = settings.min_pixels
        if name in UNDER_EYE_MODULES and settings.under_eye_min_pixels is not None:
            least = settings.under_eye_min_pixels
        clipped = outline & allowed
        kept, drawn = np.count_nonzero(clipped), np.count_nonzero(outline)
        enough = kept >= max(least, settings.min_keep_ratio * drawn)
        shaped[name] = masks.from_pixels(clipped if enough else outline)
    pixels: list[Any] = [masks.pixel_count(mask) for mask in shaped.values()]
    return Prediction(
        skin=masks.from_pixels(regions.skin),
        oval=masks.from_pixels(regions.oval),
        modules=dict(shaped),
        modules_count=float(len(shaped)),
        least_module_pixels=float(min(pixels)),
        quality_grade="pass" if regions.skin.any() else "fail",
    )
