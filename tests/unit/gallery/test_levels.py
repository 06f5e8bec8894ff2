from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from facebank.gallery.leave_one_out import BIN_EDGES
from facebank.gallery.levels import describe


def counted(values: Any) -> np.ndarray:
    return np.histogram(values, BIN_EDGES)[0]


@pytest.mark.parametrize(
    ("genuine", "impostors", "word"),
    [
        ([], [], "too few"),
        ([0.9] * 9, [0.1] * 500, "too few"),
        ([0.9] * 500, [0.1] * 9, "too few"),
        ([np.nan] * 50, [0.1] * 500, "too few"),
        (np.linspace(0.2, 0.8, 99), np.linspace(0.1, 0.7, 99), "overlap"),
        (np.linspace(0.55, 0.95, 99), np.linspace(0.1, 0.5, 99), r"1\.49 spreads apart"),
    ],
)
def test_a_bank_that_shows_too_little_has_no_levels(genuine: Any, impostors: Any, word: str) -> None:
    found = describe(np.array(genuine, dtype=float), counted(impostors))
    assert found.levels() is None
    assert re.search(word, found.shortcoming)
    assert np.isnan(found.impostor_median) == (not len(impostors))


@pytest.mark.parametrize(
    ("stranger", "same", "spread"), [(0.0, 0.6, 0.06), (0.37, 0.9, 0.05), (-0.2, 0.3, 0.03)]
)
def test_levels_follow_the_embedder(stranger: float, same: float, spread: float) -> None:
    rng = np.random.default_rng(0)
    found = describe(rng.normal(same, spread, 4000), counted(rng.normal(stranger, spread, 40_000)))
    levels = found.levels()
    assert found.genuine_median == pytest.approx(same, abs=0.01)
    assert found.impostor_median == pytest.approx(stranger, abs=0.01)
    assert (found.genuine_spread, found.impostor_spread) == pytest.approx((spread, spread), rel=0.05)
    # Equal spreads put the level half way, and strangers reach three spreads up.
    assert levels.weak == pytest.approx((stranger + same) / 2, abs=0.02)
    assert levels.stranger == pytest.approx(stranger + 3 * spread, abs=0.02)
    assert levels.weak < levels.same_person < same


def test_a_fifth_of_wrong_photos_hardly_moves_the_levels() -> None:
    rng = np.random.default_rng(0)
    good, strangers = rng.normal(0.8, 0.05, 800), rng.normal(0.1, 0.05, 9000)
    clean = describe(good, counted(strangers)).levels()
    spoilt = describe(
        np.concatenate([good, rng.normal(0.1, 0.05, 160)]), counted(np.concatenate([strangers, good]))
    ).levels()
    assert spoilt.stranger == pytest.approx(clean.stranger, abs=0.03)
    assert 0.3 < spoilt.weak < 0.6


def test_photos_of_one_shooting_do_not_raise_the_level() -> None:
    rng = np.random.default_rng(0)
    strangers = counted(rng.normal(0.37, 0.1, 9000))
    one_shooting = describe(rng.normal(0.97, 0.01, 300), strangers).levels()
    many = describe(rng.normal(0.97, 0.1, 300), strangers).levels()
    assert one_shooting.weak == pytest.approx(many.weak, abs=0.02)
    assert one_shooting.stranger < one_shooting.weak


def test_equal_similarities_are_no_division_by_zero() -> None:
    # As many as it takes.
    found = describe(np.full(10, 0.9), counted(np.full(10, 0.1)))
    assert found.impostor_median == pytest.approx(0.1, abs=np.diff(BIN_EDGES).max() / 2)
    levels = found.levels()
    assert levels is not None
    assert 0.1 < levels.stranger <= levels.weak < 0.9


@pytest.mark.parametrize(("clump", "reached"), [(50, 0.18), (60, 0.0)])
def test_clumps_of_strangers_in_a_small_bank_do_not_hide_the_gap(clump: int, reached: float) -> None:
    # Three persons: two pairs of them resemble each other as strangers do, one pair far less.
    strangers = np.concatenate([np.full(clump, -0.4), np.linspace(-0.1, 0.2, 108 - clump)])
    genuine = np.concatenate([np.linspace(0.8, 0.95, 30), [0.05, 0.18, 0.1, 0.04]])
    levels = describe(genuine, counted(strangers)).levels()
    assert levels is not None
    assert reached < levels.stranger < levels.weak < 0.8
    assert levels.weak > 0.2
