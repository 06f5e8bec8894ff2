"""Photos, frames and facts pass as they are; what cannot be one is refused before memory is made for it."""

from __future__ import annotations

from fractions import Fraction
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from clips import encode
from facebank.errors import DataError
from facebank.media.frames import Frame
from facebank.media.images import Photo
from facebank.media.lines import PIECE, Line, Room
from facebank.media.passing import FrameSender, FrameTaker, facts_header, facts_of, send_photo, take_photo
from facebank.media.videos import frames, probe

#: What `Line.receive` and who takes pictures may raise.
REFUSED = (ValueError, LookupError, TypeError, ArithmeticError)


def ends() -> tuple[Line, Line]:
    """Give who asks, and who answers."""
    room = Room()
    here, there = Pipe()
    room.close()
    lines = Line(here, room.memory, asks=True), Line(there, room.memory, asks=False)
    for line in lines:
        line.patience = 60
    return lines


def passed(*shown: Frame) -> list[Frame]:
    asks, answers = ends()
    sender, taker = FrameSender(answers), FrameTaker(asks, 10**6, 10)
    found = []
    for frame in shown:
        sender.send(frame)
        found.append(taker.take(asks.receive()))
    return found


def clip(path: Path, count: int = 3) -> Path:
    noise = np.random.default_rng(0).integers(0, 200, (64, 96, 3), dtype=np.uint8)
    return encode(path, [noise + np.uint8(index) for index in range(count)])


def test_frames_come_as_they_were_decoded(tmp_path: Path) -> None:
    whole = list(frames(clip(tmp_path / "a.mp4")))
    for one, other in zip(passed(*whole), whole, strict=True):
        assert (one.index, one.pts, one.time_base) == (other.index, other.pts, other.time_base)
        assert np.array_equal(one.pixels, other.pixels)


def test_a_form_that_changes_is_said_again(tmp_path: Path) -> None:
    (first, second, third) = frames(clip(tmp_path / "a.mp4"))
    second.decoded.color_range = 2
    found = passed(first, second, third)
    assert [int(frame.decoded.color_range) for frame in found] == [0, 2, 0]
    assert np.array_equal(found[1].pixels, second.pixels)


def test_a_picture_that_is_kept_from_the_bottom_up_is_turned(tmp_path: Path) -> None:
    # As AVI files keep what is not compressed, unless they give a height below zero.
    path = tmp_path / "a.avi"
    picture = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    with av.open(path, "w") as container:
        stream = container.add_stream("rawvideo", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "bgr24"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    data = bytearray(path.read_bytes())
    place = data.index(b"strf") + 16
    height = int.from_bytes(data[place : place + 4], "little", signed=True)
    data[place : place + 4] = (-height).to_bytes(4, "little", signed=True)
    path.write_bytes(data)
    (frame,) = frames(path)
    assert frame.decoded.planes[0].line_size < 0
    (found,) = passed(frame)
    assert np.array_equal(found.pixels, frame.pixels)
    assert np.array_equal(found.thumbnail(16), frame.thumbnail(16))


def test_colours_that_nobody_can_convert_are_said_where_they_are_asked_for(tmp_path: Path) -> None:
    (frame, *_) = frames(clip(tmp_path / "a.mp4"))
    frame.decoded.colorspace = 3  # reserved by the standard
    (found,) = passed(frame)
    with pytest.raises(DataError, match="A frame of the video cannot be converted"):
        _ = found.pixels


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (1201, 907), (PIECE // 3 + 5, 2), (1, 4001)])
def test_photos_of_all_sizes_are_the_same(size: tuple[int, int]) -> None:
    asks, answers = ends()
    pixels = np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    send_photo(answers, Photo(Image.fromarray(pixels), 6, "PNG"))
    found = take_photo(asks, asks.receive(), pixels.size)
    assert (found.orientation, found.format) == (6, "PNG")
    np.testing.assert_array_equal(found.pixels, pixels)


FORM: dict[str, Any] = {
    "time_base": [1, 30],
    "rotation": 0,
    "format": "yuv420p",
    "size": [4, 4],
    "color_range": 1,
    "colorspace": 2,
    "planes": [16, 4, 4],
    "converted": False,
}


@pytest.mark.parametrize(
    "changed",
    [
        {"time_base": [1, 0]},
        {"time_base": "x"},
        {"rotation": 45},
        {"rotation": "90"},
        {"format": "unheard"},
        {"format": 7},
        {"format": "vaapi"},
        {"size": [0, 4]},
        {"size": [-4, -4]},
        {"size": [1001, 1000]},
        {"size": [1 << 40, 1 << 40]},
        {"size": [4.0, 4]},
        {"size": 4},
        {"planes": [16, 4]},
        {"planes": [1 << 40, 4, 4]},
        {"planes": [-16, 4, 4]},
        {"planes": [17, 4, 4]},
        {"color_range": "x"},
    ],
    ids=str,
)
def test_a_form_that_no_frame_has_is_refused(changed: dict[str, Any]) -> None:
    asks, answers = ends()
    taker = FrameTaker(asks, 10**6, 10)
    answers.send({"index": 0, "pts": 0, "form": FORM | changed}, [memoryview(bytes(1000))])
    header = asks.receive()
    with pytest.raises((*REFUSED, OSError)):
        taker.take(header)


@pytest.mark.parametrize("indices", [(0, 0), (3, 2), (-1,), (10,), ("0",), (0.0,), (True,)])
def test_frames_that_do_not_come_next_are_refused(indices: tuple[Any, ...]) -> None:
    asks, answers = ends()
    taker = FrameTaker(asks, 10**6, 10)
    *good, bad = indices
    for index in (*good, bad):
        answers.send({"index": index, "pts": 0, "form": FORM}, [memoryview(bytes(64))] * 3)
    for index in good:
        assert taker.take(asks.receive()).index == index
        break
    header = {"index": bad, "pts": 0, "form": FORM}
    with pytest.raises(REFUSED):
        taker.take(header)


@pytest.mark.parametrize(
    "changed",
    [
        {"size": [1 << 20, 1 << 20]},
        {"size": [0, 1]},
        {"size": [1, 1, 1]},
        {"orientation": 9},
        {"orientation": "1"},
        {"format": None},
    ],
    ids=str,
)
def test_a_photo_that_cannot_be_is_refused(changed: dict[str, Any]) -> None:
    asks, answers = ends()
    header = {"size": [2, 2], "orientation": 1, "format": "PNG"} | changed
    answers.send(header, [memoryview(bytes(12))])
    with pytest.raises(REFUSED):
        take_photo(asks, asks.receive(), 100)


@pytest.mark.parametrize(
    "changed",
    [{"codec": 1}, {"width": "9"}, {"packets": True}, {"frame_rate": [1, 0]}, {"time_base": ["x"]}],
    ids=str,
)
def test_facts_are_of_their_kinds(tmp_path: Path, changed: dict[str, Any]) -> None:
    facts = probe(clip(tmp_path / "a.mp4"))
    header = facts_header(facts)
    assert facts_of(header) == facts
    assert facts.time_base == Fraction(*header["time_base"])
    with pytest.raises(REFUSED):
        facts_of(header | changed)
    with pytest.raises(REFUSED):
        facts_of({})
