from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from facebank.audit.sampling import sample_frames


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (5, 0), (5, 3)])
def test_nothing_visible_gives_no_frames(shape: tuple[int, int]) -> None:
    assert sample_frames(np.zeros(shape, bool), 5) == ()


def test_frames_are_spread_over_the_episode() -> None:
    assert sample_frames(np.ones((100, 3), bool), 5) == (10, 30, 50, 70, 90)


def test_a_slot_that_hides_when_the_others_show_gets_frames_of_its_own() -> None:
    visible = np.ones((100, 2), bool)
    visible[20:, 1] = False
    visible[:20, 0] = False
    assert sample_frames(visible, 2) == (5, 15, 40, 80)


def test_one_frame_serves_several_slots() -> None:
    visible = np.ones((100, 2), bool)
    visible[40:, 0] = False
    visible[:30, 1] = False
    assert sample_frames(visible, 1) == (35,)


def test_a_slot_is_looked_at_all_the_time_that_it_is_seen() -> None:
    visible = np.ones((100, 2), bool)
    visible[30:, 1] = False
    chosen = sample_frames(visible, 5)
    assert [sum(start <= frame < start + 20 for frame in chosen) > 0 for start in range(0, 100, 20)] == [
        True
    ] * 5
    assert sum(frame < 30 for frame in chosen) == 5
    assert len(chosen) == 8


@given(
    visible=arrays(bool, st.tuples(st.integers(0, 40), st.integers(1, 4))),
    count=st.integers(1, 8),
)
def test_every_slot_gets_as_many_frames_as_it_can(visible: np.ndarray, count: int) -> None:
    chosen = list(sample_frames(visible, count))
    assert chosen == sorted(set(chosen))
    assert visible[chosen].any(axis=1).all()
    for slot in range(visible.shape[1]):
        own = np.flatnonzero(visible[:, slot])
        for part in np.array_split(own, min(count, len(own))) if len(own) else ():
            assert set(part.tolist()) & set(chosen)
