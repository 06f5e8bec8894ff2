from __future__ import annotations

import numpy as np
import pytest

from facebank.keyframes.stillness import Stillness, noise_of


def scene(seed: int = 0) -> np.ndarray:
    """Draw a thumbnail with all tones."""
    return np.random.default_rng(seed).uniform(30, 190, (60, 80))


def changed(pictures: np.ndarray, reference: np.ndarray, noise: float = 0.5) -> np.ndarray:
    """Compare pictures with a reference, to whose brightness they are brought."""
    still = Stillness(noise)
    levelled = still.levelled(np.stack([reference, *pictures]), reference)
    return still.changed(levelled, 0, slice(1, None))


def shot(picture: np.ndarray, noise: float = 0.5, seed: int = 1) -> np.ndarray:
    """Photograph it."""
    noisy = picture + np.random.default_rng(seed).normal(0, noise, picture.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("count", [0, 1])
def test_a_single_picture_has_no_noise(count: int) -> None:
    assert noise_of(np.zeros((count, 60, 80), np.uint8)) == 0


def test_noise_is_estimated_beside_what_moves_and_flickers() -> None:
    pictures = []
    for frame in range(30):
        picture = scene() + 5 * np.sin(frame)
        picture[10:40, frame : frame + 40] = 20
        pictures.append(shot(picture, 2.0, frame))
    assert noise_of(np.stack(pictures)) == pytest.approx(2.0, rel=0.2)


@pytest.mark.parametrize("count", [2, 3, 128, 129, 130, 400])
@pytest.mark.parametrize("shape", [(1, 1), (7, 9), (6, 8)])
def test_noise_is_the_median_of_all_steps(count: int, shape: tuple[int, int]) -> None:
    pictures = np.random.default_rng(count).integers(0, 256, (count, *shape), dtype=np.uint8)
    steps = np.diff(pictures.astype(float), axis=0)
    steps -= np.median(steps, axis=(1, 2), keepdims=True)
    assert noise_of(pictures) == pytest.approx(1.4826 * np.median(np.abs(steps)) / np.sqrt(2), rel=1e-6)


@pytest.mark.parametrize("gain", [0.9, 1.0, 1.1])
@pytest.mark.parametrize("offset", [-3, 0, 3])
def test_noise_and_the_light_of_the_whole_are_no_change(gain: float, offset: float) -> None:
    assert not changed(shot(scene() * gain + offset)[None], shot(scene(), seed=2)).any()


def test_what_moved_is_a_change_there_and_nowhere_else() -> None:
    picture = scene()
    picture[20:30, 40:55] = 250
    found = changed(shot(picture)[None], shot(scene(), seed=2))[0]
    assert found[20:30, 40:55].all()
    assert found.sum() == 150


@pytest.mark.parametrize(
    ("noise", "levels", "share"),
    [(0.0, 3, 0), (0.0, 5, 1), (0.5, 5, 1), (2.0, 11, 0), (2.0, -11, 0), (2.0, 13, 1), (2.0, -13, 1)],
)
def test_a_change_is_more_than_the_noise_and_than_some_levels(noise: float, levels: int, share: int) -> None:
    before = scene().astype(np.uint8)
    after = before.copy()
    after[20:30, 40:55] += np.uint8(levels % 256)
    assert changed(after[None], before, noise)[0, 20:30, 40:55].mean() == share


def test_levels_are_those_of_the_picture_that_is_compared() -> None:
    """It has half the contrast, and as much light."""
    for levels, share in ((2, 0), (6, 1)):
        picture = 0.5 * scene() + 55
        picture[20:30, 40:55] += levels
        assert changed(shot(picture, 0)[None], shot(scene(), 0))[0, 20:30, 40:55].mean() == share


def test_much_more_or_less_light_is_a_change_everywhere() -> None:
    gains = (0.6, 0.85, 0.89, 1.0, 1.12, 1.18, 1.3)
    for pictures in ([scene() * gain for gain in gains], [scene() + 110 * (gain - 1) for gain in gains]):
        found = changed(np.stack([*map(shot, pictures)]), shot(scene(), seed=2))
        assert found.mean(axis=(1, 2)).tolist() == [1, 1, 0, 0, 0, 1, 1]


def test_a_picture_beside_a_black_one_is_another() -> None:
    bright = shot(scene())
    still, black = Stillness(0.5), np.zeros_like(bright)
    assert still.changed(still.levelled(np.stack([black, bright]), bright), 0, slice(1, None)).all()


def test_small_changes_add_up_since_all_are_compared_with_one_reference() -> None:
    pictures = []
    for frame in range(20):
        picture = scene()
        picture[20:30, 40:55] += frame
        pictures.append(shot(picture, 0.2, frame))
    stack = np.stack(pictures)
    assert not any(changed(stack[i + 1 : i + 2], stack[i], 0.2).any() for i in range(19))
    share = changed(stack, stack[0], 0.2)[:, 20:30, 40:55].mean(axis=(1, 2))
    assert share[1] == 0
    assert share[-1] == 1


@pytest.mark.parametrize("tone", [0, 90, 255])
def test_a_picture_of_one_tone_is_itself(tone: int) -> None:
    flat = np.full((60, 80), tone, np.uint8)
    assert not changed(flat[None], flat, 0.0).any()


def test_two_pictures_of_other_light_are_compared_in_their_own() -> None:
    """The base is neither: both were taken when it was darker."""
    base, first, second = scene(), shot(0.8 * scene(), seed=2), shot(0.8 * scene(), seed=3)
    second[20:30, 40:55] = 250
    still = Stillness(0.5)
    levelled = still.levelled(np.stack([shot(base), first, second]), shot(base))
    assert levelled.light[1:] == pytest.approx(0.8, rel=0.02)
    assert still.changed(levelled, 1, slice(1, None)).sum(axis=(1, 2)).tolist() == [0, 150]


def test_another_scene_has_no_brightness_to_fit_but_can_be_still() -> None:
    base, other = shot(scene()), scene(9)
    still = Stillness(0.5)
    levelled = still.levelled(np.stack([base, shot(other, seed=2), shot(other, seed=3)]), base)
    assert still.changed(levelled, 0, slice(1, None)).mean() > 0.8
    assert not still.changed(levelled, 1, slice(2, None)).any()
    assert still.changed(levelled, 1, slice(2, None), (slice(5), slice(7))).shape == (1, 5, 7)


@pytest.mark.parametrize("frame", range(4))
def test_each_cell_is_compared_with_its_own_reference_as_the_whole_would_be(frame: int) -> None:
    rng = np.random.default_rng(frame)
    table = rng.uniform(60, 150, (12, 16))
    # The last one is of much more light.
    pictures = np.rint([table + rng.normal(0, 3, table.shape) for _ in range(3)] + [table * 1.3]).astype(
        np.uint8
    )
    stillness = Stillness(0.5)
    levelled = stillness.levelled(pictures, pictures[0])
    references = rng.integers(0, 4, table.shape)
    whole = np.stack([stillness.changed(levelled, row, slice(frame, frame + 1))[0] for row in range(4)])
    assert whole.any()
    expected = np.take_along_axis(whole, references[None], axis=0)[0]
    assert np.array_equal(stillness.changed_from(levelled, references, frame), expected)
