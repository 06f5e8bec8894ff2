"""How matching grows: 1x, 4x, 16x photos, and identities to match them with. Stages grow in `stages`.

A slope of 1 is linear. A bank whose photos and identities both grow is matched in their product: slope 2.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from facebank.runtime.threads import limit_threads
from figures import Figure, in_turn, seconds, slope, timings
from galleries import random_bank
from leave_one_out import IDENTITIES, PHOTOS, run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["measure"]

FACTORS = (1, 4, 16)


def measure(rounds: int) -> list[Figure]:
    """Measure on one thread."""
    limit_threads(1)
    identities = {
        count: partial(run, random_bank(PHOTOS * FACTORS[-1], count))
        for count in (IDENTITIES * factor for factor in FACTORS)
    }
    figures = _grow(rounds, f"leave_one_out of {PHOTOS * FACTORS[-1]} photos", "identities", identities)
    both = {
        PHOTOS * factor: partial(run, random_bank(PHOTOS * factor, IDENTITIES * factor)) for factor in FACTORS
    }
    return figures + _grow(rounds, "leave_one_out of a growing bank", "photos", both)


def _grow(rounds: int, name: str, unit: str, works: Mapping[int, Callable[[], None]]) -> list[Figure]:
    """Measure a work at growing sizes in turn, and how its cost grows."""

    def passes(size: int, work: Callable[[], None]) -> dict[str, float]:
        return {f"{name}, {size} {unit}": seconds(work)}

    spent = in_turn(rounds, *(partial(passes, size, work) for size, work in works.items()))
    return [*timings(spent), slope(f"{name}: slope over {unit}", list(works), list(spent.values()))]
