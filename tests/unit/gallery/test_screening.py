"""No copy is screened out, and most of what is no copy is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from skimage import data

from facebank.gallery.registration import MAX_DISPLACEMENT, MIN_CORRELATION, SIDE, lay_upon
from facebank.gallery.screening import Thumbnail, cannot_be_copies, thumbnail

SIZE = (SIDE, SIDE)
CORNERS = np.array([[0, 0], [SIDE, 0], [0, SIDE], [SIDE, SIDE]], np.float64)


def portrait() -> Thumbnail:
    return thumbnail(data.astronaut()[:320, 60:380], SIZE)


def noise(seed: int, smooth: float) -> Thumbnail:
    """Give the thumbnail of noise; the smoother it is, the more it looks like a picture."""
    pixels = np.random.default_rng(seed).normal(128, 40, (*SIZE, 3)).clip(0, 255)
    return thumbnail(cv2.GaussianBlur(pixels, (0, 0), smooth).astype(np.uint8), SIZE)


def affine(shifts: np.ndarray) -> np.ndarray:
    """Give the affine map that moves three corners so far, the largest shift of any corner being a copy's."""
    start = CORNERS[:3].astype(np.float32)
    matrix = cv2.getAffineTransform(start, start + shifts.astype(np.float32)) - np.eye(2, 3)
    moved = CORNERS @ matrix[:, :2].T + matrix[:, 2]
    return np.eye(2, 3) + matrix * (0.999 * MAX_DISPLACEMENT * SIDE / np.linalg.norm(moved, axis=1).max())


@example(made_of=(0, 0.5), seed=0, gain=1.0, grain=0.198)
@given(
    st.one_of(st.none(), st.tuples(st.integers(0, 99), st.floats(0.5, 6))),
    st.integers(0, 2**32 - 1),
    st.floats(0.3, 1.5),
    st.floats(0, 0.2),
)
def test_whatever_a_copys_shift_makes_alike_is_let_through(
    made_of: tuple[int, float] | None, seed: int, gain: float, grain: float
) -> None:
    second = portrait() if made_of is None else noise(*made_of)
    rng = np.random.default_rng(seed)
    matrix = affine(rng.normal(size=(3, 2)))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    shifted = cv2.warpAffine(second.grey, matrix, SIZE, flags=flags, borderMode=cv2.BORDER_REFLECT)
    picture = shifted + rng.normal(0, grain * shifted.std(), shifted.shape)
    # What laying one upon the other compares: all pixels that do not come from beyond the border.
    within = np.s_[1:-1, 1:-1]
    assume(np.corrcoef(picture[within].ravel(), shifted[within].ravel())[0, 1] >= MIN_CORRELATION)
    assert not cannot_be_copies(Thumbnail((gain * picture + 7).astype(np.float32)), second)


@pytest.mark.parametrize("shape", [(1, 1), (4, 9), (5, 5), (1, 192)])
@pytest.mark.parametrize("value", [0, 128])
def test_what_has_no_structure_is_let_through(shape: tuple[int, int], value: int) -> None:
    blank = thumbnail(np.full((*shape, 3), value, np.uint8), shape[::-1])
    varied = thumbnail(np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8), shape[::-1])
    for first, second in ((blank, blank), (blank, varied), (varied, blank), (varied, varied)):
        assert not cannot_be_copies(first, second)


def test_what_is_screened_out_does_not_lie_upon_the_other() -> None:
    crops = [
        thumbnail(data.astronaut()[top : top + 300, left : left + 300], SIZE)
        for top in (0, 4, 20, 60)
        for left in (60, 90)
    ]
    pairs = [(one, other) for one in crops for other in crops]
    screened = [pair for pair in pairs if cannot_be_copies(*pair)]
    assert len(pairs) > len(screened) > len(pairs) / 2
    assert not any(lay_upon(one.grey, other.grey).same_picture for one, other in screened)
