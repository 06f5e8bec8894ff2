"""A release and its version folders are read alike."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from facebank.artifacts.provenance import building
from facebank.release.layout import placed_files
from facebank.release.publish import assemble, settle, staging_folder
from facebank.report.folders import Folders
from facebank.versions.differences import compare
from facebank.versions.sides import open_side

RULES = {
    "inventory_photos": "index_photos",
    "gallery": "build_gallery",
    "validation": "validate_gallery",
    "detections": "collect_detections",
    "face_labels": "interpolate_labels",
    "audit": "collect_verdicts",
    "gold_labels": "import_gold",
    "gold_evaluation": "evaluate_gold",
}


def publish(place: Path, number: float, own: dict[str, float]) -> tuple[dict[str, Path], Path]:
    """Build version folders, each with a summary, and a release of them with a summary of its own."""
    folders = {}
    for artifact, rule in RULES.items():
        folders[artifact] = place / artifact / "v-1"
        with building(folders[artifact], rule=rule, parameters={}, inputs={}) as staging:
            (staging / "summary.json").write_text(json.dumps({artifact: number}), encoding="utf-8")
    with staging_folder(place / "release") as staging:
        assemble(staging, placed_files(Folders(**folders)))
        (staging / "summary.json").write_text(json.dumps(own), encoding="utf-8")
        return folders, settle(staging, place / "release")


@pytest.mark.parametrize("artifact", RULES)
def test_a_release_has_the_summary_of_each_stage(artifact: str, tmp_path: Path) -> None:
    folders, release = publish(tmp_path, 1, {"all": 1})
    of_release, of_folder = open_side(release), open_side(folders[artifact])
    assert of_release.document(artifact, "summary.json") == {artifact: 1}
    assert of_folder.document(artifact, "summary.json") == {artifact: 1}
    assert of_release.file(artifact, "nothing.json") is None
    assert of_release.file(artifact, "nothing.svg") is None
    assert of_release.file("report", "summary.json") is None


def test_metrics_of_releases_are_those_of_their_stages(tmp_path: Path) -> None:
    sides = [open_side(publish(tmp_path / str(n), n, {"all": n})[1]) for n in (1, 3)]
    assert compare(*sides).metrics == [
        {"artifact": artifact, "metric": artifact, "a": 1, "b": 3, "delta": 2} for artifact in sorted(RULES)
    ]
