"""Running figures over the rows of an evaluation: their size does not grow with the number of samples."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from functools import reduce
from itertools import accumulate
from math import floor
from operator import add
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from facebank.gold.javascript import code_units, round3
from facebank.gold.modules import STRONG_MODULES, UNDER_EYE_MODULES

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MEAN_METRICS", "SPREAD_METRICS", "EvaluationTally", "Tally", "Worst"]

#: Metrics of a source that are given as mean, median and 90th percentile.
SPREAD_METRICS = (
    "skin_iou",
    "strong_module_miou_mean",
    "under_eye_band_coverage_mean",
    "under_eye_leakage_bg_mean",
    "under_eye_leakage_hair_mean",
    "forehead_hair_overlap_rate",
)

#: Metrics of a source that are given as a mean alone.
MEAN_METRICS = ("bg_as_skin_rate", "hair_as_skin_rate", "skin_miss_rate")

#: Values that a tally holds before it counts them.
_AT_ONCE = 256

T = TypeVar("T")

_STRONG_FIELDS = ("iou", "coverage", "leakage_bg", "leakage_hair")
_BAND_FIELDS = ("band_coverage", "leakage_bg", "leakage_hair")


@dataclass(slots=True)
class Tally:
    """Mean and percentiles of rounded values, without the values.

    The sum runs from left to right, as the format's mean does. Values are multiples of a thousandth, so
    that counting each distinct one is exact and stays small.
    """

    _total: float = 0.0
    _values: Counter[float] = field(default_factory=Counter)
    _added: list[float] = field(default_factory=list)

    def add(self, value: float | None) -> None:
        """Count a value; None counts as 0."""
        self._added.append(value or 0.0)
        if len(self._added) == _AT_ONCE:
            self._gather()

    def _gather(self) -> None:
        """Count the values that were added since; many at once take a third of the time."""
        # Not by `sum`, which compensates for what is lost.
        self._total = reduce(add, self._added, self._total)
        self._values.update(self._added)
        self._added.clear()

    @property
    def count(self) -> int:
        """How many values there are."""
        return self._values.total() + len(self._added)

    @property
    def mean(self) -> float | None:
        """The mean, rounded; 0 if there is no value."""
        self._gather()
        return round3(self._total / self.count) if self.count else 0.0

    def percentile(self, share: float) -> float | None:
        """Give the lower `share` quantile, rounded; 0 if there is no value."""
        self._gather()
        if not self.count:
            return 0.0
        rank = floor((self.count - 1) * share)
        ordered = sorted(self._values)
        reached = accumulate(self._values[value] for value in ordered)
        return round3(next(value for value, below in zip(ordered, reached, strict=True) if below > rank))


@dataclass(slots=True)
class Worst(Generic[T]):
    """The things with the highest score so far; of equal ones the earlier."""

    size: int = 20
    _heap: list[tuple[float, int, T]] = field(default_factory=list)
    _seen: int = 0

    def add(self, rank_score: float, thing: T) -> None:
        """Offer a thing."""
        self._seen += 1
        entry = (rank_score, -self._seen, thing)
        if len(self._heap) < self.size:
            heapq.heappush(self._heap, entry)
        else:
            heapq.heappushpop(self._heap, entry)

    def ranked(self) -> list[T]:
        """Give the things, the worst first."""
        return [thing for _, _, thing in sorted(self._heap, key=lambda entry: entry[:2], reverse=True)]


@dataclass(slots=True)
class EvaluationTally:
    """The figures of the tables of an evaluation report, from its rounded rows."""

    samples_total: int = 0
    samples_scored: int = 0
    worst: Worst[dict[str, Any]] = field(default_factory=Worst)
    _overall: dict[str, Tally] = field(default_factory=lambda: _tallies(SPREAD_METRICS + MEAN_METRICS))
    _sources: dict[str, dict[str, Tally]] = field(default_factory=dict)
    _strong: dict[str, dict[str, Tally]] = field(
        default_factory=lambda: {name: _tallies(_STRONG_FIELDS) for name in STRONG_MODULES}
    )
    _under_eye: dict[str, dict[str, Tally]] = field(
        default_factory=lambda: {name: _tallies(_BAND_FIELDS) for name in UNDER_EYE_MODULES}
    )

    def add(self, row: dict[str, Any]) -> None:
        """Count a row of `score_rows`. A row without a prediction counts as 0 everywhere."""
        self.samples_total += 1
        self.samples_scored += row["skin_iou"] is not None
        if row["source"] not in self._sources:
            self._sources[row["source"]] = _tallies(SPREAD_METRICS + MEAN_METRICS)
        source = self._sources[row["source"]]
        for metric, overall in self._overall.items():
            overall.add(row[metric])
            source[metric].add(row[metric])
        for module in row.get("strong_module_scores", ()):
            _add_all(self._strong[module["module_id"]], module)
        for band in row.get("under_eye_scores", ()):
            _add_all(self._under_eye[band["module_id"]], band)
        if row.get("driver_score") is not None:
            self.worst.add(row["driver_score"], row)

    def source_blocks(self) -> list[dict[str, Any]]:
        """Give mean, p50 and p90 by source: all of them first, then each in code-unit order."""
        blocks = [_block("all", self._overall)]
        return blocks + [_block(name, self._sources[name]) for name in sorted(self._sources, key=code_units)]

    def strong_blocks(self) -> list[dict[str, Any]]:
        """Give the means of each strong module over the rows that have it."""
        return [_means(name, tallies) for name, tallies in self._strong.items()]

    def under_eye_blocks(self) -> list[dict[str, Any]]:
        """Give the means of each under-eye band over the rows that have it."""
        return [_means(name, tallies) for name, tallies in self._under_eye.items()]


def _tallies(names: Sequence[str]) -> dict[str, Tally]:
    """Make an empty tally for each name."""
    return {name: Tally() for name in names}


def _add_all(tallies: dict[str, Tally], values: dict[str, Any]) -> None:
    """Count the value of each tally's name."""
    for name, tally in tallies.items():
        tally.add(values[name])


def _block(source: str, tallies: dict[str, Tally]) -> dict[str, Any]:
    """Give the figures of one source."""
    samples = next(iter(tallies.values())).count
    block: dict[str, Any] = {"source": source, "samples": samples}
    for metric in SPREAD_METRICS:
        tally = tallies[metric]
        block |= {
            f"{metric}_mean": tally.mean,
            f"{metric}_p50": tally.percentile(0.5),
            f"{metric}_p90": tally.percentile(0.9),
        }
    return block | {f"{metric}_mean": tallies[metric].mean for metric in MEAN_METRICS}


def _means(module: str, tallies: dict[str, Tally]) -> dict[str, Any]:
    """Give the figures of one module."""
    samples = next(iter(tallies.values())).count
    means = {f"{name}_mean": tally.mean for name, tally in tallies.items()}
    return {"module_id": module, "scored_samples": samples} | means
