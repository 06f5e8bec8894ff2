"""Digests are of content, and shards are stable."""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facebank.artifacts.digests import digest_of, remembered_digests, sha256_bytes, sha256_file, shard_of


@pytest.mark.parametrize("data", [b"", b"abc", bytes(300_000)])
def test_bytes_and_files_agree(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "f").write_bytes(data)
    assert sha256_file(tmp_path / "f") == sha256_bytes(data) == hashlib.sha256(data).hexdigest()


def test_the_order_of_keys_does_not_count_and_values_do() -> None:
    assert digest_of({"a": 1, "b": [2]}) == digest_of({"b": [2], "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": 1.5})
    assert digest_of([1, 2]) != digest_of([2, 1])


@given(st.text(), st.integers(1, 50))
def test_a_shard_is_in_range_and_stable(key: str, shards: int) -> None:
    assert 0 <= shard_of(key, shards) < shards
    assert shard_of(key, shards) == shard_of(key, shards)


def test_shards_are_the_same_on_every_machine() -> None:
    assert [shard_of(key, 7) for key in ("", "heldout/a/1.jpg", "ü")] == [1, 5, 2]


def test_shards_are_even() -> None:
    counts = [0] * 8
    for index in range(8000):
        counts[shard_of(f"photo {index}", 8)] += 1
    assert max(counts) < 1.15 * min(counts)


def test_a_file_that_several_threads_ask_for_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"b")
    read: list[Path] = []

    def reading(path: Path) -> str:
        read.append(path)
        time.sleep(0.05)
        return sha256_file(path)

    monkeypatch.setattr("facebank.artifacts.digests.sha256_file", reading)
    paths = [tmp_path / "a", tmp_path / "a", tmp_path / "b", tmp_path / "a"]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(remembered_digests(), paths))
    assert found == [sha256_file(path) for path in paths]
    assert sorted(read) == [tmp_path / "a", tmp_path / "b"]
