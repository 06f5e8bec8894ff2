"""What a benchmark gives: figures, a value a round, taken in turn so that a busy machine is fair to all."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Figure", "clocks", "in_turn", "ratios", "seconds", "slope", "text", "text_of_target", "timings"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that was measured some times.

    Attributes
    ----------
    name : str
        What was measured, in words; a later run finds it by this name.
    unit : str
        ``s``, ``MiB``, ``ratio``, ``slope``, or the name of what was counted.
    values : tuple of float
        One a round.
    at_most : float, optional
        The target: the median may not be larger.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    at_most: float | None = None

    @property
    def median(self) -> float:
        """The middle of the values."""
        return float(median(self.values))

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        return None if self.at_most is None else self.median <= self.at_most


def seconds(work: Callable[[], object], *, calls: int = 1) -> float:
    """Give the wall time of one call in seconds, the mean of some."""
    start = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - start) / calls


def clocks(work: Callable[[], object]) -> tuple[float, float]:
    """Give the wall time of a call and the processor time of all threads meanwhile, in seconds.

    The second hardly sees what else the machine does, but counts waiting in a loop as work.
    """
    start = time.process_time()
    wall = seconds(work)
    return wall, time.process_time() - start


def in_turn(rounds: int, *works: Callable[[], Mapping[str, float]]) -> dict[str, tuple[float, ...]]:
    """Run works A and B as A B A B ..., and give the values of each name, one a round.

    Parameters
    ----------
    rounds : int
        How often each work runs.
    *works : callable
        Each gives one value or more by name; a name belongs to one work.
    """
    measured = [{name: value for work in works for name, value in work().items()} for _ in range(rounds)]
    return {name: tuple(values[name] for values in measured) for name in measured[0]}


def timings(measured: Mapping[str, Sequence[float]]) -> list[Figure]:
    """Make figures of seconds."""
    return [Figure(name, "s", tuple(values)) for name, values in measured.items()]


def ratios(
    name: str, values: Sequence[float], reference: Sequence[float], *, at_most: float | None = None
) -> Figure:
    """Divide two series round by round: both sides of a ratio saw the same minute of the machine."""
    quotients = tuple(value / other for value, other in zip(values, reference, strict=True))
    return Figure(name, "ratio", quotients, at_most)


def slope(name: str, sizes: Sequence[float], series: Sequence[Sequence[float]]) -> Figure:
    """Tell how a cost grows: the exponent p of cost = c * size ** p, by least squares on logarithms.

    Parameters
    ----------
    name : str
        What grows.
    sizes : sequence of float
        S sizes.
    series : sequence of sequences of float
        The costs at each size, one a round.
    """
    costs = np.log(np.array(series, dtype=np.float64))
    exponents = np.polynomial.polynomial.polyfit(np.log(np.array(sizes, dtype=np.float64)), costs, 1)[1]
    return Figure(name, "slope", tuple(map(float, exponents)))


def text(value: float, unit: str) -> str:
    """Write a value with its unit."""
    match unit:
        case "s" if value < 1:
            return f"{value * 1000:.2f} ms"
        case "s":
            return f"{value:.2f} s"
        case "px":
            return f"{value:.3f} px"
        case "ratio" if 0 < value < 0.01:
            return f"{value:.2g}"
        case "ratio" | "slope":
            return f"{value:.3f}"
        case _:
            return f"{value:.0f} {unit}"


def text_of_target(figure: Figure) -> str:
    """Write a figure's target; nothing where there is none."""
    return "" if figure.at_most is None else f"<= {text(figure.at_most, figure.unit)}"
