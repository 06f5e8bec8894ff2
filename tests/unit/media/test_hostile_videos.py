"""Videos whose headers lie or ask for too much: named, and never more than they may have."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from bombs import patched, video_of_many_samples
from clips import encode
from facebank.errors import DataError
from facebank.media.containers import VideoRefusedError, reason_of
from facebank.media.limits import VideoLimits
from facebank.media.videos import frames, probe

if TYPE_CHECKING:
    from collections.abc import Callable

ALL = b"\xff\xff\xff\xff"


def clip(path: Path, count: int = 10, size: tuple[int, int] = (64, 96)) -> Path:
    return encode(path, [np.full((*size, 3), 40 + index, np.uint8) for index in range(count)])


def picture(file_format: str) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(data, file_format)
    return data.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"ffconcat version 1.0\nfile good.mp4\nfile good.mp4\n",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\ngood.mp4\n",
        b"YUV4MPEG2 W16 H16 F1:1 Ip A1:1 C420\n" + (b"FRAME\n" + bytes(384)) * 5,
        picture("PNG"),
        picture("GIF"),
    ],
    ids=["ffconcat", "playlist", "raw", "png", "gif"],
)
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
def test_what_is_no_video_file_is_not_opened(tmp_path: Path, content: bytes, suffix: str) -> None:
    """Least of all one that names other files, whose bytes no digest would cover."""
    clip(tmp_path / "good.mp4")
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"Cannot read the video: .*a\\.{suffix}"):
        probe(path)


@pytest.mark.parametrize("suffix", ["mp4", "m4v", "mov", "mkv", "avi", "mpg", "mpeg", "webm"])
def test_all_that_is_called_a_video_is_opened(tmp_path: Path, suffix: str) -> None:
    codec = {"mpg": "mpeg2video", "mpeg": "mpeg2video", "webm": "libvpx-vp9"}.get(suffix, "mpeg4")
    path = encode(tmp_path / f"a.{suffix}", [np.full((64, 96, 3), 40, np.uint8)] * 5, codec=codec)
    assert probe(path).packets == len(list(frames(path))) == 5


@pytest.mark.parametrize(
    "lie",
    [
        lambda path: video_of_many_samples(path, 10**6),
        lambda path: video_of_many_samples(path, 10**8),
        lambda path: video_of_many_samples(path, 2**31),
        lambda path: patched(path, b"stts", 4, b"\x7f\xff\xff\xff"),
        lambda path: patched(path, b"stts", 8, ALL),
        lambda path: patched(path, b"stts", 12, ALL),
        lambda path: patched(path, b"mdhd", 12, bytes(4)),
        lambda path: patched(path, b"mdhd", 12, ALL),
        lambda path: patched(path, b"mdhd", 16, ALL),
        lambda path: patched(path, b"tkhd", 76, ALL * 2),
        lambda path: patched(path, b"avc1", 24, ALL),
        lambda path: patched(path, b"stco", 8, ALL),
        lambda path: patched(path, b"elst", 8, ALL * 2),
    ],
    ids=[
        "samples-1e6", "samples-1e8", "samples-2e9", "times", "count", "interval", "no-scale", "scale",
        "duration", "shown-size", "coded-size", "place", "edit",
    ],
)  # fmt: skip
def test_a_header_that_lies_is_named_or_seen_through(tmp_path: Path, lie: Callable[[Path], Path]) -> None:
    path = lie(clip(tmp_path / "a.mp4"))
    try:
        facts = probe(path)
        shown = list(frames(path))
    except DataError as error:
        said, reason = str(error), reason_of(error)
    else:
        assert (facts.width, facts.height) == shown[0].size == (96, 64)
        assert len(shown) <= facts.packets <= 10
        return
    assert "a.mp4" in said
    assert reason in {"UNREADABLE_VIDEO", "TOO_MUCH_MEMORY"}


def test_a_codec_that_nobody_knows_is_named(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    with pytest.raises(DataError, match=r"no decoder for the video: .*a\.mp4"):
        probe(path)


def test_a_header_that_asks_for_all_memory_is_the_videos_fault(tmp_path: Path) -> None:
    path = patched(clip(tmp_path / "a.mp4"), b"stts", 4, b"\x7f\xff\xff\xff")
    with pytest.raises(VideoRefusedError, match="asks for too much memory") as caught:
        probe(path)
    assert caught.value.reason_code == "TOO_MUCH_MEMORY"


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (VideoLimits(max_pixels=64 * 96 - 1), "TOO_MANY_PIXELS"),
        (VideoLimits(max_frames=9), "TOO_MANY_FRAMES"),
        (VideoLimits(max_bytes=999), "TOO_MANY_BYTES"),
    ],
)
def test_a_video_beyond_a_limit_is_refused(
    tmp_path: Path, suffix: str, limits: VideoLimits, reason: str
) -> None:
    path = encode(
        tmp_path / f"a.{suffix}", np.random.default_rng(0).integers(0, 255, (10, 64, 96, 3), np.uint8)
    )
    for ask in (lambda: probe(path, limits=limits), lambda: list(frames(path, limits=limits))):
        with pytest.raises(VideoRefusedError, match="in the config") as caught:
            ask()
        assert caught.value.reason_code == reason
    assert probe(path, limits=VideoLimits(64 * 96, 10, 1 << 20)).packets == 10


def test_a_picture_that_grows_on_the_way_is_refused(tmp_path: Path) -> None:
    """Raw MPEG video may change its size at any keyframe."""
    small, large = (
        encode(tmp_path / f"{side}.mpeg", [np.full((side, side, 3), 90, np.uint8)] * 5, codec="mpeg2video",
               options={"format": "mpeg2video"})
        for side in (64, 512)
    )  # fmt: skip
    both = tmp_path / "both.mpeg"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    assert len(list(frames(both))) > 5
    with pytest.raises(VideoRefusedError, match=r"both\.mpeg.* found 512 x 512"):
        list(frames(both, limits=VideoLimits(max_pixels=128 * 128)))


def test_frames_are_counted_though_nobody_wants_them(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", 30)
    steps: list[int] = []
    assert len(list(frames(path, at_step=lambda: steps.append(1)))) == len(steps) == 30


def test_a_pipe_is_no_video(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(DataError, match="found a pipe or a device"):
        probe(tmp_path / "pipe.mp4")


def test_colours_that_nobody_can_convert_are_the_videos_fault(tmp_path: Path) -> None:
    (frame, *_) = frames(clip(tmp_path / "a.mp4"))
    frame.decoded.colorspace = 3  # reserved by the standard
    with pytest.raises(DataError, match="A frame of the video cannot be converted"):
        _ = frame.pixels
