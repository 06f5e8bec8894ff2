"""Masks against naive pixel-by-pixel references."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from facebank.gold import masks

Pixels = NDArray[np.bool_]
GRID = 16
shares = st.one_of(
    st.floats(-0.2, 1.2), st.integers(0, 2 * GRID).map(lambda k: k / (2 * GRID)), st.just(float("nan"))
)
polygons = st.lists(st.tuples(shares, shares), min_size=3, max_size=9).map(np.array)
pixel_masks = st.lists(st.booleans(), min_size=GRID * GRID, max_size=GRID * GRID).map(
    lambda bits: np.array(bits).reshape(GRID, GRID)
)


def naive_polygon(points: NDArray[np.float64], grid: int) -> Pixels:
    """Test every pixel centre against every edge, as the rule is written."""
    corners = [
        (0.0 if np.isnan(x) else min(max(x, 0.0), 1.0), 0.0 if np.isnan(y) else min(max(y, 0.0), 1.0))
        for x, y in points
    ]
    inside = np.zeros((grid, grid), bool)
    for row in range(grid):
        for column in range(grid):
            x, y = (column + 0.5) / grid, (row + 0.5) / grid
            odd = False
            for (xi, yi), (xj, yj) in zip(corners, [corners[-1], *corners[:-1]], strict=True):
                if (yi > y) != (yj > y) and x < (xj - xi) * (y - yi) / ((yj - yi) or 1e-12) + xi:
                    odd = not odd
            inside[row, column] = odd
    return inside


@given(polygons)
def test_polygon_equals_the_naive_rule(points: NDArray[np.float64]) -> None:
    mask = masks.polygon(points, GRID)
    assert (masks.to_pixels(mask, GRID) == naive_polygon(points, GRID)).all()
    assert (np.diff(mask) > 0).all()


@given(st.lists(polygons, max_size=4))
def test_many_polygons_are_drawn_as_each_alone(outlines: list[NDArray[np.float64]]) -> None:
    found = masks.polygons(outlines, GRID)
    assert [mask.tolist() for mask in found] == [masks.polygon(each, GRID).tolist() for each in outlines]


def test_polygon_edges_are_half_open() -> None:
    # Edges that run through pixel centres: the left and upper one belong to the square, the others do not.
    square = (np.array([(2, 2), (5, 2), (5, 5), (2, 5)]) + 0.5) / 8
    drawn = masks.to_pixels(masks.polygon(square, 8), 8)
    assert np.argwhere(drawn).min(axis=0).tolist() == [2, 2]
    assert drawn.sum() == 9


def test_a_star_has_a_hole_and_two_polygons_have_none() -> None:
    turn = np.arange(5) * 4 * np.pi / 5
    star = np.stack([0.5 + 0.5 * np.sin(turn), 0.5 - 0.5 * np.cos(turn)], axis=1)
    drawn = masks.polygon(star, 64)
    assert not masks.to_pixels(drawn, 64)[32, 32]
    square = masks.box(0.25, 0.25, 0.5, 0.5, 64)
    assert masks.to_pixels(masks.union([drawn, square]), 64)[32, 32]


@pytest.mark.parametrize(
    ("box", "columns", "rows"),
    [
        ((0.0, 0.0, 0.0, 0.0), 0, 0),
        ((0.51, 0.0, 0.0, 1.0), 1, 8),
        ((0.5, 0.0, 0.0, 1.0), 0, 0),
        ((0.5, 0.5, -0.25, -0.25), 2, 2),
        ((0.1, 0.1, 0.1, 0.1), 2, 2),
        ((float("nan"), 0.0, 1.0, 1.0), 0, 0),
        ((-1.0, -1.0, 9.0, 9.0), 8, 8),
    ],
)
def test_box_fills_what_it_touches(box: tuple[float, float, float, float], columns: int, rows: int) -> None:
    drawn = masks.to_pixels(masks.box(*box, 8), 8)
    assert (drawn.any(axis=0).sum(), drawn.any(axis=1).sum()) == (columns, rows)
    assert drawn.sum() == columns * rows


@given(pixel_masks)
def test_pixels_and_texts_round_trip(pixels: Pixels) -> None:
    mask = masks.from_pixels(pixels)
    assert (masks.to_pixels(mask, GRID) == pixels).all()
    assert masks.pixel_count(mask) == pixels.sum()
    text = masks.encode(mask, GRID)
    assert (masks.decode([text], GRID)[0] == mask).all()
    assert (masks.decode_leniently(text, GRID) == mask).all()
    if pixels.any():
        rows, columns = np.nonzero(pixels)
        assert masks.bounds(mask, GRID) == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


@pytest.mark.parametrize(
    ("pixels", "text"),
    [([0, 0, 0, 0], "4"), ([1, 1, 1, 1], "0,4"), ([0, 1, 1, 0], "1,2,1"), ([1, 0, 0, 1], "0,1,2,1")],
)
def test_encoding_begins_with_a_run_of_zeros(pixels: list[int], text: str) -> None:
    assert masks.encode(masks.from_pixels(np.array(pixels, bool).reshape(2, 2)), 2) == text


def test_decode_nothing() -> None:
    assert masks.decode([], GRID) == []


@pytest.mark.parametrize(
    "text", ["", "3", "5", "1,,3", "1,2,x", "-1,5", "1.5,2.5", "99999999999999999999", "2,2,", "4,1"]
)
def test_decode_refuses_what_does_not_fill_the_grid(text: str) -> None:
    with pytest.raises(masks.RunLengthError):
        masks.decode(["0,4", text], 2)


@pytest.mark.parametrize("text", ["1,0,1,1,1", " 2 ,1,1", "2,1,1,0", "2.0,1,1"])
def test_decode_takes_runs_of_zero_length_and_blanks(text: str) -> None:
    assert masks.to_pixels(masks.decode(["4", text], 2)[1], 2).ravel().tolist() == [False, False, True, False]


@pytest.mark.parametrize(
    ("text", "pixels"),
    [
        ("", [0, 0, 0, 0]),
        ("1,2", [0, 1, 1, 0]),
        ("1,x,2,1", [0, 1, 1, 0]),
        ("1,-3,2,1", [0, 1, 1, 0]),
        ("1,Infinity,2,1", [0, 1, 1, 0]),
        ("1.9,2", [0, 1, 1, 0]),
        ("1,,1,2", [0, 0, 1, 1]),
        ("1,99", [0, 1, 1, 1]),
        ("1,99,3,4", [0, 1, 1, 1]),
        ("0x1,2", [0, 1, 1, 0]),
    ],
)
def test_lenient_decoding(text: str, pixels: list[int]) -> None:
    assert masks.to_pixels(masks.decode_leniently(text, 2), 2).ravel().tolist() == [
        bool(pixel) for pixel in pixels
    ]


@given(pixel_masks, st.integers(3, 40))
def test_resize_takes_the_nearest_pixel(pixels: Pixels, target: int) -> None:
    resized = masks.to_pixels(masks.resize(masks.from_pixels(pixels), GRID, target), target)
    source = [min(max(int(np.floor((t + 0.5) * GRID / target)), 0), GRID - 1) for t in range(target)]
    assert (resized == [[pixels[y, x] for x in source] for y in source]).all()


@given(st.lists(pixel_masks, max_size=4))
def test_union_is_on_where_any_is(drawn: list[Pixels]) -> None:
    union = masks.union([masks.from_pixels(pixels) for pixels in drawn])
    expected = np.logical_or.reduce([np.zeros((GRID, GRID), bool), *drawn])
    assert (masks.to_pixels(union, GRID) == expected).all()
