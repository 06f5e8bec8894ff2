"""Every photo as a query against a gallery that has never seen it.

A query meets all centroids. Its own identity's centroid is estimated without the query and without every copy
of the same picture; so is the centroid of another identity that happens to hold a copy. For the normalised
mean, what remains is the direction of ``sum - sum of what is left out``: one pass over the photos gives the
sums, and one matrix product all similarities. Queries are handled in blocks of fixed size, so memory is
bounded, blocks can run side by side, and the number of threads cannot change a bit of the result.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from scipy import sparse

from facebank.gallery.centroids import ESTIMATES, EstimateKind, centroids, identity_sums

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["BIN_EDGES", "LeaveOneOut", "binned", "count_impostors", "leave_one_out", "take_largest"]

#: The edges of the histogram of cosines that `count_impostors` fills: steps of 0.0002 from -1 to 1.
BIN_EDGES = np.linspace(-1.0, 1.0, 10_001)

#: Similarities, and numbers of embeddings, that one block holds at most: 32 MiB of float32.
_BLOCK = 8 * 2**20

_Result = TypeVar("_Result")
_Number = TypeVar("_Number", np.int64, np.float32)


@dataclass(frozen=True, slots=True)
class LeaveOneOut:
    """What each of N queries met.

    Attributes
    ----------
    own : ndarray of float32, shape (N,)
        Cosine to the own identity's centroid without the query's copies; NaN when nothing remains of it.
    rank : ndarray of int64, shape (N,)
        Place of the own identity among all, 1 = first; equals count against it. 0 when `own` is NaN.
    others : ndarray of int64, shape (N, T)
        The most similar other identities, best first; -1 where there are fewer than T.
    other_similarities : ndarray of float32, shape (N, T)
        Cosines to their centroids; NaN where there are fewer than T.
    """

    own: NDArray[np.float32]
    rank: NDArray[np.int64]
    others: NDArray[np.int64]
    other_similarities: NDArray[np.float32]


def leave_one_out(
    embeddings: NDArray[np.float32],
    identities: NDArray[np.int64],
    groups: NDArray[np.int64],
    *,
    centroid: EstimateKind = "mean",
    references: NDArray[np.bool_] | None = None,
    queries: slice | None = None,
    top: int = 5,
    threads: int = 1,
) -> LeaveOneOut:
    """Match every photo against the gallery built without it.

    Parameters
    ----------
    embeddings : ndarray of float32, shape (N, D)
        Unit embeddings, one row per photo.
    identities : ndarray of int64, shape (N,)
        The identity of each photo, from 0 upward without gaps.
    groups : ndarray of int64, shape (N,)
        Photos with the same number are copies of one picture and are left out together.
    centroid : {"mean", "trimmed", "medoid", "average"}
        How a centroid is estimated. ``average`` is no centroid but makes every similarity the mean cosine to
        an identity's photos.
    references : ndarray of bool, shape (N,), optional
        The photos that make up the centroids; all, unless given. A photo may be a query in any case.
    queries : slice, optional
        Consecutive photos that are queries, one row of the result each; all, unless given.
    top : int
        How many other identities to name per query.
    threads : int
        Blocks of queries matched side by side.

    Returns
    -------
    LeaveOneOut
    """
    trial = _Trial.prepare(embeddings, identities, groups, centroid, references)
    kept = min(top, trial.identity_count - 1)

    def match(rows: slice) -> LeaveOneOut:
        own, others = trial.similarities(rows)
        # Row by row: a table of truth values for the whole block costs several times as much.
        beaten_by = [np.count_nonzero(row >= similarity) for row, similarity in zip(others, own, strict=True)]
        best, similarities = take_largest(others, kept)
        known = np.isfinite(similarities)
        return LeaveOneOut(
            own=own,
            rank=np.where(np.isnan(own), 0, np.array(beaten_by, dtype=np.int64) + 1),
            others=_padded(np.where(known, best, -1), top, -1),
            other_similarities=_padded(np.where(known, similarities, np.float32(np.nan)), top, np.nan),
        )

    parts = trial.over_blocks(match, threads, queries)
    return LeaveOneOut(
        own=np.concatenate([part.own for part in parts]) if parts else np.empty(0, np.float32),
        rank=np.concatenate([part.rank for part in parts]) if parts else np.empty(0, np.int64),
        others=np.concatenate([part.others for part in parts]) if parts else np.empty((0, top), np.int64),
        other_similarities=np.concatenate([part.other_similarities for part in parts])
        if parts
        else np.empty((0, top), np.float32),
    )


def count_impostors(
    embeddings: NDArray[np.float32],
    identities: NDArray[np.int64],
    groups: NDArray[np.int64],
    *,
    centroid: EstimateKind = "mean",
    references: NDArray[np.bool_] | None = None,
    threads: int = 1,
) -> NDArray[np.int64]:
    """Count the cosines of all photos to the centroids of all other identities.

    Parameters
    ----------
    embeddings, identities, groups, centroid, references, threads
        As in `leave_one_out`.

    Returns
    -------
    ndarray of int64, shape (10000,)
        Counts in the bins of `BIN_EDGES`: as much as a ROC curve needs, at any number of pairs.
    """
    trial = _Trial.prepare(embeddings, identities, groups, centroid, references)

    def count(rows: slice) -> NDArray[np.int64]:
        _, others = trial.similarities(rows)
        return binned(others[np.isfinite(others)])

    return sum(trial.over_blocks(count, threads), start=np.zeros(len(BIN_EDGES) - 1, dtype=np.int64))


def binned(cosines: NDArray[np.float32]) -> NDArray[np.int64]:
    """Count cosines in the bins of `BIN_EDGES`.

    Parameters
    ----------
    cosines : ndarray of float32, shape (n,)
        Finite; what rounding put beyond 1 counts as 1.

    Returns
    -------
    ndarray of int64, shape (10000,)
    """
    bins = len(BIN_EDGES) - 1
    place = ((cosines.astype(np.float64) + 1.0) * (bins / 2)).astype(np.int64)
    return np.bincount(place.clip(0, bins - 1), minlength=bins)


@dataclass(frozen=True, slots=True)
class _Trial:
    """Photos, centroids, and folds: a fold is what one picture (a group) contributes to one identity.

    Folds are sorted by group, so that the folds of group g are ``fold_starts[g]:fold_starts[g + 1]``.
    """

    embeddings: NDArray[np.float32]
    identities: NDArray[np.int64]
    groups: NDArray[np.int64]
    kind: EstimateKind
    references: NDArray[np.bool_]
    centroids: NDArray[np.float32]
    sums: NDArray[np.float64]
    sizes: NDArray[np.int64]
    fold_members: sparse.csr_array
    fold_identities: NDArray[np.int64]
    fold_starts: NDArray[np.int64]

    @classmethod
    def prepare(
        cls,
        embeddings: NDArray[np.float32],
        identities: NDArray[np.int64],
        groups: NDArray[np.int64],
        kind: EstimateKind,
        references: NDArray[np.bool_] | None,
    ) -> _Trial:
        """Sum up the identities and sort out which photos are left out together."""
        photos = len(embeddings)
        count = int(identities.max(initial=-1)) + 1
        chosen = np.ones(photos, dtype=bool) if references is None else references
        pool, names = (
            (embeddings, identities) if references is None else (embeddings[chosen], identities[chosen])
        )
        _, dense_groups = np.unique(groups, return_inverse=True)
        keys, fold_of_photo = np.unique(dense_groups * max(count, 1) + identities, return_inverse=True)
        members = sparse.csr_array(
            (chosen.astype(np.float32), (fold_of_photo, np.arange(photos))), shape=(len(keys), photos)
        )
        members.eliminate_zeros()
        return cls(
            embeddings=embeddings,
            identities=identities,
            groups=dense_groups,
            kind=kind,
            references=chosen,
            centroids=centroids(pool, names, count, kind),
            sums=identity_sums(pool, names, count),
            sizes=np.bincount(names, minlength=count),
            fold_members=members,
            fold_identities=keys % max(count, 1),
            fold_starts=np.searchsorted(keys // max(count, 1), np.arange(dense_groups.max(initial=-1) + 2)),
        )

    @property
    def identity_count(self) -> int:
        """The number of identities K."""
        return len(self.sizes)

    def over_blocks(
        self, work: Callable[[slice], _Result], threads: int, queries: slice | None = None
    ) -> list[_Result]:
        """Apply `work` to consecutive slices of the queries, in order."""
        # Few identities do not make a block large: it holds embeddings too.
        step = max(1, _BLOCK // max(1, self.identity_count, self.embeddings.shape[1]))
        start, stop, _ = (queries or slice(None)).indices(len(self.embeddings))
        blocks = [slice(first, min(first + step, stop)) for first in range(start, stop, step)]
        if threads == 1 or len(blocks) <= 1:
            return [work(block) for block in blocks]
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(work, blocks))

    def similarities(self, rows: slice) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Give the cosines of n queries to their own centroid (n,), NaN if none, and to others (n, K).

        In the second, -inf stands for the own identity and for one of which nothing remains.
        """
        queries = self.embeddings[rows]
        own_column = self.identities[rows]
        others = queries @ self.centroids.T
        row, fold = self._folds_met(self.groups[rows])
        remaining = self._without(fold)
        others[:, np.isnan(self.centroids[:, 0])] = -np.inf
        cosines = np.einsum("nd,nd->n", queries[row], remaining)
        others[row, self.fold_identities[fold]] = np.where(np.isnan(cosines), -np.inf, cosines)
        index = np.arange(len(queries))
        own = others[index, own_column]
        others[index, own_column] = -np.inf
        return np.where(np.isinf(own), np.float32(np.nan), own), others

    def _folds_met(self, groups: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pair each query with the folds of its picture: one, or more where names share a picture."""
        first = self.fold_starts[groups]
        count = self.fold_starts[groups + 1] - first
        row = np.repeat(np.arange(len(groups)), count)
        within = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
        return row, first[row] + within

    def _without(self, folds: NDArray[np.int64]) -> NDArray[np.float32]:
        """Estimate the centroids of the folds' identities without the folds; NaN if nothing remains."""
        members = self.fold_members[folds]
        identities = self.fold_identities[folds]
        estimate = ESTIMATES[self.kind]
        if estimate.of_sum is not None:
            sizes = self.sizes[identities] - np.diff(members.indptr)
            return estimate.of_sum(self.sums[identities] - members @ self.embeddings, sizes).astype(
                np.float32
            )
        result = np.empty((len(folds), self.embeddings.shape[1]), dtype=np.float32)
        for place, identity in enumerate(identities):
            left_out = members.indices[members.indptr[place] : members.indptr[place + 1]]
            candidates = np.flatnonzero((self.identities == identity) & self.references)
            result[place] = estimate.of_photos(self.embeddings[np.setdiff1d(candidates, left_out)])
        return result


def take_largest(values: NDArray[np.float32], count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Give the largest entries of each row, and overwrite them by -inf.

    Parameters
    ----------
    values : ndarray of float32, shape (n, K)
        Changed in place.
    count : int
        How many entries of each row, at most K.

    Returns
    -------
    columns : ndarray of int64, shape (n, count)
        Where they stand, the largest first, of equals the first.
    largest : ndarray of float32, shape (n, count)
        The entries.
    """
    rows = np.arange(len(values))
    columns = np.empty((len(values), count), dtype=np.int64)
    largest = np.empty((len(values), count), dtype=np.float32)
    # A few passes for the maximum are faster than any sort, and name the first of equals.
    for place in range(count):
        columns[:, place] = values.argmax(axis=1)
        largest[:, place] = values[rows, columns[:, place]]
        values[rows, columns[:, place]] = -np.inf
    return columns, largest


def _padded(values: NDArray[_Number], width: int, fill: float) -> NDArray[_Number]:
    """Widen (n, m) to (n, width) by `fill`."""
    return np.pad(values, ((0, 0), (0, width - values.shape[1])), constant_values=fill)
