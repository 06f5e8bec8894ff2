from __future__ import annotations

import tracemalloc

import cv2
import numpy as np
import pytest

from facebank.tracks.appearance import _likeness, _points, _reached, _samples, same_face

#: A face's place in a frame of 640x480.
PLACE = np.array([200, 160, 272, 256])
SIDES = np.array([640, 480, 640, 480])


def face(number: int) -> np.ndarray:
    """Draw a face-like pattern of its own, (96, 72)."""
    coarse = np.random.default_rng(number).uniform(20, 230, (6, 5)).astype(np.float32)
    return cv2.resize(coarse, (72, 96), interpolation=cv2.INTER_CUBIC).clip(0, 255)


def shot(
    number: int = 0,
    *,
    at: tuple[int, int] = (0, 0),
    covered: float = 0,
    gain: float = 1.0,
    light: float = 0.0,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw a thumbnail with a face, displaced by pixels and covered from its left; give it and the box."""
    picture = np.full((480, 640), 120.0)
    x1, y1, x2, y2 = PLACE + np.tile(at, 2)
    picture[y1:y2, x1:x2] = face(number)
    picture[y1:y2, x1 : x1 + round(covered * (x2 - x1))] = 30
    noisy = picture * gain + light + np.random.default_rng(seed).normal(0, 2, picture.shape)
    grey = cv2.resize(noisy.clip(0, 255).astype(np.uint8), (80, 60), interpolation=cv2.INTER_AREA)
    return grey, (PLACE + np.tile(at, 2)) / SIDES


def judged(*shots: tuple[np.ndarray, np.ndarray], regular: list[bool] | None = None) -> list[bool]:
    """Judge some shots."""
    pictures = np.array([picture for picture, _ in shots]).reshape(-1, 60, 80)
    regions = np.array([region for _, region in shots]).reshape(-1, 4)
    counted = np.ones(len(shots), bool) if regular is None else np.array(regular)
    same: list[bool] = same_face(pictures, regions, PLACE / SIDES, counted).tolist()
    return same


def test_no_faces_are_no_one() -> None:
    assert judged() == []


@pytest.mark.parametrize("count", [1, 2, 40])
def test_one_face_is_itself(count: int) -> None:
    assert all(judged(*(shot(seed=seed) for seed in range(count))))


@pytest.mark.parametrize("number", range(1, 9))
def test_another_face_in_its_place_is_told(number: int) -> None:
    usual = [shot(seed=seed) for seed in range(7)]
    assert judged(*usual, shot(number), shot(number, at=(6, -4))) == [True] * 7 + [False] * 2


@pytest.mark.parametrize("light", [0, 90], ids=["dim", "pale"])
@pytest.mark.parametrize("gain", [0.35, 0.2, 0.12])
def test_another_face_is_told_in_little_contrast_and_the_own_one_stays(gain: float, light: float) -> None:
    seen = {"gain": gain, "light": light}
    usual = [shot(seed=seed, **seen) for seed in range(7)]
    own = [shot(seed=7, covered=0.35, **seen), shot(seed=8, at=(5, 3), **seen)]
    others = [shot(number, **seen) for number in range(1, 9)]
    assert judged(*usual, *own, *others) == [True] * 9 + [False] * 8


@pytest.mark.parametrize(
    "odd",
    [
        {"gain": 0.6},
        {"gain": 1.3},
        {"at": (5, 3)},
        {"at": (-14, 9)},
        {"covered": 0.35},
        {"covered": 0.35, "light": 20},
        {"covered": 0.35, "light": -15},
    ],
    ids=["darker", "brighter", "pushed", "pushed far", "covered in part", "and brighter", "and darker"],
)
def test_what_happens_to_a_face_leaves_it_the_same(odd: dict[str, object]) -> None:
    usual = [shot(seed=seed) for seed in range(7)]
    assert all(judged(*usual, shot(**odd)))  # type: ignore[arg-type] - one of the options


@pytest.mark.parametrize("own", [range(11), range(9, 20), (*range(5), *range(14, 20))])
def test_the_face_that_shows_most_of_the_time_is_the_slots(own: range) -> None:
    shots = [shot(0 if index in own else 1, seed=index) for index in range(20)]
    assert judged(*shots) == [index in own for index in range(20)]


def test_of_two_that_show_as_often_the_first_is_the_slots() -> None:
    shots = [shot(int(index >= 3), seed=index) for index in range(6)]
    assert judged(*shots) == [True] * 3 + [False] * 3


@pytest.mark.parametrize(("covered", "own"), [(0.45, True), (0.6, False)])
def test_a_face_is_its_own_while_no_more_than_half_of_it_is_covered(covered: float, *, own: bool) -> None:
    usual = [shot(seed=seed) for seed in range(7)]
    assert judged(*usual, shot(covered=covered)) == [True] * 7 + [own]


@pytest.mark.parametrize(("share", "own"), [(0.2, True), (0.5, False)])
def test_a_face_that_is_somewhat_like_the_slots_is_another(share: float, *, own: bool) -> None:
    usual = [shot(seed=seed) for seed in range(7)]
    mixed = [(1 - share) * one.astype(float) + share * other for (one, _), (other, _) in [(shot(0), shot(1))]]
    assert judged(*usual, (mixed[0].astype(np.uint8), usual[0][1])) == [True] * 7 + [own]


def test_where_no_keyframe_lies_evenly_all_are_counted() -> None:
    shots = [shot(int(index >= 3), seed=index) for index in range(5)]
    assert judged(*shots, regular=[False] * 5) == [True] * 3 + [False] * 2


def test_a_face_is_sampled_at_the_middles_of_equal_parts_of_its_box() -> None:
    (points,) = _points(np.array([[0.0, 0.5, 0.8, 0.9]]))
    middles = np.arange(8) + 0.5
    expected = [(0.8 * x / 8, 0.5 + 0.4 * y / 8) for y in middles for x in middles]
    assert points == pytest.approx(np.array(expected))


def test_a_sample_is_read_where_it_lies_between_the_middles_of_pixels() -> None:
    across = np.tile(np.arange(0, 160, 2, dtype=np.uint8), (60, 1))
    down = np.tile(np.arange(0, 120, 2, dtype=np.uint8)[:, None], (1, 80))
    region = np.array([0.25, 0.5, 0.65, 0.9])
    (points,) = _points(region[None])
    found = _samples(np.stack([across, down]), np.tile(region, (2, 1)))
    assert found[0] == pytest.approx(2 * (points[:, 0] * 80 - 0.5), abs=0.1)
    assert found[1] == pytest.approx(2 * (points[:, 1] * 60 - 0.5), abs=0.1)


def test_beyond_the_border_stands_what_is_at_it() -> None:
    across = np.tile(np.arange(40, 120, dtype=np.uint8), (60, 1))
    (found,) = _samples(across[None], np.array([[-0.5, 0.4, 0.5, 0.6]])).reshape(1, 8, 8)
    assert np.array_equal(found[:, :4], np.full((8, 4), 40))
    assert (np.diff(found[:, 4:], axis=1) > 0).all()


@pytest.mark.parametrize(("changed", "alike"), [(0, True), (10, True), (11, False), (20, False)])
def test_half_of_the_samples_that_a_face_reaches_may_have_changed(changed: int, *, alike: bool) -> None:
    rng = np.random.default_rng(0)
    place, face, other = rng.uniform(0, 255, (3, 1, 64)).astype(np.float32)
    now = place.copy()
    now[:, :changed] = 255 - now[:, :changed]
    now[:, :changed] += 6 * np.sign(now[:, :changed] - place[:, :changed])
    within = np.arange(64)[None] < 20
    assert (_likeness(now, other, place[0], face[0], within, noise=1.0) > 0).tolist() == [alike]


@pytest.mark.parametrize(("reached", "alike"), [(0, False), (1, True), (64, True)])
def test_a_face_that_reaches_no_sample_of_the_place_is_told_by_its_looks_alone(
    reached: int, *, alike: bool
) -> None:
    rng = np.random.default_rng(0)
    place, face, other = rng.uniform(0, 255, (3, 1, 64)).astype(np.float32)
    within = np.arange(64)[None] < reached
    assert (_likeness(place, other, place[0], face[0], within, noise=1.0) > 0).tolist() == [alike]


@pytest.mark.parametrize(
    ("face", "count"),
    [
        ([0, 0, 1, 1], 64),
        ([0, 0, 0.5, 1], 32),
        ([0, 0.75, 1, 1], 16),
        ([0.5, 0.5, 2, 2], 16),
        ([0.3, 0.3, 0.31, 0.31], 0),
        ([2, 2, 3, 3], 0),
    ],
)
def test_a_face_reaches_the_samples_of_its_place_that_lie_in_it(face: list[float], count: int) -> None:
    assert _reached(np.array([0, 0, 1, 1.0]), np.array([face])).sum() == count


def test_keyframes_that_lie_close_together_do_not_count_as_often() -> None:
    shots = [shot(int(index >= 3), seed=index) for index in range(12)]
    assert judged(*shots, regular=[index < 5 for index in range(12)]) == [True] * 3 + [False] * 9


def test_memory_does_not_grow_with_the_keyframes_but_for_a_faces_samples() -> None:
    shots = [shot(seed=seed) for seed in range(4)]
    many = np.resize(np.array([picture for picture, _ in shots]), (4000, 60, 80))
    regions = np.resize(np.array([region for _, region in shots]), (4000, 4))
    tracemalloc.start()
    try:
        assert same_face(many, regions, PLACE / SIDES, np.ones(4000, bool)).all()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # As floating point they would take 77 MB.
    assert peak < 32e6


def test_a_face_at_the_border_and_one_of_a_cell_are_judged() -> None:
    picture, _ = shot()
    for region in ([-0.1, -0.1, 0.05, 0.1], [0.99, 0.99, 1.3, 1.2], [0.5, 0.5, 0.501, 0.501]):
        same = same_face(np.stack([picture] * 3), np.array([region] * 3), np.array(region), np.ones(3, bool))
        assert same.all()
