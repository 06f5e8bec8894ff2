from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facebank.errors import DataError
from facebank.gallery.duplicates import find_copies, hash_distance, near_hashes, originals, parse_hashes
from facebank.gallery.registration import Registration
from laws import examples

SAME, OTHER = Registration(0.0, 1.0), Registration(0.1, 0.99)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [([], []), (["0000000000000000", "FFfffffffffffffF", "8000000000000001"], [0, 2**64 - 1, 2**63 + 1])],
)
def test_hashes_are_read(texts: list[str], expected: Any) -> None:
    found = parse_hashes(texts)
    assert found.dtype == np.uint64
    assert found.tolist() == expected


@pytest.mark.parametrize("text", ["", "0", "00000000000000000", "000000000000000g", "0x00000000000000"])
def test_other_hashes_are_refused(text: str) -> None:
    with pytest.raises(DataError, match="16 hex digits"):
        parse_hashes(["0000000000000000", text])


@settings(max_examples=examples(40))
@given(seed=st.integers(0, 999), flips=st.lists(st.integers(0, 63), max_size=20), limit=st.integers(0, 20))
def test_near_hashes_are_all_that_a_loop_finds(seed: int, flips: list[int], limit: int) -> None:
    drawn = np.random.default_rng(seed).integers(0, 2**63, 20, dtype=np.uint64)
    flipped = [drawn[place % 20] ^ np.uint64(2**bit) for place, bit in enumerate(flips)]
    chained = np.bitwise_xor.accumulate(
        np.array([drawn[0], *(np.uint64(2**bit) for bit in flips)], dtype=np.uint64)
    )
    hashes = np.concatenate([drawn, np.array(flipped, dtype=np.uint64), chained])
    expected = [
        (first, second)
        for first in range(len(hashes))
        for second in range(first + 1, len(hashes))
        if hash_distance(hashes[first], hashes[second]) <= limit
    ]
    assert near_hashes(hashes, limit) == expected


def test_no_hashes_have_no_neighbours() -> None:
    assert near_hashes(np.empty(0, np.uint64), 8) == []


def test_large_groups_are_compared_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = np.zeros(30, dtype=np.uint64)
    whole = near_hashes(hashes, 3)
    monkeypatch.setattr("facebank.gallery.duplicates._BLOCK", 64)
    assert len(whole) == 30 * 29 // 2
    assert near_hashes(hashes, 3) == whole


def test_equal_bytes_are_copies_without_a_look_at_the_pixels() -> None:
    def compare(first: int, second: int) -> Registration:
        raise AssertionError(first, second)

    found = find_copies(
        ["a", "b", "a", "a"], np.zeros(4, np.uint64), max_distance=0, compare=lambda _, __: OTHER
    )
    assert found.groups.tolist() == [0, 1, 0, 0]
    assert [(link.first, link.second, link.evidence) for link in found.links] == [
        (0, 2, "sha256"),
        (2, 3, "sha256"),
    ]
    assert find_copies(
        ["a", "a"], np.zeros(2, np.uint64), max_distance=8, compare=compare
    ).groups.tolist() == [0, 0]


def test_pixels_decide_about_near_hashes() -> None:
    hashes = np.array([0, 1, 3, 2**40], dtype=np.uint64)
    asked = []

    def compare(first: int, second: int) -> Registration:
        asked.append((first, second))
        return SAME if (first, second) == (1, 2) else OTHER

    found = find_copies(list("abcd"), hashes, max_distance=2, compare=compare)
    assert asked == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3)]
    assert found.groups[1] == found.groups[2]
    assert len(set(found.groups.tolist())) == 3
    (link,) = found.links
    assert (link.evidence, link.hash_distance, link.registration) == ("pixels", 1, SAME)


def test_equal_files_are_looked_at_once() -> None:
    asked = []

    def compare(first: int, second: int) -> Registration:
        asked.append((first, second))
        return SAME

    found = find_copies(list("abaab"), np.zeros(5, np.uint64), max_distance=0, compare=compare)
    assert asked == [(0, 1)]
    assert len(set(found.groups.tolist())) == 1


def test_copies_of_copies_are_one_group() -> None:
    hashes = np.array([0b000, 0b001, 0b011], dtype=np.uint64)
    found = find_copies(list("abc"), hashes, max_distance=1, compare=lambda _, __: SAME)
    assert len(set(found.groups.tolist())) == 1


def test_without_pixels_candidates_stay_unconfirmed() -> None:
    found = find_copies(list("ab"), np.zeros(2, np.uint64), max_distance=8, compare=None)
    assert found.unconfirmed == 1
    assert found.links == ()
    assert len(set(found.groups.tolist())) == 2


@pytest.mark.parametrize(
    ("groups", "preference", "expected"),
    [([], [], []), ([4, 4, 7], [2, 1, 0], [1, 1, 2]), ([1, 0, 1, 0], [0, 1, 2, 3], [0, 1, 0, 1])],
)
def test_the_preferred_photo_is_the_original(groups: list[int], preference: list[int], expected: Any) -> None:
    found = originals(np.array(groups, dtype=np.int64), np.array(preference, dtype=np.int64))
    assert found.tolist() == expected
