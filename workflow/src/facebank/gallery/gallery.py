"""The gallery as a whole: what is made of a bank's photos, and the same in plain numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from facebank.gallery.centroids import centroids
from facebank.gallery.confusions import find_confusions
from facebank.gallery.doubts import contradicting_sets, in_company
from facebank.gallery.identities import assess
from facebank.gallery.leave_one_out import leave_one_out
from facebank.gallery.owners import UNDECIDED
from facebank.gallery.statuses import Status
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

__all__ = ["Gallery", "counted_photos", "make_gallery", "summary"]


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """What N photos of K identities tell.

    Attributes
    ----------
    bank : Bank
        The photos.
    centroids : ndarray of float32, shape (K, D)
        One unit row per identity.
    counted : ndarray of bool, shape (N,)
        The photos that the centroids are made of.
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
    counted: NDArray[np.bool_]
    matched: LeaveOneOut
    judgement: Judgement
    standings: tuple[Standing, ...]
    confusions: Confusions


def make_gallery(
    bank: Bank,
    *,
    centroid: CentroidKind,
    confusable_top_k: int,
    leave_out: Sequence[Verdict] = (),
    threads: int = 1,
) -> Gallery:
    """Make the gallery of a bank.

    Parameters
    ----------
    bank : Bank
        The photos.
    centroid : {"mean", "trimmed", "medoid"}
        How a centroid is estimated.
    confusable_top_k : int
        How many nearest others to list for each identity.
    leave_out : sequence of str
        Photos with these verdicts do not enter the centroids; see `counted_photos`.
    threads : int
        Blocks of photos compared side by side.
    """
    units, identities, pictures = bank.embeddings, bank.identities, bank.pictures
    judgement = judge(units, identities, pictures, bank.preference, threads=threads)
    standings = assess(
        judgement,
        units,
        identities,
        pictures,
        len(bank.slugs),
        company=in_company(bank, judgement),
        contradicting=contradicting_sets(bank, judgement),
    )
    counted = counted_photos(judgement.verdicts, identities, leave_out)
    directions = centroids(units[counted], identities[counted], len(bank.slugs), centroid)
    trusted = np.array([standing.status != "broken" for standing in standings])
    return Gallery(
        bank=bank,
        centroids=directions,
        counted=counted,
        matched=leave_one_out(
            units, identities, pictures, centroid=centroid, references=counted, top=1, threads=threads
        ),
        judgement=judgement,
        standings=standings,
        confusions=find_confusions(directions, confusable_top_k, trusted),
    )


def counted_photos(
    verdicts: Sequence[Verdict], identities: NDArray[np.int64], leave_out: Sequence[Verdict]
) -> NDArray[np.bool_]:
    """Choose the photos that make up the centroids.

    Parameters
    ----------
    verdicts : sequence of str
        The verdict on each of N photos.
    identities : ndarray of int64, shape (N,)
        The identity of each photo.
    leave_out : sequence of str
        Verdicts whose photos are left out. An identity that would have none left keeps all of its photos: it
        is broken or thin, and says so.

    Returns
    -------
    ndarray of bool, shape (N,)
    """
    kept = ~np.isin(np.array(verdicts, dtype=str), list(leave_out))
    remaining = np.bincount(identities[kept], minlength=int(identities.max(initial=-1)) + 1)
    counted: NDArray[np.bool_] = kept | (remaining[identities] == 0)
    return counted


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
    copies = np.flatnonzero(judgement.originals != np.arange(len(judgement.originals)))
    shared = _shared_pictures(gallery)
    return {
        "photos": len(bank.embeddings),
        "identities": len(identities),
        "embedding_dim": bank.embeddings.shape[1],
        "verdicts": _counts(judgement.verdicts, get_args(Verdict)),
        "statuses": _counts([row["status"] for row in identities], get_args(Status)),
        "broken": [row["identity"] for row in identities if row["status"] == "broken"],
        "empty": [row["identity"] for row in identities if row["status"] == "empty"],
        "same_person": [[row["identity"], row["same_as"]] for row in identities if row["same_as"]],
        "duplicates": {
            "groups": len(np.unique(judgement.originals[copies])),
            "copies": len(copies),
            "across_identities": len(shared),
            "undecided": int(np.count_nonzero(judgement.owners[shared] == UNDECIDED)),
        },
        "in_centroids": _counts(
            [
                verdict
                for verdict, counted in zip(judgement.verdicts, gallery.counted, strict=True)
                if counted
            ],
            get_args(Verdict),
        ),
        "levels": None if judgement.levels is None else asdict(judgement.levels),
        "no_levels_because": found.shortcoming,
        "distributions": {name: None if np.isnan(value) else value for name, value in distributions.items()},
        "confusable": {
            "level": gallery.confusions.level,
            "pair_count": gallery.confusions.pair_count,
            "pairs": [
                {"identities": [bank.slugs[one], bank.slugs[other]], "cos": cosine}
                for one, other, cosine in gallery.confusions.pairs
            ],
        },
    }


def _counts(values: Sequence[str], names: Sequence[str]) -> dict[str, int]:
    """Count each name, also those that do not occur."""
    found = Counter(values)
    return {name: found[name] for name in names}


def _shared_pictures(gallery: Gallery) -> NDArray[np.int64]:
    """Give one row of each picture that stands under several names."""
    pictures, identities = gallery.bank.pictures, gallery.bank.identities
    named = np.unique(np.stack([pictures, identities]), axis=1)[0]
    shared, names = np.unique(named, return_counts=True)
    _, first = np.unique(pictures, return_index=True)
    rows: NDArray[np.int64] = first[np.isin(pictures[first], shared[names > 1])]
    return rows
