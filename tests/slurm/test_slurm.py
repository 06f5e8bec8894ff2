"""The workflow through a real scheduler, with the profile that is shipped."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from facebank.cli import RULES
from running import PROJECT, content, snakemake
from scheduled import OVER, Cluster, Sent, numbers_in

pytestmark = pytest.mark.slurm

GPU_RULES = ("embed_photos", "detect_keyframes", "audit_slots")
#: Groups of the profile, whose rules share a job.
GROUPED = {"collect_embeddings", "build_gallery", "collect_detections", "interpolate_labels"}


def nothing_to_do(folder: Path) -> bool:
    """Tell whether a build on this machine would find all outputs fresh."""
    return snakemake(folder, "--dry-run", "--cores", "1", "--configfile", "c.yaml").nothing_to_do


def configure(folder: Path, section: str, **keys: object) -> None:
    """Change keys of the config."""
    config = yaml.safe_load((folder / "c.yaml").read_text(encoding="utf-8"))
    config[section] = {**config.get(section, {}), **keys}
    (folder / "c.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")


def test_every_job_goes_through_the_scheduler(sent: tuple[Path, Sent]) -> None:
    _, run = sent
    assert run.outcome.code == 0, run.outcome.text
    assert {job["JobState"] for job in run.jobs.values()} == {"COMPLETED"}
    ran = set(RULES) - {"predict_regions"}
    assert [rule for rule in ran if not run.of(rule)] == []
    # Two shards of each model stage, one job for each group, one for each other rule.
    assert len(run.jobs) == 2 * len(GPU_RULES) + 2 + len(ran - {*GPU_RULES, *GROUPED})
    assert run.of("build_gallery") == run.of("collect_embeddings")
    assert run.of("collect_detections") == run.of("interpolate_labels")


def test_the_artifacts_are_those_of_a_local_build(sent: tuple[Path, Sent], built: Path) -> None:
    there, here = content(sent[0] / "results"), content(built / "results")
    assert sorted(there) == sorted(here)
    assert [name for name in here if there[name] != here[name]] == []
    assert nothing_to_do(sent[0])


def test_the_request_for_a_gpu_arrives(sent: tuple[Path, Sent], cluster: Cluster) -> None:
    if not cluster.gpu:
        pytest.skip("the cluster has no partition with a GPU")
    _, run = sent
    asked = {number for number, job in run.jobs.items() if "gpu" in job.get("TresPerJob", "")}
    assert len(asked) == 2 * len(GPU_RULES)
    assert all(any(rule in run.jobs[number]["Comment"] for rule in GPU_RULES) for number in asked)
    for number in asked:
        assert run.jobs[number]["TresPerJob"] == "gres:gpu:1"
        assert run.jobs[number]["Partition"] == cluster.gpu
    for rule in ("index_photos", "validate_gallery", "publish_release"):
        assert [job["Partition"] for job in run.of(rule)] == [cluster.cpu]


def test_memory_and_time_of_the_rules_arrive(sent: tuple[Path, Sent]) -> None:
    _, run = sent
    assert {job["MinMemoryNode"] for job in run.of("embed_photos")} == {"5000M"}
    assert {job["TimeLimit"] for job in run.of("embed_photos")} == {"04:00:00"}
    assert [job["MinMemoryNode"] for job in run.of("validate_gallery")] == ["4000M"]


def test_the_scheduler_s_logs_are_kept(sent: tuple[Path, Sent]) -> None:
    _, run = sent
    for number, job in run.jobs.items():
        log = Path(job["StdOut"])
        assert log.name == f"{number}.log"
        assert "Finished jobid" in log.read_text(encoding="utf-8")


def test_jobs_read_no_input_again_to_see_what_is_stale(sent: tuple[Path, Sent]) -> None:
    folder, run = sent
    first = min(datetime.fromisoformat(job["StartTime"]) for job in run.jobs.values())
    index = next((folder / ".facebank/cache").glob("contents.sqlite*"))
    assert datetime.fromtimestamp(index.stat().st_mtime) <= first  # noqa: DTZ006 - SLURM gives local times


def test_jobs_may_have_another_home(sent: tuple[Path, Sent], cluster: Cluster) -> None:
    if cluster.home == Path.home():
        pytest.skip("jobs of this cluster have the same home")
    _, run = sent
    assert run.outcome.code == 0
    assert (cluster.home / ".cache" / "snakemake").is_dir()


def test_a_failed_job_is_shown_with_its_log_and_is_all_that_is_redone(copy: Path, cluster: Cluster) -> None:
    # The reduced demo has a broken photo, so this limit is broken; the other change gives jobs that succeed.
    configure(copy, "bank", max_rejected=0)
    configure(copy, "validation", buckets=["1-4", "5+"])
    broken = cluster.send(copy)
    assert broken.outcome.code == 1
    first, second = broken.of("check_limits")
    assert {first["JobState"], second["JobState"]} == {"FAILED"}
    assert (first["MinMemoryNode"], second["MinMemoryNode"]) == ("1000M", "2000M")
    assert [job["JobState"] for job in broken.of("validate_gallery")] == ["COMPLETED"]
    assert [job["JobState"] for job in broken.of("render_report")] == ["COMPLETED"]
    assert broken.of("publish_release") == []
    error = broken.outcome.text.partition("Error in rule check_limits")[2]
    assert str(Path(first["StdOut"]).name) in error
    assert "bank.max_rejected" in error

    configure(copy, "bank", max_rejected=None)
    mended = cluster.send(copy)
    assert mended.outcome.code == 0, mended.outcome.text
    assert len(mended.jobs) == 2
    assert [len(mended.of(rule)) for rule in ("check_limits", "publish_release")] == [1, 1]
    assert nothing_to_do(copy)


def test_a_job_over_its_memory_is_sent_again_with_more(copy: Path, cluster: Cluster) -> None:
    if not cluster.ours:
        pytest.skip("the cluster is not ours: it may not watch memory")
    (agreement,) = (copy / "results/gold").glob("agreement-*/provenance.json")
    agreement.unlink()
    target = str(agreement.relative_to(copy))
    run = cluster.send(copy, target, measure_agreement={"mem_mb": "120 * attempt ** 5"})
    assert run.outcome.code == 0, run.outcome.text
    small, large = run.of("measure_agreement")
    assert (small["MinMemoryNode"], large["MinMemoryNode"]) == ("120M", "3840M")
    assert small["JobState"] in {"FAILED", "OUT_OF_MEMORY"}
    assert "memory" in Path(small["StdOut"]).read_text(encoding="utf-8")
    assert large["JobState"] == "COMPLETED"
    assert nothing_to_do(copy)


def test_a_cancelled_build_takes_its_jobs_along_and_goes_on(
    tmp_path: Path,
    settings: Callable[..., dict[str, object]],
    cluster: Cluster,
    built: Path,
) -> None:
    (tmp_path / "c.yaml").write_text(
        yaml.safe_dump(settings(shards={"photos": 2, "sources": 2})), encoding="utf-8"
    )
    cluster.write_profile(tmp_path)
    output = tmp_path / "cancelled.log"
    arguments = ["--profile", "profile", "validation", "--configfile", "c.yaml"]
    with output.open("w", encoding="utf-8") as log:
        running = subprocess.Popen(
            ["snakemake", "--snakefile", str(PROJECT / "Snakefile"), *arguments],
            cwd=tmp_path,
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
            stdout=log,
            stderr=subprocess.STDOUT,
        )

        def states() -> set[str]:
            numbers = numbers_in(output.read_text(encoding="utf-8")).values()
            return {cluster.job(number)["JobState"] for number in numbers}

        def in_the_middle() -> bool:
            return "Finished jobid" in output.read_text(encoding="utf-8") and "RUNNING" in states()

        wait_for(in_the_middle, "a job to be done and another to run")
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=120) == 1
    wait_for(lambda: states() <= OVER, "the jobs to be over")
    assert states() == {"COMPLETED", "CANCELLED"}

    # What Snakemake had seen to its end is not done again; what it was stopped at is.
    text = output.read_text(encoding="utf-8")
    numbers, finished = numbers_in(text), set(re.findall(r"Finished jobid: (\d+)", text))
    done = {cluster.job(numbers[job])["Comment"] for job in finished if job in numbers}
    resumed = cluster.send(tmp_path, "validation")
    assert resumed.outcome.code == 0, resumed.outcome.text
    assert done
    assert done.isdisjoint(job["Comment"] for job in resumed.jobs.values())
    there, here = content(tmp_path / "results"), content(built / "results")
    assert any(name.startswith("validation/") for name in there)
    assert [name for name in there if there[name] != here[name]] == []


def wait_for(what: Callable[[], bool], text: str, seconds: float = 300) -> None:
    """Wait until something holds."""
    for _ in range(int(seconds * 2)):
        if what():
            return
        time.sleep(0.5)
    pytest.fail(f"waited {seconds:g} s in vain for {text}")
