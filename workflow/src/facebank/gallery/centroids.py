"""One direction per identity, from the unit embeddings of its photos.

``mean`` is the usual estimate: the direction of the mean of the unit embeddings. ``trimmed`` is the same
without the fifth of the photos (rounded down: four photos lose none) that resemble the others least,
``medoid`` the photo that resembles the others most: slower, but calm in the face of photos that do not
belong. ``average`` is the mean itself, not scaled to length 1: a dot product with it is the mean cosine to
the photos.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

__all__ = ["ESTIMATES", "CentroidKind", "Estimate", "EstimateKind", "centroids", "identity_sums", "unit_rows"]

CentroidKind = Literal["mean", "trimmed", "medoid"]
EstimateKind = Literal["mean", "trimmed", "medoid", "average"]

#: The share of an identity's photos that ``trimmed`` leaves aside, rounded down.
TRIMMED_SHARE = 0.2

#: Columns that are summed at once: bounds the memory of the double-precision copy.
_COLUMNS = 64


def unit_rows(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Scale each row to length 1; a row without a direction (zero, or not finite) becomes NaN.

    Parameters
    ----------
    vectors : ndarray, shape (..., D)
        Vectors along the last axis.

    Returns
    -------
    ndarray of float64, same shape
    """
    wide = np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(wide, axis=-1, keepdims=True)
    directed = np.isfinite(lengths) & (lengths > np.finfo(np.float32).eps)
    result: NDArray[np.float64] = np.divide(wide, lengths, out=np.full_like(wide, np.nan), where=directed)
    return result


def identity_sums(
    embeddings: NDArray[np.float32], identities: NDArray[np.int64], count: int
) -> NDArray[np.float64]:
    """Add up the embeddings of each identity in double precision.

    Parameters
    ----------
    embeddings : ndarray of float32, shape (N, D)
        One row per photo.
    identities : ndarray of int64, shape (N,)
        The identity of each row, in ``range(count)``.
    count : int
        The number of identities K.

    Returns
    -------
    ndarray of float64, shape (K, D)
        Zero rows for identities without photos.
    """
    photos, dimension = embeddings.shape
    one_hot = sparse.csr_array((np.ones(photos), (identities, np.arange(photos))), shape=(count, photos))
    sums = np.empty((count, dimension))
    for first in range(0, dimension, _COLUMNS):
        columns = slice(first, first + _COLUMNS)
        sums[:, columns] = one_hot @ embeddings[:, columns].astype(np.float64)
    return sums


@dataclass(frozen=True, slots=True)
class Estimate:
    """One way to make a centroid of unit embeddings.

    Attributes
    ----------
    of_photos : callable
        Makes the estimate (D,) of the embeddings (n, D) of one identity; NaN when n is 0.
    of_sum : callable, optional
        Makes K estimates (K, D) of the sums (K, D) and numbers (K,) of embeddings, where these are enough.
    """

    of_photos: Callable[[NDArray[np.floating]], NDArray[np.float64]]
    of_sum: Callable[[NDArray[np.float64], NDArray[np.int64]], NDArray[np.float64]] | None = None


def centroids(
    embeddings: NDArray[np.float32], identities: NDArray[np.int64], count: int, kind: EstimateKind = "mean"
) -> NDArray[np.float32]:
    """Estimate the centroid of each identity.

    Parameters
    ----------
    embeddings : ndarray of float32, shape (N, D)
        Unit embeddings, one row per photo.
    identities : ndarray of int64, shape (N,)
        The identity of each row, in ``range(count)``.
    count : int
        The number of identities K.
    kind : {"mean", "trimmed", "medoid", "average"}
        The estimate, see the module.

    Returns
    -------
    ndarray of float32, shape (K, D)
        Unit rows, ``average`` apart; NaN rows for identities without photos.
    """
    estimate = ESTIMATES[kind]
    if estimate.of_sum is not None:
        sums = identity_sums(embeddings, identities, count)
        return estimate.of_sum(sums, np.bincount(identities, minlength=count)).astype(np.float32)
    result = np.empty((count, embeddings.shape[1]), dtype=np.float32)
    for identity in range(count):
        result[identity] = estimate.of_photos(embeddings[identities == identity])
    return result


def _average(sums: NDArray[np.float64], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Divide sums by sizes; NaN without photos."""
    counts = sizes[:, None]
    result: NDArray[np.float64] = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    return result


def _direction(sums: NDArray[np.float64], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Scale averages to length 1: photos that cancel out leave no direction, however many they are."""
    return unit_rows(_average(sums, sizes))


def _sum(embeddings: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Give the sum (1, D) and the number (1,) of embeddings (n, D)."""
    return embeddings.sum(axis=0, dtype=np.float64, keepdims=True), np.array([len(embeddings)])


def _trimmed(embeddings: NDArray[np.floating]) -> NDArray[np.float64]:
    """Give the direction of the mean without the fifth of the photos that resemble the others least."""
    dropped = int(TRIMMED_SHARE * len(embeddings))
    ranked = np.argsort(_cosines_to_others(embeddings), kind="stable")
    estimate: NDArray[np.float64] = _direction(*_sum(embeddings[np.sort(ranked[dropped:])]))[0]
    return estimate


def _medoid(embeddings: NDArray[np.floating]) -> NDArray[np.float64]:
    """Give the embedding that resembles the others most; the first of equals."""
    if len(embeddings) == 0:
        return np.full(embeddings.shape[1], np.nan)
    chosen: NDArray[np.floating] = embeddings[int(np.argmax(_cosines_to_others(embeddings)))]
    return unit_rows(chosen)


def _cosines_to_others(embeddings: NDArray[np.floating]) -> NDArray[np.float64]:
    """Give the sum of each row's cosines to the other rows, in the order of their mean."""
    wide = np.asarray(embeddings, dtype=np.float64)
    return np.asarray(wide @ wide.sum(axis=0) - np.einsum("nd,nd->n", wide, wide), dtype=np.float64)


ESTIMATES: Mapping[EstimateKind, Estimate] = {
    "mean": Estimate(lambda embeddings: _direction(*_sum(embeddings))[0], _direction),
    "trimmed": Estimate(_trimmed),
    "medoid": Estimate(_medoid),
    "average": Estimate(lambda embeddings: _average(*_sum(embeddings))[0], _average),
}
