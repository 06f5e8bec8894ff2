"""Nine persons whose pictures come with matplotlib, scikit-image and insightface.

Nothing is downloaded. The boxes were measured once with the embedded detector at 640 pixels; they are the
truth that the demo's photos and videos are made from. The six persons of insightface's group picture are
named by their place at the table, from the left.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import skimage.data
from PIL import Image

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from numpy.typing import NDArray

__all__ = ["PORTRAITS", "Portrait", "picture"]


@dataclass(frozen=True, slots=True)
class Portrait:
    """One person's face in one picture.

    Attributes
    ----------
    identity : str
        The person's slug.
    letter : str
        The person's letter in layout codes.
    picture : str
        Which picture, see `picture`.
    box : tuple of float
        The face, ``x1, y1, x2, y2`` in pixels of the picture.
    """

    identity: str
    letter: str
    picture: str
    box: tuple[float, float, float, float]

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the face, x and y in pixels of the picture."""
        x1, y1, x2, y2 = self.box
        return (x1 + x2) / 2, (y1 + y2) / 2

    @property
    def height(self) -> float:
        """Height of the face in pixels of the picture."""
        return self.box[3] - self.box[1]


#: The persons, in the order in which a reduced demo takes them.
PORTRAITS = (
    Portrait("grace_hopper", "G", "hopper", (176.8, 114.2, 351.0, 333.6)),
    Portrait("eileen_collins", "E", "astronaut", (177.8, 58.7, 272.6, 178.4)),
    Portrait("player_5", "S", "table", (902.2, 56.5, 1010.7, 201.3)),
    Portrait("tom_hanks", "T", "hanks", (8.5, 11.8, 87.0, 111.3)),
    Portrait("player_1", "P", "table", (51.4, 261.9, 168.2, 401.4)),
    Portrait("player_2", "Q", "table", (272.7, 148.3, 375.1, 278.2)),
    Portrait("player_3", "R", "table", (464.4, 263.2, 573.8, 408.0)),
    Portrait("player_4", "U", "table", (743.0, 343.7, 842.0, 471.1)),
    Portrait("player_6", "V", "table", (1128.2, 273.7, 1225.5, 401.4)),
)


@cache
def picture(name: str) -> NDArray[np.uint8]:
    """Read one of the pictures.

    Parameters
    ----------
    name : str
        ``hopper`` (matplotlib), ``astronaut`` (scikit-image), ``hanks`` or ``table`` (insightface).

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        RGB, not to be written to.
    """
    samples = files("insightface") / "data" / "images"
    match name:
        case "hopper":
            pixels = _read(Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg")
        case "astronaut":
            pixels = np.asarray(skimage.data.astronaut(), np.uint8)  # type: ignore[no-untyped-call]  # has no types
        case "hanks":
            pixels = _read(samples / "Tom_Hanks_54745.png")
        case "table":
            pixels = _read(samples / "t1.jpg")
        case _:
            raise KeyError(name)
    pixels = np.ascontiguousarray(pixels)
    pixels.setflags(write=False)
    return pixels


def _read(file: Path | Traversable) -> NDArray[np.uint8]:
    """Decode one of the pictures."""
    with file.open("rb") as stream, Image.open(stream) as image:
        return np.asarray(image.convert("RGB"))
