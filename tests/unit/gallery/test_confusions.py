from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from facebank.gallery import confusions
from facebank.gallery.confusions import confusable_level, find_confusions, write_matrix
from facebank.gallery.leave_one_out import binned
from gallery_banks import people

if TYPE_CHECKING:
    from pathlib import Path


def matrix_of(folder: Path, units: np.ndarray) -> np.ndarray:
    write_matrix(folder / "matrix.npy", units)
    matrix: np.ndarray = np.load(folder / "matrix.npy", allow_pickle=False)
    return matrix


def test_one_identity_is_confused_with_nobody() -> None:
    found = find_confusions(people([1], alike=1, strangers=0), 5)
    assert found.nearest.shape == found.similarities.shape == (1, 0)
    assert found.level is None
    assert (found.above.tolist(), found.pairs, found.pair_count) == ([0], (), 0)


def test_matrix_and_nearest(tmp_path: Path) -> None:
    units = np.array([[1, 0], [0.8, 0.6], [0, 1]], dtype=np.float32)
    found = find_confusions(units, 5)
    matrix = matrix_of(tmp_path, units)
    np.testing.assert_allclose(matrix, [[-1, 0.8, 0], [0.8, -1, 0.6], [0, 0.6, -1]], atol=1e-6)
    assert matrix.dtype == np.float32
    np.testing.assert_allclose(found.similarities, [[0.8, 0], [0.8, 0.6], [0.6, 0]], atol=1e-6)
    assert found.nearest.tolist() == [[1, 2], [0, 2], [1, 0]]
    assert find_confusions(units, 1).nearest.tolist() == [[1], [0], [1]]


def test_a_pair_that_stands_out_is_confusable() -> None:
    units = people([1] * 40, alike=1, strangers=0.3, dimension=256)
    twin = units[0] + 0.4 * units[1]
    units = np.concatenate([units, [twin / np.linalg.norm(twin)]]).astype(np.float32)
    found = find_confusions(units, 3)
    assert found.nearest[40, 0] == 0
    assert found.above[[0, 20]].tolist() == [1, 0]
    assert found.above[40] >= 1
    assert found.pairs[0][:2] == (0, 40)
    assert found.pairs[0][2] == pytest.approx(float(units[0] @ units[40]), abs=1e-6)
    assert len(found.pairs) == found.pair_count == found.above.sum() // 2


@pytest.mark.parametrize("held", [40, 41 * 7, 41 * 40])
def test_blocks_of_rows_give_what_one_block_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    units = people([1] * 41, alike=1, strangers=0.3)
    whole, matrix = find_confusions(units, 4), matrix_of(tmp_path, units)
    monkeypatch.setattr(confusions, "_BLOCK", held)
    parts, tiled = find_confusions(units, 4), matrix_of(tmp_path, units)
    assert np.array_equal(tiled, tiled.T)
    np.testing.assert_allclose(tiled, matrix, atol=1e-6)
    assert np.array_equal(parts.similarities, np.take_along_axis(tiled, parts.nearest, axis=1))
    assert parts.nearest.tolist() == whole.nearest.tolist()
    assert parts.level == pytest.approx(whole.level, abs=4e-4)


def test_only_the_most_alike_of_many_pairs_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    units = people([1] * 60, alike=1, strangers=0.3)
    every = find_confusions(np.concatenate([units, units[:5]]), 3)
    monkeypatch.setattr(confusions, "MAX_PAIRS", 2)
    few = find_confusions(np.concatenate([units, units[:5]]), 3)
    assert few.pair_count == every.pair_count >= 5
    assert few.pairs == every.pairs[:2]


def test_a_broken_identity_does_not_raise_the_level() -> None:
    units = people([1] * 12, alike=1, strangers=0.3)
    mixed = units[:6].mean(axis=0)
    both = np.concatenate([units, [mixed / np.linalg.norm(mixed)]]).astype(np.float32)
    trusted = np.arange(13) < 12
    assert find_confusions(both, 3, trusted).level == pytest.approx(find_confusions(units, 3).level, abs=1e-6)


@pytest.mark.parametrize(("cosines", "expected"), [([], None), ([0.1] * 9, None), ([0.1] * 10, 0.1)])
def test_a_level_needs_pairs(cosines: list[float], expected: Any) -> None:
    found = confusable_level(binned(np.array(cosines, dtype=np.float32)))
    assert found == (None if expected is None else pytest.approx(expected, abs=2e-4))


def test_the_level_lies_three_spreads_above_the_median() -> None:
    # Half of the pairs at 0.1, three quarters at 0.2 or below: a spread of 0.1 / 0.6745.
    found = confusable_level(binned(np.array([0.1] * 20 + [0.2] * 20, dtype=np.float32)))
    assert found == pytest.approx(0.1 + 3 * 0.1 / 0.6745, abs=1e-3)
