"""A headless Chromium over the pages of the report that the present config means."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, sync_playwright

from browser.axe import fetch_axe

_NAMES = ("chromium", "chromium-browser", "google-chrome")
SCREENSHOTS = Path(__file__).parent / "screenshots"


@pytest.fixture(scope="session")
def report() -> Path:
    """Find the report: the folder named by FACEBANK_REPORT, or the one that the config means."""
    named = os.environ.get("FACEBANK_REPORT")
    if named is None:
        asked = subprocess.run(["facebank", "where", "report"], check=True, capture_output=True, text=True)
        named = asked.stdout.strip()
    folder = Path(named).resolve()
    assert (folder / "index.html").is_file(), f"no report in {folder}: run `make demo` first"
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the system's Chromium; install Debian's package where this may be done."""
    path = _chromium()
    if path is None:
        pytest.skip("no Chromium: install your system's package, chromium on Debian")
    with sync_playwright() as driver:
        # Chromium refuses root without this switch; the pages are our own files.
        found = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Fetch the source of axe-core, or skip with the reason."""
    source, reason = fetch_axe(tmp_path_factory.mktemp("axe"))
    if source is None:
        pytest.skip(reason)
    return source


@pytest.fixture(scope="session")
def pages(report: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Give name -> file of every page: those of the report, and those that compare two releases."""
    place = tmp_path_factory.mktemp("compare")
    release = (report.parent.parent / "release" / "latest").resolve()
    shutil.copytree(release, place / "other")
    _change(place / "other")
    words = ["facebank", "compare", str(release), str(place / "other"), "--output-dir", str(place / "pages")]
    subprocess.run([*words, "--configfile", "config/config.yaml"], check=True, capture_output=True)
    names = ("index", "bank", "validation", "sources", "gold")
    return {name: report / f"{name}.html" for name in names} | {
        f"compare-{name}": place / "pages" / f"{name}.html" for name in names
    }


def _change(release: Path) -> None:
    """Make another release of which no part is as it was."""
    _edit(release / "tables/gallery/photos.parquet", _another_photo)
    _edit(release / "tables/gallery/identities.parquet", lambda row: row | {"status": "thin"})
    _edit(release / "tables/validation/loo.parquet", lambda row: row | {"correct": not row["correct"]})
    _edit(release / "tables/face_labels/slots.parquet", _another_box)
    _edit(release / "audit/verdicts.parquet", lambda row: row | {"verdict": "mismatch", "shown": "player_2"})
    for file in [*release.glob("tables/*/summary.json"), *release.glob("gold/*/gold_summary.json")]:
        file.write_text(re.sub(r"(0\.\d*)5([,\n])", r"\g<1>1\2", file.read_text("utf-8")), "utf-8")
    for file in release.glob("gold/evaluation/eval_gold_*.jsonl"):
        file.write_text(file.read_text("utf-8").replace('"skin_iou":1,', '"skin_iou":0.5,'), "utf-8")


def _another_photo(row: dict[str, Any]) -> dict[str, Any] | None:
    """Leave a photo out, give another one other bytes, and judge all others otherwise."""
    if row["photo"].endswith("01.jpg"):
        return None
    other = {"sha256": "0" * 64} if row["photo"].endswith("02.jpg") else {"verdict": "outlier"}
    return row | other


def _another_box(row: dict[str, Any]) -> dict[str, Any]:
    """Move the boxes of slot 0, and leave some of slot 1 out."""
    if row["slot"] == 1 and row["frame"] < 9:
        return row | {"status": "missing", **dict.fromkeys(("x1", "y1", "x2", "y2"))}
    return row | {"x1": row["x1"] + 4} if row["slot"] == 0 and row["x1"] is not None else row


def _edit(path: Path, edit: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
    """Write a table with each row edited; a row that becomes None is left out."""
    table = pq.read_table(path)
    rows = [row for row in map(edit, table.to_pylist()) if row is not None]
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)


def _chromium() -> str | None:
    """Find Chromium, or install it where apt and root are there."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "install", "--yes", "--quiet", "chromium"], check=False)
        found = shutil.which("chromium")
    return found
