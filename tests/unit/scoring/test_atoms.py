"""Pixels that masks share, against counting them one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from facebank.gold import masks
from facebank.scoring.atoms import MOST, split

GRID = 8
pixel_masks = st.lists(st.booleans(), min_size=GRID * GRID, max_size=GRID * GRID).map(
    lambda bits: np.array(bits).reshape(GRID, GRID)
)


@given(st.lists(pixel_masks, max_size=4))
def test_overlaps_count_shared_pixels_and_masks_come_back(drawn: list[np.ndarray]) -> None:
    found = [masks.from_pixels(pixels) for pixels in drawn]
    atoms = split(found, GRID)
    assert atoms.sizes.sum() == (GRID * GRID - atoms.cuts[0] if atoms.cuts.size else 0)
    assert atoms.overlaps().tolist() == [[(a & b).sum() for b in drawn] for a in drawn]
    for row, mask in enumerate(found):
        assert (atoms.mask(row) == mask).all()


@given(pixel_masks, pixel_masks)
def test_what_is_left_of_a_mask_flips_once_at_a_place(a: np.ndarray, b: np.ndarray) -> None:
    atoms = split([masks.from_pixels(a), masks.from_pixels(b)], GRID)
    left = replace(atoms, states=atoms.states & ~(atoms.states >> 1 & 1)).mask(0)
    assert left.tolist() == masks.from_pixels(a & ~b).tolist()


def test_the_most_masks_at_the_largest_grid() -> None:
    full = masks.box(0, 0, 1, 1, 512)
    assert (split([full] * MOST, 512).overlaps() == 512 * 512).all()
