"""Scores: what counts when something is missing or empty."""

from __future__ import annotations

from typing import Any

import pytest

from facebank.gold import masks
from facebank.gold.labels import LabelReader
from facebank.gold.modules import DEFAULT_BOXES
from facebank.gold.rows import RowProblem
from facebank.gold.samples import GoldSample, Prediction, read_prediction
from facebank.scoring.score_rows import calibration_row, scored_row
from facebank.scoring.scores import SampleScore, ScoringRules, compare, score

GRID = 64
READER = LabelReader(GRID, strict=True)
TOP, LEFT, ALL = (masks.box(0, 0, *size, GRID) for size in ((1, 0.5), (0.5, 1), (1, 1)))
EMPTY = masks.EMPTY


def gold(**regions: masks.Mask) -> GoldSample:
    return GoldSample("s", "a", None, dict(regions))


def predicted(skin: masks.Mask = TOP, oval: masks.Mask = ALL, **modules: masks.Mask) -> Prediction:
    return Prediction(skin, oval, dict(modules), None, None, None)


def scored(sample: GoldSample, prediction: Prediction, rules: ScoringRules | None = None) -> SampleScore:
    return score(compare(sample, prediction, READER), rules or ScoringRules())


def test_without_labels_everything_is_unknown() -> None:
    found = scored(gold(), predicted())
    assert (found.oval_iou, found.skin_iou, found.skin_miss_rate, found.strong_iou) == (
        None,
        None,
        None,
        None,
    )
    assert found.driver == 1.5


def test_rates() -> None:
    found = scored(gold(face_oval=TOP, skin=LEFT, hair=TOP, background=LEFT), predicted())
    assert found.oval_iou == 0.5
    assert found.skin_iou == pytest.approx(1 / 3)
    assert (found.hair_as_skin_rate, found.bg_as_skin_rate, found.skin_miss_rate) == (1, 0.5, 0.5)


def test_a_strong_module_that_is_not_predicted_is_scored_with_its_box() -> None:
    box = masks.box(*DEFAULT_BOXES["nose"], GRID)
    found = scored(gold(nose=box, hair=ALL), predicted())
    assert [(module.iou, module.leakage_hair) for module in found.strong] == [(1, 1)]
    assert found.strong[0].pred_pixels == masks.pixel_count(box)


def test_a_band_that_is_not_predicted_is_scored_empty() -> None:
    found = scored(gold(under_eye_left=TOP, hair=ALL), predicted())
    assert [(band.coverage, band.leakage_hair, band.pred_pixels) for band in found.under_eye] == [
        (0, None, 0)
    ]


def test_the_guard_empties_a_band_and_so_hides_its_leak() -> None:
    sample, prediction = gold(under_eye_left=ALL, hair=ALL), predicted(under_eye_left=TOP)
    assert scored(sample, prediction).under_eye_leakage_hair == 1
    guarded = scored(sample, prediction, ScoringRules(under_eye_min_coverage=0.51))
    assert (guarded.under_eye_coverage, guarded.under_eye_leakage_hair) == (0, 0)
    kept = scored(sample, prediction, ScoringRules(under_eye_min_coverage=0.5))
    assert kept.under_eye_leakage_hair == 1


def test_the_hair_clip_replaces_the_skin_by_all_modules() -> None:
    sample = gold(skin=ALL, hair=TOP, forehead=ALL)
    prediction = predicted(skin=ALL, forehead=ALL, mystery=masks.box(0, 0, 1, 0.25, GRID))
    found = scored(sample, prediction, ScoringRules(forehead_hair_aware_clip=True))
    assert found.forehead_hair_overlap_rate == 0
    assert masks.pixel_count(found.pred_skin) == found.pred_skin_pixels == GRID * GRID * 3 // 4
    assert found.skin_iou == 0.75
    assert scored(gold(skin=ALL), prediction, ScoringRules(forehead_hair_aware_clip=True)).skin_iou == 1


def test_the_forehead_overlap_is_of_a_predicted_forehead_only() -> None:
    assert scored(gold(hair=ALL, forehead=TOP), predicted()).forehead_hair_overlap_rate is None
    assert scored(gold(hair=ALL), predicted(forehead=EMPTY)).forehead_hair_overlap_rate is None
    assert scored(gold(hair=LEFT), predicted(forehead=TOP)).forehead_hair_overlap_rate == 0.5


def test_null_counts_as_zero_in_the_means_of_a_row() -> None:
    found = scored(
        gold(nose=EMPTY, chin=TOP, under_eye_left=TOP), predicted(nose=EMPTY, chin=TOP, under_eye_left=EMPTY)
    )
    assert [module.iou for module in found.strong] == [None, 1]
    assert found.strong_iou == 0.5
    row = scored_row(gold(), predicted(), found, "pred_jsonl")
    assert (row["strong_module_scores"][0]["iou"], row["modules_count"], row["module_pixels_min"]) == (
        0,
        0,
        None,
    )


@pytest.mark.parametrize(("skin", "label"), [(EMPTY, TOP), (TOP, EMPTY)])
def test_no_calibration_row_without_pixels(skin: masks.Mask, label: masks.Mask) -> None:
    sample, prediction = gold(skin=label), predicted(skin=skin)
    assert calibration_row(sample, prediction, scored(sample, prediction), run_id="r", grid=GRID) is None


def test_calibration_score_is_the_background_leak_and_half_where_unknown() -> None:
    known, unknown = gold(skin=TOP, background=LEFT), gold(skin=TOP)
    prediction = predicted(skin=ALL)
    rows = [
        calibration_row(sample, prediction, scored(sample, prediction), run_id="r", grid=GRID)
        for sample in (known, unknown, gold(skin=TOP, background=EMPTY))
    ]
    assert [row["pred_score"] for row in rows if row] == [0.5, 0.5, 1]
    assert rows[0] is not None
    box = rows[0]["gold_label"]["concerns"][0]["regions"][0]["bbox_norm"]
    assert box == {"x0": 0, "y0": 0, "x1": 1, "y1": 0.5}


def test_a_prediction_of_nothing_is_none() -> None:
    for nothing in ({}, {"module_masks": {}, "modules": None}, {"modules": [{"module_id": "nose"}]}):
        assert read_prediction({"sample_hash": "s", **nothing}, READER) is None


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"module_masks": {"nose": {"rle_norm": "0,4096"}}}, "no skin beside nose"),
        ({"pred_oval_mask_rle_norm": "0,4096"}, "no skin beside the oval"),
    ],
)
def test_a_prediction_without_skin_is_refused_unless_compatible(row: dict[str, Any], found: str) -> None:
    assert read_prediction(row, LabelReader(GRID, strict=False)) is None
    with pytest.raises(RowProblem, match=found) as problem:
        read_prediction(row, READER)
    assert problem.value.reason == "NO_SKIN"


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"module_masks": [{"module_id": "nose"}]}, "module_masks that is no object"),
        ({"modules": {"nose": {}}}, "modules that are no list"),
        ({"pred_modules": {"nose": {}}}, "pred_modules that are no list"),
        ({"modules": ["nose"]}, "a module that is no object"),
        ({"modules": [{"name": "nose", "rle_norm": "4096"}]}, "a region without a module_id"),
    ],
)
def test_modules_that_would_be_lost_are_refused(fields: dict[str, Any], found: str) -> None:
    row = {"pred_skin_points": [[0, 0], [1, 0], [1, 1]], **fields}
    lenient = read_prediction(row, LabelReader(GRID, strict=False))
    assert lenient is not None
    assert not lenient.modules
    with pytest.raises(RowProblem, match=found):
        read_prediction(row, READER)


def test_later_modules_replace_earlier_ones() -> None:
    found = read_prediction(
        {
            "pred_skin_points": [[0, 0], [1, 0], [1, 1], [0, 1]],
            "module_masks": {"nose": {"rle_norm": "4096"}, "chin": {"rle_norm": None}},
            "modules": [
                {"module_id": " nose ", "box": {"x": 0, "y": 0, "w": 0.5, "h": 1}},
                None,
                {"module_id": "x"},
            ],
            "pred_modules": [{"module_id": "forehead", "rle_norm": "4096"}],
            "module_pixels_map": {"nose": "7", "chin": "x"},
            "modules_count": 2.9,
        },
        READER,
    )
    assert found is not None
    assert list(found.modules) == ["nose"]
    assert isinstance(found.modules["nose"], type(LEFT))
    assert (found.modules["nose"] == LEFT).all()
    assert (found.modules_count, found.least_module_pixels) == (2, 7)
