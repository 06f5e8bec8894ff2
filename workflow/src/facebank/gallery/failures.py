"""Photos of the bank that the gallery has no embedding of, gathered from the stages that turned them away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facebank.artifacts.provenance import read_provenance
from facebank.artifacts.tables import read_tsv
from facebank.bank.listing import NO_SETS
from facebank.bank.slugs import identity_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["Failure", "read_failures"]

#: Left out by the user's own decision: no failure.
_WANTED = ("QUARANTINED", "FORGOTTEN")


@dataclass(frozen=True, slots=True, order=True)
class Failure:
    """A photo without an embedding.

    Attributes
    ----------
    photo : str
        Path relative to the bank: ``<set>/<folder>/<name>``, or ``<folder>/<name>`` where it has no sets.
    reason : str
        Reason code.
    identity : str
        Whose folder it lies in; empty where the folder's name makes no slug.
    """

    photo: str
    reason: str
    identity: str

    @property
    def set(self) -> str:
        """The set that the photo belongs to."""
        return self.photo.split("/")[0] if self.photo.count("/") > 1 else NO_SETS

    @property
    def folder(self) -> str:
        """The person's folder."""
        return self.photo.split("/")[-2]


def read_failures(
    inventory: Path, embeddings: Path, unused: Iterable[tuple[str, str]]
) -> tuple[Failure, ...]:
    """Gather the photos that were rejected before the gallery or are not used by it, sorted.

    Parameters
    ----------
    inventory, embeddings : Path
        Version folders with a rejected.tsv each.
    unused : iterable of (photo, reason)
        What the gallery itself does not use.
    """
    told = read_provenance(inventory)["parameters"]
    reasons = {
        row["file"]: row["reason"]
        for folder in (inventory, embeddings)
        for row in read_tsv(folder / "rejected.tsv")
    }
    reasons.update(unused)
    return tuple(
        Failure(photo, reason, identity_of(photo.split("/")[-2], told["slug_map"], told["aliases"]))
        for photo, reason in sorted(reasons.items())
        if reason not in _WANTED
    )
