"""Who asks to be deleted is in no build any more, and comes back under no name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from facebank.artifacts.tables import read_tsv
from running import facebank, snakemake
from staleness_cases import both, configure

pytestmark = pytest.mark.workflow

CONFIG = ("--configfile", "c.yaml")
PERSON, FOLDER = "grace_hopper", "hopper"


def built_names(results: Path) -> set[str]:
    """Give everything that builds say: paths, bytes, and the values of tables."""
    said = set()
    for path in results.rglob("*"):
        said.add(path.relative_to(results).as_posix())
        if path.suffix == ".parquet":
            said.add(str(pq.read_table(path).to_pydict()))
        elif path.is_file():
            said.add(path.read_bytes().decode("utf-8", "replace"))
    return said


def told(said: set[str], *names: str) -> list[str]:
    """Give the start of what names somebody."""
    return [text[:200] for text in said if any(name in text for name in names)]


def test_a_forgotten_person_is_gone_and_refused(complete: Path, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    shutil.copytree(complete, checkout, symlinks=True)
    bank, results = checkout / "demo" / "bank", checkout / "results"
    # Another release, and what is between photos and releases once more.
    both(configure("gallery", centroid="medoid"), configure("shards", photos=1, sources=1))(checkout)
    done = snakemake(checkout, "--cores", "2", *CONFIG, checkout=checkout)
    assert done.code == 0, done.text
    assert len([path for path in (results / "release").iterdir() if not path.is_symlink()]) == 2
    assert told(built_names(results), PERSON)

    before = facebank(checkout, "forget", PERSON, *CONFIG)
    assert before.code == 0, before.text
    assert f"  demo/bank/scraped/{FOLDER}/" in before.text
    assert told(built_names(results), PERSON), "nothing is deleted without --yes"
    assert facebank(checkout, "forget", PERSON, "--yes", *CONFIG).code == 0
    assert told(built_names(results), PERSON, f"/{FOLDER}/") == []
    assert list((results / "release").iterdir()) == []

    # One of the photos comes back under another name.
    other = next(path for path in bank.glob("*/*") if path.name != FOLDER)
    shutil.copy(next((bank / "scraped" / FOLDER).glob("*.jpg")), other / "copy.jpg")
    done = snakemake(checkout, "--cores", "2", *CONFIG, checkout=checkout)
    assert done.code == 0, done.text
    assert told(built_names(results), PERSON, f"/{FOLDER}/") == []
    assert not [path for path in results.rglob("*") if path.is_dir() and not any(path.iterdir())]
    (rejected,) = results.glob("inventory/photos-*/rejected.tsv")
    refused = [row["file"] for row in read_tsv(rejected) if row["reason"] == "FORGOTTEN"]
    assert f"{other.relative_to(bank).as_posix()}/copy.jpg" in refused
    assert len(refused) > 2
    assert facebank(checkout, "verify", "results/release/latest").code == 0

    again = facebank(checkout, "forget", PERSON, *CONFIG)
    assert "Nothing of this person is left" in again.text
    dry = snakemake(checkout, "--dry-run", "--cores", "1", *CONFIG, checkout=checkout)
    assert dry.nothing_to_do, dry.text
