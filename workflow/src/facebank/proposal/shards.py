"""Into how many jobs a build is cut on this machine."""

from __future__ import annotations

import os

__all__ = ["propose_shards", "usable_cores"]

#: Photos or videos for which another job is worth its start: a second or two, in which models are loaded.
_LEAST = {"photos": 100, "sources": 4}


def usable_cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0))


def propose_shards(counts: dict[str, tuple[int, int]], cores: int) -> dict[str, int]:
    """Give a shard to each core that has enough to do.

    Parameters
    ----------
    counts : dict
        How many ``photos`` and ``sources`` there are, and how many files; a job has whole ones, with all
        their files. What is not there has no shards.
    cores : int
        How many there are. On a processor a job takes one.

    Returns
    -------
    dict
        Number of shards by the same names, at least 1.
    """
    return {name: max(1, min(cores, many, files // _LEAST[name])) for name, (many, files) in counts.items()}
