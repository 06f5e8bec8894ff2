"""Which photos of another person are most like a given photo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facebank.artifacts.tables import read_parquet
from facebank.gallery.faces import matrix_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from facebank.report.album import Album, Picture

__all__ = ["Likeness", "nearest_photos"]

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Likeness:
    """A photo of another person.

    Attributes
    ----------
    photo : str
        Path relative to the bank.
    picture : Picture or None
        How it looks, where it is shown.
    similarity : float
        Cosine between the two photos.
    """

    photo: str
    picture: Picture | None
    similarity: float


def nearest_photos(
    gallery: Path | None, album: Album, pairs: Sequence[tuple[str, str | None]], count: int = _SHOWN
) -> list[tuple[Likeness, ...]]:
    """Find, for each photo, the photos of another identity that are most like it.

    Parameters
    ----------
    gallery : Path or None
        Version folder of the gallery.
    album : Album
        Makes the pictures.
    pairs : sequence of (str, str or None)
        Photos relative to the bank, each with the identity to look in.
    count : int
        How many to find for each.

    Returns
    -------
    list of tuple of Likeness
        One for each pair, the most similar first; empty where the photo or the identity is not known.
    """
    identities = sorted({identity for _, identity in pairs if identity})
    if gallery is None or not identities:
        return [() for _ in pairs]
    table = gallery / "photos.parquet"
    columns = ["photo", "sha256", "identity", "embedding"]
    asked = read_parquet(table, columns=columns, filters=[("photo", "in", sorted({it for it, _ in pairs}))])
    own = dict(zip(asked["photo"].to_pylist(), matrix_of(asked, "embedding"), strict=True))
    known = read_parquet(table, columns=columns, filters=[("identity", "in", identities)])
    known = known.sort_by("photo")
    photos, digests = known["photo"].to_pylist(), known["sha256"].to_pylist()
    names, matrix = np.asarray(known["identity"].to_pylist()), matrix_of(known, "embedding")
    found: list[tuple[Likeness, ...]] = []
    for photo, identity in pairs:
        places = np.flatnonzero(names == identity)
        if photo not in own:
            found.append(())
            continue
        cosines = matrix[places] @ own[photo]
        best = np.argsort(-cosines, kind="stable")[:count]
        found.append(
            tuple(
                Likeness(
                    photo=photos[place],
                    picture=album.photo(photos[place], digests[place]),
                    similarity=float(cosine),
                )
                for place, cosine in zip(places[best].tolist(), cosines[best].tolist(), strict=True)
            )
        )
    return found
