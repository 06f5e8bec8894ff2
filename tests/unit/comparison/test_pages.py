from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from facebank.artifacts.provenance import building
from facebank.cli import main
from facebank.commands.compare import compare
from facebank.comparison.overview import named
from facebank.comparison.pages import render_comparison
from facebank.errors import ConfigError, DataError
from facebank.report.folders import Folders
from facebank.versions.sides import open_side
from unit.comparison.sides import changed, side
from unit.report.builds import HOSTILE, VARIANTS_OF_SOURCE
from unit.report.test_render import Page
from unit.versions.test_differences import detections

if TYPE_CHECKING:
    from unit.comparison.sides import Row
    from unit.report.builds import Build

PAGES = ["index.html", "bank.html", "validation.html", "sources.html", "gold.html"]


def other(build: Build, folder: Path) -> Folders:
    """Change a bit of everything."""

    def without_hostile(row: Row) -> Row | None:
        return None if row["photo"].endswith(HOSTILE) else row

    def missed(row: Row) -> Row:
        return row | {"correct": False, "top1": "bob"} if row["photo"].endswith(HOSTILE) else row

    def gone(row: Row) -> Row:
        empty = {"status": "missing", **dict.fromkeys(("x1", "y1", "x2", "y2"))}
        return row | empty if row["frame"] == 10 else row

    return changed(
        build.folders,
        folder,
        {
            ("gallery", "photos.parquet"): without_hostile,
            ("gallery", "identities.parquet"): lambda row: row | {"status": "sound", "own_similarity": None},
            ("validation", "loo.parquet"): missed,
            ("face_labels", "slots.parquet"): gone,
            ("audit", "verdicts.parquet"): lambda row: (
                row | {"verdict": "unknown", "shown": "", "claimed_similarity": None}
            ),
        },
    )


def rendered(build: Build, tmp_path: Path, folders: Folders, faces: Any = "full") -> dict[str, Page]:
    sides = (side("<i>a</i>", build.folders, tmp_path), side("b", folders, tmp_path))
    place = tmp_path / "page"
    place.mkdir(parents=True)
    roots = {"bank_root": build.bank_root, "sources_root": build.sources_root}
    names = render_comparison(place, *sides, place=place, faces=faces, **roots)
    return {name: Page((place / name).read_text(encoding="utf-8")) for name in names}


def test_every_page_is_whole_loads_what_is_there_and_escapes_names(build: Build, tmp_path: Path) -> None:
    pages = rendered(build, tmp_path, other(build, tmp_path / "b"))
    assert list(pages) == PAGES
    for page in pages.values():
        assert not page.tags & {"b", "i"}
        assert page.without_text == []
        missing = [it for it in page.loaded if it != "data:," and not (tmp_path / "page" / it).is_file()]
        assert missing == []
        assert [it for it in page.links if it.startswith("#") and it[1:] not in page.ids] == []
    shown = {name: {it for it in page.loaded if it.startswith("thumbs/")} for name, page in pages.items()}
    assert shown["bank.html"]
    assert shown["validation.html"]


def test_equal_sides_have_pages_that_say_so(build: Build, tmp_path: Path) -> None:
    assert list(rendered(build, tmp_path, build.folders)) == PAGES
    for name in ("index", "bank", "validation", "sources", "gold"):
        assert "Nothing differs" in (tmp_path / "page" / f"{name}.html").read_text("utf-8")


def test_without_faces_no_picture_of_anyone_is_made(build: Build, tmp_path: Path) -> None:
    pages = rendered(build, tmp_path, other(build, tmp_path / "b"), "none")
    assert not any(it.startswith("thumbs/") for page in pages.values() for it in page.loaded)
    assert not (tmp_path / "page" / "thumbs").exists()


def test_blurred_pictures_are_other_ones_on_every_page(build: Build, tmp_path: Path) -> None:
    made: dict[str, tuple[dict[str, int], set[bytes]]] = {}
    for faces in ("full", "blurred"):
        pages = rendered(build, tmp_path / faces, other(build, tmp_path / faces / "b"), faces)
        shown = {name: sum(it.startswith("thumbs/") for it in page.loaded) for name, page in pages.items()}
        thumbs = (tmp_path / faces / "page" / "thumbs").iterdir()
        made[faces] = shown, {file.read_bytes() for file in thumbs}
    assert made["blurred"][0] == made["full"][0]
    assert all(made["full"][0][name] for name in ("bank.html", "validation.html", "sources.html"))
    assert made["full"][1].isdisjoint(made["blurred"][1])


def test_two_version_folders_have_the_pages_of_what_they_are(build: Build, tmp_path: Path) -> None:
    assert build.folders.inventory_photos is not None
    folder = tmp_path / "photos-11111111"
    shutil.copytree(build.folders.inventory_photos, folder)
    table = pq.read_table(folder / "photos.parquet")
    kept = [not photo.endswith(HOSTILE) for photo in table["photo"].to_pylist()]
    pq.write_table(table.filter(pa.array(kept)), folder / "photos.parquet")
    asked: dict[str, Any] = {"output_dir": tmp_path / "made", "faces": "full", "bank_root": build.bank_root}
    compare(build.folders.inventory_photos, folder, **asked)
    assert sorted(path.name for path in (tmp_path / "made").glob("*.html")) == ["bank.html", "index.html"]
    assert len(list((tmp_path / "made" / "thumbs").iterdir())) == 1
    with pytest.raises(ConfigError, match="already"):
        compare(build.folders.inventory_photos, folder, **asked)


def test_detections_that_moved_are_listed(tmp_path: Path) -> None:
    box, moved = [0.0, 0.0, 100.0, 100.0], [3.0, 4.0, 100.0, 101.0]
    a, b = (detections(tmp_path / name, {0: [it]}) for name, it in (("a", box), ("b", moved)))
    for other_side, listed in ((a, False), (b, True)):
        made = tmp_path / f"pages-{other_side.name}"
        compare(a, other_side, output_dir=made)
        assert [path.name for path in made.glob("*.html")] == ["index.html"]
        text = (made / "index.html").read_text("utf-8")
        assert ("Detected faces" in text, "5.00 px" in text) == (listed, listed)


def test_a_source_without_detections_on_one_side_is_no_source_that_did_not_move(tmp_path: Path) -> None:
    a = detections(tmp_path / "a", {0: [[0.0, 0.0, 100.0, 100.0]]})
    compare(a, detections(tmp_path / "b", {0: []}, source="t"), output_dir=tmp_path / "pages")
    text = (tmp_path / "pages" / "index.html").read_text("utf-8")
    assert text.index("not in A") > text.index("not in B")
    assert "0.00 px" not in text


def test_a_config_says_how_people_are_shown(build: Build, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"bank: {{root: {build.bank_root}}}\nreport: {{faces: none}}\n", "utf-8")
    made = tmp_path / "made"
    words = ["compare", *map(str, (build.folders.gallery, build.folders.gallery))]
    assert main([*words, "--output-dir", str(made), "--configfile", str(config)]) == 0
    assert "no picture of anyone" in (made / "bank.html").read_text("utf-8")


def test_a_side_leads_to_its_own_pages(build: Build, tmp_path: Path) -> None:
    assert build.folders.gallery is not None
    folder = tmp_path / "a release" / "gallery"
    shutil.copytree(build.folders.gallery, folder)
    (folder / "report").mkdir()
    (folder / "report" / "bank.html").write_text("")
    assert named(open_side(folder), tmp_path / "page").pages == {
        "bank": "../a release/gallery/report/bank.html"
    }


def report_of(build: Build) -> Path:
    """Make a report's folder beside the folders that it shows."""
    folders = build.folders
    assert folders.gallery is not None
    place = folders.gallery.parent.parent / "report" / "faces-none-00000000"
    shown = {"gallery": folders.gallery, "audit": folders.audit}
    with building(place, rule="render_report", parameters={}, inputs=shown) as folder:  # type: ignore[arg-type]
        (folder / "index.html").write_text("")
    return place


def test_a_report_stands_for_what_it_shows(build: Build, tmp_path: Path) -> None:
    opened = open_side(report_of(build))
    assert sorted(opened.provenance) == ["audit", "gallery"]
    assert opened.folders.gallery == build.folders.gallery
    assert named(opened, tmp_path).pages.keys() == {"index"}


def test_a_report_is_refused_once_its_folders_hold_other_files(build: Build, tmp_path: Path) -> None:
    shutil.copytree(report_of(build).parent.parent, tmp_path / "results")
    provenance = tmp_path / "results/gallery/v-00000000/provenance.json"
    made = json.loads(provenance.read_text("utf-8"))
    report = tmp_path / "results/report/faces-none-00000000"
    # Other code, the same files.
    provenance.write_text(json.dumps(made | {"code": "0" * 64}), "utf-8")
    assert open_side(report).folders.gallery == provenance.parent
    made["outputs"]["photos.parquet"] = {"sha256": "0" * 64, "bytes": 1}
    provenance.write_text(json.dumps(made), "utf-8")
    with pytest.raises(DataError, match=r"built again with other files.*others or none for gallery"):
        open_side(report)


def test_a_lone_folder_knows_what_it_read(build: Build, tmp_path: Path) -> None:
    results = tmp_path / "results"
    shutil.copytree(build.folders.inventory_sources, results / "inventory/sources-1")  # type: ignore[arg-type]
    inputs = {"variants": results / "inventory/sources-1/variants.parquet"}
    with building(results / "face_labels/v-1", rule="interpolate_labels", parameters={}, inputs=inputs):
        pass
    opened = open_side(results / "face_labels/v-1")
    assert opened.context.inventory_sources == results / "inventory/sources-1"
    assert opened.folders == Folders(face_labels=results / "face_labels/v-1")
    assert VARIANTS_OF_SOURCE[0] in str(
        opened.context.inventory_sources and pq.read_table(inputs["variants"])
    )
