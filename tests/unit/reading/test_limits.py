"""How far a file is read, and how deep a value may be."""

import os
from pathlib import Path
from typing import Any

import pytest

from facebank.reading.limits import DEEPEST, DocumentError, read_within, require_shallow


def nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize("size", [0, 1, 10])
def test_a_file_up_to_the_limit_is_read_whole(tmp_path: Path, size: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * size)
    assert read_within(path, 10) == b"x" * size


def test_a_byte_more_is_refused_and_a_huge_file_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(1 << 34)  # 16 GiB without a block on the disk
    with pytest.raises(DocumentError, match="17,179,869,184 bytes, more than the 10 that are read"):
        read_within(path, 10)
    path.write_bytes(b"x" * 11)
    with pytest.raises(DocumentError, match="11 bytes, more than the 10"):
        read_within(path, 10)


def test_a_file_that_lies_about_its_size_is_read_up_to_the_limit() -> None:
    # The system says 0 bytes of what it makes up while it is read.
    assert Path("/proc/self/status").stat().st_size == 0
    with pytest.raises(DocumentError, match="more than the 10 bytes"):
        read_within(Path("/proc/self/status"), 10)


def test_what_may_never_end_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(DocumentError, match="a pipe or a device"):
            read_within(path, 10)


def test_folders_missing_files_and_impossible_names(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        read_within(tmp_path, 10)
    with pytest.raises(FileNotFoundError):
        read_within(tmp_path / "none", 10)
    with pytest.raises(DocumentError, match="no name of a file"):
        read_within(tmp_path / "a\0b", 10)


@pytest.mark.parametrize("value", [None, 1, "text", [], {}, nested(DEEPEST), [nested(3), {"a": nested(5)}]])
def test_a_value_as_deep_as_the_limit_is_shallow(value: Any) -> None:
    require_shallow(value)


@pytest.mark.parametrize("levels", [DEEPEST + 1, 100_000])
def test_a_deeper_value_is_refused_without_recursion(levels: int) -> None:
    for value in (nested(levels), {"a": [1, {"b": nested(levels - 3)}]}):
        with pytest.raises(DocumentError, match=f"more than {DEEPEST} lists and objects"):
            require_shallow(value)
