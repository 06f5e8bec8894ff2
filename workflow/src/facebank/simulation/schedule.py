"""Laying out jobs on machines in the order in which they become ready, as a batch system does."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facebank.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Job", "Schedule", "lay_out"]

_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Job:
    """One job.

    Attributes
    ----------
    rule : str
        The rule.
    seconds : float
        How long it runs.
    gpu : bool
        Whether it needs a GPU, or a CPU place.
    after : tuple of int
        Numbers of the jobs that must have ended.
    """

    rule: str
    seconds: float
    gpu: bool
    after: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """How a set of jobs went.

    Attributes
    ----------
    seconds : float
        From the first start to the last end.
    gpu_share : float
        Share of the GPUs' time in which they were in use; 0 where there was no job for them.
    most_waiting : int
        The most jobs that were ready and had no place.
    most_starts : int
        The most jobs that started within one minute of the clock.
    critical : tuple of str
        Rules of the jobs each of which the next waited for, the last one last.
    """

    seconds: float
    gpu_share: float
    most_waiting: int
    most_starts: int
    critical: tuple[str, ...]


class _Places:
    """Places of one kind and the jobs that wait for one, the longest ready first, then by number."""

    def __init__(self, free: int) -> None:
        self.free = free
        self.waiting: list[tuple[float, int]] = []
        # The job that left a place last: whoever had to wait for one follows it.
        self.left: int | None = None

    def start(self) -> Iterator[tuple[float, int]]:
        """Take jobs from the queue while there are places: the time since which each is ready, its number."""
        while self.waiting and self.free:
            self.free -= 1
            yield heapq.heappop(self.waiting)


def lay_out(jobs: Mapping[int, Job], *, gpus: int, cpus: int) -> Schedule:
    """Start each job as soon as it is ready and has a place; the longest ready first, then by number.

    Parameters
    ----------
    jobs : mapping
        Number -> job.
    gpus, cpus : int
        Places for jobs that need a GPU, and for the others.

    Returns
    -------
    Schedule
        What came of it.

    Raises
    ------
    ConfigError
        If jobs wait for each other or for one that is not there, or have no place of their kind.
    """
    places = {True: _Places(gpus), False: _Places(cpus)}
    missing = {number: set(job.after) for number, job in jobs.items()}
    followers = _followers(jobs)
    for number in sorted(number for number, others in missing.items() if not others):
        places[jobs[number].gpu].waiting.append((0.0, number))
    running: list[tuple[float, int]] = []
    waited_for: dict[int, int] = {}
    starts: list[float] = []
    now, most_waiting = 0.0, 0
    last: int | None = None
    while True:
        for kind in places.values():
            for since, number in kind.start():
                if since < now and kind.left is not None:
                    waited_for[number] = kind.left
                starts.append(now)
                heapq.heappush(running, (now + jobs[number].seconds, number))
        most_waiting = max(most_waiting, sum(len(kind.waiting) for kind in places.values()))
        if not running:
            break
        now, last = heapq.heappop(running)
        kind = places[jobs[last].gpu]
        kind.free, kind.left = kind.free + 1, last
        for number in followers[last]:
            missing[number].discard(last)
            if not missing[number]:
                waited_for[number] = last
                heapq.heappush(places[jobs[number].gpu].waiting, (now, number))
    if len(starts) < len(jobs):
        raise ConfigError(
            "The jobs cannot all run", expected=f"{len(jobs)} that start", found=f"{len(starts)} that do"
        )
    used = sum(job.seconds for job in jobs.values() if job.gpu)
    return Schedule(
        seconds=now,
        gpu_share=used / (gpus * now) if used else 0.0,
        most_waiting=most_waiting,
        most_starts=max(Counter(start // _MINUTE for start in starts).values(), default=0),
        critical=_critical(jobs, waited_for, last),
    )


def _followers(jobs: Mapping[int, Job]) -> dict[int, list[int]]:
    """Give for each job those that wait for it, by number."""
    followers: dict[int, list[int]] = defaultdict(list)
    for number in sorted(jobs):
        for other in set(jobs[number].after):
            followers[other].append(number)
    return followers


def _critical(jobs: Mapping[int, Job], waited_for: Mapping[int, int], last: int | None) -> tuple[str, ...]:
    """Follow what each job waited for back from the last one; rules that repeat are given once."""
    rules: list[str] = []
    while last is not None:
        if not rules or rules[-1] != jobs[last].rule:
            rules.append(jobs[last].rule)
        last = waited_for.get(last)
    return tuple(reversed(rules))
