"""Agreement of two annotations, and what is paired."""

from __future__ import annotations

from typing import Any

import pytest

from facebank.gold import masks
from facebank.gold.labels import LabelReader
from facebank.scoring.agreement import (
    AGREEMENT_METRICS,
    Pair,
    agreement_summary,
    known_agreement,
    pair_row,
    pairs_of,
    top_disagreements,
)

GRID = 64
READER = LabelReader(GRID, strict=True)


def row(
    task: str | None, annotator: str, created_at: str = "2026-01-01T00:00:00Z", **drawn: masks.Mask
) -> dict[str, Any]:
    payloads = {
        name: {"grid_size": GRID, "rle_norm": masks.encode(mask, GRID)} for name, mask in drawn.items()
    }
    core = {f"{name}_mask": payloads.pop(name, None) for name in ("skin", "hair", "background")}
    return {
        "sample_hash": "s",
        "source": "a",
        "annotator_id": annotator,
        "created_at": created_at,
        "meta": {"task_id": task},
        "module_masks": payloads,
        **core,
    }


ALL, TOP = masks.box(0, 0, 1, 1, GRID), masks.box(0, 0, 1, 0.5, GRID)


def pairs(rows: list[dict[str, Any]]) -> list[Pair]:
    return pairs_of(rows, strict=False)


def test_nobody_to_compare() -> None:
    assert pairs([]) == []
    assert pairs([row("1", "a"), row("2", "b")]) == []
    summary = agreement_summary([], 0.75)
    assert summary["strong_module_miou_a_vs_b_mean"] is None
    assert not summary["soft_gate_pass"]


def test_the_earliest_two_of_different_annotators_are_paired() -> None:
    rows = [row("1", "b", "2026-03-01"), row("1", "a", "2026-02-01"), row("1", "a", "no time")]
    [pair] = pairs(rows)
    assert (pair.first["created_at"], pair.second["created_at"]) == ("no time", "2026-03-01")
    assert len(pairs([row(None, "a"), row(None, "a")])) == 1


def named(annotation: str, annotator: str, **fields: str) -> dict[str, Any]:
    return row("1", annotator) | {"image_path": "a.png", "annotation_id": annotation} | fields


@pytest.mark.parametrize("field", ["sample_hash", "source", "image_path"])
def test_tasks_of_one_id_in_two_projects_are_not_compared(field: str) -> None:
    rows = [named("1", "a"), named("2", "b", **{field: "other"})]
    assert pairs_of(rows, strict=True) == []
    assert len(pairs_of(rows, strict=False)) == 1
    [pair] = pairs_of([*rows, named("3", "b")], strict=True)
    assert (pair.task_key, pair.first["annotation_id"], pair.second["annotation_id"]) == ("1", "1", "3")


def test_an_annotation_that_was_exported_twice_does_not_agree_with_itself() -> None:
    assert pairs_of([named("1", "a"), named("1", "a")], strict=True) == []
    assert len(pairs_of([named("1", "a"), named("2", "a")], strict=True)) == 1


def test_times_count_in_milliseconds() -> None:
    rows = [
        row("1", "b", "2026-03-01T00:00:00.000900Z"),
        row("1", "a", "2026-03-01T00:00:00.000100Z"),
        row("1", "a", "2026-03-01T00:00:00.001Z"),
    ]
    [pair] = pairs(rows[::-1])
    assert [pair.first["created_at"], pair.second["created_at"]] == [
        rows[1]["created_at"],
        rows[0]["created_at"],
    ]
    [pair] = pairs(rows)
    assert pair.first is rows[0]


def test_a_time_without_a_zone_is_utc() -> None:
    times = ["2026-03-01T01:30:00+01:00", "2026-03-01T01:00:00", "2026-03-01T00:45:00Z"]
    [pair] = pairs([row("1", str(number), time) for number, time in enumerate(times)])
    assert (pair.first["created_at"], pair.second["created_at"]) == (times[0], times[2])


def test_a_task_of_very_many_annotations() -> None:
    [pair] = pairs([row("1", "a") for _ in range(20_000)])
    assert pair.first["annotator_id"] == pair.second["annotator_id"] == "a"


def test_figures_of_a_pair() -> None:
    a = row("1", "a", nose=ALL, chin=ALL, forehead=ALL, hair=TOP, skin=ALL, under_eye_left=TOP)
    b = row("1", "b", nose=TOP, chin=ALL, hair=TOP, skin=ALL)
    found = pair_row(pairs([a, b])[0], READER)
    turned = pair_row(pairs([b, a])[0], READER)
    assert {key: value for key, value in turned.items() if key.endswith("abs") or key.startswith("dis")} == {
        key: value for key, value in found.items() if key.endswith("abs") or key.startswith("dis")
    }
    assert [(score["module_id"], score["iou"]) for score in found["strong_scores"]] == [
        ("nose", 0.5),
        ("chin", 1),
    ]
    assert found["strong_module_miou_a_vs_b"] == 0.75
    assert (found["forehead_hair_overlap_a"], found["forehead_hair_overlap_b"]) == (0.5, 0)
    # The band's coverage is its share of the skin.
    assert found["under_eye_band_coverage_a"] == 0.5
    assert found["under_eye_leakage_hair_a"] == 1
    assert found["disagreement_score"] == 0.25 + 0.5 + 0.5 + 0 + 1


def test_a_leak_is_a_share_of_the_band() -> None:
    band, quarter = masks.box(0, 0.25, 1, 0.5, GRID), masks.box(0, 0.5, 1, 0.25, GRID)
    a = row("1", "a", under_eye_left=band, hair=TOP, background=quarter)
    b = row("1", "b", under_eye_left=masks.box(0, 0, 0, 0, GRID), hair=TOP, background=quarter)
    found = pair_row(pairs([a, b])[0], READER)
    assert (found["under_eye_leakage_hair_a"], found["under_eye_leakage_bg_a"]) == (0.5, 0.5)
    turned = pair_row(pairs([row("1", "a", under_eye_left=ALL, hair=TOP, background=quarter), b])[0], READER)
    assert (turned["under_eye_leakage_hair_a"], turned["under_eye_leakage_bg_a"]) == (0.5, 0.25)
    assert (turned["under_eye_leakage_hair_b"], turned["under_eye_leakage_bg_b"]) == (0, 0)


def test_a_summary_has_means_medians_and_what_a_tenth_is_beyond() -> None:
    rows = [
        dict.fromkeys(AGREEMENT_METRICS, share / 20)
        | {"strong_scores": [{"module_id": "nose", "iou": share / 20}]}
        for share in range(21)
    ]
    summary = agreement_summary(rows, 0.75)
    for name in AGREEMENT_METRICS:
        assert [summary[f"{name}_{key}"] for key in ("mean", "p50", "p90")] == [0.5, 0.5, 0.9]
    known = known_agreement(rows)
    assert (known["strong_module_miou"]["mean"], known["nose"]["mean"]) == (0.5, 0.5)
    assert known["chin"]["mean"] is None


def test_no_shared_module_counts_as_zero_but_is_unknown_in_the_summary() -> None:
    rows = [pair_row(pairs([row("1", "a", nose=ALL), row("1", "b", chin=ALL)])[0], READER)]
    assert rows[0]["strong_module_miou_a_vs_b"] == 0
    assert rows[0]["disagreement_score"] == 1
    assert known_agreement(rows)["strong_module_miou"]["mean"] is None


def test_a_module_that_neither_drew_anything_of_counts_as_zero_as_the_format_has_it() -> None:
    nothing = masks.box(0, 0, 0, 0, GRID)
    both = [row("1", annotator, nose=nothing, chin=ALL) for annotator in ("a", "b")]
    found = pair_row(pairs(both)[0], READER)
    assert found["strong_scores"] == [{"module_id": "nose", "iou": 0}, {"module_id": "chin", "iou": 1}]
    assert found["strong_module_miou_a_vs_b"] == 0.5
    assert found["disagreement_score"] == 0.5


@pytest.mark.parametrize(
    ("threshold", "note"),
    [
        (0.75, "IAA strong_module_mIoU_A_vs_B_mean >= 0.75"),
        (0.9, "IAA below threshold (0.75 < 0.9); tighten labeling guide/process"),
    ],
)
def test_the_soft_gate(threshold: float, note: str) -> None:
    names = (
        "forehead_hair_overlap",
        "under_eye_band_coverage",
        "under_eye_leakage_bg",
        "under_eye_leakage_hair",
    )
    figures = {"strong_module_miou_a_vs_b": 0.75} | {f"{name}_diff_abs": 0 for name in names}
    summary = agreement_summary([figures], threshold)
    assert summary["soft_gate_pass"] is (threshold <= 0.75)
    assert summary["soft_gate_note"] == note


def test_the_twenty_worst_in_the_order_of_the_file() -> None:
    rows = [{"number": number, "disagreement_score": number % 2} for number in range(30)]
    assert [row["number"] for row in top_disagreements(rows)] == [*range(1, 30, 2), 0, 2, 4, 6, 8]
