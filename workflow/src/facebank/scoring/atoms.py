"""How much masks share, counted on atoms.

*Atoms* are the segments between any two neighbouring boundaries of several masks (`facebank.gold.masks`).
Each mask is on or off over a whole atom: a number whose bits are the masks tells all of them, and the
pairwise intersections of n masks are one product of a small matrix with its transpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facebank.gold.masks import EMPTY, from_flips

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facebank.gold.masks import Mask

__all__ = ["MOST", "Atoms", "split"]

#: How many masks can be cut at each other's boundaries: their states and a size share one number.
MOST = 40
_SIZE_BITS = 63 - MOST
_OWNER_BITS = 6


@dataclass(frozen=True, slots=True)
class Atoms:
    """Several masks of one grid over the segments between their boundaries.

    Attributes
    ----------
    cuts : ndarray, (m,) int64
        Where each segment begins, ascending; the first pixels, which lie in no mask, are left out.
    sizes : ndarray, (m,) int64
        Pixels of each segment: none between the boundaries of several masks at one place.
    states : ndarray, (m,) int64
        The masks that are on over each segment: bit k stands for mask k.
    count : int
        How many masks there are.
    """

    cuts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    states: NDArray[np.int64]
    count: int

    def overlaps(self) -> NDArray[np.float64]:
        """Count the pixels that any two masks share: (n, n) float64, exact; on the diagonal their sizes."""
        # Segments of like state count together: there are far fewer states than segments. Sorting
        # numbers that hold state and size is faster than sorting places.
        ordered = self.states << _SIZE_BITS | self.sizes
        ordered.sort()
        states = ordered >> _SIZE_BITS
        begins = np.ones(states.size, dtype=np.bool_)
        np.not_equal(states[1:], states[:-1], out=begins[1:])
        first = np.flatnonzero(begins)
        sizes = ordered & ((1 << _SIZE_BITS) - 1)
        pixels = np.add.reduceat(sizes, first) if first.size else sizes
        bits = ((states[first] >> np.arange(self.count)[:, None]) & 1).astype(np.float64)
        counts: NDArray[np.float64] = np.matmul(bits * pixels, bits.T)
        return counts

    def mask(self, row: int) -> Mask:
        """Give one of the masks again."""
        on = (self.states >> row) & 1
        flips = on.copy()
        flips[1:] ^= on[:-1]
        return from_flips(self.cuts[np.flatnonzero(flips)])


def split(drawn: Sequence[Mask], grid: int) -> Atoms:
    """Cut masks at each other's boundaries.

    Parameters
    ----------
    drawn : sequence of Mask
        n masks of one grid, at most `MOST`.
    grid : int
        Pixels per side.

    Returns
    -------
    Atoms
        The segments and the states of the n masks over them.
    """
    assert len(drawn) <= MOST
    assert grid * grid < 1 << (31 - _OWNER_BITS)
    owners = np.repeat(np.arange(len(drawn), dtype=np.int32), [mask.size for mask in drawn])
    # One sort brings the flips of all masks in order; the owner rides in the lowest bits.
    flips = np.concatenate([EMPTY, *drawn]).astype(np.int32) << _OWNER_BITS | owners
    flips.sort()
    cuts = (flips >> _OWNER_BITS).astype(np.int64)
    states = np.bitwise_xor.accumulate(np.int64(1) << (flips & (2**_OWNER_BITS - 1)))
    return Atoms(cuts, np.append(cuts[1:], grid * grid) - cuts, states, len(drawn))
