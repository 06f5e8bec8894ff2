"""The gallery as a whole: what is made of a bank's photos, and the same in plain numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from facebank.gallery.centroids import centroids
from facebank.gallery.confusions import find_confusions
from facebank.gallery.identities import Status, assess
from facebank.gallery.leave_one_out import leave_one_out
from facebank.gallery.verdicts import Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from facebank.gallery.bank import Bank
    from facebank.gallery.centroids import CentroidKind
    from facebank.gallery.confusions import Confusions
    from facebank.gallery.identities import Standing
    from facebank.gallery.leave_one_out import LeaveOneOut
    from facebank.gallery.verdicts import Judgement

__all__ = ["Gallery", "make_gallery", "summary"]


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """What N photos of K identities tell.

    Attributes
    ----------
    bank : Bank
        The photos.
    centroids : ndarray of float32, shape (K, D)
        One unit row per identity.
    matched : LeaveOneOut
        Each photo against the centroids.
    judgement : Judgement
        Each photo against the photos.
    standings : tuple of Standing
        What follows for each identity.
    confusions : Confusions
        The centroids against each other.
    """

    bank: Bank
    centroids: NDArray[np.float32]
    matched: LeaveOneOut
    judgement: Judgement
    standings: tuple[Standing, ...]
    confusions: Confusions


def make_gallery(bank: Bank, *, centroid: CentroidKind, confusable_top_k: int, threads: int = 1) -> Gallery:
    """Make the gallery of a bank.

    Parameters
    ----------
    bank : Bank
        The photos.
    centroid : {"mean", "trimmed", "medoid"}
        How a centroid is estimated.
    confusable_top_k : int
        How many nearest others to list for each identity.
    threads : int
        Blocks of photos compared side by side.
    """
    units, identities, pictures = bank.embeddings, bank.identities, bank.originals
    judgement = judge(units, identities, pictures, threads=threads)
    standings = assess(judgement, units, identities, pictures, len(bank.slugs))
    directions = centroids(units, identities, len(bank.slugs), centroid)
    trusted = np.array([standing.status != "broken" for standing in standings])
    return Gallery(
        bank=bank,
        centroids=directions,
        matched=leave_one_out(units, identities, pictures, centroid=centroid, top=1, threads=threads),
        judgement=judgement,
        standings=standings,
        confusions=find_confusions(directions, confusable_top_k, trusted),
    )


def summary(gallery: Gallery, identities: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Give the numbers of a gallery as plain values.

    Parameters
    ----------
    gallery : Gallery
        The gallery.
    identities : sequence of mappings
        The rows of `facebank.gallery.tables.identity_rows`, which also hold identities without a photo.
    """
    bank, judgement = gallery.bank, gallery.judgement
    found = judgement.distributions
    distributions = asdict(found) | {"separation": found.separation}
    copies = bank.originals[bank.originals != np.arange(len(bank.originals))]
    return {
        "photos": len(bank.embeddings),
        "identities": len(identities),
        "embedding_dim": bank.embeddings.shape[1],
        "verdicts": _counts(judgement.verdicts, get_args(Verdict)),
        "statuses": _counts([row["status"] for row in identities], get_args(Status)),
        "broken": [row["identity"] for row in identities if row["status"] == "broken"],
        "same_person": [[row["identity"], row["same_as"]] for row in identities if row["same_as"]],
        "duplicates": {"groups": len(np.unique(copies)), "copies": len(copies)},
        "levels": None if judgement.levels is None else asdict(judgement.levels),
        "no_levels_because": found.shortcoming,
        "distributions": {name: None if np.isnan(value) else value for name, value in distributions.items()},
        "confusable": {"level": gallery.confusions.level, "pairs": _confusable_pairs(gallery)},
    }


def _counts(values: Sequence[str], names: Sequence[str]) -> dict[str, int]:
    """Count each name, also those that do not occur."""
    found = Counter(values)
    return {name: found[name] for name in names}


def _confusable_pairs(gallery: Gallery) -> list[dict[str, Any]]:
    """List the pairs of centroids above the level, the most alike first."""
    matrix, level, slugs = gallery.confusions.matrix, gallery.confusions.level, gallery.bank.slugs
    if level is None:
        return []
    first, second = np.nonzero(np.triu(matrix > level, 1))
    cosines = matrix[first, second]
    order = np.argsort(-cosines, kind="stable")
    return [
        {"identities": [slugs[first[row]], slugs[second[row]]], "cos": float(str(cosines[row]))}
        for row in order.tolist()
    ]
