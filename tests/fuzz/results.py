"""What a build left behind, damaged: provenance, facts of a run, records of shards, receipts.

Commands that judge results read them before anything is built. A damaged one makes its folder stale, and no
damage makes a folder fresh that is not.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from contextlib import chdir, redirect_stdout, suppress
from functools import cache
from pathlib import Path

from facebank.artifacts.shards import ShardRecord, write_shard_record
from facebank.commands.prune import prune
from facebank.commands.status import status
from facebank.commands.versions import versions
from facebank.commands.why import why
from facebank.config.load import load_config
from facebank.errors import FacebankError
from facebank.plan.plan import Plan
from facebank.versions.freshness import judge, upstream_first
from facebank.versions.survey import survey
from text_mutations import mutated
from version_folders import build

__all__ = ["corpus", "mutated", "read"]

_CONFIG = "bank: {root: bank}\nmodels: {pack: tiny}\nshards: {photos: 2}\n"

os.fsync = lambda _: None  # what a disk does is not what is looked for
# Snakemake is asked about a folder that is fresh, which takes seconds and reads none of these documents.
sys.modules[why.__module__]._reasons_of_snakemake = lambda *_: {}  # type: ignore[attr-defined]

#: Goes with the process.
_PLACE = tempfile.TemporaryDirectory(prefix="facebank-fuzz-")


@cache
def _good() -> Path:
    """Make a working directory whose results stand."""
    folder = Path(_PLACE.name) / "good"
    for number in range(3):
        photo = folder / "bank" / "heldout" / "a" / f"{number}.jpg"
        photo.parent.mkdir(parents=True, exist_ok=True)
        photo.write_bytes(bytes([number]))
    (folder / "c.yaml").write_text(_CONFIG, encoding="utf-8")
    with chdir(folder):
        plan = Plan(load_config(Path("c.yaml")))
        for name in upstream_first(plan):
            build(plan, name, shards=2 if name == "embeddings" else None)
        shards = Path(plan.shards("embeddings", 2))
        shards.mkdir(parents=True)
        for number in range(2):
            (shards / f"{number}.parquet").write_bytes(b"shard")
            write_shard_record(shards / f"{number}.parquet", ShardRecord.of("embed_photos", "ab", "cpu"))
    return folder


def corpus() -> list[bytes]:
    """Give every document of the results; the name says which."""
    good = _good()
    return [
        path.relative_to(good).as_posix().encode() + b"\0" + path.read_bytes()
        for path in sorted((good / "results").rglob("*.json"))
    ]


def read(data: bytes, folder: Path) -> str:
    """Judge the results with one document as it came, by every command that reads them."""
    name, _, body = data.partition(b"\0")
    place = folder / "work"
    shutil.copytree(_good(), place, symlinks=True)
    (place / name.decode()).write_bytes(body)
    with chdir(place), redirect_stdout(io.StringIO()):
        came = _judged(changed=body != (_good() / name.decode()).read_bytes())
    shutil.rmtree(place)
    return came


def _judged(*, changed: bool) -> str:
    """Give which word describes the folder's state."""
    config = Path("c.yaml")
    plan = Plan(load_config(config))
    verdicts = judge(plan, plan.contents_of_artifacts())
    survey(plan)
    commands = (
        lambda: status(configfile=config),
        lambda: status(configfile=config, json=True),
        lambda: why("release", configfile=config),
        lambda: versions(configfile=(config,)),
        lambda: prune(configfile=(config,)),
    )
    for command in commands:
        with suppress(FacebankError):
            command()
    stale = [it.name for it in verdicts.values() if not it.fresh]
    assert changed or not stale, stale
    return "stale" if stale else "used"
