"""The line between a process that decodes and the one that asked: headers through a pipe, pixels beside it.

Pixels lie in memory that both see, in a ring for each direction: who sends writes on while the other takes
what is there. Headers are JSON; nothing that runs passes. Who decodes the files of others may be under their
control: no place in the ring is taken from what it says, and no size that was not held against a limit.

The memory has no name, so nothing of it stays behind, whoever is killed. On Linux the system keeps its size:
where it shrank, looking at it would end the process.
"""

from __future__ import annotations

import json
import os
import select
import sys
from mmap import mmap
from multiprocessing import reduction
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from facebank.reading.json_documents import json_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from multiprocessing.connection import Connection

if sys.platform == "linux":
    import fcntl

__all__ = ["PIECE", "Header", "Line", "Room"]

Header = dict[str, Any]

#: Bytes of a ring: some small frames, so that decoding goes on; larger pictures pass piece by piece.
_RING = 8 << 20
#: Most bytes that lie together. A quarter: then who waits for room gets it, wherever a piece had to begin.
PIECE = _RING // 4
#: Most bytes of a header that comes from who is not trusted.
_LONGEST = 1 << 20


class Room:
    """Memory that this process sees, and the one that is started with it."""

    def __init__(self) -> None:
        self._file = _nameless_file(2 * _RING)
        self.memory = mmap(self._file, 2 * _RING)

    def close(self) -> None:
        """Let no further process have it. Lines keep what they use."""
        os.close(self._file)

    def __reduce__(self) -> tuple[Callable[[Any], mmap], tuple[Any]]:
        return _mapped, (reduction.DupFd(self._file),)


class Line:
    """One end of a line.

    Parameters
    ----------
    connection : Connection
        The pipe for headers.
    memory : mmap
        That of a `Room`, of which the other end has the same.
    asks : bool
        Whether this is the end that asks. It does not trust the other.
    """

    def __init__(self, connection: Connection[Any, Any], memory: mmap, *, asks: bool) -> None:
        self.connection = connection
        #: Seconds to wait for what comes next; for ever where there are none.
        self.patience: float | None = None
        rings = memoryview(memory)[:_RING], memoryview(memory)[_RING:]
        self._outgoing, self._incoming = rings if asks else rings[::-1]
        self._longest = _LONGEST if asks else None
        # How many bytes went into a ring, and out of it, since the beginning: here, and what the other knows.
        self._written = self._announced = self._freed = 0
        self._there = self._read = self._told = 0

    def send(self, header: Mapping[str, Any], buffers: Iterable[memoryview] = ()) -> None:
        """Send a header that is not empty, and the bytes of buffers.

        Raises
        ------
        EOFError, OSError
            If the other side is gone, or does not take them.
        ValueError, LookupError, TypeError
            If it says something else.
        """
        for buffer in buffers:
            for start in range(0, len(buffer), PIECE):
                piece = buffer[start : start + PIECE]
                place = _place(self._written, len(piece))
                while place + len(piece) > self._freed + _RING:
                    header = self._announce(header)
                    if self._heard():
                        raise ValueError("an answer before the question")
                self._outgoing[place % _RING :][: len(piece)] = piece
                self._written = place + len(piece)
                if self._written - self._announced >= PIECE:
                    # The other end takes it meanwhile.
                    header = self._announce(header)
        self._announce(header)

    def receive(self) -> Header:
        """Receive a header.

        Raises
        ------
        EOFError, OSError
            If the other side is gone, or, `TimeoutError`, silent.
        ValueError, LookupError, TypeError
            If it says what `send` does not.
        """
        self._tell()
        while not (header := self._heard()):
            pass
        return header

    def read(self, count: int) -> memoryview:
        """Give the bytes of a buffer, or each `PIECE` of them; they stay what they are until the next call.

        Raises
        ------
        EOFError, OSError, ValueError, LookupError, TypeError
            As `receive`.
        """
        self._tell()
        place = _place(self._read, count)
        while place + count > self._there:
            if self._heard():
                raise ValueError("a header within a picture")
        self._read = place + count
        return self._incoming[place % _RING :][:count]

    def read_into(self, buffer: memoryview) -> None:
        """Take all bytes of a buffer.

        Raises
        ------
        EOFError, OSError, ValueError, LookupError, TypeError
            As `receive`.
        """
        for start in range(0, len(buffer), PIECE):
            piece = buffer[start : start + PIECE]
            piece[:] = self.read(len(piece))

    def _announce(self, header: Mapping[str, Any]) -> Header:
        """Say what there is; give the header of what follows it."""
        if header or self._announced < self._written:
            self._say({**header, "written": self._written})
            self._announced = self._written
        return {}

    def _tell(self) -> None:
        """Say now and then what was taken."""
        if self._read - self._told >= PIECE:
            self._say({"read": self._read})
            self._told = self._read

    def _say(self, message: Mapping[str, Any]) -> None:
        self.connection.send_bytes(json.dumps(message).encode())

    def _heard(self) -> Header:
        """Hear one message: a header, or an empty one where there is only more to read, or to write."""
        if self.patience is not None:
            # Ten times as fast as to ask the connection itself.
            coming = select.poll()
            coming.register(self.connection, select.POLLIN)
            if not coming.poll(self.patience * 1000):
                raise TimeoutError
        message: Header = json_value(self.connection.recv_bytes(self._longest))
        if "read" in message:
            # Whoever says nothing new would be listened to for ever.
            if message["read"] <= self._freed:
                raise ValueError("nothing was read")
            self._freed = message["read"]
            return {}
        there = message.pop("written")
        if there <= self._there and not message:
            raise ValueError("nothing was written")
        self._there = there
        return message


def _place(position: int, count: int) -> int:
    """Give where so many bytes have to begin to lie together."""
    left = _RING - position % _RING
    return position if count <= left else position + left


def _nameless_file(size: int) -> int:
    """Open a file that is nowhere, in memory where the system has such."""
    if sys.platform == "linux":
        file = os.memfd_create("facebank", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(file, size)
        fcntl.fcntl(file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
        return file
    with TemporaryFile() as unnamed:
        unnamed.truncate(size)
        return os.dup(unnamed.fileno())


def _mapped(file: Any) -> mmap:
    """Give the memory of a `Room` to the process that is started with it."""
    number = file.detach()
    try:
        return mmap(number, 2 * _RING)
    finally:
        os.close(number)
