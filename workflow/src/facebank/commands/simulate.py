"""``facebank simulate``: what a build of any size would take, before there is a photo."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from facebank.artifacts.atomic import json_text
from facebank.errors import ConfigError
from facebank.simulation.costs import Costs, cost_jobs
from facebank.simulation.inventory import Size, write_config, write_inventory
from facebank.simulation.planning import dry_run, job_graph
from facebank.simulation.schedule import lay_out

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Outcome", "best", "simulate"]

#: Shards of each kind that stay below 2,000 jobs together with the jobs that merge.
_MOST_SHARDS = 980

#: A build that is slower by no more than this is as good, if it has fewer jobs.
_AS_GOOD = 1.02

_Count = Annotated[int, Parameter(validator=validators.Number(gte=0))]
_Positive = Annotated[int, Parameter(validator=validators.Number(gte=1))]
_Seconds = Annotated[float, Parameter(validator=validators.Number(gte=0))]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one number of shards.

    Attributes
    ----------
    shards : int
        Shards of photos, and of sources.
    jobs : int
        Jobs that are sent to the scheduler.
    planning_s, planning_cpu_s : float
        Seconds of ``snakemake --dry-run``, measured here: by the clock, and of processors.
    wall_s : float
        Seconds of the jobs on the cluster, by their costs.
    gpu_share : float
        Share of the GPUs' time in which they are in use.
    most_waiting, most_starts : int
        The most jobs in the queue, and the most that start within one minute.
    critical : tuple of str
        The rules that the build waits for, one after the other.
    rules : dict
        Rule -> number of its jobs.
    """

    shards: int
    jobs: int
    planning_s: float
    planning_cpu_s: float
    wall_s: float
    gpu_share: float
    most_waiting: int
    most_starts: int
    critical: tuple[str, ...]
    rules: dict[str, int]


def simulate(
    *,
    photos: _Count,
    sources: _Count,
    variants: _Positive = 1,
    gpu_seconds_per_photo: _Seconds = 0.02,
    gpu_seconds_per_source: _Seconds = 2.0,
    gpu_seconds_per_variant: _Seconds = 0.1,
    cpu_seconds_per_photo: _Seconds = 0.01,
    cpu_seconds_per_source: _Seconds = 0.05,
    cpu_seconds_per_variant: _Seconds = 0.05,
    merge_seconds_per_row: _Seconds = 0.0001,
    start_seconds: _Seconds = 10.0,
    slurm_nodes: _Positive = 1,
    cpu_jobs_per_node: _Positive = 4,
    shards: tuple[_Positive, ...] = (),
    folder: Path | None = None,
    json: bool = False,
) -> None:
    """Plan a build of many photos and videos with Snakemake, and lay its jobs out on a cluster.

    Empty files are written in the layout of a bank and of sources, with an index of digests, as a build after
    the first one finds them. The plan is Snakemake's own, and its time is measured; how long jobs run is the
    seconds that you give: measure them with a few hundred photos and videos of yours.

    Parameters
    ----------
    photos
        Photos in the bank.
    sources
        Recorded episodes.
    variants
        Variants of each episode.
    gpu_seconds_per_photo
        To embed a photo.
    gpu_seconds_per_source
        To open an episode's variants, and find the faces at its keyframes.
    gpu_seconds_per_variant
        To audit a variant.
    cpu_seconds_per_photo
        To hash and check a photo.
    cpu_seconds_per_source
        To interpolate an episode's labels.
    cpu_seconds_per_variant
        To check a variant's video and claims.
    merge_seconds_per_row
        To read, sort and write one photo or source where all are in one job.
    start_seconds
        To start a job: scheduler, Python, models.
    slurm_nodes
        Nodes, each with one GPU.
    cpu_jobs_per_node
        Jobs without a GPU that run on a node beside that.
    shards
        Numbers of shards to be tried; from one to sixteen for each node if left out.
    folder
        Where the files are written, and stay; a temporary folder if left out.
    json
        Print the outcomes as JSON.

    Raises
    ------
    ConfigError
        If there is nothing to be built, or the folder is not empty.
    CheckError
        If Snakemake cannot plan the build.
    """
    size = Size(photos, sources, variants)
    if not photos and not sources:
        raise ConfigError("There is nothing to simulate", expected="photos or sources", found="none of them")
    costs = Costs(
        gpu_photo=gpu_seconds_per_photo,
        gpu_source=gpu_seconds_per_source,
        gpu_variant=gpu_seconds_per_variant,
        cpu_photo=cpu_seconds_per_photo,
        cpu_source=cpu_seconds_per_source,
        cpu_variant=cpu_seconds_per_variant,
        merge=merge_seconds_per_row,
        start=start_seconds,
    )
    tried = sorted(set(shards) or {min(_MOST_SHARDS, times * slurm_nodes) for times in (1, 2, 4, 8, 16)})
    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise ConfigError("The folder is not empty", file=folder, remedy="Name another one.")
    with tempfile.TemporaryDirectory(prefix="facebank-simulate-") as scratch:
        # Absolute, for Snakemake runs in it.
        place = Path(folder or scratch).resolve()
        write_inventory(place, size)
        outcomes = [
            _try(place, size, costs, count, gpus=slurm_nodes, cpus=slurm_nodes * cpu_jobs_per_node)
            for count in tried
        ]
    chosen = best(outcomes)
    if json:
        document = {
            "size": asdict(size),
            "costs": asdict(costs),
            "slurm_nodes": slurm_nodes,
            "outcomes": [asdict(outcome) for outcome in outcomes],
            "best_shards": chosen.shards,
        }
        print(json_text(document), end="")  # noqa: T201 (the command's answer)
    else:
        print("\n".join(_lines(outcomes, chosen)))  # noqa: T201 (the command's answer)


def best(outcomes: Sequence[Outcome]) -> Outcome:
    """Choose the fewest shards among those whose planning and jobs end within 2 % of the soonest."""
    soonest = min(outcome.planning_s + outcome.wall_s for outcome in outcomes)
    return min(
        (outcome for outcome in outcomes if outcome.planning_s + outcome.wall_s <= _AS_GOOD * soonest),
        key=lambda outcome: outcome.shards,
    )


def _try(place: Path, size: Size, costs: Costs, shards: int, *, gpus: int, cpus: int) -> Outcome:
    """Plan a build with a number of shards, and lay its jobs out."""
    config = write_config(place, size, shards)
    planning = dry_run(config)
    planned = job_graph(config)
    targets = {number for number, job in planned.items() if job.rule == "all"}
    sent = {
        number: replace(job, after=tuple(other for other in job.after if other not in targets))
        for number, job in planned.items()
        if number not in targets
    }
    schedule = lay_out(cost_jobs(sent, size, costs), gpus=gpus, cpus=cpus)
    return Outcome(
        shards=shards,
        jobs=len(sent),
        planning_s=round(planning.seconds, 2),
        planning_cpu_s=round(planning.cpu_seconds, 2),
        wall_s=round(schedule.seconds, 1),
        gpu_share=round(schedule.gpu_share, 3),
        most_waiting=schedule.most_waiting,
        most_starts=schedule.most_starts,
        critical=schedule.critical,
        rules=dict(sorted(Counter(job.rule for job in sent.values()).items())),
    )


def _lines(outcomes: Sequence[Outcome], chosen: Outcome) -> list[str]:
    """Give the outcomes as a table, and the best one in a sentence."""
    heads = (
        "shards",
        "jobs",
        "planning s",
        "CPU s",
        "wall h",
        "GPUs busy",
        "most waiting",
        "starts a minute",
    )
    rows = [
        (
            str(outcome.shards),
            str(outcome.jobs),
            f"{outcome.planning_s:.1f}",
            f"{outcome.planning_cpu_s:.1f}",
            f"{outcome.wall_s / 3600:.2f}",
            f"{outcome.gpu_share:.0%}",
            str(outcome.most_waiting),
            str(outcome.most_starts),
        )
        for outcome in outcomes
    ]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    table = [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in (heads, *rows)
    ]
    return [
        *table,
        f"Best: shards.photos: {chosen.shards}, shards.sources: {chosen.shards}.",
        f"What it waits for: {', '.join(chosen.critical)}.",
    ]
