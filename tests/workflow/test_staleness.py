"""What reruns after a change: exactly what the change can reach."""

from __future__ import annotations

import os
import re
import shutil
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
        ("models", {"accept_licences": ["none"]}, set()),
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


@pytest.fixture
def own_inputs(checkout: Path, inputs: Path) -> Path:
    """Give the checkout inputs of its own, at the same configured place, and build on them."""
    copy = checkout / "demo"
    shutil.copytree(inputs, copy)
    configure(checkout, "bank", root="demo/bank")
    configure(checkout, "sources", root="demo/sources")
    configure(checkout, "shards", photos=4)
    built = snakemake(checkout, "--cores", "2", "--configfile", "c.yaml", checkout=checkout)
    assert built.code == 0, built.text
    assert plan(checkout).nothing_to_do
    return copy


def test_what_is_done_to_inputs_reruns_exactly_what_reads_them(checkout: Path, own_inputs: Path) -> None:
    """One build, several changes: each is planned, then undone or built."""
    after_photos = {"index_photos", "collect_embeddings", *ALL_AFTER_GALLERY}
    photo = own_inputs / "bank" / "scraped" / "hopper" / "03.jpg"
    data = photo.read_bytes()

    os.utime(photo)
    assert plan(checkout).nothing_to_do

    photo.write_bytes(data + b"\0")
    changed = plan(checkout)
    assert changed.rules == {*after_photos, "embed_photos"}
    assert re.search(r"^embed_photos +1$", changed.text, re.MULTILINE), "one shard of four"
    photo.write_bytes(data)
    assert plan(checkout).nothing_to_do

    photo.unlink()
    assert plan(checkout).rules == {*after_photos, "embed_photos"}
    photo.write_bytes(data)

    claims = next((own_inputs / "sources").glob("*/augmentation.json"))
    text = claims.read_text(encoding="utf-8")
    claims.write_text(text + " ", encoding="utf-8")
    assert {"index_sources", "audit_slots"} <= plan(checkout).rules
    assert {"index_photos", "build_gallery"} & plan(checkout).rules == set()
    claims.write_text(text, encoding="utf-8")
    assert plan(checkout).nothing_to_do

    # A changed video is labelled anew in the very next build, not in the one after it.
    first, second = sorted((own_inputs / "sources").glob("*/videos/*camera1/*/*.mp4"))[:2]
    first.write_bytes(second.read_bytes())
    assert {"index_sources", "detect_keyframes", "collect_detections"} <= plan(checkout).rules
    built = snakemake(checkout, "--cores", "2", "--configfile", "c.yaml", checkout=checkout)
    assert built.code == 0, built.text
    assert plan(checkout).nothing_to_do
