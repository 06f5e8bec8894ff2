"""Real photos of real people, from packages that are installed anyway, and the opened model packs."""

from __future__ import annotations

import io
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import matplotlib.cbook
import numpy as np
import skimage.data
from PIL import Image

from facebank.faces.detections import Detector
from facebank.faces.detector import open_detector
from facebank.faces.embedder import Embedder, open_embedder
from facebank.media.images import decode_photo
from facebank.runtime.packs import load_pack

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "LITE",
    "PACKS",
    "TINY",
    "astronaut",
    "detector",
    "embedder",
    "encoded",
    "friends",
    "hanks",
    "hopper",
    "landscape",
    "shrunk",
    "write",
]

PACKS = Path(__file__).parents[1] / "resources" / "models"
LITE, TINY = PACKS / "lite", PACKS / "tiny"


@cache
def detector() -> Detector:
    """Open the detector that both packs share."""
    return open_detector(load_pack(TINY))


@cache
def embedder(pack: Path) -> Embedder:
    """Open a pack's embedder."""
    return open_embedder(load_pack(pack))


@cache
def astronaut() -> NDArray[np.uint8]:
    """512 x 512, one face at about (178, 60, 272, 178)."""
    return _shared(np.asarray(skimage.data.astronaut()))


@cache
def hopper() -> NDArray[np.uint8]:
    """600 x 512, one face."""
    path = matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    return _shared(decode_photo(Path(path).read_bytes()).pixels)


@cache
def hanks() -> NDArray[np.uint8]:
    """112 x 112, one face that fills the picture."""
    return _shared(decode_photo(_insightface("Tom_Hanks_54745.png")).pixels)


@cache
def friends() -> NDArray[np.uint8]:
    """886 x 1280, six faces."""
    return _shared(decode_photo(_insightface("t1.jpg")).pixels)


@cache
def landscape() -> NDArray[np.uint8]:
    """A picture without a face."""
    return _shared(np.asarray(skimage.data.coffee()))


def shrunk(image: NDArray[np.uint8], longer_side: int) -> NDArray[np.uint8]:
    """Scale an image down, to make a test fast."""
    factor = longer_side / max(image.shape)
    return np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA))


def encoded(image: NDArray[np.uint8], file_format: str = "JPEG", **options: object) -> bytes:
    """Encode an image."""
    data = io.BytesIO()
    Image.fromarray(image).save(data, file_format, **options)
    return data.getvalue()


def write(path: Path, data: bytes) -> Path:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _insightface(name: str) -> bytes:
    return files("insightface").joinpath("data", "images", name).read_bytes()


def _shared(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Protect an image that all tests share."""
    image = np.array(image)
    image.setflags(write=False)
    return image
