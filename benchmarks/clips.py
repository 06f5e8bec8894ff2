"""Videos to measure detection with, drawn once a process: a gripper that works over three printed faces."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from unittest import mock

import av
import numpy as np

from facebank.demo import sources
from facebank.media.videos import frames
from remux import remux

__all__ = ["episode", "ten_times", "with_moving_camera"]

#: Frames of the longest recorded episode of the first data set.
FRAMES = 538


@cache
def _folder() -> Path:
    """Give a folder that lasts as long as the process needs it."""
    folder = Path(tempfile.mkdtemp(prefix="facebank-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def episode() -> Path:
    """Draw an episode of 538 frames of 640x480."""
    with mock.patch.object(sources, "_FRAMES", (FRAMES,)):
        sources.make_sources(_folder() / "sources", sources=1, variants=1)
    (video,) = (_folder() / "sources").glob("*/videos/*camera1/*/*.mp4")
    return video


@cache
def ten_times() -> Path:
    """Play the episode ten times: its packets again and again, later each time."""
    path = _folder() / "ten_times.mp4"
    remux(episode(), path, times=10)
    return path


@cache
def with_moving_camera() -> Path:
    """Push the camera in the middle of the episode: it swings for two seconds and stays displaced."""

    def pushed(index: int) -> float:
        since = index - FRAMES // 2
        return 0.0 if since < 0 else 4 + 10 * np.exp(-since / 20) * np.sin(since / 4)

    shots = (np.roll(frame.pixels, round(pushed(frame.index)), axis=1) for frame in frames(episode()))
    return _written("moving.mp4", shots)


def _written(name: str, pictures: object) -> Path:
    """Write pictures as a video."""
    path = _folder() / name
    with av.open(path, "w") as container:
        stream = container.add_stream(
            "libx264", rate=sources.FPS, options={"preset": "veryfast", "crf": "19"}
        )
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path
