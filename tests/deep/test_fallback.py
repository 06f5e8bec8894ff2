"""A source whose representative does not fit the others, from its videos to what training reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml

from facebank.artifacts.tables import read_tsv
from facebank.supervision import Release
from running import facebank, snakemake

pytestmark = pytest.mark.deep


def test_variants_that_are_labelled_by_themselves_reach_release_and_exports(
    tmp_path: Path, settings: Callable[..., dict[str, dict[str, object]]]
) -> None:
    # Portraits of other people fill their places otherwise: at this limit nothing fits.
    config = settings(
        sources={"min_overlap": 0.97}, detections={"keyframes": "adaptive"}, shards={"sources": 1}
    )
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    done = snakemake(tmp_path, "--cores", "2", "--configfile", "c.yaml")
    assert done.code == 0, done.text
    release = tmp_path / "results" / "release" / "latest"
    served = {row["variant"]: row["labels"] for row in read_tsv(release / "face_labels" / "variants.tsv")}
    assert served
    assert all(variant == labels for variant, labels in served.items())
    mapping = json.loads((release / "audit" / "episode_mapping.json").read_text(encoding="utf-8"))["episodes"]
    assert {row["variant_name"]: row["source_episode"] for row in mapping} == served
    verified = facebank(tmp_path, "verify", str(release))
    assert verified.code == 0, verified.text
    training = Release.open(release)
    assert all(training.join(variant, 0).valid.any() for variant in served)
    for to in ("coco", "cvat", "mot", "lerobot", "hf-parquet"):
        videos = ("--videos", "all") if to in {"coco", "cvat", "mot"} else ()
        exported = facebank(tmp_path, "export", str(release), "--to", to, "--output-dir", to, *videos)
        assert exported.code == 0, exported.text
    data = tmp_path / "hf-parquet" / "data"
    claims, labels = (pd.read_parquet(data / name) for name in ("claims", "face_labels"))
    assert set(claims["labels"]) == set(labels["source"]) == set(served)
