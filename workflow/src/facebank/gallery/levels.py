"""Where one person ends and the next begins, read from the bank itself.

Embedders differ: for one, strangers have a cosine near 0, for another near 0.4. So no level is a constant.
Two distributions of the bank tell them all: *genuine* similarities (of a photo to the other photos of its
identity) and *impostor* similarities (of a photo to the photos of every other identity). Both are described
by a median and by the spread of the side that faces the other distribution, from quartiles, so that a bank
whose photos are wrong by up to a quarter still shows what its good photos look like. In a bank of few persons
the similarities of strangers fall into clumps, and the quartile may lie far from the median; where the
highest of them tell less than half of the quartile's spread, they are believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facebank.gallery.leave_one_out import BIN_EDGES

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Distributions", "Levels", "describe"]

#: Fewer similarities of either kind tell too little.
MIN_SIMILARITIES = 10
#: Distributions whose medians lie closer, in spreads of both, overlap too much to accuse a photo.
MIN_SEPARATION = 2.0
#: Strangers reach up to so many spreads above their median, but not beyond this share of the way to `weak`.
STRANGER_SPREADS = 3.0
STRANGER_SHARE = 2 / 3
#: From a quartile's distance to the standard deviation of a normal distribution.
_QUARTILE_TO_DEVIATION = 1 / 0.6744897501960817
#: The 99th percentile of a normal distribution in standard deviations.
_HIGHEST_DEVIATIONS = 2.3263478740408408
#: Spreads below this are taken for it: identical photos must not divide by zero.
_MIN_SPREAD = 1e-3


@dataclass(frozen=True, slots=True)
class Levels:
    """Similarities that decide.

    Attributes
    ----------
    stranger : float
        At or below it, a photo resembles its identity no more than strangers do.
    weak : float
        Below it, a similarity lies nearer to the strangers' median than to the genuine one, in spreads of
        each.
    same_person : float
        Two identities that resemble each other so much are one person: half way from `weak` to the genuine
        median, since accusing a whole identity asks for more.
    """

    stranger: float
    weak: float
    same_person: float


@dataclass(frozen=True, slots=True)
class Distributions:
    """The bank's genuine and impostor similarities in six numbers.

    Attributes
    ----------
    genuine_count, impostor_count : int
        How many similarities.
    genuine_median, impostor_median : float
        NaN without similarities.
    genuine_spread, impostor_spread : float
        Of the lower half of the genuine and the upper half of the impostor ones, as a standard deviation.
    """

    genuine_count: int
    genuine_median: float
    genuine_spread: float
    impostor_count: int
    impostor_median: float
    impostor_spread: float

    @property
    def separation(self) -> float:
        """Distance of the medians in spreads; ``weak`` lies as many spreads from either.

        The genuine spread counts as at least the impostor one: where all photos of a person come from one
        shooting, their similarities lie closer together than those of the next photo will.
        """
        genuine_spread = max(self.genuine_spread, self.impostor_spread)
        return (self.genuine_median - self.impostor_median) / (genuine_spread + self.impostor_spread)

    @property
    def shortcoming(self) -> str | None:
        """Why no levels follow, or None: then every photo is given the benefit of the doubt."""
        if self.genuine_count < MIN_SIMILARITIES or self.impostor_count < MIN_SIMILARITIES:
            return (
                f"too few similarities: {self.genuine_count} genuine and {self.impostor_count} impostor "
                f"ones, {MIN_SIMILARITIES} of each are needed"
            )
        if self.separation < MIN_SEPARATION:
            return (
                f"the similarities overlap: their medians are {self.separation:.2f} spreads apart, "
                f"{MIN_SEPARATION:g} are needed"
            )
        return None

    def levels(self) -> Levels | None:
        """Derive the levels; None where there is a `shortcoming`."""
        if self.shortcoming is not None:
            return None
        weak = self.impostor_median + self.separation * self.impostor_spread
        stranger_spreads = min(STRANGER_SPREADS, STRANGER_SHARE * self.separation)
        return Levels(
            stranger=self.impostor_median + stranger_spreads * self.impostor_spread,
            weak=weak,
            same_person=(weak + self.genuine_median) / 2,
        )


def describe(genuine: NDArray[np.floating], impostor_counts: NDArray[np.int64]) -> Distributions:
    """Describe the bank's similarities.

    Parameters
    ----------
    genuine : ndarray, shape (N,)
        Genuine similarities; NaN where a photo has nothing to be compared with.
    impostor_counts : ndarray of int64
        Impostor similarities, counted in the bins of `facebank.gallery.leave_one_out.BIN_EDGES`.
    """
    known = genuine[np.isfinite(genuine)].astype(np.float64)
    low, middle = np.quantile(known, (0.25, 0.5)) if len(known) else (np.nan, np.nan)
    stranger_middle, stranger_high, stranger_highest = (
        _quantile(impostor_counts, share) for share in (0.5, 0.75, 0.99)
    )
    return Distributions(
        genuine_count=len(known),
        genuine_median=float(middle),
        genuine_spread=max(float(middle - low) * _QUARTILE_TO_DEVIATION, _MIN_SPREAD),
        impostor_count=int(impostor_counts.sum()),
        impostor_median=stranger_middle,
        impostor_spread=_impostor_spread(stranger_middle, stranger_high, stranger_highest),
    )


def _impostor_spread(middle: float, high: float, highest: float) -> float:
    """Give the upper spread of impostor similarities: median, upper quartile and 99th percentile tell it."""
    quartile = (high - middle) * _QUARTILE_TO_DEVIATION
    tail = (highest - middle) / _HIGHEST_DEVIATIONS
    return max(tail if tail < quartile / 2 else quartile, _MIN_SPREAD)


def _quantile(counts: NDArray[np.int64], share: float) -> float:
    """Give a quantile of counted similarities, to the width of a bin; NaN without any."""
    if not counts.any():
        return float("nan")
    place = int(np.searchsorted(np.cumsum(counts), share * counts.sum()))
    return float(BIN_EDGES[place] + BIN_EDGES[place + 1]) / 2
