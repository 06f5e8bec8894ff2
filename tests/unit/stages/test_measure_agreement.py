"""The rule measure_agreement, end to end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from facebank.artifacts.digests import sha256_file
from facebank.demo.gold import OUTLINES, make_gold_demo
from facebank.errors import DataError
from facebank.stages.measure_agreement import measure_agreement
from golden.gold.seed_case import digest, digest_with

if TYPE_CHECKING:
    from pathlib import Path

RUN = "20260212_120001001"
#: The outlines of the seed's example that differ from those of the demo.
CHANGED = {
    "face_oval": [(20, 7), (80, 7), (86, 50), (80, 93), (20, 93), (14, 50)],
    "nose": [(44, 36), (56, 36), (58, 58), (42, 58)],
    "left_cheek": [(26, 40), (44, 40), (46, 64), (24, 64)],
    "right_cheek": [(56, 40), (74, 40), (76, 64), (54, 64)],
    "chin": [(36, 66), (64, 66), (66, 86), (34, 86)],
    "under_eye_left": [(28, 30), (43, 30), (44, 38), (27, 38)],
    "under_eye_right": [(57, 30), (72, 30), (73, 38), (56, 38)],
}


def seed_example() -> list[dict[str, Any]]:
    """Give one task that two annotators drew alike."""
    results = [
        {"type": "polygonlabels", "value": {"polygonlabels": [label], "points": CHANGED.get(label, outline)}}
        for label, outline in OUTLINES.items()
    ]
    annotations = [
        {"completed_by": {"email": email}, "updated_at": time, "result": results}
        for email, time in (
            ("annotator_real_a@local", "2026-02-12T01:05:00.000Z"),
            ("placeholder_second@local", "2026-02-12T02:01:00.000Z"),
        )
    ]
    return [
        {
            "id": 101,
            "data": {"sample_hash": "round1realhash001", "source": "lapa"},
            "annotations": annotations,
        }
    ]


def test_seed_example_byte_for_byte(tmp_path: Path) -> None:
    export = tmp_path / f"label_studio_export_round1_{RUN}.json"
    export.write_text(json.dumps(seed_example()))
    out = tmp_path / "agreement-1"
    measure_agreement(export=export, output_dir=out, run_id=RUN, generated_at="2026-02-12T03:34:44.473Z")
    paths = {"agreement-1/": "reports/"}
    stem = f"eval_gold_iaa_{RUN}"
    assert digest_with(out / f"{stem}.md", paths) == digest(f"agreement/{stem}.md")
    assert digest_with(out / f"{stem}.json", paths) == digest(f"agreement/{stem}.json")
    assert sha256_file(out / f"{stem}.jsonl") == digest(f"agreement/{stem}.jsonl")
    assert (out / "pairs.jsonl").read_bytes() == (out / f"{stem}.jsonl").read_bytes()


def test_two_projects_with_like_ids_and_skipped_tasks_make_no_pair(tmp_path: Path) -> None:
    [example] = seed_example()
    first, second = example["annotations"]
    other = {**example["data"], "sample_hash": "another picture"}
    tasks = [
        {**example, "annotations": [first]},
        {**example, "data": other, "annotations": [second]},
        {**example, "id": 102, "annotations": [first, {**second, "was_cancelled": True}]},
    ]
    export = tmp_path / "export.json"
    export.write_text(json.dumps(tasks))
    for compat, pairs in ((False, 0), (True, 2)):
        out = tmp_path / f"compat-{compat}"
        measure_agreement(export=export, output_dir=out, run_id="r", compat=compat)
        assert len((out / "pairs.jsonl").read_text().splitlines()) == pairs


def test_an_export_without_a_pair(tmp_path: Path) -> None:
    make_gold_demo(output_dir=tmp_path)
    export = tmp_path / "label_studio_export.json"
    measure_agreement(export=export, output_dir=tmp_path / "out", run_id="r")
    assert "- comparable_task_pairs: 0" in (tmp_path / "out" / "eval_gold_iaa_r.md").read_text()
    with pytest.raises(DataError, match="two annotations"):
        measure_agreement(export=export, output_dir=tmp_path / "compat", compat=True)
    assert not (tmp_path / "compat").exists()
