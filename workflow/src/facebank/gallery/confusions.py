"""Which identities the gallery could take for one another: the cosines between its centroids.

K centroids have K x K cosines. They are computed in blocks of rows, so that memory is bounded, and the same
cosines come out again whenever they are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facebank.gallery.leave_one_out import BIN_EDGES, binned, take_largest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Confusions", "confusable_level", "find_confusions", "write_matrix"]

#: Pairs of centroids above the median by so many spreads are confusable.
LEVEL_SPREADS = 3.0
#: Fewer pairs show no distribution.
MIN_PAIRS = 10
#: So many of the pairs above the level are named, the most alike.
MAX_PAIRS = 1000
_QUARTILE_TO_DEVIATION = 1 / 0.6744897501960817
#: Cosines that a block holds at most: 32 MiB of float32.
_BLOCK = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Confusions:
    """What the cosines between K centroids tell.

    Attributes
    ----------
    nearest : ndarray of int64, shape (K, T)
        The other identities, nearest first; T is at most K - 1.
    similarities : ndarray of float32, shape (K, T)
        Their cosines.
    level : float, optional
        Pairs above it are confusable; None where there are too few pairs.
    above : ndarray of int64, shape (K,)
        How many identities each is confusable with.
    pairs : tuple of (int, int, float)
        The confusable pairs and their cosines, the most alike first, `MAX_PAIRS` at most.
    """

    nearest: NDArray[np.int64]
    similarities: NDArray[np.float32]
    level: float | None
    above: NDArray[np.int64]
    pairs: tuple[tuple[int, int, float], ...]

    @property
    def pair_count(self) -> int:
        """How many pairs are confusable, named or not."""
        return int(self.above.sum()) // 2


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
    count = len(centroids)
    usual = np.ones(count, dtype=bool) if trusted is None else trusted
    kept = max(0, min(top_k, count - 1))
    nearest = np.empty((count, kept), dtype=np.int64)
    similarities = np.empty((count, kept), dtype=np.float32)
    counts = np.zeros(len(BIN_EDGES) - 1, dtype=np.int64)
    for rows, cosines in _blocks(centroids):
        later = np.arange(count)[None, :] > np.arange(rows.start, rows.stop)[:, None]
        shown = cosines[later & usual[rows][:, None] & usual[None, :]]
        counts += binned(shown)
        nearest[rows], similarities[rows] = take_largest(cosines, kept)
    level = confusable_level(counts)
    above, pairs = _above(centroids, level)
    return Confusions(nearest, similarities, level, above, pairs)


def write_matrix(path: Path, centroids: NDArray[np.float32]) -> None:
    """Write all cosines as an ``.npy`` file, block by block: float32 of shape (K, K), -1 on the diagonal."""
    shape = (len(centroids), len(centroids))
    matrix = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape, version=(1, 0))
    for rows, cosines in _blocks(centroids):
        matrix[rows] = cosines
    matrix.flush()


def confusable_level(counts: NDArray[np.int64]) -> float | None:
    """Derive from all pairs of centroids the cosine above which a pair stands out.

    It lies three spreads above the median; the spread is that of the upper half, by its quartile, so that the
    pairs that stand out do not raise the level.

    Parameters
    ----------
    counts : ndarray of int64
        Cosines of the pairs, counted in the bins of `facebank.gallery.leave_one_out.BIN_EDGES`.
    """
    if counts.sum() < MIN_PAIRS:
        return None
    places = np.searchsorted(np.cumsum(counts), np.array([0.5, 0.75]) * counts.sum())
    middle, high = ((BIN_EDGES[places] + BIN_EDGES[places + 1]) / 2).tolist()
    return float(middle + LEVEL_SPREADS * (high - middle) * _QUARTILE_TO_DEVIATION)


def _above(
    centroids: NDArray[np.float32], level: float | None
) -> tuple[NDArray[np.int64], tuple[tuple[int, int, float], ...]]:
    """Count the others above the level for each identity, and name the most alike pairs."""
    above = np.zeros(len(centroids), dtype=np.int64)
    pairs: list[tuple[int, int, float]] = []
    if level is None:
        return above, ()
    for rows, cosines in _blocks(centroids):
        first, second = np.nonzero(cosines > level)
        above[rows] = np.bincount(first, minlength=len(cosines))
        values = cosines[first, second]
        once = second > first + rows.start
        found = zip(first[once] + rows.start, second[once], values[once], strict=True)
        pairs += [(int(one), int(other), float(str(value))) for one, other, value in found]
        pairs = sorted(pairs, key=lambda pair: (-pair[2], pair[0], pair[1]))[:MAX_PAIRS]
    return above, tuple(pairs)


def _blocks(centroids: NDArray[np.float32]) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Give blocks of rows of the matrix, -1 on its diagonal.

    The product of a matrix and itself need not be symmetric in its last bit, so a cosine is taken from the
    upper triangle alone: each tile below it is the transpose of one above.
    """
    count = len(centroids)
    step = max(1, _BLOCK // max(1, count))
    parts = [slice(first, min(first + step, count)) for first in range(0, count, step)]
    for rows in parts:
        block = np.empty((rows.stop - rows.start, count), dtype=np.float32)
        for columns in parts:
            low, high = sorted((rows, columns), key=lambda part: part.start)
            tile = (centroids[low] @ centroids[high].T).clip(-1, 1)
            if low == high:
                tile = np.triu(tile, 1)
                tile += tile.T
                np.fill_diagonal(tile, -1)
            block[:, columns] = tile if low == rows else tile.T
        yield rows, block
