"""The reader of videos."""

from __future__ import annotations

import tempfile
from itertools import islice
from pathlib import Path

import av
import numpy as np

from facebank.errors import DataError
from facebank.media.containers import Span, reason_of
from facebank.media.videos import frames, probe

__all__ = ["corpus", "read"]

#: Suffix, encoder and pixel format.
_KINDS = (
    ("mp4", "libx264", "yuv420p"),
    ("mp4", "libx265", "yuv420p"),
    ("mp4", "libsvtav1", "yuv420p"),
    ("mp4", "mpeg4", "yuv420p"),
    ("mkv", "libx264", "yuv420p10le"),
    ("webm", "libvpx-vp9", "yuv420p"),
    ("mov", "mjpeg", "yuvj420p"),
    ("avi", "mpeg4", "yuv420p"),
    ("avi", "rawvideo", "bgr24"),
    ("mpg", "mpeg2video", "yuv420p"),
)
_SPAN = Span(0.05, 0.12)


def corpus() -> list[bytes]:
    """Make a short clip in every container, with the codecs that are found in it."""
    rows = np.arange(64)[:, None, None]
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for suffix, codec, pixel_format in _KINDS:
            path = Path(folder) / f"clip.{suffix}"
            with av.open(str(path), "w") as container:
                stream = container.add_stream(codec, rate=30)
                (stream.width, stream.height), stream.pix_fmt = (64, 64), pixel_format
                for index in range(6):
                    picture = np.broadcast_to((rows * 3 + index * 9) % 256, (64, 64, 3)).astype(np.uint8)
                    container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
                container.mux(stream.encode(None))
            files.append(path.read_bytes())
        return files


def read(data: bytes, folder: Path) -> str:
    """Read a video's facts, then all its frames, then a stretch of it."""
    path = folder / "a.mp4"
    path.write_bytes(data)
    try:
        facts = probe(path)
        assert facts.packets > 0
        shown = frames(path)
        for frame in islice(shown, 3):
            width, height = frame.size
            assert frame.pixels.shape == (height, width, 3)
            assert max(frame.thumbnail(32).shape) == 32
            assert frame.part((0, 0, 1, 1)).shape == (1, 1, 3)
        for frame in shown:
            assert isinstance(frame.pts, int)
        probe(path, span=_SPAN)
    except DataError as error:
        problem = error
    else:
        return "used"
    assert "video" in str(problem)
    return reason_of(problem)
