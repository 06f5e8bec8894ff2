"""Threads that decode and detect: each makes itself what it works on, a little ahead."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor

__all__ = ["made_ahead", "worked_on"]

_T = TypeVar("_T")
_Result = TypeVar("_Result")


def made_ahead(items: Iterable[_T], *, run: int, runs: int, pool: Executor) -> Iterator[_T]:
    """Give items while others make the next ones, and make them here when they are wanted and not there.

    Parameters
    ----------
    items : iterable
        Read by this thread and by those of the pool, one at a time.
    run : int
        So many items are made one after the other.
    runs : int
        So many runs are made ahead at most.
    pool : Executor
        Makes them, in turn with other work.

    Yields
    ------
    item
        In order.
    """
    shared = _Shared(items, run)
    for _ in range(runs):
        pool.submit(shared.prepare, run * runs)
    for place, item in enumerate(shared, start=1):
        if place % run == 0:
            pool.submit(shared.prepare, run * runs)
        yield item


def worked_on(
    work: Callable[[_T], _Result], items: Iterable[_T], *, threads: int, run: int
) -> Iterator[_Result]:
    """Give what `work` makes of items, about in their order.

    No more threads than `threads` are busy, those that make the items included, and no more than a run of
    items waits, whatever their number.

    Parameters
    ----------
    work : callable
        Called by `threads` threads.
    items : iterable
        Read by the same threads, one at a time.
    threads : int
        How many there are.
    run : int
        So many items are made one after the other, and wait at most: decoder and model push each other out of
        the processor's caches.

    Yields
    ------
    result
        One of each item.
    """
    shared = _Shared(items, run)

    def turn() -> tuple[_Result, ...]:
        return tuple(work(item) for item in islice(shared, 1))

    with ThreadPoolExecutor(threads) as pool:
        turns = deque(pool.submit(turn) for _ in range(2 * threads))
        while turns:
            if results := turns.popleft().result():
                turns.append(pool.submit(turn))
                yield from results


class _Shared(Generic[_T]):
    """Items for several threads: who finds hardly any makes a run of them, while others take what is left."""

    def __init__(self, items: Iterable[_T], run: int) -> None:
        self._left = iter(items)
        self._made: deque[_T] = deque()
        self._making = Lock()
        self._longest = run
        self._run = 1
        self._ended = False
        self._error: Exception | None = None

    def __iter__(self) -> Iterator[_T]:
        """Give the items."""
        return self

    def __next__(self) -> _T:
        """Give an item that no other thread has."""
        while True:
            if len(self._made) <= 1 and not self._ended and self._making.acquire(blocking=not self._made):
                try:
                    self._make(1)
                finally:
                    self._making.release()
            try:
                return self._made.popleft()
            except IndexError:
                if self._ended:
                    # Whoever made the last items, and was told why there are no more, may not be listening.
                    raise (self._error or StopIteration) from None

    def prepare(self, most: int) -> None:
        """Make a run of items, if no more than `most` wait then."""
        with self._making:
            self._make(most - self._run)

    def _make(self, most: int) -> None:
        """Make a run of items, if no more than `most` wait. The first is short: others wait for it."""
        if len(self._made) <= most and not self._ended:
            wanted = self._run
            try:
                for item in islice(self._left, self._run):
                    self._made.append(item)
                    wanted -= 1
            except Exception as error:  # noqa: BLE001 - raised again where the next item is wanted
                self._error = error
            self._ended = wanted > 0
            self._run = min(2 * self._run, self._longest)
