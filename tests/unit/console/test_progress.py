"""Progress says how far work is, and never changes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from facebank.console.progress import PlainLines, show_progress
from facebank.runtime.progress import follow, listening


class Clock:
    """A clock that goes on by a step each time somebody works."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def said(items: int, seconds: float, total: int | None) -> list[str]:
    lines: list[str] = []
    clock = Clock()
    work = PlainLines(lines.append, clock)
    done = []
    for item in work(range(items), "Embedding photos", total):
        clock.now += seconds
        done.append(item)
    assert done == list(range(items))
    return lines


@pytest.mark.parametrize(
    ("items", "seconds", "total", "lines"),
    [
        (0, 1.0, 0, []),
        (9, 1.0, 9, []),
        (
            100,
            1.0,
            100,
            [
                "Embedding photos: 10 of 100, 1.0 a second, 1 min 30 s left",
                "Embedding photos: 70 of 100, 1.0 a second, 30 s left",
                "Embedding photos: 100 done in 1 min 40 s",
            ],
        ),
        (
            2,
            20.0,
            None,
            ["Embedding photos: 1, 20 s each", "Embedding photos: 2 done in 40 s"],
        ),
    ],
)
def test_plain_lines(items: int, seconds: float, total: int | None, lines: list[str]) -> None:
    assert said(items, seconds, total) == lines


def test_nobody_has_to_listen() -> None:
    items = [1, 2]
    assert follow(items, "Working") is items


def test_who_listens_sees_the_work_of_the_block_only() -> None:
    seen: list[tuple[str, int | None]] = []

    def listener(items: object, what: str, total: int | None) -> Iterator[int]:
        seen.append((what, total))
        yield from items  # type: ignore[misc]

    with listening(listener):  # type: ignore[arg-type]
        assert list(follow([1, 2], "Working", 2)) == [1, 2]
    assert list(follow([1], "Resting")) == [1]
    assert seen == [("Working", 2)]


@pytest.mark.parametrize("terminal", [True, False])
def test_the_items_are_all_given_whatever_is_shown(
    terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR" if terminal else "NO_COLOR", "1")
    assert list(show_progress(iter(range(50)), "Embedding photos", 50)) == list(range(50))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert ("Embedding photos" in captured.err) == terminal


def test_a_failure_of_the_work_is_the_work_s() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise KeyError("work")

    with pytest.raises(KeyError, match="work"):
        list(show_progress(broken(), "Embedding photos", None))
