"""Headers and pictures of any size pass a line as they are, and whoever lies is not believed."""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe
from pathlib import Path
from random import Random
from typing import Any

import pytest

from facebank.media.lines import PIECE, Line, Room

SIZES = (0, 1, 1000, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 4 * PIECE, 9 * PIECE + 7)


def ends() -> tuple[Line, Line]:
    """Give who asks, and who answers."""
    room = Room()
    here, there = Pipe()
    lines = Line(here, room.memory, asks=True), Line(there, room.memory, asks=False)
    room.close()
    for line in lines:
        line.patience = 60
    return lines


@pytest.mark.parametrize("turned", [False, True])
def test_what_is_sent_comes_as_it_is(*, turned: bool) -> None:
    random = Random(0)  # noqa: S311 (what is sent is no secret)
    messages = [
        [random.randbytes(random.choice(SIZES)) for _ in range(random.randrange(4))] for _ in range(40)
    ]
    sender, taker = ends()[:: -1 if turned else 1]

    def send() -> None:
        for number, buffers in enumerate(messages):
            sender.send({"number": number}, map(memoryview, buffers))

    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(send)
        for number, buffers in enumerate(messages):
            assert taker.receive() == {"number": number}
            for buffer in buffers:
                taken = bytearray(len(buffer))
                taker.read_into(memoryview(taken))
                assert taken == buffer
        sending.result()


def test_some_pictures_are_sent_before_any_is_taken() -> None:
    asks, answers = ends()
    pictures = [bytes([number]) * PIECE for number in range(4)]
    for picture in pictures:
        answers.send({"picture": True}, [memoryview(picture)])
    for picture in pictures:
        assert asks.receive() == {"picture": True}
        assert asks.read(PIECE) == picture


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\xff",
        b"3",
        b"[]",
        b"{}",
        b'{"written": 0}',
        b'{"written": "x"}',
        b'{"written": null, "a": 1}',
        b'{"read": 0}',
        b'{"read": "x"}',
        b'{"a": "' + b"x" * 200 + b'"}',
    ],
)
def test_nonsense_is_refused_while_a_header_is_waited_for(said: bytes) -> None:
    asks, answers = ends()
    asks._longest = 100
    answers.connection.send_bytes(said)
    with pytest.raises((ValueError, LookupError, TypeError, AttributeError, OSError)):
        asks.receive()


@pytest.mark.parametrize(
    "said", [{"written": 0}, {"written": -1}, {"written": 9, "end": True}, {"written": "x"}]
)
def test_nonsense_is_refused_while_a_picture_is_waited_for(said: dict[str, Any]) -> None:
    asks, answers = ends()
    answers.connection.send_bytes(json.dumps(said).encode())
    with pytest.raises((ValueError, TypeError)):
        asks.read(100)


def test_places_are_not_taken_from_what_is_said() -> None:
    asks, answers = ends()
    answers.connection.send_bytes(json.dumps({"written": 1 << 60, "picture": True}).encode())
    assert asks.receive() == {"picture": True}
    for _ in range(20):
        assert asks.read(PIECE) == bytes(PIECE)


def test_an_answer_is_not_taken_for_the_news_that_there_is_room() -> None:
    asks, answers = ends()
    answers.connection.send_bytes(b'{"written": 0, "end": true}')
    with pytest.raises(ValueError, match="before the question"):
        asks.send({"task": "photo"}, [memoryview(bytes(9 * PIECE))])


def test_silence_and_a_side_that_is_gone_are_told_apart() -> None:
    asks, answers = ends()
    asks.patience = 0.01
    with pytest.raises(TimeoutError):
        asks.receive()
    answers.connection.close()
    with pytest.raises((EOFError, ConnectionError)):
        asks.receive()


@pytest.mark.skipif(sys.platform != "linux", reason="only there the system keeps a file's size")
def test_the_memory_keeps_its_size_and_has_no_name() -> None:
    room = Room()
    for size in (0, 1 << 30):
        with pytest.raises(PermissionError):
            os.ftruncate(room._file, size)
    assert Path(f"/proc/self/fd/{room._file}").readlink().as_posix().startswith("/memfd:")
    room.close()
