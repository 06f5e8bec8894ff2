"""Leave-one-out on 1,445 photos of 192 identities, 512-D: under 50 ms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facebank.gallery.centroids import centroids
from facebank.gallery.leave_one_out import leave_one_out
from facebank.runtime.threads import limit_threads
from figures import Figure, in_turn, ratios, seconds
from galleries import random_bank

if TYPE_CHECKING:
    from galleries import RandomBank

__all__ = ["IDENTITIES", "PHOTOS", "measure", "run"]

PHOTOS, IDENTITIES = 1445, 192
#: Seconds.
TARGET = 0.05
#: One call is short, so a round is the mean of some.
_CALLS = 20


def measure(rounds: int) -> list[Figure]:
    """Measure on one thread, as the stage does; a bank of this size is a single block of queries."""
    limit_threads(1)
    bank = random_bank(PHOTOS, IDENTITIES)
    gallery = centroids(bank.embeddings, bank.identities, IDENTITIES)
    run(bank)
    spent = in_turn(
        rounds,
        lambda: {"ours": seconds(lambda: run(bank), calls=_CALLS)},
        lambda: {"product": seconds(lambda: bank.embeddings @ gallery.T, calls=_CALLS)},
    )
    return [
        Figure("leave_one_out", "s", spent["ours"], TARGET),
        Figure("bare matrix product", "s", spent["product"]),
        ratios("leave_one_out / product", spent["ours"], spent["product"]),
    ]


def run(bank: RandomBank) -> None:
    """Match every photo of a bank without copies."""
    leave_one_out(bank.embeddings, bank.identities, bank.pictures)
