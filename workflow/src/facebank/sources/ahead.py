"""Threads that decode and detect: each makes itself what it works on, a little ahead."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["worked_on"]

_T = TypeVar("_T")
_Result = TypeVar("_Result")


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

    def __iter__(self) -> Iterator[_T]:
        """Give the items."""
        return self

    def __next__(self) -> _T:
        """Give an item that no other thread has."""
        while True:
            if len(self._made) <= 1 and not self._ended and self._making.acquire(blocking=not self._made):
                try:
                    self._make()
                finally:
                    self._making.release()
            try:
                return self._made.popleft()
            except IndexError:
                if self._ended:
                    raise StopIteration from None

    def _make(self) -> None:
        """Make a run of items, if no other thread just did. The first is short: others wait for it."""
        if len(self._made) <= 1:
            wanted = self._run
            for item in islice(self._left, self._run):
                self._made.append(item)
                wanted -= 1
            self._ended = wanted > 0
            self._run = min(2 * self._run, self._longest)
