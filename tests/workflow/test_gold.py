"""The gold stage where regions are predicted here: variants act, agreement is measured, nothing is stale."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import skimage.data
import yaml
from PIL import Image

from facebank.demo.gold import OUTLINES, make_gold_demo
from running import snakemake

pytestmark = pytest.mark.workflow


def test_variants_act_on_the_local_predictor(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    Image.fromarray(skimage.data.astronaut()[:256, 96:352]).save(tmp_path / "pictures" / "a.png")
    make_gold_demo(output_dir=tmp_path)
    results = [
        {"type": "polygonlabels", "value": {"polygonlabels": [label], "points": outline}}
        for label, outline in OUTLINES.items()
    ]
    task = {
        "id": 1,
        "data": {"sample_hash": "a", "image_path": "a.png"},
        "annotations": [{"id": 1, "result": results}],
    }
    (tmp_path / "export.json").write_text(json.dumps([task]), encoding="utf-8")
    config = {
        "models": {"pack": "tiny"},
        "gold": {
            "labels": "export.json",
            "agreement": "label_studio_export_twice.json",
            "image_roots": ["pictures"],
            "sweep": "1:0,1:1",
            "max_rejected": 0,
        },
    }
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    # How pictures are decoded is no reason to repeat anything.
    isolated = {**config, "media": {"isolate": True}}
    (tmp_path / "isolated.yaml").write_text(yaml.safe_dump(isolated), encoding="utf-8")
    built = snakemake(tmp_path, "release", "--cores", "1", "--configfile", "isolated.yaml")
    assert built.code == 0, built.text
    [comparison] = tmp_path.glob("results/gold/variants-*/eval_gold_ab_*.json")
    groups = json.loads(comparison.read_text(encoding="utf-8"))["groups"]
    assert [group["group_id"] for group in groups[3:]] == ["variant3_clip_1_0", "variant3_clip_1_1"]
    clipped, kept = (group["metrics"]["strong_module_miou_mean"] for group in groups[3:])
    assert clipped != kept
    [agreement] = tmp_path.glob("results/gold/agreement-*/eval_gold_iaa_*.json")
    assert json.loads(agreement.read_text(encoding="utf-8"))["comparable_task_pairs"] == 6
    assert (tmp_path / "results/release/latest/gold/predictions/predictions.jsonl").is_file()
    again = snakemake(tmp_path, "release", "--dry-run", "--cores", "1", "--configfile", "c.yaml")
    assert again.nothing_to_do, again.text
    Image.fromarray(skimage.data.astronaut()[:300, 90:390]).save(tmp_path / "pictures" / "a.png")
    changed = snakemake(tmp_path, "gold", "--dry-run", "--cores", "1", "--configfile", "c.yaml")
    assert changed.rules == {"predict_regions", "evaluate_gold", "compare_gold_variants"}
