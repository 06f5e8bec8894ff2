"""The rule compare_gold_variants, end to end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from facebank.demo.gold import make_gold_demo
from facebank.errors import DataError
from facebank.stages.compare_gold_variants import compare_gold_variants
from facebank.stages.import_gold import import_gold
from golden.gold.seed_case import GOLD, PREDICTIONS, digest, digest_with

if TYPE_CHECKING:
    from pathlib import Path

RUN, TIME = "20260212_020627706", "2026-02-12T02:06:29.682Z"
SWEEP = "8:0.2,12:0.25,16:0.3"
#: Run id of each group's evaluation in the seed.
CHILDREN = {
    "baseline": "020627795",
    "variant1_forehead_hair_clip": "020628131",
    "variant2_under_eye_relaxed_guard": "020628465",
    "variant3_clip_8_0_2": "020628786",
    "variant3_clip_12_0_25": "020629111",
    "variant3_clip_16_0_3": "020629436",
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gold")
    make_gold_demo(output_dir=folder)
    import_gold(export=folder / "label_studio_export.json", output_dir=folder / "labels-1")
    return folder


def compared(demo: Path, out: Path, **options: Any) -> dict[str, Any]:
    compare_gold_variants(
        gold_labels=demo / "labels-1" / "gold_labels.ndjson",
        predictions=demo / "pred.jsonl",
        output_dir=out,
        sweep=SWEEP,
        run_id=RUN,
        generated_at=TIME,
        **options,
    )
    document: dict[str, Any] = json.loads((out / f"eval_gold_ab_{RUN}.json").read_text())
    return document


def test_seed_case_byte_for_byte(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(demo)
    out = demo / "reports"
    compared(demo, out, compat=True)
    inputs = {"labels-1/gold_labels.ndjson": GOLD, "pred.jsonl": PREDICTIONS}
    children = {
        f"reports/groups/eval_gold_{RUN}_{group}.": f"reports/.eval_gold_ab_{RUN}/eval_gold_20260212_{child}."
        for group, child in CHILDREN.items()
    }
    dated = {TIME: TIME.replace("682Z", "681Z")}
    stem = out / f"eval_gold_ab_{RUN}"
    assert digest_with(stem.with_suffix(".md"), inputs) == digest("ab/expected_ab.md")
    assert digest_with(stem.with_suffix(".csv"), {}) == digest("ab/expected_ab.csv")
    assert digest_with(stem.with_suffix(".json"), inputs | children | dated) == digest("ab/expected_ab.json")
    assert tmp_path.exists()


def test_variants_that_cannot_act_are_not_evaluated(demo: Path, tmp_path: Path) -> None:
    groups = {group["group_id"]: group for group in compared(demo, tmp_path / "variants-1")["groups"]}
    assert groups["variant3_clip_8_0_2"]["metrics"] is None
    assert groups["variant3_clip_8_0_2"]["note"].endswith("(not evaluated)")
    assert groups["variant2_under_eye_relaxed_guard"]["score"] == 3.242
    report = (tmp_path / "variants-1" / f"eval_gold_ab_{RUN}.md").read_text()
    assert report.count("not evaluated | not evaluated") >= 3


def test_paired_test_of_the_clip(demo: Path, tmp_path: Path) -> None:
    compared(demo, tmp_path / "variants-1")
    found = json.loads((tmp_path / "variants-1" / "gold_summary.json").read_text())[
        "differences_from_baseline"
    ]
    clip = found["variant1_forehead_hair_clip"]
    # All twenty samples lose the same, which happens by chance in one of 2**19 sign changes.
    assert clip["skin_iou"]["mean"] == pytest.approx(-0.331)
    assert clip["skin_iou"]["p_value"] < 0.01
    assert clip["bg_as_skin_rate"] == {
        "known": 0,
        "unknown": 20,
        "mean": None,
        "low": None,
        "high": None,
        "p_value": None,
    }
    assert found["variant2_under_eye_relaxed_guard"]["skin_iou"]["p_value"] == 1.0


def test_missing_predictions_are_an_error(demo: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="missing"):
        compare_gold_variants(
            gold_labels=demo / "labels-1" / "gold_labels.ndjson",
            predictions=tmp_path / "no",
            output_dir=tmp_path / "out",
            compat=True,
        )
