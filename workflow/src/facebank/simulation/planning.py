"""What Snakemake plans for a config: its jobs, what each waits for, and how long the planning took."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facebank.errors import CheckError
from facebank.project import PROJECT
from facebank.reading.json_documents import json_value

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PlannedJob", "Planning", "dry_run", "job_graph"]


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """A job of Snakemake's plan.

    Attributes
    ----------
    rule : str
        The rule.
    after : tuple of int
        Numbers of the jobs that it waits for.
    """

    rule: str
    after: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Planning:
    """How long Snakemake's planning took.

    Attributes
    ----------
    seconds : float
        By the clock, from the start of Python to its end.
    cpu_seconds : float
        Of processors: what it would take on a machine that does nothing else.
    """

    seconds: float
    cpu_seconds: float


def dry_run(configfile: Path) -> Planning:
    """Run ``snakemake --dry-run`` for a config.

    Parameters
    ----------
    configfile : Path
        The config; its folder becomes the working directory.

    Returns
    -------
    Planning
        How long it took.

    Raises
    ------
    CheckError
        If Snakemake cannot plan the build.
    """
    start, used = time.perf_counter(), _used_by_children()
    _snakemake(configfile, "--dry-run", "--quiet")
    return Planning(time.perf_counter() - start, _used_by_children() - used)


def job_graph(configfile: Path) -> dict[int, PlannedJob]:
    """Ask Snakemake for the jobs of a config that nothing is built of.

    Parameters
    ----------
    configfile : Path
        The config; its folder becomes the working directory.

    Returns
    -------
    dict
        Number -> job, the target ``all`` among them.

    Raises
    ------
    CheckError
        If Snakemake cannot plan the build, or says it in a form that is not known.
    """
    text = _snakemake(configfile, "--d3dag")
    try:
        graph = json_value(text)
        after: dict[int, list[int]] = {node["id"]: [] for node in graph["nodes"]}
        for edge in graph["edges"]:
            after[edge["v"]].append(edge["u"])
        return {
            node["id"]: PlannedJob(node["value"]["rule"], tuple(sorted(after[node["id"]])))
            for node in graph["nodes"]
        }
    except (ValueError, KeyError, TypeError) as error:
        raise CheckError(
            "Snakemake's graph of jobs cannot be read",
            expected="the nodes and edges of --d3dag",
            found=f"{type(error).__name__}: {error}",
            remedy="Install the Snakemake that requirements/cpu.lock pins.",
        ) from error


def _used_by_children() -> float:
    """Give the processor seconds of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _snakemake(configfile: Path, *words: str) -> str:
    """Run Snakemake in the config's folder and give what it prints."""
    done = subprocess.run(  # noqa: S603 (ours)
        [
            *(sys.executable, "-m", "snakemake", "--snakefile", str(PROJECT / "Snakefile")),
            *(*words, "--cores", "1", "--configfile", str(configfile)),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=configfile.parent,
    )
    if done.returncode != 0:
        raise CheckError("Snakemake cannot plan the build", found=done.stderr.strip()[-500:])
    return done.stdout
