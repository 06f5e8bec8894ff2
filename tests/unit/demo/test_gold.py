"""The demo's gold labels are those of the first seed document."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from facebank.artifacts.digests import sha256_file
from facebank.demo.gold import make_gold_demo
from facebank.stages.measure_agreement import measure_agreement
from golden.gold.seed_case import digest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["label_studio_export.json", "pred.jsonl"])
def test_demo_has_the_bytes_of_the_seed(tmp_path: Path, name: str) -> None:
    make_gold_demo(output_dir=tmp_path)
    assert sha256_file(tmp_path / name) == digest(name)


def test_two_people_agree_less_from_picture_to_picture(tmp_path: Path) -> None:
    make_gold_demo(output_dir=tmp_path)
    measure_agreement(
        export=tmp_path / "label_studio_export_twice.json", output_dir=tmp_path / "agreement-1", run_id="r"
    )
    rows = [json.loads(line) for line in (tmp_path / "agreement-1" / "pairs.jsonl").read_text().splitlines()]
    agreed = [row["strong_module_miou_a_vs_b"] for row in rows]
    assert len(agreed) == 6
    assert agreed[0] == 1
    assert all(later < earlier for earlier, later in pairwise(agreed[:-1]))
    assert [score["module_id"] for score in rows[-1]["strong_scores"]][-1] == "right_cheek"
    assert {row["annotator_a"] for row in rows} != {row["annotator_b"] for row in rows}
