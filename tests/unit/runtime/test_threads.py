"""One thread budget for every pool, and work side by side."""

from __future__ import annotations

from threading import Barrier
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pyarrow as pa
import pytest
from threadpoolctl import threadpool_info

from facebank.errors import ConfigError
from facebank.runtime.threads import limit_threads, side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    yield
    limit_threads(1)


@pytest.mark.parametrize("threads", [1, 2])
def test_every_pool_gets_the_budget(threads: int) -> None:
    np.ones((2, 2)) @ np.ones((2, 2))  # the pool of BLAS exists once it has worked
    limit_threads(threads)
    assert cv2.getNumThreads() == threads
    assert pa.cpu_count() == threads
    assert {pool["num_threads"] for pool in threadpool_info()} == {threads}


def test_no_thread_is_no_budget() -> None:
    with pytest.raises(ConfigError, match="1 or more"):
        limit_threads(0)


@pytest.mark.parametrize("count", [0, 1, 2, 9])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_results_come_in_order(count: int, threads: int) -> None:
    assert list(side_by_side(lambda item: item * item, iter(range(count)), threads)) == [
        item * item for item in range(count)
    ]


def test_as_many_items_are_in_work_at_once_as_there_are_threads() -> None:
    met = Barrier(3, timeout=60)
    assert len(list(side_by_side(lambda _: met.wait(), range(6), 3))) == 6


def test_few_items_are_read_ahead() -> None:
    items = iter(range(100))
    for place, _ in enumerate(zip(side_by_side(str, items, 2), range(5), strict=False)):
        assert items.__length_hint__() == 100 - 5 - place


def test_what_work_raises_comes_in_its_place() -> None:
    found = side_by_side(lambda item: 1 // item, [1, 0, 1], 2)
    assert next(found) == 1
    with pytest.raises(ZeroDivisionError):
        next(found)


def test_no_thread_does_no_work() -> None:
    with pytest.raises(ConfigError, match="1 or more"):
        next(side_by_side(str, [1], 0))
