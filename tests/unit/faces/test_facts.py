"""Facts of a face: pose by known turns, blur by known blur."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from facebank.faces.alignment import align
from facebank.faces.facts import _HEAD, blur, pose
from portraits import astronaut, detector, friends, hopper


def camera(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Give the two rows that project a head that is turned so."""
    y, p, r = np.radians([yaw, pitch, roll])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return (about_z @ about_x @ about_y)[:2]


@given(st.floats(-60, 60), st.floats(20, 200), st.tuples(st.floats(-99, 999), st.floats(-99, 999)))
def test_a_yaw_is_found_at_any_size_and_place(yaw: float, size: float, shift: tuple[float, float]) -> None:
    found = pose(_HEAD @ camera(yaw, 0, 0).T * size + shift)
    assert (found.yaw, found.pitch, found.roll) == pytest.approx((yaw, 0, 0), abs=0.01)


@given(st.floats(-50, 50))
def test_a_pitch_is_positive_upwards(pitch: float) -> None:
    assert pose(_HEAD @ camera(0, pitch, 0).T * 80).pitch == pytest.approx(pitch, abs=0.01)


@given(st.floats(-170, 170))
def test_a_roll_is_positive_clockwise(roll: float) -> None:
    found = pose(_HEAD @ camera(0, 0, roll).T * 80)
    assert (found.yaw, found.pitch, found.roll) == pytest.approx((0, 0, roll), abs=0.01)


@given(hnp.arrays(np.float32, (5, 2), elements=st.floats(0, 500, width=32)))
def test_a_pose_is_the_rotation_nearest_to_the_camera(landmarks: np.ndarray) -> None:
    camera = np.linalg.pinv(_HEAD) @ (landmarks - landmarks.astype(np.float64).mean(axis=0))
    assume(np.linalg.cond(camera) < 1e6)
    u, _, vt = np.linalg.svd(camera.T, full_matrices=False)
    right, down = u @ vt
    found = pose(landmarks)
    yaw, pitch, roll = np.radians([found.yaw, found.pitch, found.roll])
    assert np.sin(pitch) == pytest.approx(-down[2], abs=1e-6)
    assert (np.cos(roll) * np.hypot(right[0], down[0]), np.sin(roll) * np.hypot(right[0], down[0])) == (
        pytest.approx((right[0], down[0]), abs=1e-6)
    )
    nose = right[2], right[0] * down[1] - right[1] * down[0]
    assert (np.sin(yaw) * np.hypot(*nose), np.cos(yaw) * np.hypot(*nose)) == pytest.approx(nose, abs=1e-6)


@pytest.mark.parametrize("landmarks", [np.zeros((5, 2)), np.full((5, 2), 7.5), [[x, 3] for x in range(5)]])
def test_what_has_no_width_or_no_height_has_no_pose(landmarks: object) -> None:
    found = pose(np.asarray(landmarks, np.float32))
    assert (found.yaw, found.pitch, found.roll) == (0, 0, 0)


def test_real_faces_are_turned_as_they_look() -> None:
    for photo in (astronaut(), hopper()):
        found = pose(detector().detect([photo], det_size=320, score_threshold=0.8)[0].landmarks[0])
        assert max(abs(found.yaw), abs(found.roll)) < 8
        assert abs(found.pitch) < 20
    tallest = min(
        detector().detect([friends()], det_size=640, score_threshold=0.8)[0].landmarks,
        key=lambda face: face[2, 1],
    )
    assert pose(tallest).yaw < -35


def test_blur_grows_with_blur() -> None:
    landmarks = detector().detect([astronaut()], det_size=320, score_threshold=0.8)[0].landmarks[0]
    crop = align(astronaut(), landmarks, 224)
    series = [blur(crop)] + [blur(cv2.GaussianBlur(crop, (0, 0), sigma)) for sigma in (1, 2, 4, 8)]
    assert series == sorted(series)
    assert series[0] < 0.5
    assert 0.8 < series[-1] < 1


def test_blur_compares_between_crop_sizes() -> None:
    landmarks = detector().detect([hopper()], det_size=320, score_threshold=0.8)[0].landmarks[0]
    assert blur(align(hopper(), landmarks, 112)) == pytest.approx(
        blur(align(hopper(), landmarks, 224)), abs=0.05
    )


@pytest.mark.parametrize("value", [0, 128, 255])
def test_one_colour_is_nothing_but_blur(value: int) -> None:
    assert blur(np.full((112, 112, 3), value, np.uint8)) == 1
