"""Which identities the gallery could take for one another: the cosines between its centroids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Confusions", "confusable_level", "find_confusions"]

#: Pairs of centroids above the median by so many spreads are confusable.
LEVEL_SPREADS = 3.0
#: Fewer pairs show no distribution.
MIN_PAIRS = 10
_QUARTILE_TO_DEVIATION = 1 / 0.6744897501960817


@dataclass(frozen=True, slots=True)
class Confusions:
    """The cosines between K centroids.

    Attributes
    ----------
    matrix : ndarray of float32, shape (K, K)
        Cosines; -1 on the diagonal.
    nearest : ndarray of int64, shape (K, T)
        The other identities, nearest first; T is at most K - 1.
    level : float, optional
        Pairs above it are confusable; None where there are too few pairs.
    """

    matrix: NDArray[np.float32]
    nearest: NDArray[np.int64]
    level: float | None

    def above_level(self, identity: int) -> int:
        """Count the identities that `identity` is confusable with."""
        return 0 if self.level is None else int(np.count_nonzero(self.matrix[identity] > self.level))


def find_confusions(
    centroids: NDArray[np.float32], top_k: int, trusted: NDArray[np.bool_] | None = None
) -> Confusions:
    """Compare all centroids.

    Parameters
    ----------
    centroids : ndarray of float32, shape (K, D)
        Unit rows without NaN.
    top_k : int
        How many nearest others to list.
    trusted : ndarray of bool, shape (K,), optional
        The identities whose centroids show what is usual; all, unless given. The centroid of a broken
        identity is an average face, near to many.
    """
    matrix = (centroids @ centroids.T).clip(-1, 1)
    # The product of a matrix and itself need not be symmetric in its last bit.
    matrix = np.triu(matrix, 1)
    matrix += matrix.T
    np.fill_diagonal(matrix, -1)
    kept = max(0, min(top_k, len(centroids) - 1))
    nearest = np.argsort(-matrix, axis=1, kind="stable")[:, :kept]
    usual = matrix if trusted is None else matrix[np.ix_(trusted, trusted)]
    return Confusions(matrix, nearest, confusable_level(usual[np.triu_indices(len(usual), 1)]))


def confusable_level(cosines: NDArray[np.floating]) -> float | None:
    """Derive from all pairs of centroids the cosine above which a pair stands out.

    It lies three spreads above the median; the spread is that of the upper half, by its quartile, so that the
    pairs that stand out do not raise the level.
    """
    if len(cosines) < MIN_PAIRS:
        return None
    middle, high = np.quantile(cosines.astype(np.float64), (0.5, 0.75))
    return float(middle + LEVEL_SPREADS * (high - middle) * _QUARTILE_TO_DEVIATION)
