"""The rule evaluate_gold, end to end."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from facebank.artifacts.digests import sha256_file
from facebank.artifacts.tables import read_tsv
from facebank.demo.gold import make_gold_demo
from facebank.errors import DataError
from facebank.report.gold import known_rows
from facebank.stages.evaluate_gold import evaluate_gold
from facebank.stages.import_gold import import_gold
from golden.gold.seed_case import GOLD, PREDICTIONS, digest, digest_with

if TYPE_CHECKING:
    from pathlib import Path

RUN, TIME = "20260212_020629436", "2026-02-12T02:06:29.675Z"
GRID = 64
FULL, EMPTY = f"0,{GRID * GRID}", f"{GRID * GRID}"
HALF = f"0,{GRID * GRID // 2},{GRID * GRID // 2}"


def gold(sample_hash: str, **masks: str) -> dict[str, Any]:
    modules = {
        name: mask for name, mask in masks.items() if name not in {"skin", "hair", "background", "face_oval"}
    }
    return {
        "sample_hash": sample_hash,
        "source": "a",
        **{
            f"{name}_mask": {"rle_norm": mask, "grid_size": GRID}
            for name, mask in masks.items()
            if name not in modules
        },
        "module_masks": {name: {"rle_norm": mask, "grid_size": GRID} for name, mask in modules.items()},
    }


def prediction(sample_hash: str, skin: str = HALF, **modules: str) -> dict[str, Any]:
    return {
        "sample_hash": sample_hash,
        "pred_skin_mask_rle_norm": skin,
        "module_masks": {name: {"rle_norm": mask, "grid_size": GRID} for name, mask in modules.items()},
    }


def lines(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows))
    return path


def evaluated(
    tmp_path: Path, golds: list[Any], predictions: list[Any], **options: object
) -> list[dict[str, Any]]:
    evaluate_gold(
        gold_labels=lines(tmp_path / "gold.ndjson", golds),
        predictions=lines(tmp_path / "pred.jsonl", predictions),
        output_dir=tmp_path / "out",
        grid_size=GRID,
        run_id="r",
        **options,  # type: ignore[arg-type]
    )
    return [json.loads(line) for line in (tmp_path / "out" / "eval_gold_r.jsonl").read_text().splitlines()]


def summary(tmp_path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((tmp_path / "out" / "gold_summary.json").read_text())
    return found


def test_the_samples_of_a_module_that_is_not_predicted_are_named(tmp_path: Path) -> None:
    golds = [gold(name, skin=HALF, nose=HALF, chin=HALF) for name in "ab"]
    rows = evaluated(tmp_path, golds, [prediction("a", chin=HALF), prediction("b", nose=HALF, chin=HALF)])
    assert summary(tmp_path)["missed"] == {"a": ["nose"]}
    known = {row["sample_hash"]: row["strong_module_miou_mean"] for row in known_rows(tmp_path / "out")}
    assert known == {"a": 0.5, "b": 1}
    assert rows[0]["strong_module_miou_mean"] > 0.5
    assert summary(tmp_path)["overall"]["strong_module_miou"]["mean"] == 0.75
    evaluated(tmp_path, golds, [prediction(name, nose=HALF, chin=HALF) for name in "ab"])
    assert "missed" not in summary(tmp_path)


def reasons(tmp_path: Path) -> list[tuple[str, str, str]]:
    rows = read_tsv(tmp_path / "out" / "rejected.tsv")
    return [(row["file"], row["line"], row["reason"]) for row in rows]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gold")
    make_gold_demo(output_dir=folder)
    import_gold(export=folder / "label_studio_export.json", output_dir=folder / "labels-1")
    return folder


def test_seed_case_byte_for_byte(demo: Path, tmp_path: Path) -> None:
    out = tmp_path / "evaluation-1"
    evaluate_gold(
        gold_labels=demo / "labels-1" / "gold_labels.ndjson",
        predictions=demo / "pred.jsonl",
        output_dir=out,
        run_id=RUN,
        generated_at=TIME,
    )
    report = f"reports/.eval_gold_ab_20260212_020627706/eval_gold_{RUN}"
    paths = {
        "labels-1/gold_labels.ndjson": GOLD,
        "pred_jsonl: pred.jsonl": f"pred_jsonl: {PREDICTIONS}",
        f"evaluation-1/eval_gold_{RUN}": report,
        "evaluation-1/calibration_train_samples.ndjson": (
            "reports/.eval_gold_ab_20260212_020627706/variant3_clip_16_0_3_calibration.ndjson"
        ),
    }
    assert digest_with(out / f"eval_gold_{RUN}.md", paths) == digest("expected.md")
    assert sha256_file(out / f"eval_gold_{RUN}.csv") == digest("expected.csv")
    assert sha256_file(out / f"eval_gold_{RUN}.jsonl") == digest("expected.jsonl")
    assert sha256_file(out / "calibration_train_samples.ndjson") == digest("expected_calibration.ndjson")


def test_another_place_and_a_rebuild_give_the_same_bytes(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path / "else" / "where")
    made = []
    for place in (demo, demo, tmp_path / "else" / "where"):
        out = tmp_path / str(len(made)) / "evaluation-1"
        evaluate_gold(
            gold_labels=place / "labels-1" / "gold_labels.ndjson",
            predictions=place / "pred.jsonl",
            output_dir=out,
        )
        files = (path for path in out.rglob("*") if path.is_file() and path.name != "run.json")
        made.append({path.relative_to(out): path.read_bytes() for path in files})
    assert made[0] == made[1] == made[2]


def test_no_rows(tmp_path: Path) -> None:
    assert evaluated(tmp_path, [], []) == []
    assert (tmp_path / "out" / "calibration_train_samples.ndjson").read_bytes() == b""
    assert "| all | 0 | 0 / 0 / 0 |" in (tmp_path / "out" / "eval_gold_r.md").read_text()


def test_unknown_is_zero_in_the_established_rows_and_unknown_in_the_summary(tmp_path: Path) -> None:
    [row] = evaluated(tmp_path, [gold("s", skin=FULL)], [prediction("s")])
    assert (row["skin_iou"], row["bg_as_skin_rate"], row["hair_as_skin_rate"]) == (0.5, 0, 0)
    overall = summary(tmp_path)["overall"]
    assert overall["skin_iou"] == {"known": 1, "unknown": 0, "mean": 0.5, "low": 0.5, "high": 0.5}
    assert overall["bg_as_skin_rate"]["mean"] is None
    assert overall["bg_as_skin_rate"]["unknown"] == 1


def test_rows_without_prediction_count_as_zero_and_are_no_worst_rows(tmp_path: Path) -> None:
    rows = evaluated(
        tmp_path, [gold("s", skin=HALF), gold("t", skin=HALF)], [prediction("s")], local_prediction=False
    )
    assert [row["fail_reason"] for row in rows] == [None, "prediction_unavailable"]
    assert "driver_score" not in rows[1]
    report = (tmp_path / "out" / "eval_gold_r.md").read_text()
    assert "| all | 2 | 0.5 / 0 / 0 |" in report
    assert "- samples_scored: 1" in report
    assert summary(tmp_path)["overall"]["skin_iou"] == {
        "known": 1,
        "unknown": 1,
        "mean": 1.0,
        "low": 1.0,
        "high": 1.0,
    }


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{not json}\n", "MALFORMED_JSON"),
        ('{"sample_hash": NaN}\n', "MALFORMED_JSON"),
        ("[1]\n", "NOT_AN_OBJECT"),
        ({"source": "a"}, "NO_SAMPLE_HASH"),
        (gold("s", skin=FULL), "DUPLICATE_HASH"),
        (gold("t", skin="1,2,3"), "WRONG_RLE_LENGTH"),
        (gold("t", skin=f"{GRID * GRID - 5},x,5"), "WRONG_RLE_LENGTH"),
        (gold("t", nose="0,65536"), "GRID_MISMATCH"),
        (
            {"sample_hash": "t", "labels": {"skin": {"points": [[10, 10], [90, 10], [90, 90]]}}},
            "OUT_OF_RANGE_POINTS",
        ),
    ],
)
def test_bad_gold_rows_are_reported_with_their_line(tmp_path: Path, bad: object, reason: str) -> None:
    rows = evaluated(tmp_path, [gold("s", skin=FULL), "\n", bad], [prediction("s"), prediction("t")])
    assert [row["sample_hash"] for row in rows] == ["s"]
    assert reasons(tmp_path) == [("gold.ndjson", "3", reason)]
    assert summary(tmp_path)["rejected"] == {reason: 1}


@pytest.mark.parametrize(
    ("bad", "rows"), [(gold("t", skin="1,2,3"), 2), (gold("s", skin=FULL), 2), ("{\n", 1)]
)
def test_compat_accepts_what_the_first_tools_did(tmp_path: Path, bad: object, rows: int) -> None:
    found = evaluated(tmp_path, [gold("s", skin=FULL), bad], [prediction("s"), prediction("t")], compat=True)
    assert len(found) == rows


def test_a_bad_prediction_leaves_its_sample_unscored(tmp_path: Path) -> None:
    [row] = evaluated(tmp_path, [gold("s", skin=FULL)], [prediction("s", skin="0,65536")])
    assert row["fail_reason"] == "prediction_rejected"
    assert reasons(tmp_path) == [("pred.jsonl", "1", "GRID_MISMATCH")]


def test_the_last_prediction_of_a_sample_counts(tmp_path: Path) -> None:
    [row] = evaluated(
        tmp_path, [gold("s", skin=FULL)], [prediction("s", skin=HALF), prediction("s", skin=FULL)]
    )
    assert row["skin_iou"] == 1
    assert reasons(tmp_path) == [("pred.jsonl", "1", "DUPLICATE_HASH")]
    assert summary(tmp_path)["predictions_without_gold"] == 0


def test_pictures_are_missing_without_image_roots(tmp_path: Path) -> None:
    [row] = evaluated(tmp_path, [gold("s", skin=FULL) | {"image_path": __file__}], [])
    assert row["fail_reason"] == "missing_image_path"


def test_missing_files(tmp_path: Path) -> None:
    rows = lines(tmp_path / "gold.ndjson", [gold("s", skin=FULL)])
    with pytest.raises(DataError, match="missing"):
        evaluate_gold(gold_labels=tmp_path / "no", output_dir=tmp_path / "out")
    with pytest.raises(DataError, match="missing"):
        evaluate_gold(gold_labels=rows, predictions=tmp_path / "no", output_dir=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    evaluate_gold(gold_labels=rows, predictions=tmp_path / "no", output_dir=tmp_path / "out", compat=True)
    assert (tmp_path / "out" / "provenance.json").is_file()


HOSTILE = "=1+1|<img src=x onerror=alert(1)>"


@pytest.mark.parametrize("compat", [False, True])
def test_names_of_others_do_nothing_in_the_reports(tmp_path: Path, *, compat: bool) -> None:
    row = gold(HOSTILE, skin=HALF, nose=HALF) | {"source": HOSTILE}
    evaluated(tmp_path, [row], [prediction(HOSTILE, nose=HALF)], compat=compat)
    [markdown], [csv] = ([*tmp_path.glob(f"*/eval_gold_*.{kind}")] for kind in ("md", "csv"))
    text, table = markdown.read_text(encoding="utf-8"), csv.read_text(encoding="utf-8")
    if compat:  # as the format has it
        assert f"| {HOSTILE} |" in text
        assert f"\n{HOSTILE}," in table
    else:
        assert HOSTILE not in text
        assert r"| =1+1\|\<img src=x onerror=alert(1)\> |" in text
        assert f"\n'{HOSTILE}," in table
