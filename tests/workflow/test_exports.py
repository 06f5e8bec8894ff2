"""The built demo in other formats, against what its videos really show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pycocotools import mask
from pycocotools.coco import COCO

from running import facebank

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def truth(inputs: Path) -> dict[str, Any]:
    """Read what the demo really shows."""
    document: dict[str, Any] = json.loads((inputs / "truth.json").read_text(encoding="utf-8"))
    return document["sources"]


def exported(built: Path, folder: Path, to: str, *words: str) -> Path:
    """Export the demo's release."""
    outcome = facebank(
        built, "export", "results/release/latest", "--to", to, "--output-dir", str(folder), *words
    )
    assert outcome.code == 0, outcome.text
    return folder


def test_coco_boxes_are_where_the_persons_are(built: Path, truth: dict[str, Any], tmp_path: Path) -> None:
    coco = COCO(str(exported(built, tmp_path / "coco", "coco", "--videos", "all") / "annotations.json"))
    names = {it["id"]: it["name"] for it in coco.dataset["videos"]}
    kept = exported(built, tmp_path / "kept", "coco") / "export.json"
    representatives = json.loads(kept.read_text(encoding="utf-8"))["videos"]
    assert 0 < len(representatives) < len(names)
    assert set(names.values()) == set(truth["variants"])
    wrong = truth["wrong_slot"]
    for number, name in names.items():
        shown = truth["variants"][name]
        annotations = [it for it in coco.anns.values() if it["video_id"] == number]
        assert sum(it["video_id"] == number for it in coco.imgs.values()) == shown["frames"]
        for slot, place in enumerate(shown["slots"]):
            of_slot = [it for it in annotations if it["attributes"]["slot"] == slot]
            x1, y1, x2, y2 = place["box"]
            overlap = mask.iou(
                np.array([it["bbox"] for it in of_slot]), np.array([[x1, y1, x2 - x1, y2 - y1]]), [0]
            )
            # Another variant's portrait fills the same place, and its face not the same part of it.
            assert overlap.mean() > (0.85 if name in representatives else 0.6)
            (category,) = {it["category_id"] for it in of_slot}
            excluded = (name, slot) == (wrong["variant"], wrong["slot"])
            assert {it["attributes"]["excluded"] for it in of_slot} == {excluded}
            assert coco.cats[category]["name"] == ("unnamed face" if excluded else place["shown"])


def test_lerobot_names_only_who_is_shown(built: Path, truth: dict[str, Any], tmp_path: Path) -> None:
    folder = exported(built, tmp_path / "lerobot", "lerobot")
    people = pd.read_parquet(folder / "meta" / "identities.parquet").identity
    episodes = pd.read_parquet(folder / "meta" / "episodes.parquet").set_index("episode_index")
    seen = 0
    for path in sorted((folder / "faces").rglob("*.parquet")):
        rows = pd.read_parquet(path)
        shown = truth["variants"][episodes.variant[rows.episode_index.iloc[0]]]
        assert len(rows) == shown["frames"]
        valid, numbers = np.stack(rows["faces.valid"]), np.stack(rows["faces.identity"])
        for slot, place in enumerate(shown["slots"]):
            assert set(people[numbers[valid[:, slot], slot]]) <= {place["shown"]}
            seen += int(valid[:, slot].sum())
    assert seen > 0
