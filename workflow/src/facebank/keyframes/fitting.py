"""Whether the boxes of a source's representative serve its other variants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from facebank.errors import ConfigError
from facebank.faces.boxes import area, iou_matrix
from facebank.tracks.matching import match_to_slots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["GATE", "Fit", "FitLimits", "compare_faces", "fits", "spread_out"]

_Item = TypeVar("_Item")

#: Greatest `anchor_distances` of a variant's face from its source's box. Wider than within one video: the
#: crop of a portrait differs by variant, the places of the papers do not.
GATE = 1.0


@dataclass(frozen=True, slots=True)
class FitLimits:
    """When a representative fits.

    Attributes
    ----------
    compared_variants : int
        How many other variants of a source are looked at.
    min_overlap : float
        Least overlap (IoU) of a variant's face and the representative's, from 0 to 1.
    max_size_ratio : float
        Greatest ratio of the two faces' sides, at least 1.

    Raises
    ------
    ConfigError
        If a limit is out of its range.
    """

    compared_variants: int
    min_overlap: float
    max_size_ratio: float

    def __post_init__(self) -> None:
        if self.compared_variants < 0 or not 0 <= self.min_overlap <= 1 or self.max_size_ratio < 1:
            raise ConfigError(
                "The limits of a representative's fit cannot be used",
                expected="variants from 0, an overlap from 0 to 1, a ratio of sizes of at least 1",
                found=f"{self.compared_variants}, {self.min_overlap}, {self.max_size_ratio}",
            )

    def keeps(self, fit: Fit) -> bool:
        """Tell whether one face keeps the limits."""
        size_ratio = 1.0 if np.isnan(fit.size_ratio) else fit.size_ratio
        return (
            fit.overlap >= self.min_overlap and 1 / self.max_size_ratio <= size_ratio <= self.max_size_ratio
        )


@dataclass(frozen=True, slots=True)
class Fit:
    """How one variant's face lies to the representative's.

    Attributes
    ----------
    overlap : float
        IoU; 0 where each shows a face that the other does not.
    size_ratio : float
        Side of the variant's face by the side of the representative's; NaN where they are not the same face.
    """

    overlap: float
    size_ratio: float


def compare_faces(found: NDArray[np.floating], expected: NDArray[np.floating]) -> list[Fit]:
    """Compare the faces of a variant's frame with those of the representative's.

    Parameters
    ----------
    found, expected : float (n, 4), float (m, 4)
        xyxy in pixels; the variant's and the representative's.

    Returns
    -------
    list of Fit
        One for each pair of faces at one place, and one without overlap for each face of the representative
        that is not there while another face is. A face that only one of the two shows is no pair: a hand may
        hide it.
    """
    chosen = match_to_slots(found, expected, gate=GATE)
    fits_of = []
    for row, face in zip(expected, chosen.tolist(), strict=True):
        if face >= 0:
            box = found[face][None]
            overlap = float(iou_matrix(box, row[None])[0, 0])
            fits_of.append(Fit(overlap, float(np.sqrt(area(box)[0] / area(row[None])[0]))))
    lone = min(len(expected), len(found)) - len(fits_of)
    if not len(expected) and len(found):
        lone = 1
    return fits_of + [Fit(0.0, float("nan"))] * lone


def fits(frames: Sequence[Sequence[Fit]], limits: FitLimits) -> bool:
    """Tell whether a variant's faces keep the limits.

    Parameters
    ----------
    frames : sequence of sequences of Fit
        The compared faces of some of its frames.
    limits : FitLimits
        The limits.

    Returns
    -------
    bool
        Whether all faces do in half of the frames or more: one frame may show a passer-by. Nothing compared
        is no misfit.
    """
    return 2 * sum(not all(map(limits.keeps, found)) for found in frames) <= len(frames)


def spread_out(items: Sequence[_Item], count: int) -> list[_Item]:
    """Choose up to `count` items: the middles of equal parts, in order."""
    count = min(count, len(items))
    return [items[(2 * part + 1) * len(items) // (2 * count)] for part in range(count)]
