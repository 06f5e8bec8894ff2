"""Progress with rate and remaining time: a moving bar on a terminal, now and then a plain line elsewhere."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from facebank.console.durations import duration
from facebank.report.wording import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["PlainLines", "show_progress"]

T = TypeVar("T")

#: Plain lines: work that is done before the first is due says nothing; the others follow more seldom.
_FIRST_S = 10.0
_EVERY_S = 60.0


def show_progress(items: Iterable[T], what: str, total: int | None) -> Iterator[T]:
    """Give items, and show on stderr how many there were; see `facebank.runtime.progress`.

    Parameters
    ----------
    items : iterable
        The work.
    what : str
        What is done.
    total : int or None
        How many items there are.
    """
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    if not console.is_terminal:
        yield from PlainLines(lambda line: console.print(Text(line)))(items, what, total)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=total, rate="")
        for item in items:
            yield item
            speed = progress.tasks[task].speed
            progress.update(task, advance=1, rate=_rate(speed) if speed else "")


@dataclass(frozen=True, slots=True)
class PlainLines:
    """Says now and then how far work is.

    Attributes
    ----------
    say : callable
        Takes a line.
    clock : callable
        Gives seconds that only rise.
    """

    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic

    def __call__(self, items: Iterable[T], what: str, total: int | None) -> Iterator[T]:
        """Give items, and say how many there were: after a while, and at the end if anything was said."""
        start = self.clock()
        due, done = start + _FIRST_S, 0
        for item in items:
            yield item
            done += 1
            now = self.clock()
            if now >= due:
                self.say(_line(what, done, total, now - start))
                due = now + _EVERY_S
        if due > start + _FIRST_S:
            self.say(f"{what}: {number(done)} done in {duration(self.clock() - start)}")


def _line(what: str, done: int, total: int | None, seconds: float) -> str:
    """Say how far work is, how fast it goes, and how long it will take."""
    rate = done / seconds
    of = "" if total is None else f" of {number(total)}"
    left = "" if total is None else f", {duration((total - done) / rate)} left"
    return f"{what}: {number(done)}{of}, {_rate(rate)}{left}"


def _rate(rate: float) -> str:
    """Say how many a second, or how long one takes."""
    return f"{rate:.1f} a second" if rate >= 1 else f"{duration(1 / rate)} each"
