"""Arrays of others."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from facebank.reading.arrays import map_array, read_array
from facebank.reading.limits import DocumentError

HEADER = b"\x93NUMPY\x01\x00"


def made(header: bytes, data: bytes = b"") -> bytes:
    """Give a file with a header of its own."""
    return HEADER + len(header).to_bytes(2, "little") + header + data


@pytest.mark.parametrize("read", [read_array, map_array])
def test_an_array_comes_back(tmp_path: Path, read: object) -> None:
    np.save(tmp_path / "a.npy", np.arange(3))
    assert read(tmp_path / "a.npy").tolist() == [0, 1, 2]  # type: ignore[operator]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93NUMPY",
        pickle.dumps([1]),
        made(b"{'descr': '<f4', 'fortran_order': False, 'shape': (9,), }\n", b"abc"),
        made(b"{'descr': '<f4', 'fortran_order': False, 'shape': (%d,), }\n" % 2**60),
        made(b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n", pickle.dumps([1])),
        made(b"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }\n", b"abcd"),
        made(b"__import__('os').system('true')\n"),
        made(b"((((((((((\n"),
        made(b"[" * 5000),
    ],
)
@pytest.mark.parametrize("read", [read_array, map_array])
def test_what_is_no_plain_array_is_refused(tmp_path: Path, data: bytes, read: object) -> None:
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(DocumentError, match="no array"):
        read(tmp_path / "a.npy")  # type: ignore[operator]


def test_an_archive_of_arrays_is_none(tmp_path: Path) -> None:
    with (tmp_path / "a.npy").open("wb") as file:
        np.savez(file, a=np.arange(3))
    with pytest.raises(DocumentError, match="an archive"):
        read_array(tmp_path / "a.npy")


@pytest.mark.parametrize("read", [read_array, map_array])
def test_a_pipe_is_refused_before_it_is_opened(tmp_path: Path, read: object) -> None:
    os.mkfifo(tmp_path / "a.npy")
    with pytest.raises(DocumentError, match="a pipe"):
        read(tmp_path / "a.npy")  # type: ignore[operator]
