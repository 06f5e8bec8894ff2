"""Send builds through SLURM with the shipped profile, and read what the scheduler knows of them."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from running import PROJECT, Outcome, snakemake

#: What SLURM calls a job that is over.
OVER = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "OUT_OF_MEMORY", "NODE_FAIL"}


@dataclass(frozen=True)
class Sent:
    """One run of Snakemake that sent jobs to SLURM.

    Attributes
    ----------
    outcome : Outcome
        How Snakemake ended.
    jobs : dict
        What the scheduler says of each job, by its number, in the order in which they were sent.
    """

    outcome: Outcome
    jobs: dict[str, dict[str, str]]

    def of(self, rule: str) -> list[dict[str, str]]:
        """Give the jobs of a rule, or of the group that it is in."""
        return [job for job in self.jobs.values() if rule in job["Comment"]]


@dataclass(frozen=True)
class Cluster:
    """A SLURM that takes jobs."""

    @cached_property
    def ours(self) -> bool:
        """Whether tests/slurm/cluster.py started it: then it keeps no accounts, and watches memory."""
        return re.search(r"ClusterName += facebank\n", told(["scontrol", "show", "config"])) is not None

    @cached_property
    def partitions(self) -> dict[str, str]:
        """The generic resources of each partition, the default partition first."""
        lines = sorted(told(["sinfo", "-h", "-o", "%P %G"]).splitlines(), key=lambda line: "* " not in line)
        return {name.rstrip("*"): resources for name, resources in (line.split() for line in lines)}

    @property
    def cpu(self) -> str:
        """The partition of jobs without a GPU."""
        return next(iter(self.partitions))

    @property
    def gpu(self) -> str | None:
        """The partition of jobs with a GPU, if there is one."""
        having = [name for name, resources in self.partitions.items() if "gpu" in resources]
        return having[-1] if having else None

    @cached_property
    def home(self) -> Path:
        """What jobs have as $HOME."""
        return Path(told(["srun", "--ntasks=1", "printenv", "HOME"]).strip())

    def job(self, number: str) -> dict[str, str]:
        """Give what the scheduler knows of a job."""
        return dict(re.findall(r"(\S+?)=(\S*)", told(["scontrol", "show", "job", number])))

    def write_profile(self, folder: Path, **resources: dict[str, object]) -> None:
        """Write the shipped profile for this cluster: its partitions, on CPUs, asking often, with changes."""
        text = (PROJECT / "profiles" / "slurm" / "config.yaml").read_text(encoding="utf-8")
        document: dict[str, Any] = yaml.safe_load(text)
        document["config"] = ["device=cpu"]
        document["slurm-init-seconds-before-status-checks"] = 2
        document["default-resources"]["slurm_partition"] = self.cpu
        if self.ours:
            document["slurm-status-command"] = "squeue"
        for wants in document["set-resources"].values():
            wants["slurm_partition"] = self.gpu or self.cpu
            if self.gpu is None:
                wants.pop("gpu", None)
        for rule, changes in resources.items():
            document["set-resources"].setdefault(rule, {}).update(changes)
        (folder / "profile").mkdir(exist_ok=True)
        (folder / "profile" / "config.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")

    def send(self, folder: Path, *targets: str, **resources: dict[str, object]) -> Sent:
        """Build in a folder that has a c.yaml."""
        self.write_profile(folder, **resources)
        outcome = snakemake(
            folder, "--profile", "profile", *targets, "--configfile", "c.yaml", timeout_s=1500
        )
        return Sent(outcome, {number: self.job(number) for _, number in sent_in(outcome.text)})


def told(command: list[str]) -> str:
    """Give what a command of SLURM's prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def numbers_in(text: str) -> dict[str, str]:
    """Give SLURM's number of each job that a run sent, by Snakemake's; a job sent again has its last one."""
    return dict(sent_in(text))


def sent_in(text: str) -> list[tuple[str, str]]:
    """Give the numbers of the jobs that a run sent, Snakemake's and SLURM's, in the order of sending."""
    return re.findall(r"Job (\S+) has been submitted with SLURM jobid (\d+)", text)
