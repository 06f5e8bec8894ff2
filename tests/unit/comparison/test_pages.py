from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from facebank.commands.compare import compare
from facebank.errors import ConfigError
from facebank.report.album import Album
from facebank.report.comparison import comparison
from facebank.versions.sides import open_side
from unit.report.builds import HOSTILE
from unit.report.test_render import Page

if TYPE_CHECKING:
    from pathlib import Path

    from unit.report.builds import Build


@pytest.fixture
def changed(build: Build, tmp_path: Path) -> Path:
    """Give another inventory: without the hostile photo, and with other numbers."""
    assert build.folders.inventory_photos is not None
    folder = tmp_path / "photos-11111111"
    shutil.copytree(build.folders.inventory_photos, folder)
    table = pq.read_table(folder / "photos.parquet")
    kept = [not photo.endswith(HOSTILE) for photo in table["photo"].to_pylist()]
    pq.write_table(table.filter(kept), folder / "photos.parquet")
    (folder / "summary.json").write_text(json.dumps({"unknown_sets": {"<train>": 24}, "new": 1}))
    return folder


def test_what_differs_is_shown_and_nothing_else(build: Build, changed: Path, tmp_path: Path) -> None:
    assert build.folders.inventory_photos is not None
    album = Album(tmp_path, "full", bank_root=build.bank_root)
    page = comparison(open_side(build.folders.inventory_photos), open_side(changed), album, tmp_path)
    assert not page.same
    assert [(it.photo, it.change) for it in page.photos] == [(f"scraped/ada/{HOSTILE}", "removed")]
    assert page.photos[0].picture is not None
    assert [(row["metric"], row["a"], row["b"]) for row in page.metrics] == [
        ("new", None, 1),
        ("unknown_sets.<train>", 12, 24),
    ]
    assert (page.added, page.removed, page.drift, page.boxes) == ((), (), (), ())


def test_a_folder_is_as_itself(build: Build, tmp_path: Path) -> None:
    assert build.folders.gallery is not None
    side = open_side(build.folders.gallery)
    assert comparison(side, side, Album(tmp_path, "none"), tmp_path).same


def test_the_page_is_whole_and_escapes_names(build: Build, changed: Path, tmp_path: Path) -> None:
    assert build.folders.inventory_photos is not None
    asked = {"output_dir": tmp_path / "made", "faces": "full", "bank_root": build.bank_root}
    compare(build.folders.inventory_photos, changed, **asked)  # type: ignore[arg-type]
    page = Page((tmp_path / "made" / "index.html").read_text(encoding="utf-8"))
    assert "b" not in page.tags
    missing = [url for url in page.loaded if url != "data:," and not (tmp_path / "made" / url).is_file()]
    assert missing == []
    with pytest.raises(ConfigError, match="already"):
        compare(build.folders.inventory_photos, changed, **asked)  # type: ignore[arg-type]


def test_a_release_leads_to_its_own_pages(build: Build, tmp_path: Path) -> None:
    assert build.folders.gallery is not None
    folder = tmp_path / "a release" / "gallery"
    shutil.copytree(build.folders.gallery, folder)
    (folder / "report").mkdir()
    (folder / "report" / "bank.html").write_text("")
    side = open_side(folder)
    page = comparison(side, side, Album(tmp_path, "none"), tmp_path / "page")
    assert page.a.pages == {"bank": "../a release/gallery/report/bank.html"}
