"""A source's slots over time, as runs of one status each."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["STATUSES", "Run", "Strip", "strip_of"]

#: Every status of a slot in a frame, from the surest to none.
STATUSES = ("detected", "interpolated", "held", "hidden", "missing")


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring frames of one look.

    Attributes
    ----------
    status : str
        One of `STATUSES`, or what else the strip is cut by.
    first, last : int
        Frame indices, both inside.
    """

    status: str
    first: int
    last: int

    @property
    def length(self) -> int:
        """Number of frames."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Strip:
    """One slot of one source.

    Attributes
    ----------
    slot : int
        From 0 at the left.
    frames : int
        Frames of the source.
    runs : tuple of Run
        Without gaps, from frame 0 to the last.
    shares : dict
        Status -> share of the frames, for each that there can be.
    """

    slot: int
    frames: int
    runs: tuple[Run, ...]
    shares: dict[str, float]

    @property
    def boxed(self) -> float:
        """Share of frames with a box."""
        return sum(self.shares[status] for status in ("detected", "interpolated", "held"))

    def path(self, status: str) -> str:
        """Draw the runs of one status as one SVG path, one unit a frame wide and one high."""
        return "".join(f"M{run.first} 0h{run.length}v1h-{run.length}z" for run in self.intervals(status))

    def intervals(self, status: str) -> list[Run]:
        """List the runs of one status."""
        return [run for run in self.runs if run.status == status]


def strip_of(slot: int, statuses: Sequence[str], kinds: Sequence[str] = STATUSES) -> Strip:
    """Cut a slot's statuses into runs.

    Parameters
    ----------
    slot : int
        From 0 at the left.
    statuses : sequence of str
        One of `kinds` for each frame.
    kinds : sequence of str
        What a frame can be; "" is a frame that is not there, and counts for the shares.
    """
    total = max(len(statuses), 1)
    runs = []
    first = 0
    for status, group in groupby(statuses):
        length = len(list(group))
        runs.append(Run(status, first, first + length - 1))
        first += length
    return Strip(
        slot=slot,
        frames=len(statuses),
        runs=tuple(runs),
        shares={status: statuses.count(status) / total for status in kinds},
    )
