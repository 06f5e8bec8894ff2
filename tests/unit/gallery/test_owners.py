from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facebank.gallery.levels import Levels
from facebank.gallery.owners import UNDECIDED, one_per_identity, originals_of, owners_of

LEVELS = Levels(stranger=0.3, weak=0.5, same_person=0.7)
UNKNOWN = float("nan")
#: Two photos of identity 0 and one each of 1 and 2.
NAMES = [0, 0, 1, 2]


@pytest.mark.parametrize(
    ("own", "names", "groups", "expected"),
    [
        ([], [], [], []),
        ([0.1], [3], [0], [3]),
        ([0.9, 0.1, 0.9, 0.9], NAMES, [0, 0, 2, 3], [0, 0, 1, 2]),
        ([0.9, 0.9, 0.2, 0.9], NAMES, [0, 1, 0, 3], [0, 0, 0, 2]),
        ([0.2, 0.9, 0.9, 0.1], NAMES, [7, 1, 7, 7], [1, 0, 1, 1]),
        ([0.5, 0.9, UNKNOWN, 0.9], NAMES, [0, 1, 0, 3], [0, 0, 0, 2]),
        ([0.2, 0.6, 0.2, 0.9], NAMES, [0, 0, 0, 3], [0, 0, 0, 2]),
        ([0.9, 0.9, 0.8, 0.9], NAMES, [0, 1, 0, 3], [UNDECIDED, 0, UNDECIDED, 2]),
        ([0.4, 0.9, 0.2, 0.9], NAMES, [0, 1, 0, 3], [UNDECIDED, 0, UNDECIDED, 2]),
        ([UNKNOWN, 0.9, UNKNOWN, 0.9], NAMES, [0, 1, 0, 3], [UNDECIDED, 0, UNDECIDED, 2]),
        # Two pictures, in turn.
        ([0.9, 0.9, 0.2, 0.2], [0, 1, 1, 0], [5, 6, 5, 6], [0, 1, 0, 1]),
    ],
)
def test_the_owner_is_the_one_whose_photos_a_picture_resembles(
    own: list[float], names: list[int], groups: list[int], expected: list[int]
) -> None:
    found = owners_of(
        np.array(own, np.float32), np.array(names, np.int64), np.array(groups, np.int64), LEVELS
    )
    assert found.tolist() == expected


def test_without_levels_nothing_tells() -> None:
    own = np.array([0.9, 0.9, 0.1, 0.9], np.float32)
    found = owners_of(own, np.array(NAMES), np.array([0, 1, 0, 3]), None)
    assert found.tolist() == [UNDECIDED, 0, UNDECIDED, 2]


@pytest.mark.parametrize(
    ("owners", "preference", "expected"),
    [
        ([0, 0, 0, 0], [0, 1, 2, 3], [0, 0, 0, 0]),
        ([0, 0, 0, 0], [3, 2, 1, 0], [1, 1, 1, 1]),
        ([2, 2, 2, 2], [0, 1, 2, 3], [3, 3, 3, 3]),
        ([UNDECIDED] * 4, [3, 2, 0, 1], [2, 2, 2, 2]),
    ],
)
def test_the_original_stands_under_its_owners_name(
    owners: list[int], preference: list[int], expected: list[int]
) -> None:
    found = originals_of(np.array(owners), np.array(NAMES), np.zeros(4, np.int64), np.array(preference))
    assert found.tolist() == expected


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=12))
def test_each_picture_of_each_identity_is_marked_once(photos: list[tuple[int, int]]) -> None:
    names, groups = np.array(photos, np.int64).reshape(-1, 2).T
    marked = one_per_identity(names, groups, np.arange(len(photos)))
    assert sorted(zip(names[marked].tolist(), groups[marked].tolist(), strict=True)) == sorted(set(photos))
    # Of equals the first is preferred.
    assert all(photos.index(photos[row]) == row for row in np.flatnonzero(marked))
