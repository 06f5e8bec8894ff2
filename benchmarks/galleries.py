"""Banks of random unit vectors, as large as wished: identities are directions, photos scatter around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DIMENSION", "RandomBank", "random_bank"]

DIMENSION = 512
#: Photos that are drawn at a time, which bounds the memory beside the bank itself.
_CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class RandomBank:
    """A bank for leave-one-out.

    Attributes
    ----------
    embeddings : ndarray of float32, shape (N, 512)
        Unit rows.
    identities : ndarray of int64, shape (N,)
        Each of the K identities has a photo.
    pictures : ndarray of int64, shape (N,)
        No two photos are copies.
    """

    embeddings: NDArray[np.float32]
    identities: NDArray[np.int64]
    pictures: NDArray[np.int64]


def random_bank(photos: int, identities: int) -> RandomBank:
    """Draw a bank; the same numbers give the same bank."""
    rng = np.random.Generator(np.random.PCG64(photos))
    centres = rng.standard_normal((identities, DIMENSION), dtype=np.float32)
    names = np.concatenate([np.arange(identities), rng.integers(0, identities, photos - identities)])
    embeddings = np.empty((photos, DIMENSION), dtype=np.float32)
    for first in range(0, photos, _CHUNK):
        rows = slice(first, min(first + _CHUNK, photos))
        drawn = rng.standard_normal((rows.stop - first, DIMENSION), dtype=np.float32)
        drawn += centres[names[rows]]
        embeddings[rows] = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return RandomBank(embeddings, names, np.arange(photos))
