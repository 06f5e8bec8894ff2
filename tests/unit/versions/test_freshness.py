"""A folder is believed while its provenance agrees with the present, and not a moment longer."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from facebank.artifacts.digests import digest_of
from facebank.plan.plan import Plan
from facebank.versions import freshness
from facebank.versions.freshness import Verdict, judge, upstream_first
from lerobot_datasets import change_episodes, write_dataset
from version_folders import NAMES, build

AFTER_INVENTORY = ["embeddings", "gallery", "validation", "report", "limits", "release"]


def verdicts(plan: Plan, **runtime: str) -> dict[str, Verdict]:
    return judge(plan, plan.contents_of_artifacts(), runtime or None)


def reasons(plan: Plan, **runtime: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Give artifact -> kind -> what, for those that are not fresh."""
    return {
        name: {reason.kind: reason.what for reason in verdict.reasons}
        for name, verdict in verdicts(plan, **runtime).items()
        if not verdict.fresh
    }


def test_nothing_built_is_missing_and_not_stale(plan_of: Callable[..., Plan]) -> None:
    found = verdicts(plan_of())
    assert sorted(found) == sorted(NAMES)
    assert {(verdict.fresh, verdict.stale) for verdict in found.values()} == {(False, False)}


def test_a_finished_build_is_fresh_wherever_and_whenever_it_was_copied(finished: Plan) -> None:
    for path in Path("results").rglob("*"):
        os.utime(path, (1, 1))
    assert reasons(finished) == {}


@pytest.mark.usefixtures("finished")
def test_bytes_of_a_photo_make_its_readers_and_what_follows_stale(plan_of: Callable[..., Plan]) -> None:
    Path("bank/heldout/a/2.jpg").write_bytes(b"other")
    found = reasons(plan_of())
    assert found["inventory/photos"] == {"contents": ("bank.root",)}
    assert sorted(found) == sorted(["inventory/photos", *AFTER_INVENTORY])
    assert found["gallery"] == {"upstream": ("embeddings", "inventory/photos")}


def test_the_audit_names_the_merged_data_set_or_the_sources(plan_of: Callable[..., Plan]) -> None:
    merged = write_dataset(Path("merged"), [[[np.full((32, 48, 3), 90, np.uint8)] * 4] * 2])
    Path("videos").mkdir()
    sections = {"sources": {"root": "videos", "merged": str(merged)}}
    for name in upstream_first(plan_of(**sections)):
        build(plan_of(**sections), name)
    assert reasons(plan_of(**sections)) == {}
    change_episodes(merged, 0, 1, length=3)
    found = reasons(plan_of(**sections))
    assert found["audit"] == {"contents": ("sources.merged",)}
    assert "inventory/sources" not in found
    Path("videos/new.txt").write_text("")
    assert reasons(plan_of(**sections))["audit"]["contents"] == ("sources.root",)


@pytest.mark.parametrize(
    ("said", "says", "changed"),
    [
        ("licence: MIT\n", "licence: MIT-0\n", ("retinaface_mnet025.onnx",)),
        ("name: tiny\n", "name: mine\n", ("mobileface.onnx", "retinaface_mnet025.onnx")),
    ],
)
def test_what_the_pack_said_of_its_files_counts_in_every_folder_that_repeats_it(
    plan_of: Callable[..., Plan], said: str, says: str, changed: tuple[str, ...]
) -> None:
    """The stage that checks the pack may be fresh again when a build is interrupted."""
    shutil.copytree(Path(plan_of().pack_folder), "mine")
    plan = plan_of(models={"pack": "mine"})
    for name in upstream_first(plan):
        build(plan, name)
    pack = Path("mine/pack.yaml")
    pack.write_text(pack.read_text(encoding="utf-8").replace(said, says, 1))
    build(plan_of(models={"pack": "mine"}), "models")
    found = reasons(plan_of(models={"pack": "mine"}))
    assert "models" not in found
    assert found["embeddings"] == {"models": changed}
    assert found["gallery"] == {"upstream": ("embeddings",)}


def test_an_edited_module_is_named(finished: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    real = freshness.stage_modules

    def edited(rule: str) -> dict[str, str]:
        modules = real(rule)
        return modules | {"facebank.gallery.faces": "0"} if rule == "build_gallery" else modules

    monkeypatch.setattr(freshness, "stage_modules", edited)
    monkeypatch.setattr(freshness, "stage_digest", lambda rule: str(digest_of(edited(rule))))
    found = reasons(finished)
    assert found.pop("gallery") == {"code": ("facebank.gallery.faces",)}
    assert sorted(found) == ["limits", "release", "report", "validation"]
    assert all(list(kinds) == ["upstream"] for kinds in found.values())


def test_an_upstream_that_was_built_anew_makes_stale_only_with_other_bytes(finished: Plan) -> None:
    build(finished, "embeddings", shards=5)
    assert reasons(finished) == {}
    # As another working directory does, whose builds share these results.
    build(finished, "embeddings", text="others")
    assert reasons(finished)["gallery"] == {"upstream": ("embeddings",)}
    assert "embeddings" not in reasons(finished)


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"")], ids=["gone", "cut"])
def test_a_folder_that_lost_a_file_is_stale(finished: Plan, harm: Callable[[Path], object]) -> None:
    harm(Path(finished.folder("gallery")) / "made.txt")
    assert reasons(finished)["gallery"] == {"output": ("made.txt",)}


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"code": 3}'])
def test_a_provenance_that_cannot_be_read_is_stale(finished: Plan, text: str) -> None:
    (Path(finished.folder("gallery")) / "provenance.json").write_text(text, encoding="utf-8")
    assert list(reasons(finished)["gallery"]) == ["unreadable"]
    assert verdicts(finished)["gallery"].stale


@pytest.mark.parametrize("release", ["a" * 300, "a\0b"])
def test_a_release_of_no_possible_name_is_gone(finished: Plan, release: str) -> None:
    marker = Path(finished.receipt)
    marker.write_text(json.dumps({**json.loads(marker.read_bytes()), "release": release}), encoding="utf-8")
    assert list(reasons(finished)["release"]) == ["output"]


@pytest.mark.parametrize("key", ["runtime", "packages", "shard_versions"])
@pytest.mark.parametrize("versions", ["", "1.0", 3, ["numpy"], None])
def test_versions_that_cannot_be_read_are_no_versions(finished: Plan, versions: object, key: str) -> None:
    marker = Path(finished.folder("gallery")) / "provenance.json"
    marker.write_text(json.dumps({**json.loads(marker.read_bytes()), key: versions}), encoding="utf-8")
    assert list(reasons(finished)["gallery"]) == ["unreadable"]


def test_a_release_says_what_it_was_built_by(finished: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its bill of materials follows the locks, whatever a workflow engine remembers of them."""
    moved = shutil.copytree(finished.requirements, Path("requirements"))
    monkeypatch.setattr(Plan, "requirements", moved)
    assert reasons(finished) == {}
    with (moved / "licences.tsv").open("a", encoding="utf-8") as file:
        file.write("another\t1.0\tMIT\tcpu\tmetadata\n")
    assert reasons(finished) == {"release": {"contents": ("Snakefile", "requirements")}}


def test_a_removed_release_is_published_again(finished: Plan) -> None:
    (manifest,) = Path("results/release").glob("*/manifest.json")
    manifest.unlink()
    assert list(reasons(finished)) == ["release"]


def test_packages_count_where_they_are_given(finished: Plan) -> None:
    assert reasons(finished, tensorflow="1") == {}
    found = reasons(finished, numpy="0.1")
    assert found["models"] == {"runtime": ("numpy",)}
    assert found["gallery"]["runtime"] == ("numpy",)
    # What decodes photos, and what stands beside it in the provenance.
    found = reasons(finished, pillow="0.1", scipy="0.1")
    assert found["inventory/photos"] == {"runtime": ("pillow", "scipy")}
