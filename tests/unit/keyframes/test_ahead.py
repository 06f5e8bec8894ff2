from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from itertools import count, islice
from threading import Barrier, Event, get_ident
from time import sleep
from typing import TYPE_CHECKING, Any

import pytest

from facebank.keyframes.ahead import made_ahead, worked_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


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


@pytest.mark.parametrize("items", [0, 1, 9, 10, 11, 200])
@pytest.mark.parametrize("threads", [1, 3])
def test_what_is_made_ahead_comes_in_order(items: int, threads: int) -> None:
    with ThreadPoolExecutor(threads) as pool:
        assert list(made_ahead(iter(range(items)), run=5, runs=4, pool=pool)) == list(range(items))


def test_what_nobody_has_time_to_make_is_made_here() -> None:
    busy = Barrier(2, timeout=60)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(busy.wait)
        assert list(made_ahead(range(30), run=5, runs=2, pool=pool)) == list(range(30))
        busy.wait()


def test_no_more_than_some_runs_are_made_ahead() -> None:
    made: list[int] = []
    items = (made.append(item) or item for item in count())
    with ThreadPoolExecutor(2) as pool:
        found = made_ahead(items, run=5, runs=4, pool=pool)
        for place in range(1, 40):
            next(found)
            # As many as wait, and a run that is made when hardly any does.
            assert len(made) <= place + 4 * 5 + 5
        found.close()


def test_who_had_no_time_for_long_makes_no_more_than_some_runs() -> None:
    made: list[int] = []
    items = (made.append(item) or item for item in count())
    free = Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(free.wait, 60)
        found = made_ahead(items, run=5, runs=4, pool=pool)
        assert list(islice(found, 100)) == list(range(100))
        free.set()
        pool.submit(int).result()
        assert len(made) <= 100 + 4 * 5
        found.close()


def test_items_are_made_by_one_thread_at_a_time() -> None:
    def items() -> Iterator[int]:
        for item in range(6):
            sleep(0.005)
            yield item

    with ThreadPoolExecutor(3) as pool:
        assert list(made_ahead(items(), run=2, runs=3, pool=pool)) == list(range(6))


class AtOnce(Executor):
    """Works when it is asked to."""

    def submit(self, work: Callable[..., object], /, *args: Any, **options: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(work(*args, **options))
        except Exception as error:  # noqa: BLE001 - as a pool does
            done.set_exception(error)
        return done


@pytest.mark.parametrize("good", [0, 1, 12, 40])
def test_what_fails_ahead_is_told_behind_all_that_is_good(good: int) -> None:
    def items() -> Iterator[int]:
        yield from range(good)
        raise OSError("broken")

    found = made_ahead(items(), run=5, runs=4, pool=AtOnce())
    assert list(islice(found, good)) == list(range(good))
    with pytest.raises(OSError, match="broken"):
        next(found)
