from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from facebank.errors import ConfigError
from facebank.keyframes.fitting import (
    Fit,
    FitLimits,
    agree_on_another,
    compare_faces,
    fits,
    more_faces,
    spread_out,
)

LIMITS = FitLimits(compared_variants=3, min_overlap=0.5, max_size_ratio=1.5)
LEFT, RIGHT = (100, 100, 150, 160), (300, 100, 350, 160)


def boxes(*found: tuple[float, ...]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Give boxes as (n, 4)."""
    return np.array(found, dtype=np.float64).reshape(-1, 4)


@pytest.mark.parametrize(
    ("found", "expected", "overlaps"),
    [
        (boxes(), boxes(), []),
        (boxes(), boxes(LEFT), []),
        (boxes(LEFT), boxes(), [0]),
        (boxes(RIGHT, LEFT), boxes(LEFT, RIGHT), [1, 1]),
        (boxes(LEFT), boxes(LEFT, RIGHT), [1]),
        (boxes(LEFT, (500, 400, 550, 460)), boxes(LEFT, RIGHT), [1, 0]),
        (boxes((110, 100, 160, 160)), boxes(LEFT), [40 / 60]),
    ],
)
def test_faces_at_one_place_are_pairs(found: Any, expected: Any, overlaps: list[float]) -> None:
    assert [fit.overlap for fit in compare_faces(found, expected)] == pytest.approx(overlaps)


def test_sizes_are_compared_by_their_sides() -> None:
    (fit,) = compare_faces(boxes((90, 90, 170, 170)), boxes((110, 110, 150, 150)))
    assert (fit.overlap, fit.size_ratio) == pytest.approx((0.25, 2.0))


def test_faces_farther_away_than_their_size_are_no_pair() -> None:
    size = math.sqrt(50 * 60)
    for away, paired in ((0.99, True), (1.01, False)):
        (fit,) = compare_faces(boxes((100 + away * size, 100, 150 + away * size, 160)), boxes(LEFT))
        assert math.isnan(fit.size_ratio) is not paired


GOOD, FAR, LARGE, LONE = Fit(0.8, 1.1), Fit(0.4, 1.0), Fit(0.6, 1.6), Fit(0.0, math.nan)


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ([], True),
        ([[]], True),
        ([[GOOD, GOOD]], True),
        ([[GOOD, FAR]], False),
        ([[GOOD, LARGE]], False),
        ([[Fit(0.6, 1 / 1.6)]], False),
        ([[Fit(0.6, 1 / 1.4)]], True),
        ([[LONE]], False),
        ([[GOOD], [GOOD], [LONE]], True),
        ([[GOOD], [FAR]], True),
        ([[Fit(0.5, 1.5), Fit(0.5, 1 / 1.5)]], True),
        ([[GOOD], [FAR], [LONE]], False),
    ],
)
def test_a_variant_fits_in_half_of_its_frames(frames: list[list[Fit]], expected: bool) -> None:
    assert fits(frames, LIMITS) is expected


def test_what_the_representative_does_not_show_is_more() -> None:
    assert more_faces(boxes(LEFT, RIGHT), boxes(LEFT)).tolist() == [[*RIGHT]]
    assert more_faces(boxes(RIGHT), boxes(LEFT, RIGHT)).tolist() == []
    assert more_faces(boxes(LEFT), boxes()).tolist() == [[*LEFT]]
    assert more_faces(boxes(), boxes(LEFT)).tolist() == []


NONE, HERE, NEAR, THERE = boxes(), boxes(RIGHT), boxes((310, 100, 360, 160)), boxes(LEFT)


@pytest.mark.parametrize(
    ("variants", "expected"),
    [
        ([], False),
        ([[HERE]], False),
        ([[HERE], [NEAR]], True),
        ([[HERE], [THERE]], False),
        ([[HERE], [NEAR], [NONE]], True),
        ([[HERE], [NEAR], [THERE], [NONE]], False),
        ([[HERE], [NEAR], []], True),
        ([[HERE, NONE], [HERE, NONE]], False),
        ([[HERE, NEAR, NONE], [NONE, HERE, HERE]], True),
        ([[boxes(LEFT, RIGHT)], [HERE]], True),
    ],
)
def test_most_variants_agree_on_another_face_or_do_not(variants: list[list[Any]], expected: bool) -> None:
    assert agree_on_another(variants) is expected


@pytest.mark.parametrize("limits", [(0, 0.0, 1.0), (1, 1.0, 1.0)])
def test_limits_at_the_ends_of_their_ranges_are_limits(limits: tuple[int, float, float]) -> None:
    assert fits([[Fit(1.0, 1.0)]], FitLimits(*limits))


def test_of_faces_that_are_not_the_same_the_overlap_counts_alone() -> None:
    assert fits([[LONE]], FitLimits(3, 0.0, 1.0))


@pytest.mark.parametrize("limits", [(-1, 0.5, 1.5), (1, 1.5, 1.5), (1, 0.5, 0.9)])
def test_limits_out_of_range_are_an_error(limits: tuple[int, float, float]) -> None:
    with pytest.raises(ConfigError, match="limits of a representative's fit"):
        FitLimits(*limits)


@pytest.mark.parametrize(
    ("items", "count", "expected"),
    [("", 3, ""), ("abc", 0, ""), ("abc", 9, "abc"), ("abcdef", 3, "bdf"), ("abcdefg", 1, "d")],
)
def test_items_are_spread_out(items: str, count: int, expected: str) -> None:
    assert "".join(spread_out(items, count)) == expected
