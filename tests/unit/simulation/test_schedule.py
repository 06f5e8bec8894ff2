"""Jobs start when they are ready and have a place, and never before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facebank.errors import ConfigError
from facebank.simulation.schedule import Job, lay_out


def gpu(seconds: float, *after: int) -> Job:
    return Job("embed", seconds, True, after)


def cpu(seconds: float, *after: int) -> Job:
    return Job("merge", seconds, False, after)


@pytest.mark.parametrize(
    ("jobs", "gpus", "seconds", "share", "waiting", "critical"),
    [
        ({}, 1, 0, 0, 0, ()),
        ({1: gpu(5)}, 1, 5, 1, 0, ("embed",)),
        ({1: gpu(5), 2: gpu(5), 3: gpu(5)}, 2, 10, 0.75, 1, ("embed",)),
        ({1: gpu(6), 2: gpu(4), 3: cpu(10, 1, 2)}, 2, 16, 10 / 32, 0, ("embed", "merge")),
        # What needs no GPU runs beside.
        ({1: gpu(8), 2: cpu(8)}, 1, 8, 1, 0, ("merge",)),
        ({1: cpu(1), 2: gpu(2, 1), 3: cpu(3, 2)}, 1, 6, 1 / 3, 0, ("merge", "embed", "merge")),
    ],
)
def test_small_schedules_are_as_by_hand(
    *, jobs: dict[int, Job], gpus: int, seconds: float, share: float, waiting: int, critical: tuple[str, ...]
) -> None:
    found = lay_out(jobs, gpus=gpus, cpus=1)
    assert found.seconds == seconds
    assert found.gpu_share == pytest.approx(share)
    assert found.most_waiting == waiting
    assert found.critical == critical


def test_starts_are_counted_by_the_minute() -> None:
    jobs = {number: gpu(30) for number in range(5)}
    assert lay_out(jobs, gpus=1, cpus=1).most_starts == 2
    assert lay_out(jobs, gpus=5, cpus=1).most_starts == 5


@pytest.mark.parametrize(
    "jobs",
    [{1: gpu(1, 2), 2: gpu(1, 1)}, {1: gpu(1, 9)}],
    ids=["in a circle", "for what is not there"],
)
def test_jobs_that_wait_for_ever_are_refused(jobs: dict[int, Job]) -> None:
    with pytest.raises(ConfigError, match="cannot all run"):
        lay_out(jobs, gpus=1, cpus=1)


def test_jobs_without_a_place_of_their_kind_are_refused() -> None:
    with pytest.raises(ConfigError, match="expected 1 that start, found 0"):
        lay_out({1: gpu(1)}, gpus=0, cpus=1)


@st.composite
def graphs(draw: st.DrawFn) -> dict[int, Job]:
    """Make jobs each of which waits for earlier ones."""
    count = draw(st.integers(0, 12))
    return {
        number: Job(
            "rule",
            draw(st.integers(0, 50)),
            draw(st.booleans()),
            tuple(sorted(draw(st.sets(st.integers(0, number - 1), max_size=3)))) if number else (),
        )
        for number in range(count)
    }


@given(graphs(), st.integers(1, 4), st.integers(1, 4))
def test_the_bounds_of_list_scheduling_hold(jobs: dict[int, Job], gpus: int, cpus: int) -> None:
    found = lay_out(jobs, gpus=gpus, cpus=cpus).seconds
    ends: dict[int, float] = {}
    for number, job in jobs.items():
        ends[number] = job.seconds + max((ends[other] for other in job.after), default=0)
    longest = max(ends.values(), default=0)
    work = {kind: sum(job.seconds for job in jobs.values() if job.gpu is kind) for kind in (True, False)}
    assert found >= max(longest, work[True] / gpus, work[False] / cpus)
    assert found <= longest + work[True] / gpus + work[False] / cpus + 1e-9
