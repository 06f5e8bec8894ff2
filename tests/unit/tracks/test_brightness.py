from __future__ import annotations

import numpy as np
import pytest

from facebank.tracks.brightness import fit_brightness

BEFORE = np.random.default_rng(0).uniform(40, 120, (20, 30)).astype(np.float32)


def covered(picture: np.ndarray, share: float, level: float) -> np.ndarray:
    """Cover a share of a picture from its left."""
    hidden = picture.copy()
    hidden[:, : round(share * hidden.shape[1])] = level
    return hidden.astype(np.float32)


def test_no_pictures_have_no_brightness() -> None:
    assert [part.shape for part in fit_brightness(BEFORE[None][:0], BEFORE)] == [(0,), (0,)]


@pytest.mark.parametrize("gain", [0.55, 0.8, 1.0, 1.3, 1.95])
@pytest.mark.parametrize("offset", [-20.0, 0.0, 15.0])
def test_each_picture_has_its_own_gain_and_offset(gain: float, offset: float) -> None:
    noise = np.random.default_rng(1).normal(0, 0.5, BEFORE.shape)
    now = np.stack([gain * BEFORE + offset + noise, BEFORE]).astype(np.float32)
    gains, offsets = fit_brightness(now, BEFORE)
    assert gains == pytest.approx([gain, 1.0], abs=0.01)
    assert offsets == pytest.approx([offset, 0.0], abs=1.0)


@pytest.mark.parametrize(("share", "level"), [(0.2, 0), (0.3, 250), (0.4, 10)])
def test_what_is_in_the_way_does_not_count(share: float, level: float) -> None:
    (gain,), (offset,) = fit_brightness(covered(1.1 * BEFORE + 6, share, level)[None], BEFORE)
    assert (gain, offset) == pytest.approx((1.1, 6), abs=0.05)


@pytest.mark.parametrize("gain", [-1.0, 0.0, 0.45, 2.1, 4.0])
def test_a_gain_that_no_light_has_is_none(gain: float) -> None:
    (found,), (offset,) = fit_brightness((gain * BEFORE + 50)[None], BEFORE)
    assert found == 1.0
    assert np.isfinite(offset)


def test_a_picture_of_one_tone_has_an_offset_alone() -> None:
    flat = np.full((20, 30), 90, np.float32)
    (gain,), (offset,) = fit_brightness(flat[None] + 12, flat)
    assert (gain, offset) == (1.0, 12.0)
