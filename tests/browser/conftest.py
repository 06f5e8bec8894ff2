"""A headless Chromium over the pages of the report that the present config means."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

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
    """Give name -> file of every page: those of the report, and one that compares two releases."""
    compared = tmp_path_factory.mktemp("compare")
    release = (report.parent.parent / "release" / "latest").resolve()
    other = compared / "other"
    shutil.copytree(release, other)
    _change(other)
    words = ["facebank", "compare", str(release), str(other), "--output-dir", str(compared / "page")]
    subprocess.run(words, check=True, capture_output=True)
    return {
        "compare": compared / "page" / "index.html",
        **{name: report / f"{name}.html" for name in ("index", "bank", "validation", "sources", "gold")},
    }


def _change(release: Path) -> None:
    """Make another release: with fewer photos, and with numbers that all differ."""
    table = release / "tables" / "inventory_photos" / "photos.parquet"
    pq.write_table(pq.read_table(table).slice(8), table)
    for file in release.glob("tables/*/summary.json"):
        file.write_text(re.sub(r"([1-9])([,\n])", r"\g<1>1\2", file.read_text("utf-8")), "utf-8")


def _chromium() -> str | None:
    """Find Chromium, or install it where apt and root are there."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "install", "--yes", "--quiet", "chromium"], check=False)
        found = shutil.which("chromium")
    return found
