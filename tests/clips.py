"""Small videos for tests: real printed faces before a still camera, and the truth about them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import av
import cv2
import insightface
import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["HIDDEN", "LETTERS", "PACK", "PEOPLE", "VARIANTS", "Clip", "encode", "portrait"]

#: The model pack of fast tests.
PACK = Path(__file__).parents[1] / "resources" / "models" / "tiny"
#: Letter of a layout code -> one of the people below.
LETTERS = {"C": "centre", "L": "left", "T": "tall", "R": "right", "F": "far_left"}

#: Slot -> frames in which the recorded source hides it.
HIDDEN = {0: range(20, 38), 1: range(50, 66), 2: range(9)}

#: Variant -> the people shown in it and the layout that it claims. The last one lies about its right slot.
VARIANTS = {
    "ep01__t3_0000_v00": (("centre", "left", "tall"), "CLT"),
    "ep01__t3_0001_v00": (("tall", "centre", "left"), "TCL"),
    "ep01__t3_0002_v00": (("left", "tall", "right"), "LTC"),
}

WIDTH, HEIGHT, RATE = 640, 480, 30

#: Face boxes (xyxy in pixels) of the six people in insightface's sample photo t1.jpg.
PEOPLE = {
    "far_left": (59, 259, 165, 399),
    "left": (269, 149, 367, 271),
    "centre": (466, 269, 576, 417),
    "right": (745, 346, 843, 479),
    "tall": (904, 61, 1009, 205),
    "far_right": (1133, 273, 1224, 398),
}

#: Where a portrait's upper left corner lies, for each slot.
CORNERS = ((60, 150), (260, 140), (450, 155))

#: A portrait's side in pixels, and how many face heights it shows.
SIDE, SHOWN = 140, 1.8


def encode(
    path: Path,
    pictures: Iterable[NDArray[np.uint8]],
    *,
    codec: str = "libx264",
    pts: Sequence[int] | None = None,
    options: Mapping[str, str] | None = None,
    encoder: Mapping[str, str] | None = None,
) -> Path:
    """Write RGB pictures as a video; `pts` in units of 1/30 s, options of the container and of the codec."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(path, "w", options=dict(options or {})) as container:
        stream = None
        for index, picture in enumerate(pictures):
            if stream is None:
                # With its tree of macroblocks x264 reads memory that nobody wrote: files would differ.
                alike = {"mbtree": "0"} if codec == "libx264" else {}
                stream = container.add_stream(codec, rate=RATE, options={**alike, **(encoder or {})})
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = index if pts is None else pts[index]
            container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode(None))
    return path


@cache
def _group_photo() -> NDArray[np.uint8]:
    """Read the sample photo."""
    with Image.open(Path(insightface.__file__).parent / "data" / "images" / "t1.jpg") as photo:
        return np.asarray(photo.convert("RGB"))


@cache
def portrait(name: str) -> tuple[NDArray[np.uint8], tuple[float, float, float, float]]:
    """Give a square portrait (SIDE, SIDE, 3) and the face's box in it."""
    x1, y1, x2, y2 = PEOPLE[name]
    half = (y2 - y1) * SHOWN / 2
    left, top = round((x1 + x2) / 2 - half), round((y1 + y2) / 2 - half)
    side = round(2 * half)
    photo = np.pad(_group_photo(), ((side, side), (side, side), (0, 0)), mode="edge")
    crop = photo[top + side : top + 2 * side, left + side : left + 2 * side]
    scale = SIDE / side
    box = tuple(
        (value - start) * scale for value, start in zip((x1, y1, x2, y2), (left, top) * 2, strict=True)
    )
    return cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_AREA), box


@dataclass(frozen=True)
class Clip:
    """A clip of a table with portraits; a dark plate covers a slot for some frames.

    Attributes
    ----------
    people : tuple of str
        Names of `PEOPLE`, left to right.
    count : int
        Frames.
    hidden : mapping
        Slot -> range of frames in which it is covered.
    """

    people: tuple[str, ...]
    count: int
    hidden: Mapping[int, range]

    def pictures(self) -> Iterable[NDArray[np.uint8]]:
        """Draw the frames, with sensor noise and flicker."""
        rng = np.random.default_rng(7)
        table = np.full((HEIGHT, WIDTH, 3), (150, 120, 90), np.float32)
        table += rng.normal(0, 10, (HEIGHT // 8, WIDTH // 8, 1)).repeat(8, axis=0).repeat(8, axis=1)
        for (x, y), name in zip(CORNERS, self.people, strict=False):
            table[y : y + SIDE, x : x + SIDE] = portrait(name)[0]
        for index in range(self.count):
            picture = table + rng.normal(0, 2, (HEIGHT, WIDTH, 1)) + 3 * np.sin(index / 5)
            for slot, frames in self.hidden.items():
                if index in frames:
                    x, y = CORNERS[slot]
                    picture[y - 10 : y + SIDE + 10, x - 10 : x + SIDE + 10] = (45, 45, 50)
            yield np.clip(picture, 0, 255).astype(np.uint8)

    def box(self, slot: int) -> NDArray[np.float64]:
        """Give the true box of a slot's face in pixels."""
        return np.array(portrait(self.people[slot])[1]) + np.array(CORNERS[slot] * 2)


def set_matrix(path: Path, matrix: tuple[int, ...]) -> None:
    """Write a display matrix (a, b, c, d) into the track header of an MP4 file."""
    data = bytearray(path.read_bytes())
    a, b, c, d = (value << 16 for value in matrix)
    words = (a, b, 0, c, d, 0, 0, 0, 1 << 30)
    # The matrix of a version 0 track header starts 40 bytes behind the box's type.
    start = data.index(b"tkhd") + 44
    data[start : start + 36] = b"".join((word & 0xFFFFFFFF).to_bytes(4, "big") for word in words)
    path.write_bytes(data)
