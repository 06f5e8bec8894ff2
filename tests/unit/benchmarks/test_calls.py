"""Calls that are heard can be made again."""

from __future__ import annotations

from calls import recorded


class Counter:
    def __init__(self, total: int = 0) -> None:
        self.total = total

    def add(self, *numbers: int, times: int = 1) -> int:
        self.total += sum(numbers) * times
        return self.total


def test_nothing_called_nothing_recorded() -> None:
    with recorded(Counter, "add") as calls:
        pass
    assert calls == []


def test_calls_are_recorded_and_still_made() -> None:
    counter = Counter()
    with recorded(Counter, "add") as calls:
        assert counter.add(1, 2) == 3
        assert counter.add(3, times=2) == 9
    counter.add(100)
    assert [(call.arguments, call.options) for call in calls] == [((1, 2), {}), ((3,), {"times": 2})]


def test_made_again_on_another_owner_with_another_option() -> None:
    first, second = Counter(), Counter(10)
    with recorded(Counter, "add") as calls:
        first.add(2, times=3)
    assert calls[0].again(second, times=5) == 20
    assert calls[0].again() == 12
