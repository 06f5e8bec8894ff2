"""What a build must not believe, and what a new number of shards costs: nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from facebank.artifacts.digests import sha256_file
from facebank.artifacts.provenance import installed_versions
from facebank.artifacts.shards import ShardRecord, read_shard_record, write_shard_record
from facebank.errors import DataError
from facebank.plan.plan import Plan
from facebank.release.publish import point_latest
from facebank.versions.freshness import upstream_first
from facebank.versions.survey import Survey, load_survey, save_survey, survey
from version_folders import build


def shard(plan: Plan, number: int, count: int, **changed: object) -> Path:
    """Write a shard, with a record of what it was made from."""
    path = Path(plan.shards("embeddings", count)) / f"{number}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    record = ShardRecord.of("embed_photos", plan.files.photos.shards(count)[number], "cpu")
    write_shard_record(path, replace(record, **changed))
    return path


def test_nothing_built_forces_nothing_and_takes_the_configured_shards(plan_of: Callable[..., Plan]) -> None:
    found = survey(plan_of(shards={"photos": 4}))
    assert (found.stale, found.remarks) == (frozenset(), ())
    assert found.shard_counts == {"embeddings": 4, "detections": 2, "audit": 2}


@pytest.mark.usefixtures("finished")
def test_a_new_number_of_shards_costs_nothing_until_there_is_something_to_do(
    plan_of: Callable[..., Plan],
) -> None:
    assert survey(plan_of(shards={"photos": 9})).shard_counts["embeddings"] == 3
    Path("bank/heldout/a/2.jpg").write_bytes(b"other")
    assert survey(plan_of(shards={"photos": 9})).shard_counts["embeddings"] == 9


@pytest.mark.parametrize("damaged", [None, "", "3", [3], -3, 0, 2.5, 10**30, float("inf"), float("nan")])
def test_a_damaged_number_of_shards_counts_for_none(
    finished: Plan, plan_of: Callable[..., Plan], damaged: object
) -> None:
    path = Path(finished.folder("embeddings")) / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "shards": damaged}), encoding="utf-8")
    assert survey(plan_of(shards={"photos": 9})).shard_counts["embeddings"] == 9


@pytest.mark.usefixtures("finished")
def test_what_is_stale_is_forced_and_said_once(plan_of: Callable[..., Plan]) -> None:
    Path("bank/heldout/a/2.jpg").write_bytes(b"other")
    plan = plan_of()
    found = survey(plan)
    assert f"{plan.folder('gallery')}/provenance.json" in found.stale
    assert plan.receipt in found.stale
    assert f"{plan.folder('models')}/provenance.json" not in found.stale
    assert found.remarks == ("inventory/photos is stale: files under bank.root changed.",)


@pytest.mark.parametrize(
    ("changed", "forced"),
    [({}, False), ({"code": "x"}, True), ({"contents": "x"}, True), ({"provider": "cuda"}, True)],
)
def test_a_shard_is_believed_by_its_record(
    plan_of: Callable[..., Plan], changed: dict[str, str], forced: bool
) -> None:
    plan = plan_of(shards={"photos": 2})
    path = shard(plan, 1, 2, **changed)
    assert (str(path) in survey(plan).stale) == forced


def test_a_shard_without_a_record_is_not_believed(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of()
    path = shard(plan, 0, 2)
    path.with_suffix(".json").write_text("{", encoding="utf-8")
    assert read_shard_record(path) is None
    assert survey(plan).stale == {str(path)}
    assert read_shard_record(shard(plan, 0, 2, versions=3)) is None


def test_stale_shards_of_a_fresh_build_are_not_needed(finished: Plan) -> None:
    shard(finished, 0, 3, contents="x")
    assert survey(finished).stale == frozenset()


@pytest.fixture
def audited(plan_of: Callable[..., Plan]) -> tuple[Plan, Path]:
    """Build everything of a bank and of sources; give a shard of the audit, too."""
    Path("videos").mkdir()
    plan = plan_of(sources={"root": "videos"})
    for name in upstream_first(plan):
        build(plan, name, shards=2 if name == "audit" else None)
    path = Path(plan.shards("audit", 2)) / "1.parquet"
    path.parent.mkdir(parents=True)
    path.touch()
    read = [Path(plan.folder(name)) / "provenance.json" for name in plan.upstream("audit")]
    contents = plan.files.sources.shards(2)[1]
    write_shard_record(path, ShardRecord.of("audit_slots", contents, "cpu", inputs=map(sha256_file, read)))
    return plan, path


def test_a_shard_that_read_versions_is_believed_while_they_are_those_that_are_there(
    audited: tuple[Plan, Path],
) -> None:
    plan, path = audited
    (Path(plan.folder("audit")) / "provenance.json").unlink()
    assert str(path) not in survey(plan).stale
    record = read_shard_record(path)
    assert record is not None
    write_shard_record(path, replace(record, inputs=record.inputs[1:]))
    assert str(path) in survey(plan).stale


def test_shards_that_read_versions_get_one_time_with_them(audited: tuple[Plan, Path]) -> None:
    plan, path = audited
    os.utime(path, (1, 1))
    survey(plan)
    made = Path(plan.folder("gallery")) / "made.txt"
    assert path.stat().st_mtime_ns == made.stat().st_mtime_ns


def test_fresh_files_get_one_time_only_where_theirs_are_out_of_order(finished: Plan) -> None:
    gallery, embeddings = (Path(finished.folder(name)) / "made.txt" for name in ("gallery", "embeddings"))
    before = gallery.stat().st_mtime_ns
    survey(finished)
    assert gallery.stat().st_mtime_ns == before
    os.utime(gallery, (1, 1))
    survey(finished)
    assert gallery.stat().st_mtime_ns == embeddings.stat().st_mtime_ns > before


def test_other_packages_are_a_remark_or_a_reason(finished: Plan, plan_of: Callable[..., Plan]) -> None:
    (warned,) = survey(finished, installed={"numpy": "0.1"}).remarks
    assert "now 0.1: models, inventory/photos, embeddings" in warned
    ignoring = plan_of(staleness={"runtime": "ignore"})
    assert survey(ignoring, installed={"numpy": "0.1"}).remarks == ()
    rebuilding = survey(plan_of(staleness={"runtime": "rebuild"}), installed={"numpy": "0.1"})
    assert f"{finished.folder('models')}/provenance.json" in rebuilding.stale


@pytest.mark.parametrize(("policy", "forced"), [("rebuild", True), ("warn", False), ("ignore", False)])
def test_shards_that_other_packages_made_are_made_again_where_stages_are(
    plan_of: Callable[..., Plan], policy: str, forced: bool
) -> None:
    plan = plan_of(staleness={"runtime": policy})
    for name in ("models", "inventory/photos", "embeddings"):
        build(plan, name, shards=2)
    paths = {str(shard(plan, number, 2)) for number in range(2)}
    assert not paths & survey(plan, installed=installed_versions()).stale
    found = survey(plan, installed={**installed_versions(), "onnxruntime": "0.1"})
    assert (paths <= found.stale) == forced


@pytest.mark.parametrize("policy", ["warn", "ignore"])
def test_shards_that_are_kept_beside_new_ones_are_told(plan_of: Callable[..., Plan], policy: str) -> None:
    plan = plan_of(shards={"photos": 3}, staleness={"runtime": policy})
    old = {"versions": {**installed_versions(), "numpy": "0.1"}}
    for number, changed in enumerate((old, old | {"contents": "x"}, {})):
        shard(plan, number, 3, **changed)
    now = installed_versions()["numpy"]
    told = (
        f"1 of 3 shards of embeddings were made by numpy 0.1, now {now}. They are kept, beside what is made"
        " now; staleness.runtime: rebuild makes them anew."
    )
    assert survey(plan, installed=installed_versions()).remarks == ((told,) if policy == "warn" else ())
    # Where jobs bring their own packages, nobody here can tell.
    assert survey(plan).remarks == ()


def test_what_was_collected_of_old_shards_is_built_by_them_too(plan_of: Callable[..., Plan]) -> None:
    warned, rebuilt = (plan_of(staleness={"runtime": policy}) for policy in ("warn", "rebuild"))
    marker = Path(warned.folder("embeddings")) / "provenance.json"
    for mixed in ({}, {"numpy": ["0.1"]}):
        for name in ("models", "inventory/photos"):
            build(warned, name)
        build(warned, "embeddings", shard_versions=mixed)
        found = survey(rebuilt, installed=installed_versions())
        assert (str(marker) in found.stale) == bool(mixed)
        told = [
            remark for remark in survey(warned, installed=installed_versions()).remarks if "Built" in remark
        ]
        now = installed_versions()["numpy"]
        assert [remark.partition(". They")[0] for remark in told] == [
            f"Built by numpy 0.1 and {now}, now {now}: embeddings" for _ in mixed
        ]


def test_a_job_elsewhere_reads_what_its_build_found(tmp_path: Path, finished: Plan) -> None:
    found = survey(finished)
    save_survey(tmp_path / "survey.json", found)
    assert load_survey(tmp_path / "survey.json") == Survey(found.contents, found.shards)
    with pytest.raises(DataError, match="without --no-hooks"):
        load_survey(tmp_path / "none.json")


def test_a_version_that_another_directory_built_is_not_believed(
    finished: Plan, plan_of: Callable[..., Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two working directories name their banks alike and share their results."""
    results = str(tmp_path / "results")
    mine = plan_of(results=results)
    assert survey(mine).stale == frozenset()
    other = tmp_path / "elsewhere" / "bank" / "heldout" / "a" / "1.jpg"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"another photo")
    monkeypatch.chdir(tmp_path / "elsewhere")
    theirs = Plan(mine.config)
    assert theirs.folder("gallery") == mine.folder("gallery")
    assert f"{theirs.folder('inventory/photos')}/provenance.json" in survey(theirs).stale
    build(theirs, "inventory/photos")
    monkeypatch.chdir(tmp_path)
    assert f"{mine.folder('inventory/photos')}/provenance.json" in survey(Plan(mine.config)).stale
    assert finished.version("gallery") == mine.version("gallery")


@pytest.mark.parametrize("target", ["theirs", None])
def test_a_finished_release_is_published_again_where_latest_leads_to_another(
    finished: Plan, target: str | None
) -> None:
    """A build for another config moved the link; this one's would have had nothing to do."""
    (release,) = Path("results/release").iterdir()
    point_latest(release)
    assert survey(finished).stale == frozenset()
    latest = release.with_name("latest")
    latest.unlink()
    if target:
        latest.symlink_to(target)
    found = survey(finished)
    assert found.stale == frozenset([finished.receipt] if target else [])
    assert list(found.remarks) == [
        f"{latest} leads to {name}; this config's release is {release.name}." for name in [target] if name
    ]
