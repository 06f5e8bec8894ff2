"""One decoded frame of a video: when it is shown, and its upright pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange

from facebank.errors import DataError

if TYPE_CHECKING:
    from fractions import Fraction

    from av.video.plane import VideoPlane
    from numpy.typing import NDArray

__all__ = ["LUMA_FIRST", "Frame", "Window", "rgb"]

#: Part of an upright frame, ``x1, y1, x2, y2`` in whole pixels.
Window = tuple[int, int, int, int]

_QUARTER_TURN = 90
#: Pixel formats whose first plane is luma of 8 bits.
LUMA_FIRST = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12"})
#: Those of them whose chroma has half the width and half the height.
_HALVED_CHROMA = frozenset({"yuv420p", "yuvj420p"})
#: Pixels are converted in groups of so many: the last few of a row may be rounded in another way.
_GROUP = 32
#: PyAV takes planes of 4:2:0 in one array whose sides are multiples of this.
_CUT = 4
#: Bytes that FFmpeg may read in vain, ``AV_INPUT_BUFFER_PADDING_SIZE`` of them.
_PADDING = np.zeros(64, np.uint8)
#: Level of each luma where a video does not use all of them: 16 is black, and 235 white.
_ALL_LEVELS = np.rint((np.arange(256) - 16) * 255 / 219).clip(0, 255).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded frame.

    Attributes
    ----------
    index : int
        Place in the order of display from 0, in its stretch where only a stretch is decoded.
    pts : int
        Time of display in units of `time_base`.
    time_base : Fraction
        Seconds of one unit of `pts`.
    rotation : int
        Counter-clockwise turn in degrees that makes the stored picture upright.
    decoded : av.VideoFrame
        The stored picture.
    converted : uint8 (height, width, 3), optional
        The stored picture as RGB, where another process converted it.
    """

    index: int
    pts: int
    time_base: Fraction
    rotation: int
    decoded: av.VideoFrame
    converted: NDArray[np.uint8] | None = None

    @property
    def time_s(self) -> float:
        """Time of display in seconds."""
        return float(self.pts * self.time_base)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the upright frame in pixels."""
        size = (self.decoded.width, self.decoded.height)
        return (size[1], size[0]) if self._turns % 2 else size

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """The upright frame as RGB, uint8 (height, width, 3); converted anew at each access."""
        return self._upright(rgb(self.decoded) if self.converted is None else self.converted)

    def part(self, window: Window) -> NDArray[np.uint8]:
        """Give a window of the upright frame as RGB: the pixels that `pixels` has there.

        Only the window is converted, where the stored form allows it.

        Parameters
        ----------
        window : Window
            Within the frame, and not empty.

        Returns
        -------
        uint8 (height, width, 3)
        """
        x1, y1, x2, y2 = window
        if self._turns or self.decoded.format.name not in _HALVED_CHROMA:
            return np.ascontiguousarray(self.pixels[y1:y2, x1:x2])
        # Whole groups of pixels, so that each is converted as it is within the frame.
        left, top = x1 // _GROUP * _GROUP, y1 // _GROUP * _GROUP
        right, bottom = (-(-end // _GROUP) * _GROUP for end in (x2, y2))
        right, bottom = min(right, self.decoded.width), min(bottom, self.decoded.height)
        if (right - left) % _CUT or (bottom - top) % _CUT:
            return np.ascontiguousarray(self.pixels[y1:y2, x1:x2])
        planes = [
            _samples(plane)[top // share : bottom // share, left // share : right // share].ravel()
            for plane, share in zip(self.decoded.planes, (1, 2, 2), strict=True)
        ]
        # Not copied again; FFmpeg may read a little beyond the last pixel.
        stacked = np.concatenate([*planes, _PADDING])[: -len(_PADDING)]
        cut = av.VideoFrame.from_numpy_buffer(
            stacked.reshape((bottom - top) * 3 // 2, right - left), format=self.decoded.format.name
        )
        cut.color_range, cut.colorspace = self.decoded.color_range, self.decoded.colorspace
        return np.ascontiguousarray(rgb(cut)[y1 - top : y2 - top, x1 - left : x2 - left])

    def thumbnail(self, longer_side: int) -> NDArray[np.uint8]:
        """Give the upright frame in grey, area-averaged so that its longer side has `longer_side` pixels."""
        stored = (self.decoded.width, self.decoded.height)
        width, height = (max(1, round(longer_side * side / max(stored))) for side in stored)
        if self.decoded.format.name not in LUMA_FIRST:
            try:
                small = self.decoded.reformat(width, height, format="gray", interpolation="AREA")
            except MemoryError:
                raise
            except av.FFmpegError as error:
                raise _unconvertible(error) from error
            return self._upright(small.to_ndarray())
        # The luma plane as it is in memory: ten times as fast as a conversion of the frame.
        grey = _averaged(_samples(self.decoded.planes[0]), width, height)
        if self.decoded.color_range != ColorRange.JPEG and not self.decoded.format.name.startswith("yuvj"):
            grey = cv2.LUT(grey, _ALL_LEVELS)
        return self._upright(grey)

    @property
    def _turns(self) -> int:
        """Quarter turns counter-clockwise, the direction of `numpy.rot90` too."""
        return self.rotation // _QUARTER_TURN

    def _upright(self, stored: NDArray[Any]) -> NDArray[np.uint8]:
        """Turn a stored picture upright, in memory of its own."""
        turned = np.rot90(stored, self._turns) if self._turns else stored
        return np.ascontiguousarray(turned, dtype=np.uint8)


def rgb(decoded: av.VideoFrame) -> NDArray[np.uint8]:
    """Convert a stored picture to RGB, uint8 (height, width, 3).

    On this thread alone: for one frame others cost more than they help.

    Raises
    ------
    DataError
        If the frame says that its colours are of a kind that FFmpeg does not convert.
    """
    try:
        return np.asarray(decoded.to_ndarray(format="rgb24", threads=1), dtype=np.uint8)
    except MemoryError:
        raise
    except av.FFmpegError as error:
        raise _unconvertible(error) from error


def _unconvertible(error: av.FFmpegError) -> DataError:
    """Say of a frame that its colours are none that FFmpeg knows to convert."""
    return DataError(
        "A frame of the video cannot be converted", found=str(error), remedy="Record or convert it again."
    )


def _averaged(grey: NDArray[np.uint8], width: int, height: int) -> NDArray[Any]:
    """Scale a picture down by the means of areas."""
    # Areas of two by two are what OpenCV is fastest at by far.
    small: NDArray[Any] = grey
    while small.shape[0] % (2 * height) == 0 and small.shape[1] % (2 * width) == 0:
        half = small.shape[1] // 2, small.shape[0] // 2
        small = cv2.resize(small, half, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_AREA)


def _samples(plane: VideoPlane) -> NDArray[np.uint8]:
    """Give a plane of 8 bits as it is in memory, uint8 (height, width)."""
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]
