"""What share of labels and predictions is lost, from the folders that the stages write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from facebank.report.album import Album
from facebank.report.folders import Folders, rows
from facebank.report.gold import gold_page
from facebank.report.gold_rows import rejected_gold, rejected_gold_share
from facebank.stages.evaluate_gold import evaluate_gold
from facebank.stages.import_gold import import_gold

SQUARE = [[10, 10], [90, 10], [90, 90], [10, 90]]
GRID = 64
FULL = f"0,{GRID * GRID}"


def task(name: str, points: object = SQUARE) -> dict[str, Any]:
    value = {"polygonlabels": ["skin"], "points": points}
    result = {"type": "polygonlabels", "from_name": "r", "value": value}
    return {"id": name, "data": {"sample_hash": name}, "annotations": [{"id": 1, "result": [result]}]}


def build(
    folder: Path, tasks: list[Any], predictions: list[str], *, all_annotations: bool = False
) -> Folders:
    (folder / "export.json").write_text(json.dumps(tasks))
    (folder / "pred.jsonl").write_text("".join(line + "\n" for line in predictions))
    import_gold(
        export=folder / "export.json",
        output_dir=folder / "labels",
        grid_size=GRID,
        all_annotations=all_annotations,
    )
    evaluate_gold(
        gold_labels=folder / "labels" / "gold_labels.ndjson",
        predictions=folder / "pred.jsonl",
        output_dir=folder / "evaluation",
        grid_size=GRID,
    )
    return Folders(gold_labels=folder / "labels", gold_evaluation=folder / "evaluation")


def predicted(name: str, skin: str = FULL) -> str:
    return json.dumps({"sample_hash": name, "pred_skin_mask_rle_norm": skin})


@pytest.mark.parametrize(
    ("tasks", "predictions", "share", "culprits"),
    [
        ([], [], 0.0, []),
        ([task("a"), task("b")], [predicted("a")], 0.0, []),
        # One of four is lost at import, another at evaluation.
        (
            [task("a"), None, task("c"), task("a")],
            [predicted("a")],
            0.5,
            ["export.json line 2 (BAD_TASK)", "gold_labels.ndjson line 3 (DUPLICATE_HASH)"],
        ),
        # Many good labels do not hide bad predictions.
        (
            [task(name) for name in "abcdef"],
            [predicted("a"), "{", "", predicted("b", "1,2")],
            2 / 3,
            ["pred.jsonl line 2 (MALFORMED_JSON)", "pred.jsonl line 4 (WRONG_RLE_LENGTH)"],
        ),
    ],
)
def test_rows_that_any_stage_rejects_count(
    tmp_path: Path, tasks: list[Any], predictions: list[str], share: float, culprits: list[str]
) -> None:
    folders = build(tmp_path, tasks, predictions)
    assert rejected_gold_share(folders) == pytest.approx(share)
    assert rejected_gold(folders) == culprits


def annotated(name: str, *ids: int, task_id: object = 7) -> dict[str, Any]:
    """Give a task with an annotation for each id."""
    made = task(name)
    return made | {"id": task_id, "annotations": [made["annotations"][0] | {"id": it} for it in ids]}


@pytest.mark.parametrize(
    ("tasks", "share", "culprits"),
    [
        ([], 0.0, []),
        ([annotated("a", 1, 2, 3)], 0.0, []),
        ([annotated("a", 1, 2), None], 1 / 3, ["export.json line 2 (BAD_TASK)"]),
        # The same annotation stands twice; another task is about the same picture; nobody knows the task.
        ([annotated("a", 1, 1)], 0.5, ["gold_labels.ndjson line 2 (DUPLICATE_HASH)"]),
        (
            [annotated("a", 1), annotated("a", 2, 3, task_id=8)],
            1 / 3,
            ["gold_labels.ndjson line 2 (DUPLICATE_HASH)"],
        ),
        ([annotated("a", 1, 2, task_id=None)], 0.5, ["gold_labels.ndjson line 2 (DUPLICATE_HASH)"]),
    ],
)
def test_further_annotations_are_no_loss_where_all_are_asked_for(
    tmp_path: Path, tasks: list[Any], share: float, culprits: list[str]
) -> None:
    folders = build(tmp_path, tasks, [predicted("a")], all_annotations=True)
    assert rejected_gold_share(folders) == pytest.approx(share)
    assert rejected_gold(folders) == culprits


def test_further_annotations_are_listed_by_the_evaluation_all_the_same(tmp_path: Path) -> None:
    folders = build(tmp_path, [annotated("a", 1, 2)], [predicted("a")], all_annotations=True)
    assert [(row["line"], row["reason"]) for row in rows(folders.gold_evaluation, "rejected.tsv")] == [
        ("2", "DUPLICATE_HASH")
    ]


def test_a_task_that_stands_twice_counts_where_one_annotation_is_asked_for(tmp_path: Path) -> None:
    folders = build(tmp_path, [annotated("a", 1), annotated("a", 2)], [predicted("a")])
    assert rejected_gold_share(folders) == 0.5


def test_pictures_without_regions_count(tmp_path: Path) -> None:
    folder = tmp_path / "predictions"
    folder.mkdir()
    (folder / "summary.json").write_text('{"predicted": 3}')
    (folder / "rejected.tsv").write_text("file\treason\tline\ngold_labels.ndjson\tNO_FACE\t7\n")
    folders = build(tmp_path, [task("a")], [])
    made = Folders(gold_labels=folders.gold_labels, gold_predictions=folder)
    assert rejected_gold_share(made) == 0.25
    assert rejected_gold(made) == ["gold_labels.ndjson line 7 (NO_FACE)"]


def test_without_labels_there_is_no_share() -> None:
    assert rejected_gold_share(Folders()) is None


def test_the_page_of_the_lowest_samples_knows_what_is_unknown(tmp_path: Path) -> None:
    rows = [
        {"sample_hash": "unlabelled", "strong_module_miou_mean": 0, "strong_module_scored_count": 0},
        {"sample_hash": "good", "strong_module_miou_mean": 0.9, "strong_module_scored_count": 5},
        {"sample_hash": "bad", "strong_module_miou_mean": 0, "strong_module_scored_count": 5},
        {"sample_hash": "none", "pred_source": "none", "strong_module_miou_mean": None},
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "eval_gold_r.jsonl").write_text(text)
    page = gold_page(Folders(gold_evaluation=tmp_path), Album(tmp_path, "none"))
    assert [row["sample_hash"] for row in page.worst] == ["none", "bad", "good", "unlabelled"]
    assert page.worst[-1]["strong_module_miou_mean"] is None
