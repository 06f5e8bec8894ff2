"""The gripper: its way, what it hides, and the frames that show it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facebank.demo.gripper import gripper, photographed, trajectory
from facebank.demo.scene import FRAME_SIZE, still, table
from laws import examples

WIDTH, HEIGHT = FRAME_SIZE
EMPTY = table(np.random.Generator(np.random.PCG64(0)))
REST = (320.0, 452.0)

places = st.floats(-30, 30)


@pytest.mark.parametrize(
    "visits", [[], [(100.0, 200.0, 2.0)], [(100.0, 200.0, 0.5), (500.0, 210.0, 3.0)]], ids=len
)
def test_the_gripper_visits_each_place_for_its_time_and_goes_back(
    visits: list[tuple[float, float, float]],
) -> None:
    frames = 400
    way = trajectory(frames, visits, rest=REST)
    assert way.shape == (frames, 2)
    assert tuple(way[0]) == REST
    assert way[-1, 1] == REST[1]
    duration = 6 + sum(3 + stay for _, _, stay in visits)
    for x, y, stay in visits:
        there = np.flatnonzero((np.abs(way - (x, y)) < 0.01).all(axis=1))
        assert np.ptp(there) + 1 == len(there) == pytest.approx(stay / duration * frames, abs=6)
    # It enters and leaves a place along y only: nothing beside it is touched.
    sideways = np.abs(np.diff(way[:, 0])) > 1e-9
    assert way[:-1, 1][sideways] == pytest.approx(REST[1], abs=1)


@settings(max_examples=examples(40))
@given(x=st.floats(60, 580), y=st.floats(120, 480))
def test_the_palm_hides_what_is_behind_it_and_nothing_far_from_it(x: float, y: float) -> None:
    overlay = gripper(x, y)
    assert overlay.hidden_share((x - 20, y - 20, x + 20, min(y + 20, HEIGHT))) == 1
    rows, columns = np.indices(overlay.opacity.shape)
    above = rows < y
    far = (rows < y - 160) | (np.abs(columns - x) > 160)
    assert not overlay.opacity[above & far].any()
    assert not overlay.passing[overlay.opacity == 255].any()


def test_a_hidden_share_is_a_share_of_the_area() -> None:
    overlay = gripper(320, 300)
    x1, y1, x2, y2 = 260.0, 210.0, 380.0, 330.0
    left, right = overlay.hidden_share((x1, y1, 320, y2)), overlay.hidden_share((320, y1, x2, y2))
    assert 0 < overlay.hidden_share((x1, y1, x2, y2)) < 1
    assert overlay.hidden_share((x1, y1, x2, y2)) == pytest.approx((left + right) / 2)


def test_a_photographed_frame_is_the_scene_where_nothing_stands_before_it() -> None:
    scene = still(EMPTY, [])
    overlay = gripper(320, 300)
    silence = np.zeros(scene.shape, np.int16)
    frame = photographed(scene, overlay, light=1.0, noise=silence)
    untouched = (overlay.passing == 255).all(axis=2)
    assert 0.5 < untouched.mean() < 1
    assert np.array_equal(frame[untouched], scene[untouched])
    hidden = overlay.opacity == 255
    assert np.array_equal(frame[hidden], overlay.colour[hidden])
    in_shadow = (overlay.opacity == 0) & (overlay.passing[:, :, 0] < 200)
    assert in_shadow.any()
    assert (frame[in_shadow] < scene[in_shadow]).all()


@pytest.mark.parametrize(("noise", "expected"), [(0, None), (300, 255), (-300, 0)])
def test_noise_and_light_stay_in_the_range_of_a_pixel(noise: int, expected: int | None) -> None:
    scene = np.full((HEIGHT, WIDTH, 3), 100, np.uint8)
    overlay = gripper(320, 2000)
    frame = photographed(scene, overlay, light=1.1, noise=np.full(scene.shape, noise, np.int16))
    assert (frame == (110 if expected is None else expected)).all()
