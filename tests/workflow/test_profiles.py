"""The profiles: what they say is explained, names what exists, and is taken by Snakemake."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from facebank.cli import RULES
from running import PROJECT, snakemake

pytestmark = pytest.mark.workflow

PROFILES = sorted(path.parent.name for path in (PROJECT / "profiles").glob("*/config.yaml"))
WORKFLOW = "\n".join(
    path.read_text(encoding="utf-8") for path in sorted((PROJECT / "workflow/rules").glob("*.smk"))
)


def text_of(profile: str) -> str:
    """Give a profile as it is written."""
    return (PROJECT / "profiles" / profile / "config.yaml").read_text(encoding="utf-8")


def read(profile: str) -> dict[str, Any]:
    """Give a profile as it is read."""
    document = yaml.safe_load(text_of(profile))
    assert isinstance(document, dict)
    return document


def rules_that_ask(resource: str) -> set[str]:
    """Give the rules whose resources name one."""
    bodies = re.split(r"^rule (\w+):$", WORKFLOW, flags=re.MULTILINE)[1:]
    return {
        name for name, body in zip(bodies[::2], bodies[1::2], strict=True) if f"        {resource}=" in body
    }


def test_there_are_three() -> None:
    assert PROFILES == ["default", "gpu", "slurm"]


@pytest.mark.parametrize("profile", PROFILES)
def test_every_key_has_a_comment(profile: str) -> None:
    lines = text_of(profile).splitlines()
    explained: set[str] = set()
    for before, line in zip(["", *lines], lines, strict=False):
        key = re.match(r" *([\w-]+):", line)
        if key is None or key[1] in explained or key[1] in RULES:
            continue
        assert before.lstrip().startswith("# "), f"{key[1]} is not explained"
        explained.add(key[1])
    assert set(read(profile)) <= explained


@pytest.mark.parametrize("profile", ["gpu", "slurm"])
def test_a_profile_names_rules_that_exist(profile: str) -> None:
    settings = read(profile)
    named = {*settings.get("set-resources", {}), *settings.get("groups", {})}
    assert named <= set(RULES)


def test_the_long_model_stages_ask_slurm_for_one_gpu() -> None:
    asked = {rule: wants for rule, wants in read("slurm")["set-resources"].items() if "gpu" in wants}
    assert {rule: wants["gpu"] for rule, wants in asked.items()} == {
        "embed_photos": 1,
        "detect_keyframes": 1,
        "audit_slots": 1,
    }


def test_every_stage_that_opens_a_model_is_sent_where_gpus_are() -> None:
    sent = {
        rule for rule, wants in read("slurm")["set-resources"].items() if wants["slurm_partition"] == "gpu"
    }
    assert sent == rules_that_ask("gpu")


def test_a_retry_is_the_profiles_and_has_more_memory() -> None:
    # A rule's own retries would be obeyed inside the job too, in the memory that was too small.
    assert "retries" not in WORKFLOW
    assert read("slurm")["retries"] >= 1
    memory = re.findall(r"^ +mem_mb=(.*),$", WORKFLOW, re.MULTILINE)
    assert len(memory) == len(RULES)
    assert [
        text for text in memory if not re.fullmatch(r"lambda wildcards, attempt: \d+ \* attempt", text)
    ] == []
    for wants in read("slurm")["set-resources"].values():
        assert re.fullmatch(r"\d+ \* attempt", wants.get("mem_mb", "1 * attempt"))


def test_gpu_jobs_of_one_machine_take_turns() -> None:
    assert read("gpu")["resources"] == {"gpu": 1}
    for profile in ("gpu", "slurm"):
        assert read(profile)["config"] == ["device=cuda"]


@pytest.mark.parametrize("profile", ["gpu", "slurm"])
def test_snakemake_plans_with_a_profile(
    profile: str, tmp_path: Path, settings: Callable[..., dict[str, object]]
) -> None:
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(settings()), encoding="utf-8")
    folder = str(PROJECT / "profiles" / profile)
    arguments = ["--dry-run", "--profile", folder, "--config", "device=cpu", "--configfile", "c.yaml"]
    planned = snakemake(tmp_path, *arguments)
    assert planned.code == 0, planned.text
    assert planned.rules == set(RULES) - {"predict_regions"}


def test_stages_without_a_model_run_beside_the_one_that_has_the_gpu(begun: Path) -> None:
    said = (begun / "said.txt").read_text(encoding="utf-8")
    events = re.findall(r"^(?:Job (\d+): (\w+) |Finished jobid: (\d+) )", said, re.MULTILINE)
    running: dict[str, str] = {}
    seen = set()
    for started, what, finished in events:
        if finished:
            running.pop(finished)
        else:
            running[started] = what
        seen.add(tuple(sorted(running.values())))
    together = [[what for what in jobs if what in {"Detecting", "Embedding"}] for jobs in seen]
    assert max(map(len, together)) == 1, seen
    assert any("Indexing" in jobs and len(jobs) == 2 for jobs in seen), seen
