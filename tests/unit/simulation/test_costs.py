"""A job costs what it reads, and the shards together what there is."""

from __future__ import annotations

import pytest

from facebank.artifacts.digests import shard_of
from facebank.simulation.costs import Costs, cost_jobs
from facebank.simulation.inventory import Size, photo_names
from facebank.simulation.planning import PlannedJob

COSTS = Costs(
    gpu_photo=1,
    gpu_source=10,
    gpu_variant=100,
    cpu_photo=0.1,
    cpu_source=0.2,
    cpu_variant=0.3,
    merge=0.01,
    start=7,
)


def test_no_jobs_cost_nothing() -> None:
    assert cost_jobs({}, Size(5, 5, 5), COSTS) == {}


def test_shards_cost_what_the_workflow_puts_into_them() -> None:
    size = Size(100, 0, 1)
    planned = {number: PlannedJob("embed_photos", ()) for number in range(3, 7)}
    jobs = cost_jobs(planned, size, COSTS)
    held = [sum(shard_of(name, 4) == shard for name in photo_names(size)) for shard in range(4)]
    assert [job.seconds for job in jobs.values()] == [count + 7 for count in held]
    assert all(job.gpu for job in jobs.values())
    assert sum(held) == 100


@pytest.mark.parametrize(
    ("rule", "seconds", "gpu"),
    [
        ("check_models", 0, False),
        ("index_photos", 2, False),
        ("index_sources", 0.3 * 12, False),
        ("interpolate_labels", 0.2 * 4, False),
        ("collect_verdicts", 0.01 * 12, False),
        ("render_report", 0.01 * 24, False),
    ],
)
def test_a_rule_of_one_job_reads_all_there_is(rule: str, seconds: float, gpu: bool) -> None:
    (job,) = cost_jobs({1: PlannedJob(rule, (0,))}, Size(20, 4, 3), COSTS).values()
    assert job.seconds == pytest.approx(seconds + 7)
    assert job.gpu is gpu
    assert job.after == (0,)
