"""Looks that are made before they are asked for are those that are asked for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING

import numpy as np
import pytest

from facebank.errors import DataError
from facebank.faces.detections import Detections
from facebank.sources.looks import Looks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

    from facebank.media.frames import Window

WINDOW, OTHER = (0, 0, 8, 8), (8, 0, 16, 8)


@dataclass(frozen=True)
class Shot:
    """A frame."""

    index: int
    size: tuple[int, int] = (16, 8)

    def part(self, window: Window) -> np.ndarray:
        raise AssertionError(window)


@dataclass
class Eye:
    """Finds one face, at the window's left and as high as the frame's number; waits until it may."""

    may: Event = field(default_factory=Event)
    looks: list[tuple[int, Window, float]] = field(default_factory=list)

    def __call__(
        self, picture: Shot, window: Window, /, *, share: float = 1.0, least_side: float = 0.0
    ) -> Detections:
        assert self.may.wait(60)
        self.looks.append((picture.index, window, share))
        if picture.index < 0:
            raise DataError("The frame cannot be converted")
        box = np.array([[window[0], picture.index, window[2], 8 * share + least_side]], np.float32)
        return Detections(box, np.ones(1, np.float32), np.zeros((1, 5, 2), np.float32))


@pytest.fixture(params=[None, 1, 3])
def pool(request: pytest.FixtureRequest) -> Iterator[Executor | None]:
    """Give a pool, or none."""
    if request.param is None:
        yield None
        return
    with ThreadPoolExecutor(request.param) as made:
        yield made


@pytest.mark.parametrize("expected", [(), (WINDOW,), (WINDOW, OTHER)])
def test_each_look_is_made_once(pool: Executor | None, expected: tuple[Window, ...]) -> None:
    eye = Eye()
    eye.may.set()
    looks = Looks(eye, pool)
    for window in expected * 2:
        looks.expect(Shot(3), window)
    for window in (WINDOW, OTHER, WINDOW):
        assert looks(Shot(3), window).boxes.tolist() == [[window[0], 3, window[2], 8]]
    assert looks(Shot(3), WINDOW, share=0.5).boxes.tolist() == [[0, 3, 8, 4]]
    assert sorted(eye.looks) == [(3, WINDOW, 0.5), (3, WINDOW, 1.0), (3, OTHER, 1.0)]


def test_what_waits_is_made_by_who_asks() -> None:
    free, eye = Event(), Eye()
    eye.may.set()
    with ThreadPoolExecutor(1) as pool:
        busy = pool.submit(free.wait, 60)
        looks = Looks(eye, pool)
        looks.expect(Shot(1), WINDOW)
        assert looks(Shot(1), WINDOW).boxes[0, 1] == 1
        assert not busy.done()
        free.set()
    assert len(eye.looks) == 1


def test_what_fails_ahead_fails_when_it_is_asked_for(pool: Executor | None) -> None:
    eye = Eye()
    eye.may.set()
    looks = Looks(eye, pool)
    looks.expect(Shot(-1), WINDOW)
    assert looks(Shot(1), WINDOW).boxes[0, 1] == 1
    with pytest.raises(DataError, match="cannot be converted"):
        looks(Shot(-1), WINDOW)


def test_what_is_forgotten_is_made_again() -> None:
    eye = Eye()
    eye.may.set()
    looks = Looks(eye)
    looks(Shot(1), WINDOW)
    looks.forget()
    looks(Shot(1), WINDOW)
    assert eye.looks == [(1, WINDOW, 1.0)] * 2


@pytest.mark.parametrize(("scale", "bottom"), [({"share": 0.5}, 4), ({"least_side": 6.0}, 14)])
def test_looks_at_another_scale_or_for_other_faces_are_others(
    pool: Executor | None, scale: dict[str, float], bottom: float
) -> None:
    eye = Eye()
    eye.may.set()
    looks = Looks(eye, pool)
    looks.expect(Shot(3), WINDOW, **scale)
    assert looks(Shot(3), WINDOW).boxes.tolist() == [[0, 3, 8, 8]]
    assert looks(Shot(3), WINDOW, **scale).boxes.tolist() == [[0, 3, 8, bottom]]
    assert len(eye.looks) == 2
    assert looks.ahead is (pool is not None)


def test_what_was_made_is_not_expected_and_what_is_forgotten_is_not_made() -> None:
    free, eye = Event(), Eye()
    eye.may.set()
    with ThreadPoolExecutor(1) as pool:
        looks = Looks(eye, pool)
        looks(Shot(1), WINDOW)
        looks.expect(Shot(1), WINDOW)
        pool.submit(int).result()
        pool.submit(free.wait, 60)
        looks.expect(Shot(2), WINDOW)
        looks.forget()
        free.set()
    assert eye.looks == [(1, WINDOW, 1.0)]


def test_what_was_made_ahead_and_is_forgotten_is_made_again() -> None:
    eye = Eye()
    eye.may.set()
    with ThreadPoolExecutor(1) as pool:
        looks = Looks(eye, pool)
        looks.expect(Shot(1), WINDOW)
        pool.submit(int).result()
        looks.forget()
        looks(Shot(1), WINDOW)
    assert eye.looks == [(1, WINDOW, 1.0)] * 2
