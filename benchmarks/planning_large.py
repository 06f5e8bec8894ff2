"""``snakemake -n`` over 1,000,000 photos and 50,000 sources: 1,200,000 files, once."""

from __future__ import annotations

import resource
import tempfile
from pathlib import Path

from facebank.simulation.inventory import Size
from facebank.simulation.planning import job_graph
from figures import Figure
from planning import JOBS, plan_of, written

__all__ = ["measure"]

SIZE = Size(1_000_000, 50_000, 1)
SHARDS = 256
#: Seconds.
TARGET = 60.0


def measure(rounds: int) -> list[Figure]:
    """Write the files, which takes minutes, and plan once, however many rounds are asked for."""
    del rounds
    with tempfile.TemporaryDirectory() as base:
        config = written(Path(base) / "large", SIZE, SHARDS)
        spent = plan_of(SIZE, config)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        jobs = len(job_graph(config))
    [(name, seconds), *others] = spent.items()
    return [
        Figure(name, "s", (seconds,), TARGET),
        *(Figure(other, "s", (value,)) for other, value in others),
        Figure("jobs", "jobs", (jobs,), JOBS),
        Figure("peak memory", "MiB", (peak,)),
    ]
