"""What is known of one frame of a video, and what is asked of a frame to come to know it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from facebank.faces.boxes import nms

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from facebank.faces.detections import Detections
    from facebank.media.frames import Window

__all__ = ["THUMBNAIL_SIDE", "Face", "Keyframe", "Look", "Picture", "distinct", "faces_of", "thumbnails_in"]

#: Longer side of a keyframe's thumbnail in pixels: a face of 50 px in a frame of 640 covers 6 of them.
THUMBNAIL_SIDE = 80

#: Boxes that overlap by more are one face.
_SAME_FACE = 0.4


class Picture(Protocol):
    """What is needed of a frame, see `facebank.media.frames.Frame`."""

    @property
    def index(self) -> int:
        """Place in decoding order from 0."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        ...

    def part(self, window: Window) -> NDArray[np.uint8]:
        """Give a window of the frame as RGB, uint8 (height, width, 3)."""
        ...


class Look(Protocol):
    """A look at a part of a frame."""

    def __call__(
        self, picture: Picture, window: Window, /, *, share: float = 1.0, least_side: float = 0.0
    ) -> Detections:
        """Find the faces in a window, seen at a share of the usual scale; boxes in pixels of the frame.

        Faces whose longer side in pixels of the frame is less than `least_side` may be left out.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face at a keyframe.

    Attributes
    ----------
    box : float32 (4,)
        xyxy in pixels. With adaptive keyframes, a face that was found in a window and looks as it did in a
        whole frame has box and landmarks of the latter.
    score : float
        The detector's.
    landmarks : float32 (5, 2)
        x and y in pixels.
    detected_at : int
        The frame in which the detector found it; at a later keyframe the face is there because its pixels
        are unchanged.
    unchanged_since : int
        The frame of the detection before, if the face's pixels are the same in all frames between the two;
        else `detected_at`.
    """

    box: NDArray[np.float32]
    score: float
    landmarks: NDArray[np.float32]
    detected_at: int
    unchanged_since: int


@dataclass(frozen=True, slots=True, eq=False)
class Keyframe:
    """All faces of one frame.

    Attributes
    ----------
    index : int
        The frame.
    basis : str
        ``frame`` if the detector saw all of it, ``windows`` if it saw what had changed around known faces,
        ``unchanged`` if it saw nothing of it, because nothing there had changed.
    faces : tuple of Face
        Best first.
    thumbnail : uint8 (height, width)
        The frame in grey.
    """

    index: int
    basis: str
    faces: tuple[Face, ...]
    thumbnail: NDArray[np.uint8]


def faces_of(found: Detections, frame: int) -> list[Face]:
    """Give the faces that the detector found in a frame."""
    rows = zip(found.boxes, found.scores.tolist(), found.landmarks, strict=True)
    return [Face(box, score, landmarks, frame, frame) for box, score, landmarks in rows]


def distinct(faces: Sequence[Face]) -> tuple[Face, ...]:
    """Give faces of a frame best first, and of those that two places came to the best one."""
    ordered = sorted(faces, key=lambda face: (-face.score, *face.box.tolist()))
    boxes = np.array([face.box for face in ordered], dtype=np.float32).reshape(-1, 4)
    scores = np.array([face.score for face in ordered], dtype=np.float32)
    return tuple(ordered[row] for row in nms(boxes, scores, _SAME_FACE))


def thumbnails_in(rows: pa.Table) -> NDArray[np.uint8]:
    """Give the thumbnails of rows of `facebank.sources.schemas.THUMBNAILS`, all of one size and at least one.

    Returns
    -------
    uint8 (keyframes, height, width)
        Read-only: a view of the table's memory, where it is in one piece.
    """
    height, width = rows["height"][0].as_py(), rows["width"][0].as_py()
    chunks: list[Any] = rows["pixels"].chunks
    pixels = [_bytes_of(chunk) for chunk in chunks]
    return (pixels[0] if len(pixels) == 1 else np.concatenate(pixels)).reshape(-1, height, width)


def _bytes_of(values: pa.BinaryArray) -> NDArray[np.uint8]:
    """Give the bytes of all values, one after the other, as the array holds them."""
    buffers: list[Any] = values.buffers()
    start, end = np.frombuffer(buffers[1], np.int32)[[values.offset, values.offset + len(values)]].tolist()
    content: NDArray[np.uint8] = np.frombuffer(buffers[2], np.uint8)[start:end]
    return content
