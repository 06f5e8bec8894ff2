"""Points, labels and payloads."""

from __future__ import annotations

import numpy as np
import pytest

from facebank.gold import masks
from facebank.gold.labels import LabelReader, clamped_grid
from facebank.gold.rows import RowProblem

GRID = 64
STRICT, COMPAT = LabelReader(GRID, strict=True), LabelReader(GRID, strict=False)
SQUARE = [[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]]
HALF = f"0,{GRID * GRID // 2},{GRID * GRID // 2}"


def pixels(reader: LabelReader, region: object) -> int:
    assert isinstance(region, str | tuple | np.ndarray)
    return masks.pixel_count(reader.draw([region])[0])


@pytest.mark.parametrize(
    "label", [None, 3, "text", {}, {"points": []}, {"points": SQUARE[:2]}, {"points": "abc"}]
)
def test_no_polygon_is_missing(label: object) -> None:
    assert COMPAT.label(label) is None


@pytest.mark.parametrize("label", [None, 3, "text", {}, {"points": []}, {"points": None}, {"points": ""}])
def test_what_was_not_drawn_is_missing_and_not_refused(label: object) -> None:
    assert STRICT.label(label) is None


@pytest.mark.parametrize(
    ("label", "found"),
    [
        ({"points": SQUARE[:2]}, "an outline of 2 points"),
        ({"points": "abc"}, "an outline that is no list"),
        ({"points": [None, *SQUARE]}, "a point without two finite coordinates"),
        ({"points": [["a", 0], *SQUARE]}, "a point without two finite coordinates"),
        ({"points": [{"x": 1}, *SQUARE]}, "a point without two finite coordinates"),
        ({"polygons_norm": [SQUARE, [[0, 0]]]}, "an outline of 1 points"),
        ({"polygons_norm": [SQUARE, 3]}, "an outline that is no list"),
        ({"rle_norm": 5}, "run lengths that are no text"),
        ({"mask_rle_norm": [0, 4096]}, "run lengths that are no text"),
        (HALF, "a region that is no object"),
        ([[0, 1]], "a region that is no object"),
    ],
)
def test_a_region_of_which_a_part_would_be_lost_is_refused(label: object, found: str) -> None:
    with pytest.raises(RowProblem, match=found) as problem:
        STRICT.payload(label)
    assert problem.value.reason == "UNUSABLE_REGION"


@pytest.mark.parametrize("box", [{}, {"x": 0, "y": 0, "w": 1}, {"x": 0, "y": 0, "w": 1, "h": "wide"}])
def test_a_box_without_its_numbers_is_refused_unless_compatible(box: object) -> None:
    assert COMPAT.box(box) is not None
    with pytest.raises(RowProblem, match="a box without four finite numbers"):
        STRICT.box(box)


@pytest.mark.parametrize(
    "label",
    [
        {"points_norm": SQUARE},
        {"points": [{"x": x, "y": y} for x, y in SQUARE]},
        {"value": {"points": SQUARE}},
        {"points": [[*corner, 7] for corner in SQUARE]},
        {"points": [[str(x), y] for x, y in SQUARE]},
        {"polygons_norm": [SQUARE, SQUARE]},
        {"polygons_norm": [], "points": SQUARE},
    ],
)
def test_forms_of_a_label(label: object) -> None:
    assert pixels(STRICT, STRICT.label(label)) == 32 * 32


def test_points_without_coordinates_are_left_out_if_compatible() -> None:
    label = {"points": [None, 0, {}, {"x": 1}, ["a", "b"], *SQUARE]}
    assert pixels(COMPAT, COMPAT.label(label)) == 32 * 32


def test_null_is_zero_and_true_is_one_if_compatible() -> None:
    points = [[None, False], [True, 0], [1, True], [[], 1]]
    assert pixels(COMPAT, COMPAT.points(points)) == GRID * GRID


@pytest.mark.parametrize("nothing", [None, [], "", " ", {}])
def test_what_is_no_number_is_no_coordinate(nothing: object) -> None:
    with pytest.raises(RowProblem, match="a point without two finite coordinates"):
        STRICT.points([*SQUARE, [0.25, nothing]])
    with pytest.raises(RowProblem, match="a box without four finite numbers"):
        STRICT.box({"x": 0, "y": nothing, "w": 1, "h": 1})


def test_regions_keep_their_places() -> None:
    regions = [STRICT.points(SQUARE), HALF, masks.EMPTY, STRICT.label({"polygons_norm": [SQUARE, SQUARE]})]
    drawn = STRICT.draw([region for region in regions if region is not None])
    assert [masks.pixel_count(mask) for mask in drawn] == [1024, 2048, 0, 1024]


def test_an_empty_list_hides_the_next_points() -> None:
    assert STRICT.label({"points_norm": [], "points": SQUARE}) is None


def test_invalid_polygons_are_an_empty_mask_and_not_missing() -> None:
    assert pixels(COMPAT, COMPAT.label({"polygons_norm": [[[0, 0]]]})) == 0


def test_units_are_guessed_point_by_point() -> None:
    # (1, 0) stands for the right border and not for one percent, as (100, 0) does.
    points = [[0, 0], [1, 0], [100, 100], [0, 100]]
    assert pixels(COMPAT, COMPAT.points(points)) == GRID * GRID
    assert pixels(COMPAT, COMPAT.points([[0, 0], [1.0001, 0], [1.0001, 1], [0, 1]])) < GRID
    with pytest.raises(RowProblem, match=r"\(100, 100\)"):
        STRICT.points(points)


@pytest.mark.parametrize(
    ("payload", "count"),
    [
        ({"rle_norm": HALF}, GRID * GRID // 2),
        ({"rle_norm": HALF, "grid_size": GRID}, GRID * GRID // 2),
        ({"rle_norm": "0,8192,8192", "grid_size": 128}, GRID * GRID // 2),
        ({"rle_norm": "0,8192,8192", "mask_grid": "128"}, GRID * GRID // 2),
        ({"mask_rle_norm": HALF, "grid_size": 128, "mask_grid": GRID}, GRID * GRID // 2),
        ({"rle_norm": "  ", "mask_rle_norm": HALF}, GRID * GRID // 2),
        ({"rle_norm": "0,32,32", "g": 3}, GRID * GRID // 2),
        ({"rle_norm": HALF, "grid_size": "none"}, GRID * GRID // 2),
    ],
)
def test_payloads(payload: object, count: int) -> None:
    assert pixels(STRICT, STRICT.payload(payload)) == count


def test_run_lengths_that_are_no_text_are_passed_over_if_compatible() -> None:
    assert pixels(COMPAT, COMPAT.payload({"rle_norm": 5, "points": SQUARE})) == 32 * 32


@pytest.mark.parametrize("payload", [None, "", {"rle_norm": " "}, {"box": {"x": 0}}])
def test_payload_is_missing(payload: object) -> None:
    assert STRICT.payload(payload) is None


@pytest.mark.parametrize("payload", [[], "0,1"])
def test_a_payload_that_is_no_object_is_missing_if_compatible(payload: object) -> None:
    assert COMPAT.payload(payload) is None


def test_a_module_without_a_region_is_refused() -> None:
    for payload in ({"rle": HALF}, {"box": {"x": 0, "y": 0, "w": 1, "h": 1}}):
        assert COMPAT.module(payload, "nose") is None
        with pytest.raises(RowProblem, match="no mask and no outline in 'nose'"):
            STRICT.module(payload, "nose")
    for nothing in (None, {}, {"rle_norm": None}):
        assert STRICT.module(nothing, "nose") is None


def test_a_box_in_percent_is_refused() -> None:
    box = {"x": 40, "y": 40, "w": 20, "h": 20}
    assert COMPAT.box(box) is not None
    with pytest.raises(RowProblem) as problem:
        STRICT.box(box)
    assert (problem.value.reason, problem.value.detail) == (
        "OUT_OF_RANGE_POINTS",
        "a box from (40, 40) to (60, 60)",
    )
    # 0.7 + 0.1 + 0.2 is a little more than 1.
    assert STRICT.box({"x": 0.7 + 0.1, "y": 0.5, "w": 0.2 + 1e-16, "h": -0.5}) is not None
    with pytest.raises(RowProblem, match="a box that is no object"):
        STRICT.box([0.4, 0.4, 0.6, 0.6])


def test_a_huge_grid_is_refused_by_both() -> None:
    for reader in (STRICT, COMPAT):
        with pytest.raises(RowProblem) as problem:
            reader.payload({"rle_norm": "1", "grid_size": 1e9})
        assert problem.value.reason == "UNUSABLE_GRID"


@pytest.mark.parametrize(
    ("value", "grid"),
    [(float("nan"), 256), (0, 64), (63.9, 64), (65.9, 65), (9999, 512), (float("inf"), 256)],
)
def test_clamped_grid(value: float, grid: int) -> None:
    assert clamped_grid(value) == grid
