from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from facebank.tracks.evidence import COVERED_SHARE, changed_share

#: The middle half of the picture.
REGION = np.array([0.25, 0.25, 0.75, 0.75])


def pictures(count: int, noise: float = 1.5) -> np.ndarray:
    """Give noisy pictures of one still scene."""
    rng = np.random.default_rng(3)
    scene = rng.uniform(40, 210, (60, 80))
    return np.clip(scene + rng.normal(0, noise, (count, 60, 80)), 0, 255).astype(np.uint8)


def test_no_keyframes_give_no_shares() -> None:
    assert changed_share(pictures(0), REGION, np.zeros(0, bool)).shape == (0,)


def test_without_a_face_there_is_nothing_to_compare_with() -> None:
    assert np.isnan(changed_share(pictures(4), REGION, np.zeros(4, bool))).all()


def test_noise_and_brightness_are_no_change() -> None:
    still = pictures(20)
    still[7] = np.clip(still[7].astype(int) + 25, 0, 255)
    assert changed_share(still, REGION, np.arange(20) % 2 == 0).max() < COVERED_SHARE / 2


@pytest.mark.parametrize(
    ("rows", "covered"), [(slice(0, 10), False), (slice(22, 45), True), (slice(15, 24), True)]
)
def test_an_object_before_the_region_is_a_change(rows: slice, covered: bool) -> None:
    covering = pictures(20)
    covering[5, rows, :] = 90
    share = changed_share(covering, REGION, np.arange(20) != 5)
    assert (share[5] >= COVERED_SHARE) == covered
    assert share[np.arange(20) != 5].max() < COVERED_SHARE / 2


@pytest.mark.parametrize("light", [0, 90], ids=["dim", "pale"])
@pytest.mark.parametrize("gain", [0.35, 0.2, 0.1])
def test_what_covers_the_region_is_a_change_in_little_contrast_and_noise_is_none(
    gain: float, light: float
) -> None:
    rng = np.random.default_rng(4)
    seen = pictures(20, noise=0).astype(float)
    seen[5, 15:45, 20:60] = 125
    dim = np.rint(seen * gain + light + rng.normal(0, 0.5, seen.shape)).astype(np.uint8)
    share = changed_share(dim, REGION, np.arange(20) != 5)
    assert share[5] >= COVERED_SHARE
    assert share[np.arange(20) != 5].max() < COVERED_SHARE / 2


def test_a_picture_without_contrast_has_changed_only_beyond_a_codecs_levels() -> None:
    flat = np.full((20, 60, 80), 90, np.uint8)
    flat[5, 15:45, 20:60] += 2
    flat[6, 15:45, 20:60] += 3
    share = changed_share(flat, REGION, np.arange(20) > 6)
    assert share[5:7].tolist() == [0, 1]


@pytest.mark.parametrize("count", [1, 2, 127, 128, 129, 500])
def test_shares_are_those_of_all_pictures_at_once(count: int) -> None:
    rng = np.random.default_rng(count)
    seen = pictures(count).astype(int) + rng.integers(-20, 20, (count, 1, 1))
    seen[:, 20:40, 30:50] += rng.integers(-15, 15, (count, 20, 20))
    shown = rng.random(count) < 0.6
    shown[0] = True
    thumbnails = seen.clip(0, 255).astype(np.uint8)
    difference = thumbnails - np.median(thumbnails[shown], axis=0)
    difference -= np.median(difference, axis=(1, 2), keepdims=True)
    inside = np.abs(difference[:, 15:45, 20:60])
    limit = np.maximum(4 * 1.4826 * np.median(inside[shown], axis=0), 8)
    assert changed_share(thumbnails, REGION, shown).tolist() == (inside > limit).mean(axis=(1, 2)).tolist()


def test_memory_does_not_grow_with_the_keyframes_but_for_the_regions_cells() -> None:
    many = np.resize(pictures(20), (5000, 60, 80))
    tracemalloc.start()
    try:
        changed_share(many, np.array([0.4, 0.4, 0.5, 0.5]), np.ones(5000, bool))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # As floating point they would take 96 MB.
    assert peak < 16e6


@pytest.mark.parametrize("region", [(-0.2, -0.1, 0.001, 0.0), (0.99, 0.99, 1.4, 1.2)])
def test_a_region_at_the_border_has_a_cell_at_least(region: tuple[float, ...]) -> None:
    share = changed_share(pictures(6), np.array(region), np.ones(6, bool))
    assert np.isfinite(share).all()
