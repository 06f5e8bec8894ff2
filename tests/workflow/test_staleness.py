"""What reruns after a change: exactly what the change can reach."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from running import Outcome, run, snakemake
from staleness_cases import CASES, Case, configure, extend, lose_records, photo, try_case

pytestmark = pytest.mark.workflow


@pytest.mark.parametrize("case", [case for case in CASES if case.short], ids=lambda case: case.name)
def test_what_happens_to_a_build_reruns_exactly_what_it_reaches(
    complete: Path, tmp_path: Path, record_property: Callable[[str, object], None], case: Case
) -> None:
    """The short form; `make test-deep` tries all cases."""
    row, wrong = try_case(case, complete, tmp_path)
    record_property("table: staleness", row)
    assert wrong == ""


def test_another_working_directory_and_absolute_paths_rerun_nothing(
    checkout: Path, tmp_path: Path, settings: Callable[..., dict[str, object]]
) -> None:
    config = settings() | {"results": str(checkout / "results")}
    (tmp_path / "absolute.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    outcome = snakemake(
        tmp_path, "--dry-run", "--cores", "1", "--directory", str(tmp_path / "elsewhere"),
        "--configfile", str(tmp_path / "absolute.yaml"), checkout=checkout,
    )  # fmt: skip
    assert outcome.nothing_to_do, outcome.text


def test_a_moved_checkout_reruns_nothing_in_a_working_directory_of_its_own(
    checkout: Path, tmp_path: Path, settings: Callable[..., dict[str, object]]
) -> None:
    """The model pack lies in the checkout: where it lies says nothing of what it is."""
    (tmp_path / "work").mkdir()
    shutil.copytree(checkout / ".facebank", tmp_path / "work" / ".facebank")
    config = settings()
    (tmp_path / "work" / "c.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    words = ("embeddings", "--cores", "2", "--configfile", "c.yaml")
    built = snakemake(tmp_path / "work", *words, checkout=checkout)
    assert built.rules == {"check_models", "index_photos", "embed_photos", "collect_embeddings"}, built.text
    moved = checkout.rename(tmp_path / "moved")
    again = snakemake(tmp_path / "work", *words, checkout=moved)
    assert again.nothing_to_do, again.text


@pytest.mark.deep
def test_what_a_stale_build_is_told_is_built_once_and_then_believed(complete: Path, tmp_path: Path) -> None:
    """A photo changed, Snakemake's records are lost: one build mends it, the next has nothing to do."""
    shutil.copytree(complete, tmp_path / "checkout", symlinks=True)
    checkout = tmp_path / "checkout"
    photo("03.jpg", b"\0")(checkout)
    lose_records(checkout)

    def ask(*words: str) -> Outcome:
        """Run the checkout's own command: a model pack of another checkout is another input to Snakemake."""
        package = str(checkout / "workflow" / "src")
        return run([sys.executable, "-m", "facebank", *words], checkout, PYTHONPATH=package)

    why = ask("why", "gallery", "--configfile", "c.yaml")
    assert why.code == 0, why.text
    assert "Snakemake runs build_gallery: Input files updated by another job" in why.text
    assert "Files changed: scraped/hopper/03.jpg." in why.text
    assert len(why.text.splitlines()) == 1
    (before,) = [path for path in (checkout / "results" / "release").iterdir() if not path.is_symlink()]

    built = snakemake(checkout, "--cores", "2", "--configfile", "c.yaml", checkout=checkout)
    assert built.code == 0, built.text
    assert "inventory/photos is stale: files under bank.root changed." in built.text
    again = snakemake(checkout, "--dry-run", "--cores", "2", "--configfile", "c.yaml", checkout=checkout)
    assert again.nothing_to_do, again.text
    fresh = ask("why", "gallery", "--configfile", "c.yaml").text
    assert "Snakemake has nothing to do. gallery is fresh." in fresh
    compared = ask("diff", str(before), "results/release/latest").text
    assert "Photos\n  changed scraped/hopper/03.jpg\n" in compared

    configure("face_labels", max_gap_s=0.25)(checkout)
    why = ask("why", "face_labels", "--configfile", "c.yaml").text
    assert "differs in: face_labels.max_gap_s was 0.5 and is 0.25." in why


HOLD = """
import sys, time
from pathlib import Path
from facebank.artifacts.lock import hold_lock
hold_lock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(200)
"""


def test_a_rule_that_is_built_alone_neither_believes_nor_reads_what_is_stale(
    complete: Path, tmp_path: Path
) -> None:
    """Snakemake takes what the rules make that it may not run for files of the user."""
    checkout = tmp_path / "checkout"
    shutil.copytree(complete, checkout, symlinks=True)
    lose_records(checkout)
    (validation,) = (checkout / "results" / "validation").glob("*/summary.json")
    words = ("--cores", "1", "--configfile", "c.yaml", "--allowed-rules", "validate_gallery", "--")
    target = str(validation.relative_to(checkout))
    extend("validation/open_set.py")(checkout)
    built = snakemake(checkout, *words, target, checkout=checkout)
    assert built.jobs == {"validate_gallery": 1}, built.text
    assert built.code == 0, built.text
    before = validation.with_name("provenance.json").read_bytes()
    extend("gallery/centroids.py")(checkout)
    refused = snakemake(checkout, *words, target, checkout=checkout)
    assert refused.code == 1
    assert "the rule that makes it was left out" in refused.text
    assert "--allowed-rules" in refused.text
    assert validation.with_name("provenance.json").read_bytes() == before


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same directory", "another directory"])
def test_a_second_build_of_the_same_results_says_so_and_leaves(
    checkout: Path, tmp_path: Path, elsewhere: bool
) -> None:
    configure("release", date="2026-03-04")(checkout)
    config = yaml.safe_load((checkout / "c.yaml").read_text(encoding="utf-8"))
    config["results"] = str(checkout / "results")
    (checkout / "absolute.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    folder = tmp_path / "elsewhere" if elsewhere else checkout
    words = ("--cores", "1", "--configfile", str(checkout / "absolute.yaml"))
    lock = checkout / "results" / ".logs" / "build.lock"
    first = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE, text=True, cwd=checkout
    )
    try:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        second = snakemake(folder, *words, checkout=checkout)
        assert second.code == 1
        assert f"Another build is writing these results: process {first.pid} on" in second.text
        assert "Traceback" not in second.text
        assert len(list((checkout / "results" / ".releases").iterdir())) == 1
        assert snakemake(folder, "--dry-run", *words, checkout=checkout).code == 0
    finally:
        first.send_signal(signal.SIGKILL)
        first.communicate()
    if not elsewhere:
        after = snakemake(folder, *words, checkout=checkout)
        assert (after.code, after.rules) == (0, {"publish_release"}), after.text
