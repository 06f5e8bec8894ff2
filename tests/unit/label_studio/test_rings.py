"""Units, areas and self-intersections of outlines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from facebank.gold.javascript import fixed6
from facebank.label_studio.rings import area, self_intersecting, to_rings, unit_of

Points = list[tuple[float, float]]
SQUARE: Points = [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)]


def corners(points: Points) -> NDArray[np.float64]:
    return np.array(points, dtype=np.float64).reshape(-1, 2)


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        ([], "share"),
        ([-0.001, 1.001], "share"),
        ([0, 1.002], "percent"),
        ([-0.001, 100.001], "percent"),
        ([-0.5, 50], "pixel"),
        ([100.5], "pixel"),
    ],
)
def test_unit_of(values: list[float], unit: str) -> None:
    assert unit_of(np.array(values)) == unit


def test_more_slack_for_a_whole_annotation() -> None:
    assert unit_of(np.array([-0.5, 100.5]), slack=1.0) == "percent"


@pytest.mark.parametrize(
    ("points", "unit", "size"),
    [
        ([], "share", (0, 0)),
        (SQUARE[:2], "share", (0, 0)),
        ([(0.1, 0.1), (0.5, 0.5), (0.9, 0.9)], "share", (0, 0)),
        (SQUARE, "pixel", (1, 100)),
        ([(-5, -5), (-9, -5), (-9, -9)], "share", (0, 0)),
    ],
)
def test_no_ring(points: Points, unit: str, size: tuple[float, float]) -> None:
    found = to_rings([corners(SQUARE), corners(points)], ["share", unit], [(0, 0), size])  # type: ignore[list-item]
    assert found[0] is not None
    assert found[1] is None


def test_no_outlines() -> None:
    assert to_rings([], [], []) == []


def test_rings_are_scaled_clamped_and_rounded_half_up() -> None:
    [ring] = to_rings([corners([(40, 0), (1030, 0), (512, 512)])], ["pixel"], [(1024, 512)])
    assert ring is not None
    assert ring.tolist() == [[0.039063, 0], [1, 0], [0.5, 1]]


@given(st.lists(st.one_of(st.integers(0, 128).map(lambda k: k / 128), st.floats(0, 1)), min_size=1))
def test_rounding_many_is_rounding_each(values: list[float]) -> None:
    points = [(value, value) for value in values]
    [ring] = to_rings([corners([*points, (0, 0), (1, 0), (0, 1), (1, 1)])], ["share"], [(0, 0)])
    assert ring is None or ring[: len(values), 0].tolist() == [fixed6(value) for value in values]


def test_area() -> None:
    assert area(corners(SQUARE)) == pytest.approx(0.64)
    assert area(corners([])) == 0


@pytest.mark.parametrize(
    ("ring", "meets"),
    [
        (SQUARE[:3], False),
        (SQUARE, False),
        ([(0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9)], True),
        ([*SQUARE, SQUARE[0]], True),
        ([(0, 0), (1, 0), (1, 1), (0.5, 0), (0, 1)], True),
        ([(0, 0), (1, 0), (1, 1), (0.5, 1e-4), (0, 1)], False),
    ],
)
def test_self_intersecting(ring: Points, meets: bool) -> None:
    assert self_intersecting([corners(SQUARE), corners(ring)]) == [False, meets]


def test_no_rings() -> None:
    assert self_intersecting([]) == []


@pytest.mark.parametrize("count", [200, 300, 700])
def test_large_rings_are_compared_in_blocks(count: int) -> None:
    comb = [(k / count, 0.2 if k % 2 else 0.5) for k in range(count)] + [(1.0, 0.9), (0.0, 0.9)]
    crossed = [*comb[:-2], (1.0, 0.3), (0.0, 0.3)]
    assert self_intersecting([corners(comb), corners(crossed)]) == [False, True]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=4, max_size=7, unique=True))
def test_where_a_ring_begins_does_not_matter(points: list[tuple[int, int]]) -> None:
    ring: Points = [(x / 6, y / 6) for x, y in points]
    assert len(set(self_intersecting([corners(ring[k:] + ring[:k]) for k in range(len(ring))]))) == 1
