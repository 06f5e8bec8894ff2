"""Short videos for pages, that every browser plays."""

from __future__ import annotations

from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING

import av
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["write_clip"]

#: One thread and no trace of the encoder's time: the same pixels give the same bytes. With x264's tree of
#: macroblocks one of 150 clips of tiny even pictures was seen to have others.
_OPTIONS: dict[str, str] = {"crf": "28", "preset": "veryfast", "threads": "1", "mbtree": "0"}


def write_clip(path: Path, pictures: Iterable[NDArray[np.uint8]], fps: float) -> tuple[int, int] | None:
    """Write pictures as H.264 in MP4.

    Parameters
    ----------
    path : Path
        The file to make.
    pictures : iterable of ndarray (H, W, 3) of uint8
        RGB, all of one size. An odd last row or column is left out: the format counts in pairs.
    fps : float
        Pictures a second.

    Returns
    -------
    tuple of int or None
        Width and height of the clip; None, and no file, where there was no picture.
    """
    rest = iter(pictures)
    first = next(rest, None)
    if first is None:
        return None
    height, width = (side - side % 2 for side in first.shape[:2])
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001), options=_OPTIONS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for pixels in chain([first], rest):
            cut = np.ascontiguousarray(pixels[:height, :width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(cut, format="rgb24")))
        container.mux(stream.encode())
    return width, height
