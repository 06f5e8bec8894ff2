"""With little time or memory a file is decoded as with plenty or refused for want of it, and nothing else."""

from __future__ import annotations

from pathlib import Path
from random import Random

import av
import numpy as np
import pytest

from facebank.errors import DataError
from facebank.media.containers import reason_of
from facebank.media.images import PhotoRejected
from facebank.media.isolation import media_reader
from facebank.media.limits import ProcessLimits
from facebank.media.readers import DIRECT, MediaReader
from mutations import mutated
from portraits import encoded

pytestmark = pytest.mark.deep

#: File, encoder and pixel format.
VIDEOS = [
    ("mp4", "libx264", "yuv420p"),
    ("mp4", "libx265", "yuv420p"),
    ("mp4", "libsvtav1", "yuv420p"),
    ("mp4", "mpeg4", "yuv420p"),
    ("mkv", "libx264", "yuv420p10le"),
    ("mkv", "ffv1", "yuv420p"),
    ("webm", "libvpx-vp9", "yuv420p"),
    ("mov", "mjpeg", "yuvj420p"),
    ("mov", "prores", "yuv422p10le"),
    ("avi", "rawvideo", "bgr24"),
    ("mpg", "mpeg2video", "yuv420p"),
]
PHOTOS = ("JPEG", "PNG", "WEBP", "BMP")
MEMORY = [ProcessLimits(60, megabytes) for megabytes in (*range(1, 12), 14, 18, 24, 32)]
TIME = [ProcessLimits(seconds, 300) for seconds in (1e-6, 1e-4, 1e-3, 4e-3, 2e-2)]
#: What a file may be refused for that is decoded with plenty.
WANT = {"TOO_SLOW", "TOO_MUCH_MEMORY", "DECODER_CRASHED"}
NOISE = np.random.default_rng(0).integers(0, 200, (480, 640, 3), dtype=np.uint8)


def video(path: Path, codec: str, pixel_format: str) -> Path:
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=30)
        (stream.width, stream.height), stream.pix_fmt = (640, 480), pixel_format
        for index in range(9):
            picture = np.roll(NOISE, 3 * index, axis=1)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def shown(reader: MediaReader, path: Path) -> tuple[list[tuple[int, bytes]], str]:
    """Give the frames, and for what reason there are no more."""
    found = []
    try:
        for frame in reader.frames(path):
            found.append((frame.pts, frame.pixels.tobytes()))  # noqa: PERF401 (those before the refusal count)
    except DataError as error:
        return found, reason_of(error)
    return found, ""


def pictured(reader: MediaReader, data: bytes) -> tuple[bytes, str]:
    try:
        return reader.photo(data).pixels.tobytes(), ""
    except PhotoRejected as rejection:
        return b"", rejection.reason_code


@pytest.mark.parametrize("kind", VIDEOS, ids="-".join)
def test_a_video_is_as_with_plenty_or_refused_for_want(tmp_path: Path, kind: tuple[str, str, str]) -> None:
    suffix, codec, pixel_format = kind
    good = video(tmp_path / f"good.{suffix}", codec, pixel_format)
    bad = tmp_path / f"bad.{suffix}"
    bad.write_bytes(mutated(good.read_bytes(), [good.read_bytes()], Random(1)))  # noqa: S311 (no secret)
    for path in (good, bad):
        frames, reason = shown(DIRECT, path)
        assert path == bad or (len(frames), reason) == (9, "")
        for limits in (*MEMORY, *TIME):
            with media_reader(isolate=True, process_limits=limits) as reader:
                found, said = shown(reader, path)
            assert (said in WANT and found == frames[: len(found)]) or (found, said) == (frames, reason), (
                limits
            )


@pytest.mark.parametrize("file_format", PHOTOS)
def test_a_photo_is_as_with_plenty_or_refused_for_want(file_format: str) -> None:
    good = encoded(NOISE, file_format)
    for data in (good, mutated(good, [good], Random(1))):  # noqa: S311 (no secret)
        expected = pictured(DIRECT, data)
        for limits in (*MEMORY, *TIME):
            with media_reader(isolate=True, process_limits=limits) as reader:
                found = pictured(reader, data)
            assert found == expected or found[1] in WANT, limits
