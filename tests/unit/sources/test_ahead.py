from __future__ import annotations

from itertools import count
from threading import Barrier, get_ident
from typing import TYPE_CHECKING

import pytest

from facebank.sources.ahead import worked_on

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize("items", [0, 1, 2, 3, 9, 40])
@pytest.mark.parametrize("run", [1, 8])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_each_item_is_worked_on_once(items: int, threads: int, run: int) -> None:
    found = worked_on(lambda item: item * item, iter(range(items)), threads=threads, run=run)
    assert sorted(found) == [item * item for item in range(items)]


def test_the_threads_that_work_make_the_items() -> None:
    makers, met = set(), Barrier(2, timeout=60)

    def items() -> Iterator[int]:
        for item in range(8):
            makers.add(get_ident())
            yield item

    workers = set(worked_on(lambda _: (met.wait(), get_ident())[1], items(), threads=2, run=2))
    assert len(workers) == 2
    assert makers <= workers


def test_no_more_than_a_run_waits() -> None:
    made = []
    items = (made.append(item) or item for item in count())
    found = worked_on(str, items, threads=1, run=4)
    for _ in range(20):
        next(found)
    # Besides the run: what waits to be given, one for each turn of the thread, and the item in work.
    assert len(made) <= 20 + 4 + 2 + 1
    found.close()


@pytest.mark.parametrize("threads", [1, 2])
def test_what_fails_comes_to_the_caller(threads: int) -> None:
    def items() -> Iterator[int]:
        yield from (1, 2, 3)
        raise OSError("broken")

    with pytest.raises(OSError, match="broken"):
        list(worked_on(str, items(), threads=threads, run=8))
    with pytest.raises(IndexError):
        list(worked_on([0, 1, 2].__getitem__, range(4), threads=threads, run=8))
