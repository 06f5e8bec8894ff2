"""What reruns after a change: exactly what the change can reach."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import yaml

from running import Outcome, snakemake

pytestmark = pytest.mark.workflow


def plan(checkout: Path, configfile: str = "c.yaml") -> Outcome:
    """Ask what would run."""
    outcome = snakemake(checkout, "--dry-run", "--cores", "2", "--configfile", configfile, checkout=checkout)
    assert outcome.code == 0, outcome.text
    return outcome


def edit(path: Path, old: str, new: str) -> None:
    """Replace a piece of a file that must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def append(path: Path, text: str) -> None:
    """Write at the end of a file."""
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def configure(checkout: Path, section: str, **keys: object) -> None:
    """Change keys of the config."""
    config = yaml.safe_load((checkout / "c.yaml").read_text(encoding="utf-8"))
    config[section] = {**config.get(section, {}), **keys}
    (checkout / "c.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")


ALL_AFTER_GALLERY = {
    "build_gallery",
    "validate_gallery",
    "audit_slots",
    "render_report",
    "check_limits",
    "publish_release",
}


def test_a_moved_and_touched_checkout_reruns_nothing(checkout: Path) -> None:
    now = time.time()
    for path in checkout.rglob("*"):
        if path.is_file() and "results" not in path.parts and ".snakemake" not in path.parts:
            os.utime(path, (now, now))
    assert plan(checkout).nothing_to_do


def test_words_about_code_rerun_nothing(checkout: Path) -> None:
    edit(checkout / "workflow/src/facebank/gallery/centroids.py", '"""', '"""Other words. ')
    append(checkout / "workflow/src/facebank/errors.py", "\n# a remark\n")
    assert plan(checkout).nothing_to_do


def test_an_edited_module_reruns_its_stages_and_what_follows(checkout: Path) -> None:
    append(checkout / "workflow/src/facebank/gallery/centroids.py", "\nEXTRA = 1\n")
    assert plan(checkout).rules >= {"build_gallery", "validate_gallery"}
    assert plan(checkout).rules <= ALL_AFTER_GALLERY


@pytest.mark.parametrize(
    ("section", "keys", "rules"),
    [
        ("shards", {}, set()),
        ("cache", {"root": "another"}, set()),
        (
            "validation",
            {"buckets": ["1-4", "5+"]},
            {"validate_gallery", "render_report", "check_limits", "publish_release"},
        ),
        ("validation", {"min_top1": 0.01}, {"check_limits", "publish_release"}),
        (
            "face_labels",
            {"max_gap_s": 0.25},
            {"interpolate_labels", "audit_slots", "render_report", "check_limits", "publish_release"},
        ),
        ("release", {"date": "2026-03-04"}, {"publish_release"}),
    ],
)
def test_a_changed_key_reruns_its_readers_and_what_follows(
    checkout: Path, section: str, keys: dict[str, object], rules: set[str]
) -> None:
    configure(checkout, section, **keys)
    outcome = plan(checkout)
    assert outcome.rules == rules
    assert outcome.nothing_to_do == (not rules)
