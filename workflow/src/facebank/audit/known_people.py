"""The gallery as the audit sees it: centroids, which can be trusted, and when a resemblance counts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.artifacts.tables import read_parquet
from facebank.audit.identification import IdentityLevels, identity_levels
from facebank.errors import DataError
from facebank.gallery.centroids import centroids as mean_directions
from facebank.gallery.statuses import UNSOUND
from facebank.gallery.verdicts import ACCUSED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["KnownPeople", "read_known_people"]

#: Without enough photos to read the levels from, only a strong and clear resemblance counts.
CAUTIOUS = IdentityLevels(similarity=0.8, proof=0.8, margin=0.2, comparisons=0)


@dataclass(frozen=True, slots=True)
class KnownPeople:
    """Identities by number.

    Attributes
    ----------
    slugs : tuple of str
        Sorted.
    centroids : float32 (identities, dimension)
        Unit rows, of the photos that the gallery does not accuse.
    usable : tuple of bool
        Whose centroid can be trusted.
    levels : IdentityLevels
        When a resemblance counts, from the gallery's own photos.
    """

    slugs: tuple[str, ...]
    centroids: NDArray[np.float32]
    usable: tuple[bool, ...]
    levels: IdentityLevels

    def number(self, slug: str) -> int:
        """Give an identity's number, or -1."""
        return self.slugs.index(slug) if slug in self.slugs else -1

    def name(self, number: int) -> str:
        """Give an identity's slug; "" for -1."""
        return self.slugs[number] if number >= 0 else ""


def read_known_people(gallery: Path) -> KnownPeople:
    """Read the gallery.

    Parameters
    ----------
    gallery : Path
        Folder of the stage gallery.

    Returns
    -------
    KnownPeople
        The gallery's centroids may be made of photos that it accuses, and are near to whom these show: here
        they are made without. The levels come from the photos that the gallery calls good, of identities that
        can be trusted; where these are enough, of those alone that hold nobody else's picture.

    Raises
    ------
    DataError
        If a table is missing, or no identity has a centroid.
    """
    rows = _rows(gallery / "centroids.parquet", "identity", "centroid")
    centroids = {row["identity"]: row["centroid"] for row in rows}
    if not centroids:
        raise DataError("The gallery has no centroid", file=gallery, remedy="Add photos to the bank.")
    status = {
        row["identity"]: row["status"] for row in _rows(gallery / "identities.parquet", "identity", "status")
    }
    photos = _rows(
        gallery / "photos.parquet", "identity", "verdict", "in_centroid", "duplicate_group", "embedding"
    )
    centroids |= _without_accused(photos)
    slugs = tuple(sorted(centroids))
    usable = tuple(status.get(slug) not in UNSOUND for slug in slugs)
    matrix = np.array([centroids[slug] for slug in slugs], dtype=np.float32)
    trusted = {slug: row for slug, row, good in zip(slugs, matrix, usable, strict=True) if good}
    mixed = _mixed(photos)
    pure = {slug: row for slug, row in trusted.items() if slug not in mixed}
    levels = _levels(photos, pure) or _levels(photos, trusted) or CAUTIOUS
    return KnownPeople(slugs, matrix, usable, levels)


def _without_accused(photos: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[np.float32]]:
    """Make the centroids anew that hold accused photos and others, of the others."""
    counted = [row for row in photos if row["in_centroid"]]
    touched = {row["identity"] for row in counted if row["verdict"] in ACCUSED}
    kept: dict[str, list[Any]] = defaultdict(list)
    for row in counted:
        if row["identity"] in touched and row["verdict"] not in ACCUSED:
            kept[row["identity"]].append(row["embedding"])
    return {
        slug: mean_directions(np.array(rows, np.float32), np.zeros(len(rows), np.int64), 1)[0]
        for slug, rows in kept.items()
    }


def _mixed(photos: Sequence[Mapping[str, Any]]) -> set[str]:
    """Give the identities with a photo that is of somebody else, or that stands under another name too."""
    names: dict[int, set[str]] = defaultdict(set)
    for row in photos:
        if row["duplicate_group"] is not None:
            names[row["duplicate_group"]].add(row["identity"])
    shared = [slugs for slugs in names.values() if len(slugs) > 1]
    return {row["identity"] for row in photos if row["verdict"] in ACCUSED}.union(*shared)


def _levels(
    photos: Sequence[Mapping[str, Any]], centroids: Mapping[str, NDArray[np.float32]]
) -> IdentityLevels | None:
    """Read the levels from the good photos of some identities."""
    good = [row for row in photos if row["verdict"] == "ok" and row["identity"] in centroids]
    if not good:
        return None
    own = {slug: number for number, slug in enumerate(centroids)}
    vectors = np.array([row["embedding"] for row in good], dtype=np.float32)
    cosines = vectors @ np.array([*centroids.values()], dtype=np.float32).T
    return identity_levels(cosines, np.array([own[row["identity"]] for row in good], dtype=np.intp))


def _rows(path: Path, *columns: str) -> list[dict[str, Any]]:
    """Read some columns of a table."""
    rows: list[dict[str, Any]] = read_parquet(path, columns=columns).to_pylist()
    return rows
