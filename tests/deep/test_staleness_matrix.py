"""Everything that may happen to a build, and exactly what runs after it, as a table."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from running import content, snakemake
from staleness_cases import CASES, Case, try_case

pytestmark = pytest.mark.deep


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_happens_to_a_build_reruns_exactly_what_it_reaches(
    complete: Path, tmp_path: Path, record_property: Callable[[str, object], None], case: Case
) -> None:
    row, wrong = try_case(case, complete, tmp_path)
    record_property("table: staleness", row)
    assert wrong == ""


def test_two_working_directories_that_share_results_never_take_each_others(
    complete: Path, inputs: Path, tmp_path: Path
) -> None:
    """Equal relative roots, other photos, one folder of results: each build is as if it were alone."""
    results = tmp_path / "results"
    config = yaml.safe_load((complete / "c.yaml").read_text(encoding="utf-8"))
    made = {}
    for name in ("mine", "theirs", "mine", "theirs"):
        folder = tmp_path / name
        if not folder.is_dir():
            shutil.copytree(inputs, folder / "demo")
            (folder / "c.yaml").write_text(
                yaml.safe_dump({**config, "results": str(results)}), encoding="utf-8"
            )
            if name == "theirs":
                shown = folder / "demo" / "bank" / "scraped" / "hopper" / "03.jpg"
                shown.write_bytes(shown.with_name("02.jpg").read_bytes())
        built = snakemake(folder, "--cores", "2", "--configfile", "c.yaml", checkout=complete)
        assert built.code == 0, built.text
        assert "index_photos" in built.rules
        assert name not in made or not built.rules & {"index_sources", "detect_keyframes"}
        found = {path: data for path, data in content(results).items() if not path.startswith("release/")}
        assert made.setdefault(name, found) == found
        again = snakemake(folder, "--dry-run", "--cores", "2", "--configfile", "c.yaml", checkout=complete)
        assert again.nothing_to_do, again.text
    assert made["mine"] != made["theirs"]


@pytest.mark.parametrize("preserve", [True, False], ids=["with times", "without times"])
def test_copied_results_are_believed_where_they_are_good(
    complete: Path, tmp_path: Path, preserve: bool
) -> None:
    """Another checkout with another parent, the results copied as archives and object stores do."""
    shutil.copytree(
        complete, tmp_path / "deeper" / "checkout", ignore=shutil.ignore_patterns("results", ".snakemake")
    )
    checkout = tmp_path / "deeper" / "checkout"
    copy = shutil.copy2 if preserve else shutil.copyfile
    shutil.copytree(complete / "results", checkout / "results", symlinks=True, copy_function=copy)
    outcome = snakemake(checkout, "--dry-run", "--cores", "1", "--configfile", "c.yaml", checkout=checkout)
    assert outcome.nothing_to_do, outcome.text
    gallery = next((checkout / "results" / "gallery").iterdir())
    os.truncate(gallery / "celeb_embeddings.json", 10)
    outcome = snakemake(checkout, "--dry-run", "--cores", "1", "--configfile", "c.yaml", checkout=checkout)
    assert "build_gallery" in outcome.rules
    assert "collect_embeddings" not in outcome.rules
