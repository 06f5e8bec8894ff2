"""Groups of a comparison: sweep, score, recommendation, regressions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from facebank.predictor.settings import RegionSettings
from facebank.scoring.scores import ScoringRules
from facebank.scoring.variants import (
    DEFAULT_SWEEP,
    METRICS,
    GroupResult,
    deltas,
    group_score,
    parse_sweep,
    recommended,
    regressions,
    variants,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        (None, DEFAULT_SWEEP),
        ("", DEFAULT_SWEEP),
        ("8,x:1,:2,3:", DEFAULT_SWEEP),
        ("8.9:0.2, 0:7 ,x:1", ((8, 0.2), (1, 1.0))),
    ],
)
def test_parse_sweep(text: str | None, pairs: tuple[tuple[int, float], ...]) -> None:
    assert parse_sweep(text) == pairs


def test_names_of_the_groups() -> None:
    names = [group.group_id for group in variants([(8, 0.2), (3, 1.0)], 0.08)]
    assert names[3:] == ["variant3_clip_8_0_2", "variant3_clip_3_1"]


def test_each_group_changes_what_it_is_called_after() -> None:
    groups = variants([(9, 0.3)], 0.07)
    assert [(group.rules, group.settings) for group in groups] == [
        (ScoringRules(), RegionSettings()),
        (ScoringRules(forehead_hair_aware_clip=True), RegionSettings()),
        (ScoringRules(under_eye_min_coverage=0.07), RegionSettings(under_eye_min_pixels=1)),
        (ScoringRules(), RegionSettings(min_pixels=9, min_keep_ratio=0.3)),
    ]
    assert [group.acts_locally_only for group in groups] == [False, False, False, True]


def test_what_a_group_has_more_counts_the_unknown_as_zero() -> None:
    first, *others = METRICS
    nothing, some = dict.fromkeys(METRICS), dict.fromkeys(METRICS, 0.25)
    more = dict.fromkeys(METRICS, 0.75) | {first: None}
    assert deltas(more, some) == dict.fromkeys(others, 0.5) | {first: -0.25}
    assert deltas(some, nothing) == some


def test_score_adds_from_left_to_right_and_unknown_as_zero() -> None:
    assert group_score(dict.fromkeys(METRICS)) == 0
    assert group_score(dict.fromkeys(METRICS, 1)) == 0.6


def test_recommended_is_the_first_of_the_best_and_zero_never_wins() -> None:
    groups = [
        GroupResult(group, None, score, None)
        for group, score in zip(variants([(1, 0.1), (2, 0.1)], 0.1), (0, -2.0, -1.0, -1.0, None), strict=True)
    ]
    assert recommended(groups) is groups[2]


def test_regressions_list_rows_without_prediction_as_no_change(tmp_path: Path) -> None:
    def rows(name: str, **scores: float | None) -> Path:
        path = tmp_path / name
        found = (
            {"sample_hash": key, "source": "a", "fail_reason": None, "driver_score": score}
            for key, score in scores.items()
        )
        path.write_text("".join(json.dumps(row) + "\n" for row in found))
        return path

    before = rows("a", better=0.5, gone=None, worse=0.1, same=0.3, only=1)
    after = rows("b", worse=0.4, better=0.25, gone=0.9, same=0.3)
    found = regressions(before, after)
    assert [(row["sample_hash"], row["driver_delta"]) for row in found] == [
        ("worse", 0.3),
        ("gone", None),
        ("same", 0),
        ("better", -0.25),
    ]
