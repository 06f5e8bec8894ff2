"""The standing of each identity: can its centroid be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from facebank.gallery.centroids import centroids
from facebank.gallery.owners import UNDECIDED
from facebank.gallery.verdicts import ACCUSED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from facebank.gallery.statuses import Status
    from facebank.gallery.verdicts import Judgement

__all__ = ["MIN_PICTURES", "Standing", "assess", "nearest_by_photos"]

#: Fewer pictures that may show the person are thin.
MIN_PICTURES = 3
#: Where a second person is in all other pictures, so many without tell which of the two is meant.
MIN_ALONE = 2
#: From this share of accused pictures on (two at least), nobody can tell whose identity it is.
BROKEN_SHARE = 0.5
#: From this share of accused or weak pictures on, the identity is scattered.
SCATTERED_SHARE = 0.25

#: Similarities held at once.
_BLOCK = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Standing:
    """The status of one identity, with the evidence.

    Attributes
    ----------
    status : str
        ``empty``: it has no photo, and so no centroid. ``broken``: half of its pictures or more are
        outliers or intruders, or all belong to others, or it is open whom they show: see
        `facebank.gallery.doubts`. ``same-person-as``: its photos resemble another identity's as photos of one
        person do. ``broken`` again: all that is left stands under another name too, and nothing tells whose
        it is. ``thin``: too few pictures may show the person. ``scattered``: a quarter of the pictures or
        more are weak, outliers or intruders. ``sound``: none of these. The first that fits counts.
    pictures : int
        Different pictures; copies of one count once.
    accused, weak : int
        Of these, how many are outliers or intruders, and how many are weak.
    foreign, disputed : int
        How many also stand under another name: they belong to that one, or nothing tells whose they are.
    accompanied : int
        How many pictures that are not accused show the same second person.
    contradicting : tuple of str
        Sets that show another person than the others.
    kin : int
        The other identity whose photos are most alike, by mean cosine between photos that are not accused;
        -1 where there is none.
    kin_similarity : float
        That mean cosine; NaN where there is none.
    """

    status: Status
    pictures: int
    accused: int
    weak: int
    foreign: int
    disputed: int
    accompanied: int
    contradicting: tuple[str, ...]
    kin: int
    kin_similarity: float


def assess(
    judgement: Judgement,
    embeddings: NDArray[np.float32],
    identities: NDArray[np.int64],
    groups: NDArray[np.int64],
    count: int,
    *,
    company: NDArray[np.bool_] | None = None,
    contradicting: Mapping[int, tuple[str, ...]] | None = None,
) -> tuple[Standing, ...]:
    """Judge every identity of a bank by its photos.

    Parameters
    ----------
    judgement : Judgement
        The verdicts on the N photos.
    embeddings : ndarray of float32, shape (N, D)
        Unit embeddings.
    identities, groups : ndarray of int64, shape (N,)
        The identity of each photo, and its picture: copies have the same number.
    count : int
        The number of identities; one may have no photos.
    company : ndarray of bool, shape (N,), optional
        The photos with a second person who is in others, too; none, unless given.
    contradicting : mapping, optional
        Identity -> sets that show another person; none, unless given.

    Returns
    -------
    tuple of Standing
        One for each identity, in order.
    """
    shown = _one_of_each_picture(identities, groups, judgement.originals != np.arange(len(groups)))
    verdicts, names = np.array(judgement.verdicts, dtype=str)[shown], identities[shown]
    owners = judgement.owners[shown]
    is_foreign = (owners != names) & (owners != UNDECIDED)
    is_accused = np.isin(verdicts, ACCUSED)

    def counted(chosen: NDArray[np.bool_]) -> list[int]:
        found: list[int] = np.bincount(names[chosen], minlength=count).tolist()
        return found

    pictures, accused, weak = counted(names >= 0), counted(is_accused), counted(verdicts == "weak")
    foreign, disputed = counted(is_foreign), counted(owners == UNDECIDED)
    strange, doubtful = counted(is_accused | is_foreign), counted(is_accused | (owners != names))
    accompanied = counted(np.zeros(len(shown), dtype=bool) if company is None else company[shown])
    sets = {} if contradicting is None else contradicting
    # Two thirds of somebody else's photos make the person's own the outliers, which hide whose the rest are.
    trusted = judgement.references & ~np.isin(np.array(judgement.verdicts, dtype=str), ACCUSED)
    averages = centroids(embeddings[trusted], identities[trusted], count, "average")
    kin, kin_similarity = nearest_by_photos(averages)
    same = np.inf if judgement.levels is None else judgement.levels.same_person
    standings = []
    for identity in range(count):
        status = _status(
            pictures=pictures[identity],
            accused=accused[identity],
            strange=strange[identity],
            doubtful=doubtful[identity],
            weak=weak[identity],
            accompanied=accompanied[identity],
            contradicted=identity in sets,
            same_person=bool(kin_similarity[identity] >= same),
        )
        standings.append(
            Standing(
                status=status,
                pictures=pictures[identity],
                accused=accused[identity],
                weak=weak[identity],
                foreign=foreign[identity],
                disputed=disputed[identity],
                accompanied=accompanied[identity],
                contradicting=sets.get(identity, ()),
                kin=int(kin[identity]),
                kin_similarity=float(kin_similarity[identity]),
            )
        )
    return tuple(standings)


def nearest_by_photos(averages: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Find for each identity the other one whose photos are most alike.

    Parameters
    ----------
    averages : ndarray of float32, shape (K, D)
        Mean embedding of each identity, not scaled to length 1: the dot product of two is the mean cosine
        between their photos. NaN rows resemble nobody.

    Returns
    -------
    nearest : ndarray of int64, shape (K,)
        -1 where there is no other.
    similarity : ndarray of float32, shape (K,)
        Mean cosine; NaN where there is no other.
    """
    count = len(averages)
    nearest = np.full(count, -1, dtype=np.int64)
    similarity = np.full(count, np.nan, dtype=np.float32)
    step = max(1, _BLOCK // max(1, count))
    for first in range(0, count, step):
        rows = np.arange(first, min(first + step, count))
        cosines = averages[rows] @ averages.T
        cosines[np.arange(len(rows)), rows] = np.nan
        cosines[np.isnan(cosines)] = -np.inf
        best = cosines.argmax(axis=1)
        value = cosines[np.arange(len(rows)), best]
        known = np.isfinite(value)
        nearest[rows[known]] = best[known]
        similarity[rows[known]] = value[known]
    return nearest, similarity


def _one_of_each_picture(
    identities: NDArray[np.int64], groups: NDArray[np.int64], copies: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Give one row for each picture of each identity: the original, where the identity has it."""
    photos = pd.DataFrame({"identity": identities, "group": groups, "copy": copies})
    distinct = photos.sort_values("copy", kind="stable").drop_duplicates(["identity", "group"])
    return distinct.index.to_numpy(np.int64)


def _status(
    *,
    pictures: int,
    accused: int,
    strange: int,
    weak: int,
    same_person: bool,
    doubtful: int = 0,
    accompanied: int = 0,
    contradicted: bool = False,
) -> Status:
    """Choose the first status that fits.

    `strange` pictures are accused or belong to another identity; `doubtful` ones are strange, or stand under
    another name and nothing tells whose they are.
    """
    if pictures == 0:
        return "empty"
    open_who = contradicted or (accompanied and pictures - accused - accompanied < MIN_ALONE)
    # What is made of nothing but pictures with another name is as much the other one's.
    open_who = open_who or (doubtful == pictures and not same_person)
    if open_who or accused >= max(2, BROKEN_SHARE * pictures) or strange == pictures:
        return "broken"
    if same_person:
        return "same-person-as"
    if pictures - strange < MIN_PICTURES:
        return "thin"
    if accused + weak >= SCATTERED_SHARE * pictures:
        return "scattered"
    return "sound"
