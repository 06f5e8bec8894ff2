"""The workflow end to end, on real faces with real models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from demo_builds import snakemake_elsewhere
from facebank.config.load import parse_config
from facebank.plan.plan import Plan
from facebank.plan.registry import ARTIFACTS
from running import content, facebank, snakemake

pytestmark = pytest.mark.workflow


def test_a_second_run_has_nothing_to_do(checkout: Path) -> None:
    again = snakemake(checkout, "--cores", "2", "--configfile", "c.yaml", checkout=checkout)
    assert again.code == 0
    assert again.nothing_to_do, again.text


def test_another_build_has_the_same_bytes(built: Path, begun: Path) -> None:
    """Another place, other cores, other shards, no cache, another time zone, language, hash seed, umask."""
    done = snakemake_elsewhere(begun, "--cores", "1", "--configfile", "c.yaml")
    assert done.code == 0, done.text
    first, second = content(built / "results"), content(begun / "results")
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == []


def test_every_stage_has_a_folder_that_says_what_made_it(built: Path) -> None:
    for stage in (
        "models",
        "inventory",
        "inventory/sources",
        "embeddings",
        "gallery",
        "validation",
        "detections",
        "face_labels",
        "audit",
        "gold",
        "report",
        "limits",
    ):
        asked = facebank(built, "where", stage, "--configfile", "c.yaml")
        assert asked.code == 0, asked.text
        folder = built / asked.text.strip()
        provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
        assert provenance["version"] == folder.name
        assert str(built) not in json.dumps(provenance)


def test_every_folder_records_the_settings_that_it_reads(built: Path) -> None:
    """So that `facebank why` can name the key that changed."""
    config = yaml.safe_load((built / "c.yaml").read_text(encoding="utf-8"))
    plan = Plan(parse_config({**config, "models": {"pack": str(built / "resources/models/tiny")}}))
    for name, artifact in ARTIFACTS.items():
        for file in (built / "results" / artifact.stage).glob("*/provenance.json"):
            provenance = json.loads(file.read_text(encoding="utf-8"))
            if provenance["rule"] == artifact.rule:
                assert set(plan.argument_names(name).values()) <= set(provenance["parameters"]), name


def test_nothing_is_written_into_the_inputs(built: Path, inputs: Path) -> None:
    assert (built / "results").is_dir()
    stamp = json.loads((inputs / "demo.json").read_text(encoding="utf-8"))
    sizes = {
        path.relative_to(inputs).as_posix(): path.stat().st_size
        for path in inputs.rglob("*")
        if path.is_file() and path.name != "demo.json"
    }
    assert sizes == stamp["files"]


def test_the_release_opens_as_its_readme_says(built: Path) -> None:
    release = built / "results" / "release" / "latest"
    assert release.is_symlink()
    assert not Path(release.readlink()).is_absolute()
    manifest = json.loads((release / "celeb_embeddings.json").read_text(encoding="utf-8"))
    for entry in manifest["celebs"].values():
        for array in entry["photos"].values():
            assert (release / manifest["bank_root"] / array).is_file()
    asked = facebank(built, "where", "release", "--configfile", "c.yaml")
    assert (built / asked.text.strip()).resolve() == release.resolve()
    assert facebank(built, "verify", str(release)).code == 0
