"""Results of a small bank without a model: every version folder stands, and holds a line of text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from facebank.artifacts.atomic import write_json
from facebank.artifacts.digests import sha256_file
from facebank.artifacts.provenance import building, read_provenance
from facebank.artifacts.shards import read_shard_record, write_shard_record
from facebank.config.load import parse_config
from facebank.plan.plan import Plan
from facebank.plan.registry import ARTIFACTS
from facebank.release.publish import assemble, settle, staging_folder
from facebank.release.receipt import write_receipt
from facebank.versions.freshness import upstream_first

#: What a config means that has a bank alone.
NAMES = [
    "models",
    "inventory/photos",
    "embeddings",
    "gallery",
    "validation",
    "report",
    "limits",
    "release",
]


@pytest.fixture
def plan_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Plan]:
    """Give the plan of a bank of four photos, as a new process would make it."""
    monkeypatch.chdir(tmp_path)
    for number in range(4):
        photo = tmp_path / "bank" / "heldout" / "a" / f"{number}.jpg"
        photo.parent.mkdir(parents=True, exist_ok=True)
        photo.write_bytes(bytes([number]))

    def give(**sections: Any) -> Plan:
        return Plan(parse_config({"bank": {"root": "bank"}, "models": {"pack": "tiny"}, **sections}))

    return give


def build(
    plan: Plan,
    name: str,
    text: str = "",
    shards: int | None = None,
    shard_versions: dict[str, list[str]] | None = None,
) -> None:
    """Write the folder of one artifact from those that it reads."""
    read = {other: Path(plan.folder(other)) for other in plan.upstream(name)}
    if name == "release":
        releases = Path(plan.results) / "release"
        with staging_folder(releases) as staging:
            # The report for people here is read, and is in no release.
            names = {other.replace("/", "_"): folder for other, folder in read.items() if other != "report"}
            files = {f"provenance/{name}.json": folder / "provenance.json" for name, folder in names.items()}
            assemble(staging, files)
            release = settle(staging, releases)
        write_receipt(Path(plan.receipt), release, read, contents=plan.contents_of_artifacts()[name])
        return
    with building(
        Path(plan.folder(name)),
        rule=ARTIFACTS[name].rule,
        parameters={
            argument: plan.values((key,))[key] for key, argument in plan.argument_names(name).items()
        },
        inputs=read,
        models=plan.pack.described() if plan.uses_models(name) else (),
        contents=plan.contents_of_artifacts()[name],
        shards=shards,
        shard_versions=shard_versions,
    ) as folder:
        (folder / "made.txt").write_text(f"{name} {text}\n", encoding="utf-8")


def age(shard: Path) -> None:
    """Let a shard be of another numpy, as where packages are renewed between two builds."""
    record = read_shard_record(shard)
    assert record is not None
    write_shard_record(shard, replace(record, versions={**record.versions, "numpy": "0.1"}))


def vouch(folder: Path) -> None:
    """Let a version folder say that its stage wrote what a test has put into its place."""
    document = read_provenance(folder)
    for name, written in document["outputs"].items():
        written |= {"sha256": sha256_file(folder / name), "bytes": (folder / name).stat().st_size}
    write_json(folder / "provenance.json", document)


@pytest.fixture
def finished(plan_of: Callable[..., Plan]) -> Plan:
    """Build everything."""
    plan = plan_of()
    for name in upstream_first(plan):
        build(plan, name, shards=3 if name == "embeddings" else None)
    return plan
