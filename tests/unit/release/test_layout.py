from __future__ import annotations

from typing import TYPE_CHECKING

from facebank.release.layout import placed_files
from facebank.report.folders import Folders
from unit.report.builds import HOSTILE, SOURCE, make_build

if TYPE_CHECKING:
    from pathlib import Path


def test_nothing_built_places_nothing() -> None:
    assert placed_files(Folders()) == {}


def test_readers_find_what_they_know_at_the_top(tmp_path: Path) -> None:
    placed = placed_files(make_build(tmp_path).folders)
    assert list(placed) == sorted(placed)
    assert {
        "celeb_embeddings.json",
        f"arcface_embeddings/scraped/ada/{HOSTILE}.arcface.npy",
        f"face_labels/{SOURCE}.face_labels.json",
        "validation.md",
        "audit/exclusions.tsv",
        "gold/evaluation/eval_gold_r.md",
        "tables/inventory_photos/photos.parquet",
        "tables/gallery/photos.parquet",
        "tables/face_labels/slots.parquet",
        "provenance/gallery.json",
    } <= placed.keys()
    assert all(path.is_file() for path in placed.values())


def test_what_shows_faces_or_tells_of_the_run_stays_behind(tmp_path: Path) -> None:
    names = {path.name for path in placed_files(make_build(tmp_path).folders).values()}
    assert names.isdisjoint({"run.json", "thumbnails.parquet", "faces.parquet"})
