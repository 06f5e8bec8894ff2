from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from facebank.gallery.leave_one_out import BIN_EDGES
from facebank.validation.open_set import Roc, operating_point, roc, suggest, unknown_people


def counted(values: Any) -> np.ndarray:
    return np.histogram(values, BIN_EDGES)[0]


@pytest.fixture(scope="module")
def normal() -> tuple[np.ndarray, np.ndarray, Roc]:
    rng = np.random.default_rng(0)
    genuine, impostors = rng.normal(0.6, 0.1, 3000), rng.normal(0.0, 0.1, 200_000)
    return genuine, impostors, roc(genuine, counted(impostors))


@pytest.mark.parametrize(("genuine", "impostors"), [([], []), ([0.5], []), ([], [0.5]), ([np.nan], [0.5])])
def test_no_pairs_no_curve(genuine: Any, impostors: Any) -> None:
    assert roc(np.array(genuine), counted(impostors)) is None


def test_the_curve_counts_pairs_at_or_above_a_threshold(normal: tuple[np.ndarray, np.ndarray, Roc]) -> None:
    genuine, impostors, curve = normal
    for place in (3000, 4000, 5000, 6500):
        threshold = curve.thresholds[place]
        assert curve.far[place] == pytest.approx((impostors >= threshold).mean(), abs=1e-9)
        assert curve.tar[place] == pytest.approx((genuine >= threshold).mean(), abs=1e-9)
    assert (np.diff(curve.far) >= 0).all()
    assert (np.diff(curve.tar) >= 0).all()
    assert (curve.far[-1], curve.tar[-1]) == (1, 1)


def test_a_pair_at_the_threshold_is_accepted() -> None:
    curve = roc(np.array([0.5, 0.4999]), counted([0.5, 0.4999, 0.0]))
    place = 10_000 - 1 - 7500
    assert curve.thresholds[place] == 0.5
    assert (curve.tar[place], curve.far[place]) == (1 / 2, pytest.approx(1 / 3))


@pytest.mark.parametrize("target", [1e-2, 1e-3, 1e-4])
def test_operating_points_keep_their_target(
    normal: tuple[np.ndarray, np.ndarray, Roc], target: float
) -> None:
    genuine, impostors, curve = normal
    point = operating_point(curve, target)
    assert point.supported
    assert (impostors >= point.threshold).mean() == pytest.approx(point.far)
    assert point.far <= target
    # One step lower is too low.
    assert (impostors >= point.threshold - 0.0002).mean() > target
    assert point.tar == pytest.approx((genuine >= point.threshold).mean(), abs=1e-9)


@pytest.mark.parametrize(
    ("pairs", "supported"), [(999, []), (1000, [1e-2]), (10_000, [1e-2, 1e-3]), (100_000, [1e-2, 1e-3, 1e-4])]
)
def test_a_rate_needs_pairs(pairs: int, supported: list[float]) -> None:
    curve = roc(np.full(50, 0.9), counted(np.linspace(-0.5, 0.5, pairs)))
    assert [target for target in (1e-2, 1e-3, 1e-4) if operating_point(curve, target).supported] == supported
    because = suggest(curve).because
    assert (f"{supported[-1]:g}" if supported else "equal") in because


def test_impostors_all_at_one_leave_no_threshold() -> None:
    curve = roc(np.full(50, 0.9), counted(np.ones(5000)))
    assert not operating_point(curve, 1e-2).supported


def test_with_few_pairs_the_middle_of_the_gap_is_suggested() -> None:
    curve = roc(np.full(20, 0.9), counted(np.full(20, 0.5)))
    assert suggest(curve).value == pytest.approx(0.7, abs=0.01)


def test_unknown_people_the_most_easily_mistaken_first() -> None:
    queries = pd.DataFrame(
        {
            "photo": list("pqrst"),
            "identity": ["a", "a", "a", "b", "c"],
            "best_other": ["b", "c", "c", "a", None],
            "best_other_similarity": [0.3, 0.2, 0.1, 0.6, np.nan],
        }
    )
    found = unknown_people(queries, 0.25)
    assert found["identity"].tolist() == ["b", "a"]
    assert found["rank"].tolist() == [1, 2]
    assert found["nearest"].tolist() == ["a", "c"]
    assert found["photos"].tolist() == [1, 3]
    np.testing.assert_allclose(found["accepted"], [1, 1 / 3])
    assert unknown_people(queries, None)["accepted"].isna().all()
    assert len(unknown_people(queries.iloc[:0], 0.25)) == 0
