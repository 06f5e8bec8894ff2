"""The photos that make up a gallery: one face each, and which of them are copies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from facebank.errors import DataError
from facebank.gallery.policies import FacePolicy, choose_faces

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from facebank.gallery.duplicates import Copies, Link
    from facebank.gallery.faces import Faces

__all__ = ["Bank", "assemble"]


@dataclass(frozen=True, slots=True)
class Bank:
    """N photos of K identities.

    Attributes
    ----------
    faces : DataFrame
        The chosen face of each photo, N rows in order of photo.
    embeddings : ndarray of float32, shape (N, D)
        Their unit embeddings.
    identities : ndarray of int64, shape (N,)
        Places in `slugs`.
    slugs : tuple of str
        The K identities, sorted; each has a photo.
    pictures : ndarray of int64, shape (N,)
        The picture of each photo: copies have the same number.
    preference : ndarray of int64, shape (N,)
        0 to N - 1: of copies, the one with the smallest makes the best original. Larger photos come first,
        then names.
    other_embeddings : ndarray of float32, shape (M, D)
        Unit embeddings of the faces in these photos that were not chosen.
    other_photos : ndarray of int64, shape (M,)
        Their photos, as rows.
    links : tuple of Link
        The pairs of copies among the photos.
    unused : DataFrame
        One row for each photo of which the policy took no face.
    """

    faces: pd.DataFrame
    embeddings: NDArray[np.float32]
    identities: NDArray[np.int64]
    slugs: tuple[str, ...]
    pictures: NDArray[np.int64]
    preference: NDArray[np.int64]
    other_embeddings: NDArray[np.float32]
    other_photos: NDArray[np.int64]
    links: tuple[Link, ...]
    unused: pd.DataFrame


def assemble(faces: Faces, copies: Copies, policy: FacePolicy) -> Bank:
    """Choose a face of each photo, and put together what is known of its picture.

    Parameters
    ----------
    faces : Faces
        All faces of P photos.
    copies : Copies
        Which of the P photos are copies.
    policy : FacePolicy
        How a face is chosen.

    Raises
    ------
    DataError
        If the policy leaves no photo.
    """
    rows = choose_faces(faces, policy, copies.groups)
    kept = faces.photo_rows[rows]
    if len(rows) == 0:
        raise DataError(
            "No photo is left for the gallery",
            expected=f"a photo that the face policy {policy} accepts",
            found=f"{len(copies.groups)} photos that it does not",
            remedy="Choose another gallery.face_policy.",
        )
    slugs, identities = np.unique(faces.identities[rows], return_inverse=True)
    pixels = faces.sizes[rows].prod(axis=1)
    preference = np.argsort(np.lexsort((np.arange(len(rows)), -pixels)), kind="stable")
    place = np.full(len(copies.groups), -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    others = np.flatnonzero(place[faces.photo_rows] >= 0)
    others = others[~np.isin(others, rows)]
    links = (
        replace(link, first=int(place[link.first]), second=int(place[link.second])) for link in copies.links
    )
    return Bank(
        faces=faces.table.iloc[rows].reset_index(drop=True),
        embeddings=faces.embeddings[rows],
        identities=identities,
        slugs=tuple(faces.slugs[slug] for slug in slugs.tolist()),
        pictures=copies.groups[kept],
        preference=preference,
        other_embeddings=faces.embeddings[others],
        other_photos=place[faces.photo_rows[others]],
        links=tuple(link for link in links if link.first >= 0 and link.second >= 0),
        unused=faces.of_photos()[place < 0],
    )
