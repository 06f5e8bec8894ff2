"""How an artifact stands while nothing, or a build, is at work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from facebank.config.load import parse_config
from facebank.plan.plan import Plan
from facebank.versions.freshness import Reason, Verdict
from facebank.versions.standing import Build, build_at_work, standing_of

HOLD = """
import sys
from pathlib import Path
from facebank.artifacts.lock import hold_lock
hold_lock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan(parse_config({"results": str(tmp_path), "bank": {"root": "bank"}}))


def verdict(plan: Plan, name: str, *reasons: Reason, built: bool = True) -> Verdict:
    marker = Path(plan.folder(name)) / "provenance.json"
    return Verdict(name, marker, reasons, {"rule": "any"} if built else {})


def write(path: Path, text: str, at: float | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    if at is not None:
        os.utime(path, (at, at))


@pytest.mark.parametrize(
    ("reasons", "built", "state"),
    [
        ((), True, "fresh"),
        ((Reason("code", ("a",)),), True, "stale"),
        ((Reason("missing"),), False, "missing"),
    ],
)
def test_states_without_a_build(plan: Plan, reasons: tuple[Reason, ...], built: bool, state: str) -> None:
    assert standing_of(plan, verdict(plan, "gallery", *reasons, built=built), None).state == state


@pytest.mark.parametrize(
    ("log", "at", "state"),
    [
        ("build_gallery.log", 100.0, "running"),
        ("build_gallery.log", 10.0, "missing"),
        ("collect_embeddings.log", 100.0, "missing"),
    ],
)
def test_running_is_what_began_since_the_build_did(
    plan: Plan, tmp_path: Path, log: str, at: float, state: str
) -> None:
    write(tmp_path / ".logs" / log, "", at)
    found = verdict(plan, "gallery", Reason("missing"), built=False)
    assert standing_of(plan, found, Build("process 1", since=50.0)).state == state


def test_a_shard_that_began_is_its_artifact_running(plan: Plan, tmp_path: Path) -> None:
    write(tmp_path / ".logs" / "embed_photos" / "1.log", "", 100.0)
    found = verdict(plan, "embeddings", Reason("missing"), built=False)
    assert standing_of(plan, found, Build("process 1", since=50.0)).state == "running"


def test_the_last_duration_counts_the_shards_that_were_gathered(plan: Plan, tmp_path: Path) -> None:
    found = verdict(plan, "embeddings")
    assert standing_of(plan, found, None).seconds is None
    write(found.marker.parent / "run.json", json.dumps({"seconds": 0.5, "shards": 2}))
    for shard, seconds in enumerate((2.0, 3.0, 100.0)):
        write(tmp_path / ".logs/benchmarks/embed_photos" / f"{shard}.tsv", f"s\th:m:s\n{seconds}\t0:00:02\n")
    assert standing_of(plan, found, None).seconds == 5.5
    write(found.marker.parent / "run.json", json.dumps({"seconds": 0.5, "shards": 10**30}))
    assert standing_of(plan, found, None).seconds == 105.5, "a damaged number is counted to by nobody"


def test_a_build_is_seen_while_it_holds_the_lock(tmp_path: Path) -> None:
    assert build_at_work(tmp_path) is None
    lock = tmp_path / ".logs" / "build.lock"
    source = Path(__file__).parents[3] / "workflow" / "src"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(source)},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        found = build_at_work(tmp_path)
        assert found is not None
        assert found.holder.startswith(f"process {process.pid} on ")
        process.stdin.close()
    assert build_at_work(tmp_path) is None
