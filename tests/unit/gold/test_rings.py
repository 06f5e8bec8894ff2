"""Units, areas and self-intersections of outlines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facebank.gold.rings import Ring, area, self_intersecting, to_ring, unit_of

SQUARE = [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)]


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        ([], "share"),
        ([float("nan")], "share"),
        ([-0.001, 1.001], "share"),
        ([0, 1.002], "percent"),
        ([-0.001, 100.001], "percent"),
        ([-0.5, 50], "pixel"),
        ([100.5], "pixel"),
    ],
)
def test_unit_of(values: list[float], unit: str) -> None:
    assert unit_of(values) == unit


def test_more_slack_for_a_whole_annotation() -> None:
    assert unit_of([-0.5, 100.5], slack=1.0) == "percent"


@pytest.mark.parametrize(
    ("points", "unit", "size"),
    [
        ([], "share", (0, 0)),
        (SQUARE[:2], "share", (0, 0)),
        ([*SQUARE[:2], (float("nan"), 0.5)], "share", (0, 0)),
        ([(0.1, 0.1), (0.5, 0.5), (0.9, 0.9)], "share", (0, 0)),
        (SQUARE, "pixel", (1, 100)),
        ([(-5, -5), (-9, -5), (-9, -9)], "share", (0, 0)),
    ],
)
def test_no_ring(points: Ring, unit: str, size: tuple[float, float]) -> None:
    assert to_ring(points, unit, *size) is None  # type: ignore[arg-type]


def test_to_ring_scales_clamps_and_rounds_half_up() -> None:
    assert to_ring([(40, 0), (1030, 0), (512, 512)], "pixel", 1024, 512) == [(0.039063, 0), (1, 0), (0.5, 1)]


def test_area() -> None:
    assert area(SQUARE) == pytest.approx(0.64)


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
def test_self_intersecting(ring: Ring, meets: bool) -> None:
    assert self_intersecting([SQUARE, ring]) == [False, meets]


def test_no_rings() -> None:
    assert self_intersecting([]) == []


@pytest.mark.parametrize("corners", [200, 300, 700])
def test_large_rings_are_compared_in_blocks(corners: int) -> None:
    comb = [(k / corners, 0.2 if k % 2 else 0.5) for k in range(corners)] + [(1.0, 0.9), (0.0, 0.9)]
    crossed = [*comb[:-2], (1.0, 0.3), (0.0, 0.3)]
    assert self_intersecting([comb, crossed]) == [False, True]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=4, max_size=7, unique=True))
def test_where_a_ring_begins_does_not_matter(points: list[tuple[int, int]]) -> None:
    ring = [(x / 6, y / 6) for x, y in points]
    assert len(set(self_intersecting([ring[k:] + ring[:k] for k in range(len(ring))]))) == 1
