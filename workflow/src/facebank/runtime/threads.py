"""One thread budget for every pool of a process, and items that threads work on side by side.

NumPy's BLAS, OpenCV and Arrow each start a pool as large as the machine by themselves; a job that was
given two cores must not. ONNX Runtime takes its budget per session, see `facebank.runtime.sessions`.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import cv2
import pyarrow as pa
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from facebank.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["limit_threads", "side_by_side"]

_T = TypeVar("_T")
_Result = TypeVar("_Result")


def limit_threads(threads: int) -> None:
    """Set the pools of BLAS, OpenMP, OpenCV and Arrow, once for the process.

    Parameters
    ----------
    threads : int
        How many threads each pool may use, at least 1.

    Raises
    ------
    ConfigError
        If `threads` is less than 1.
    """
    _require_one(threads)
    threadpool_limits(limits=threads)
    cv2.setNumThreads(threads)
    pa.set_cpu_count(threads)


def side_by_side(work: Callable[[_T], _Result], items: Iterable[_T], threads: int) -> Iterator[_Result]:
    """Give what `work` makes of items, in their order.

    Parameters
    ----------
    work : callable
        Called by `threads` threads.
    items : iterable
        Read as they are needed: two for each thread are held at a time, in work or done.
    threads : int
        How many items are in work at once.

    Yields
    ------
    object
        One result for each item. What `work` raises is raised in its place.

    Raises
    ------
    ConfigError
        If `threads` is less than 1.
    """
    _require_one(threads)
    left = iter(items)
    with ThreadPoolExecutor(threads) as pool:
        turns = deque(pool.submit(work, item) for item in islice(left, 2 * threads))
        while turns:
            result = turns.popleft().result()
            turns.extend(pool.submit(work, item) for item in islice(left, 1))
            yield result


def _require_one(threads: int) -> None:
    """Refuse to work without a thread."""
    if threads < 1:
        raise ConfigError("The number of threads cannot be used", expected="1 or more", found=str(threads))
