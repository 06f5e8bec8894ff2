"""Is this person in the gallery at all? ROC, thresholds, and how strangers would fare.

A *genuine* similarity is that of a photo to its own identity's centroid, made without the photo's picture; an
*impostor* similarity is that of a photo to another identity's centroid. Every impostor pair counts, so the
false accept rate (FAR) is that of one comparison. A search through K centroids makes K of them: what that
means shows when each identity in turn is taken for a person who is not in the gallery.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facebank.gallery.leave_one_out import BIN_EDGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "FAR_TARGETS",
    "OperatingPoint",
    "Roc",
    "Threshold",
    "operating_point",
    "roc",
    "suggest",
    "unknown_people",
]

FAR_TARGETS = (1e-2, 1e-3, 1e-4)

#: A false accept rate is measured where at least so many false accepts are expected among the pairs.
MIN_FALSE_ACCEPTS = 10


@dataclass(frozen=True, slots=True)
class Roc:
    """Accept rates by threshold, from the highest threshold to the lowest.

    Attributes
    ----------
    thresholds : ndarray of float64, shape (T,)
        A pair is accepted when its cosine is at least this; steps of 0.0002.
    far, tar : ndarray of float64, shape (T,)
        Shares of the impostor and genuine pairs accepted.
    genuine_count, impostor_count : int
        How many pairs of each kind.
    """

    thresholds: NDArray[np.float64]
    far: NDArray[np.float64]
    tar: NDArray[np.float64]
    genuine_count: int
    impostor_count: int


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """The lowest threshold that keeps the false accept rate at or below a target.

    Attributes
    ----------
    target : float
        The false accept rate asked for.
    supported : bool
        Whether there are pairs enough to measure it; if not, the rest is None.
    threshold, far, tar : float, optional
        The threshold, and the rates at it.
    """

    target: float
    supported: bool
    threshold: float | None = None
    far: float | None = None
    tar: float | None = None


@dataclass(frozen=True, slots=True)
class Threshold:
    """A threshold for accepting the best match, and why this one."""

    value: float
    because: str


def roc(genuine: NDArray[np.floating], impostor_counts: NDArray[np.int64]) -> Roc | None:
    """Draw the curve from genuine similarities and counted impostor similarities.

    Parameters
    ----------
    genuine : ndarray, shape (N,)
        Cosines to the own centroids; NaN is left out.
    impostor_counts : ndarray of int64
        Counts in the bins of `facebank.gallery.leave_one_out.BIN_EDGES`.

    Returns
    -------
    Roc or None
        None without genuine or without impostor similarities.
    """
    known = genuine[np.isfinite(genuine)].astype(np.float64)
    impostors = int(impostor_counts.sum())
    if len(known) == 0 or impostors == 0:
        return None
    thresholds = BIN_EDGES[:-1][::-1]
    accepted = np.searchsorted(np.sort(-known), -thresholds, side="right")
    return Roc(
        thresholds=thresholds,
        far=np.cumsum(impostor_counts[::-1]) / impostors,
        tar=accepted / len(known),
        genuine_count=len(known),
        impostor_count=impostors,
    )


def operating_point(curve: Roc, target: float) -> OperatingPoint:
    """Find the operating point for a false accept rate."""
    if curve.impostor_count * target < MIN_FALSE_ACCEPTS:
        return OperatingPoint(target, supported=False)
    place = int(np.searchsorted(curve.far, target, side="right")) - 1
    if place < 0:
        return OperatingPoint(target, supported=False)
    return OperatingPoint(
        target,
        supported=True,
        threshold=round(float(curve.thresholds[place]), 4),
        far=float(curve.far[place]),
        tar=float(curve.tar[place]),
    )


def suggest(curve: Roc, targets: Sequence[float] = FAR_TARGETS) -> Threshold:
    """Suggest a threshold: for the lowest false accept rate that the pairs support, else at equal errors."""
    points = [operating_point(curve, target) for target in targets]
    supported = [point for point in points if point.threshold is not None]
    if supported:
        best = min(supported, key=lambda point: point.target)
        assert best.threshold is not None
        return Threshold(
            best.threshold, f"the lowest false accept rate that the pairs support is {best.target:g}"
        )
    difference = np.abs(curve.far - (1 - curve.tar))
    # Where the two kinds do not overlap, a whole range has no error at all: its middle is the safest.
    even = np.flatnonzero(difference == difference.min())
    place = int(even[len(even) // 2])
    return Threshold(
        round(float(curve.thresholds[place]), 4),
        f"{curve.impostor_count} impostor pairs support no false accept rate of {max(targets):g} or less; "
        "this is where both errors are equal",
    )


def unknown_people(queries: pd.DataFrame, threshold: float | None) -> pd.DataFrame:
    """Take each identity for a person who is not in the gallery.

    Parameters
    ----------
    queries : DataFrame
        See `facebank.validation.recall.query_table`; here also untested queries count.
    threshold : float, optional
        Best matches at or above it are accepted.

    Returns
    -------
    DataFrame
        One row per identity, the one most easily taken for another first: rank, identity, photos, nearest
        (the identity that most of its photos come closest to), mean_similarity and max_similarity (of the
        best match of each photo), accepted (share of the photos; NaN without a threshold).
    """
    met = queries[queries["best_other"].notna()]
    grouped = met.groupby("identity")
    table = grouped.agg(
        photos=("photo", "size"),
        nearest=("best_other", lambda names: names.value_counts(sort=False).sort_index().idxmax()),
        mean_similarity=("best_other_similarity", "mean"),
        max_similarity=("best_other_similarity", "max"),
    )
    accepted = met["best_other_similarity"] >= (np.inf if threshold is None else threshold)
    table["accepted"] = np.nan if threshold is None else accepted.groupby(met["identity"]).mean()
    table = table.reset_index().sort_values(["max_similarity", "identity"], ascending=[False, True])
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return table.reset_index(drop=True)
