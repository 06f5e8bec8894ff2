"""The standing of each photo: does it show the person whose name it bears.

A photo is held against *photos*, not against centroids: to its own identity by the median cosine to the other
pictures there, to another identity by the mean cosine to its pictures. The centroid of strangers is a kind of
average face, to which everybody has a fair cosine; their photos still do not resemble each other. The median
keeps a few wrong photos from spoiling the standing of the right ones. Copies of a picture never vouch for it;
where they have several names, `facebank.gallery.owners` decides whose the picture is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from facebank.gallery.leave_one_out import count_impostors, leave_one_out
from facebank.gallery.levels import Distributions, Levels, describe
from facebank.gallery.owners import UNDECIDED, one_per_identity, originals_of, owners_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["ACCUSED", "Judgement", "Verdict", "judge", "median_cosines"]

Verdict = Literal["ok", "weak", "outlier", "intruder", "duplicate"]

#: Verdicts that say: this is not the person.
ACCUSED: tuple[Verdict, ...] = ("outlier", "intruder")

#: Each round takes the intruders found so far out of the bank; practice needs two or three.
_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict on each of N photos, with the evidence.

    Attributes
    ----------
    verdicts : tuple of str
        ``intruder``: resembles another identity, or belongs to it, and not its own. ``outlier``: resembles
        its identity no more than strangers do. ``duplicate``: a copy of another photo. ``weak``: nearer to
        the strangers than to the genuine. ``ok``: everything else, also a photo that has nothing to be
        compared with. The first that fits counts.
    own : ndarray of float32, shape (N,)
        Median cosine to the other pictures of the own identity; NaN where there are none.
    other : ndarray of int64, shape (N,)
        The identity with the highest mean cosine among the others; -1 where there is none.
    other_similarity : ndarray of float32, shape (N,)
        That mean cosine.
    owners : ndarray of int64, shape (N,)
        The identity that the photo's picture belongs to: its own, unless the picture also stands under
        another name; -1 where it does and nothing tells whose it is.
    originals : ndarray of int64, shape (N,)
        Row of the original of each photo: its own row unless the photo is a copy. The original stands under
        the owner's name.
    references : ndarray of bool, shape (N,)
        The photos that the others were held against: one of each picture of an identity, without intruders
        and without what belongs to another identity.
    distributions : Distributions
        Genuine and impostor similarities of all pictures, from which the levels follow.
    levels : Levels, optional
        None where the distributions have a shortcoming: then nobody is accused.
    """

    verdicts: tuple[Verdict, ...]
    own: NDArray[np.float32]
    other: NDArray[np.int64]
    other_similarity: NDArray[np.float32]
    owners: NDArray[np.int64]
    originals: NDArray[np.int64]
    references: NDArray[np.bool_]
    distributions: Distributions
    levels: Levels | None


def judge(
    embeddings: NDArray[np.float32],
    identities: NDArray[np.int64],
    groups: NDArray[np.int64],
    preference: NDArray[np.int64] | None = None,
    *,
    threads: int = 1,
) -> Judgement:
    """Judge every photo of a bank.

    Intruders are taken out and the rest is judged again until no more are found: a good photo beside one
    wrong photo is not blamed for differing from it.

    Parameters
    ----------
    embeddings : ndarray of float32, shape (N, D)
        Unit embeddings.
    identities : ndarray of int64, shape (N,)
        Identity of each photo.
    groups : ndarray of int64, shape (N,)
        Photos with the same number are copies of one picture.
    preference : ndarray of int64, shape (N,), optional
        The numbers 0 to N - 1; of copies, the one with the smallest makes the best original. The rows in
        order, unless given.
    threads : int
        Blocks of photos compared side by side.
    """
    preference = np.arange(len(groups)) if preference is None else preference
    references = pictures = one_per_identity(identities, groups, preference)
    impostors = count_impostors(
        embeddings, identities, groups, centroid="average", references=references, threads=threads
    )
    own = median_cosines(embeddings, identities, groups, references)
    distributions = describe(own[pictures], impostors)
    levels = distributions.levels()
    intruders = np.zeros(len(groups), dtype=bool)
    for _ in range(_ROUNDS):
        met = leave_one_out(
            embeddings, identities, groups, centroid="average", references=references, top=1, threads=threads
        )
        other, other_similarity = met.others[:, 0], met.other_similarities[:, 0]
        owners = owners_of(own, identities, groups, levels)
        foreign = (owners != UNDECIDED) & (owners != identities)
        found = intruders if levels is None else intruders | _intrudes(own, other_similarity, foreign, levels)
        remaining = pictures & ~found & ~foreign
        if np.array_equal(found, intruders) and np.array_equal(remaining, references):
            break
        intruders, references = found, remaining
        # An intruder keeps the similarity that convicted it: its fellows may be gone with it.
        own = np.where(found, own, median_cosines(embeddings, identities, groups, references))
    originals = originals_of(owners, identities, groups, preference)
    return Judgement(
        verdicts=_verdicts(own, intruders, originals == np.arange(len(groups)), levels),
        own=own,
        other=other,
        other_similarity=other_similarity,
        owners=owners,
        originals=originals,
        references=references,
        distributions=distributions,
        levels=levels,
    )


def median_cosines(
    embeddings: NDArray[np.float32],
    identities: NDArray[np.int64],
    groups: NDArray[np.int64],
    references: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """Give each photo's median cosine to the reference photos of its identity that are other pictures.

    Of an even number the upper of the two middle cosines counts: with two others, of which one is wrong, the
    right one decides.

    Parameters
    ----------
    embeddings, identities, groups
        As in `judge`.
    references : ndarray of bool, shape (N,)
        The photos to be compared with.

    Returns
    -------
    ndarray of float32, shape (N,)
        NaN where there is nothing to compare with.
    """
    result = np.full(len(embeddings), np.nan, dtype=np.float32)
    order = np.argsort(identities, kind="stable")
    for members in np.split(order, np.cumsum(np.bincount(identities, minlength=1))[:-1]):
        peers = members[references[members]]
        if len(peers) == 0:
            continue
        cosines = embeddings[members] @ embeddings[peers].T
        cosines[groups[members][:, None] == groups[peers][None, :]] = np.nan
        # NaN sorts to the end, so the middle of the first n is the median of what counts.
        middle = np.isfinite(cosines).sum(axis=1) // 2
        result[members] = np.take_along_axis(np.sort(cosines, axis=1), middle[:, None], axis=1)[:, 0]
    return result


def _intrudes(
    own: NDArray[np.float32],
    other_similarity: NDArray[np.float32],
    foreign: NDArray[np.bool_],
    levels: Levels,
) -> NDArray[np.bool_]:
    """Tell which photos resemble or belong to another identity and not their own; NaN accuses nobody."""
    return (own < levels.weak) & (foreign | (other_similarity >= levels.weak))


def _verdicts(
    own: NDArray[np.float32],
    intruders: NDArray[np.bool_],
    originals: NDArray[np.bool_],
    levels: Levels | None,
) -> tuple[Verdict, ...]:
    """Choose the first verdict that fits."""
    none = np.zeros(len(own), dtype=bool)
    conditions: Sequence[tuple[Verdict, NDArray[np.bool_]]] = (
        ("intruder", intruders),
        ("outlier", none if levels is None else own <= levels.stranger),
        ("duplicate", ~originals),
        ("weak", none if levels is None else own < levels.weak),
    )
    chosen = np.select(
        [condition for _, condition in conditions], range(len(conditions)), default=len(conditions)
    )
    names: tuple[Verdict, ...] = (*(name for name, _ in conditions), "ok")
    return tuple(names[place] for place in chosen)
