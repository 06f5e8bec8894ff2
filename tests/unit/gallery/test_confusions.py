from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facebank.gallery.confusions import confusable_level, find_confusions
from gallery_banks import people


def test_one_identity_is_confused_with_nobody() -> None:
    found = find_confusions(people([1], alike=1, strangers=0), 5)
    assert found.matrix.tolist() == [[-1]]
    assert found.nearest.shape == (1, 0)
    assert found.level is None
    assert found.above_level(0) == 0


def test_matrix_and_nearest() -> None:
    units = np.array([[1, 0], [0.8, 0.6], [0, 1]], dtype=np.float32)
    found = find_confusions(units, 5)
    np.testing.assert_allclose(found.matrix, [[-1, 0.8, 0], [0.8, -1, 0.6], [0, 0.6, -1]], atol=1e-6)
    assert np.array_equal(found.matrix, found.matrix.T)
    assert found.nearest.tolist() == [[1, 2], [0, 2], [1, 0]]
    assert find_confusions(units, 1).nearest.tolist() == [[1], [0], [1]]


def test_a_pair_that_stands_out_is_confusable() -> None:
    units = people([1] * 40, alike=1, strangers=0.3, dimension=256)
    twin = units[0] + 0.4 * units[1]
    units = np.concatenate([units, [twin / np.linalg.norm(twin)]]).astype(np.float32)
    found = find_confusions(units, 3)
    assert found.above_level(40) >= 1
    assert found.nearest[40, 0] == 0
    assert found.above_level(20) == 0


def test_a_broken_identity_does_not_raise_the_level() -> None:
    units = people([1] * 12, alike=1, strangers=0.3)
    mixed = units[:6].mean(axis=0)
    both = np.concatenate([units, [mixed / np.linalg.norm(mixed)]]).astype(np.float32)
    trusted = np.arange(13) < 12
    assert find_confusions(both, 3, trusted).level == pytest.approx(find_confusions(units, 3).level, abs=1e-6)


@pytest.mark.parametrize(("cosines", "expected"), [([], None), ([0.1] * 9, None), ([0.1] * 10, 0.1)])
def test_a_level_needs_pairs(cosines: list[float], expected: Any) -> None:
    assert confusable_level(np.array(cosines)) == expected
