"""Digests are of content, and shards are stable."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facebank.artifacts.digests import digest_of, sha256_bytes, sha256_file, shard_of


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
