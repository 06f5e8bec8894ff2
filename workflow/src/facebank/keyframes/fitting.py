"""Whether the boxes of a source's representative serve its other variants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from facebank.errors import ConfigError
from facebank.faces.boxes import area, iou_matrix
from facebank.tracks.distances import anchor_distances
from facebank.tracks.matching import match_to_slots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "GATE",
    "Fit",
    "FitLimits",
    "agree_on_another",
    "compare_faces",
    "fits",
    "more_faces",
    "spread_out",
]

_Item = TypeVar("_Item")

#: Greatest `anchor_distances` of a variant's face from its source's box. Wider than within one video: the
#: crop of a portrait differs by variant, the places of the papers do not.
GATE = 1.0

#: One variant that shows another face than the representative may be the one that is wrong.
_FEWEST_AGREEING = 2


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


def more_faces(found: NDArray[np.floating], expected: NDArray[np.floating]) -> NDArray[np.floating]:
    """Give the faces of a variant's frame where the representative shows none, as (n, 4)."""
    chosen = match_to_slots(found, expected, gate=GATE)
    return np.delete(found, chosen[chosen >= 0], axis=0)


def agree_on_another(variants: Sequence[Sequence[NDArray[np.floating]]]) -> bool:
    """Tell whether most variants, and two or more, show a face at one place where the first has none.

    Parameters
    ----------
    variants : sequence of sequences of float (n, 4)
        What `more_faces` gives of each of a variant's compared frames.

    Returns
    -------
    bool
        Whether there is a place at which more than half of them show a face, in more than half of their
        frames: one of them may have a portrait of two people, and one frame may show a passer-by.
    """

    def shows(frames: Sequence[NDArray[np.floating]], place: NDArray[np.floating]) -> bool:
        near = sum(bool(np.any(anchor_distances(boxes, place[None]) <= GATE)) for boxes in frames)
        return 2 * near > len(frames)

    places = [place for frames in variants for boxes in frames for place in boxes]
    agreeing = (sum(shows(frames, place) for frames in variants) for place in places)
    return any(count >= _FEWEST_AGREEING and 2 * count > len(variants) for count in agreeing)


def spread_out(items: Sequence[_Item], count: int) -> list[_Item]:
    """Choose up to `count` items: the middles of equal parts, in order."""
    count = min(count, len(items))
    return [items[(2 * part + 1) * len(items) // (2 * count)] for part in range(count)]
