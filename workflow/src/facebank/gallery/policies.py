"""Which face of a photo stands for its person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from facebank.gallery.leave_one_out import leave_one_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from facebank.gallery.faces import Faces

__all__ = ["FacePolicy", "choose_faces"]

FacePolicy = Literal["largest", "largest_central", "only_one", "closest_to_centroid"]

#: By how much distance from the middle counts against area, both in square pixels.
_CENTRE_WEIGHT = 2.0


def choose_faces(faces: Faces, policy: FacePolicy, pictures: NDArray[np.int64]) -> NDArray[np.int64]:
    """Choose one face per photo.

    Parameters
    ----------
    faces : Faces
        All faces, those of a photo in consecutive rows.
    policy : {"largest", "largest_central", "only_one", "closest_to_centroid"}
        ``largest``: by area of the box. ``largest_central``: by area minus twice the squared distance of
        the box's centre from the photo's. ``only_one``: the face of a photo in which one was found; other
        photos are not used. ``closest_to_centroid``: the face most like the identity in its photos with a
        single face, the photo's own copies left out; the largest where there are none.
    pictures : ndarray of int64, shape (P,)
        Photos with the same number are copies of one picture.

    Returns
    -------
    ndarray of int64
        Rows of `faces`, ascending; at most one of each photo.
    """
    return _POLICIES[policy](faces, pictures)


def _largest(faces: Faces, _: NDArray[np.int64]) -> NDArray[np.int64]:
    return _best_of_each_photo(faces, faces.areas)


def _largest_central(faces: Faces, _: NDArray[np.int64]) -> NDArray[np.int64]:
    offsets = (faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2 - faces.sizes / 2
    return _best_of_each_photo(faces, faces.areas - _CENTRE_WEIGHT * (offsets**2).sum(axis=1))


def _only_one(faces: Faces, _: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.flatnonzero(faces.faces_found == 1)


def _closest_to_centroid(faces: Faces, pictures: NDArray[np.int64]) -> NDArray[np.int64]:
    single = faces.faces_found == 1
    own = leave_one_out(
        faces.embeddings, faces.identities, pictures[faces.photo_rows], references=single, top=1
    ).own
    return _best_of_each_photo(faces, np.where(np.isnan(own), faces.areas, own))


def _best_of_each_photo(faces: Faces, merit: NDArray[np.floating]) -> NDArray[np.int64]:
    """Give the row of each photo's face with the greatest merit, the first of equals."""
    order = np.lexsort((np.arange(len(merit)), -merit, faces.photo_rows))
    _, first = np.unique(faces.photo_rows[order], return_index=True)
    return np.asarray(order[first], dtype=np.int64)


_POLICIES: Mapping[FacePolicy, Callable[[Faces, NDArray[np.int64]], NDArray[np.int64]]] = {
    "largest": _largest,
    "largest_central": _largest_central,
    "only_one": _only_one,
    "closest_to_centroid": _closest_to_centroid,
}
