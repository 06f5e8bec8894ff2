"""The cache: what was written or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from facebank.errors import DataError
from facebank.runtime.cache import ArrayCache

if TYPE_CHECKING:
    from pathlib import Path

KEY, OTHER = "ab" * 32, "cd" * 32
ARRAYS = {
    "empty": np.empty((0, 4), np.float32),
    "numbers": np.arange(6, dtype=np.float32).reshape(2, 3),
    "text": np.array("turned_90"),
    "wide": np.array([[1.5], [-0.0]]),
    "nothing": np.empty(0, np.int32),
}


def test_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    cache = ArrayCache(tmp_path / "new")
    assert cache.read(KEY) is None
    cache.write(KEY, ARRAYS)
    found = cache.read(KEY)
    assert found is not None
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
    assert cache.read(OTHER) is None


def test_an_entry_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    one, two = ArrayCache(tmp_path / "one"), ArrayCache(tmp_path / "two")
    for cache in (one, two):
        cache.write(KEY, ARRAYS)
    assert one.path(KEY).read_bytes() == two.path(KEY).read_bytes()
    assert [path.name for path in one.folder.rglob("*") if path.is_file()] == [one.path(KEY).name]


@pytest.mark.parametrize("damage", ["empty", "cut", "names", "numbers", "moved"])
def test_a_damaged_entry_is_none(tmp_path: Path, damage: str) -> None:
    cache = ArrayCache(tmp_path)
    cache.write(KEY, ARRAYS)
    data = cache.path(KEY).read_bytes()
    broken = {
        "empty": b"",
        "cut": data[:-1],
        "names": data[:40] + bytes([data[40] ^ 1]) + data[41:],
        "numbers": data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
        "moved": data,
    }[damage]
    key = OTHER if damage == "moved" else KEY
    cache.path(key).parent.mkdir(exist_ok=True)
    cache.path(key).write_bytes(broken)
    assert cache.read(key) is None
    cache.write(key, ARRAYS)
    assert cache.read(key) is not None


def test_a_pickle_is_never_read(tmp_path: Path) -> None:
    cache = ArrayCache(tmp_path)
    with pytest.raises(ValueError, match="Object arrays"):
        cache.write(KEY, {"object": np.array([{}], dtype=object)})
    assert cache.read(KEY) is None


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"Cannot write into the cache.*cache\.root"):
        ArrayCache(tmp_path / "file").write(KEY, ARRAYS)
