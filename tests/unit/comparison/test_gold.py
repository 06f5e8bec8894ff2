from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from facebank.comparison.gold import EVERYBODY, gold_changes
from facebank.report.folders import Folders
from unit.comparison.sides import side

if TYPE_CHECKING:
    from pathlib import Path

    from facebank.comparison.gold import GoldChanges
    from unit.report.builds import Build


def test_an_evaluation_is_as_itself(build: Build, tmp_path: Path) -> None:
    a = side("a", build.folders, tmp_path)
    found = gold_changes(a, a)
    assert found.same
    assert (found.figures, found.modules, found.paired) == ((), (), 1)
    assert found.equal > 0


def test_without_gold_nothing_is_said(tmp_path: Path) -> None:
    a = side("a", Folders(), tmp_path)
    assert gold_changes(a, a).same


def evaluated(build: Build, tmp_path: Path, samples: list[dict[str, Any]]) -> GoldChanges:
    """Compare the build with one whose samples have other rows, and whose mean skin overlap is 0.5."""
    assert build.folders.gold_evaluation is not None
    place = tmp_path / "evaluation"
    shutil.copytree(build.folders.gold_evaluation, place)
    row = json.loads((place / "eval_gold_r.jsonl").read_text("utf-8"))
    (place / "eval_gold_r.jsonl").write_text("".join(f"{json.dumps(row | it)}\n" for it in samples), "utf-8")
    summary = json.loads((place / "gold_summary.json").read_text("utf-8"))
    summary["overall"]["skin_iou"]["mean"] = 0.5
    (place / "gold_summary.json").write_text(json.dumps(summary), "utf-8")
    a = side("a", build.folders, tmp_path)
    return gold_changes(a, side("b", replace(build.folders, gold_evaluation=place), tmp_path))


def test_differences_are_those_of_the_samples_of_both(build: Build, tmp_path: Path) -> None:
    found = evaluated(build, tmp_path, [{"skin_iou": 0.6}, {"sample_hash": "new", "skin_iou": 0.1}])
    (figure,) = [it for it in found.figures if it.name == "skin_iou" and it.owner == EVERYBODY]
    assert figure.change == pytest.approx(0.5 - 0.875)
    assert figure.paired is not None
    assert (figure.paired["known"], figure.paired["mean"]) == (1, pytest.approx(-0.2))
    assert [(it.b["sample_hash"], it.change) for it in found.samples] == [("a", pytest.approx(-0.2))]
    assert (found.changed_samples, found.paired) == (1, 1)


def test_a_module_that_a_side_does_not_predict_is_missed_in_its_samples(build: Build, tmp_path: Path) -> None:
    """The format's rows have the overlap of a default box, which may be better than a prediction."""
    assert build.folders.gold_evaluation is not None
    places = [tmp_path / name for name in "ab"]
    for place, iou in zip(places, (0.3, 0.9), strict=True):
        shutil.copytree(build.folders.gold_evaluation, place)
        scores = [
            {"module_id": "nose", "iou": iou, "pred_pixels": 4, "gt_pixels": 4},
            {"module_id": "chin", "iou": 0.5, "pred_pixels": 4, "gt_pixels": 4},
            {"module_id": "forehead", "iou": 0, "pred_pixels": 0, "gt_pixels": 0},
        ]
        row = json.loads((place / "eval_gold_r.jsonl").read_text("utf-8"))
        row |= {"strong_module_scores": scores, "strong_module_miou_mean": (iou + 0.5) / 3}
        (place / "eval_gold_r.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    summary = json.loads((places[1] / "gold_summary.json").read_text("utf-8"))
    (places[1] / "gold_summary.json").write_text(json.dumps(summary | {"missed": {"a": ["nose"]}}), "utf-8")
    sides = [
        side(place.name, replace(build.folders, gold_evaluation=place), tmp_path / f"side-{place.name}")
        for place in places
    ]
    (sample,) = gold_changes(*sides).samples
    assert (sample.a["strong_module_miou_mean"], sample.b["strong_module_miou_mean"]) == (
        pytest.approx(0.8 / 3),
        0.25,
    )


def test_a_source_may_be_called_all(build: Build, tmp_path: Path) -> None:
    assert build.folders.gold_evaluation is not None
    places = [tmp_path / name for name in "ab"]
    for place, mean in zip(places, (0.25, 0.5), strict=True):
        shutil.copytree(build.folders.gold_evaluation, place)
        summary = json.loads((place / "gold_summary.json").read_text("utf-8"))
        summary["sources"]["all"] = {"skin_iou": {"known": 1, "mean": mean, "low": mean, "high": mean}}
        (place / "gold_summary.json").write_text(json.dumps(summary), "utf-8")
    sides = (
        side(place.name, replace(build.folders, gold_evaluation=place), tmp_path / f"side-{place.name}")
        for place in places
    )
    (figure,) = gold_changes(*sides).figures
    assert (figure.owner, figure.change) == ("all", 0.25)


def test_what_a_side_does_not_know_says_nothing(build: Build, tmp_path: Path) -> None:
    found = evaluated(build, tmp_path, [{"skin_iou": 0.0, "gold_skin_pixels": 0}])
    assert found.samples == ()
    (figure,) = [it for it in found.figures if it.name == "skin_iou" and it.owner == EVERYBODY]
    assert figure.paired is None
