"""Leave-one-out on 1,000,000 photos of 50,000 identities, 512-D: 20,000 queries, and all by extrapolation.

``prepare`` is what does not depend on the number of queries: sums, centroids, copies. ``match`` is 20,000
queries against all centroids, each without its own picture. It is compared with the bare matrix product of
the same size, which is taken in blocks too, since its whole result would be 4 GB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facebank.gallery.centroids import centroids
from facebank.gallery.leave_one_out import leave_one_out
from facebank.runtime.threads import limit_threads
from figures import Figure, in_turn, ratios, seconds, timings
from galleries import random_bank
from machine import peak_memory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from galleries import RandomBank

__all__ = ["measure"]

PHOTOS, IDENTITIES, QUERIES = 1_000_000, 50_000, 20_000
#: MiB.
TARGET = 4096
#: Rows of a block of the bare product: 200 MB of result.
_ROWS = 1000


def measure(rounds: int) -> list[Figure]:
    """Measure on one thread and on two."""
    bank = random_bank(PHOTOS, IDENTITIES)
    figures = [figure for threads in (1, 2) for figure in _measure(rounds, bank, threads)]
    return [Figure("peak memory, the bank's 1,953 MiB included", "MiB", (peak_memory(),), TARGET), *figures]


def _measure(rounds: int, bank: RandomBank, threads: int) -> list[Figure]:
    """Measure preparation, queries and bare product in turn."""
    prefix = f"{threads} thread{'s' * (threads > 1)}: "

    def ours(queries: int) -> float:
        limit_threads(1)  # as the stage does: blocks side by side, each sum on one thread
        return seconds(
            lambda: leave_one_out(
                bank.embeddings, bank.identities, bank.pictures, queries=slice(queries), threads=threads
            )
        )

    def matched() -> dict[str, float]:
        nothing = ours(0)
        return {"prepare": nothing, "match": ours(QUERIES) - nothing}

    def product() -> dict[str, float]:
        limit_threads(threads)
        return {"product": seconds(lambda: _product(bank.embeddings[:QUERIES], gallery))}

    gallery = centroids(bank.embeddings, bank.identities, IDENTITIES)
    spent = in_turn(rounds, matched, product)
    pairs = zip(spent["prepare"], spent["match"], strict=True)
    full = tuple(prepare + match * PHOTOS / QUERIES for prepare, match in pairs)
    return [
        *timings(
            {
                f"{prefix}prepare": spent["prepare"],
                f"{prefix}match 20,000 queries": spent["match"],
                f"{prefix}bare product of 20,000 queries": spent["product"],
                f"{prefix}all 1,000,000 queries, extrapolated": full,
            }
        ),
        ratios(f"{prefix}match / product", spent["match"], spent["product"]),
    ]


def _product(queries: NDArray[np.float32], gallery: NDArray[np.float32]) -> None:
    """Multiply queries (n, D) by a gallery (K, D) into one buffer, block by block."""
    block = np.empty((_ROWS, len(gallery)), dtype=np.float32)
    for first in range(0, len(queries), _ROWS):
        np.matmul(queries[first : first + _ROWS], gallery.T, out=block)
