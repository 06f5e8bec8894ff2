"""Whose a picture is that stands under several names.

Nobody can tell from the picture itself, since it is the same everywhere. What tells are the other pictures of
each name: the owner is the one identity among them that the picture resembles as photos of one person do, all
its copies left out. Where none is resembled so, or several are (one person under two names, perhaps), nothing
tells, and nothing is claimed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facebank.gallery.duplicates import originals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facebank.gallery.levels import Levels

__all__ = ["UNDECIDED", "one_per_identity", "originals_of", "owners_of"]

#: Stands for an owner where nothing tells.
UNDECIDED = -1


def owners_of(
    own: NDArray[np.float32],
    identities: NDArray[np.int64],
    groups: NDArray[np.int64],
    levels: Levels | None,
) -> NDArray[np.int64]:
    """Decide which identity the picture of each photo belongs to.

    Parameters
    ----------
    own : ndarray of float32, shape (N,)
        Similarity of each photo to the other pictures of the identity that it stands under; NaN without any.
    identities, groups : ndarray of int64, shape (N,)
        The identity of each photo; photos with the same group are copies of one picture.
    levels : Levels, optional
        The similarities that decide; without them nothing tells.

    Returns
    -------
    ndarray of int64, shape (N,)
        The photo's own identity where its picture stands under no other name; `UNDECIDED` where nothing
        tells.
    """
    owners = identities.copy()
    named = np.unique(np.stack([groups, identities]), axis=1)[0]
    shared, names = np.unique(named, return_counts=True)
    rows = np.flatnonzero(np.isin(groups, shared[names > 1]))
    rows = rows[np.argsort(groups[rows], kind="stable")]
    for members in np.split(rows, np.flatnonzero(np.diff(groups[rows])) + 1) if len(rows) else ():
        fitting = members[:0] if levels is None else members[own[members] >= levels.weak]
        resembled = np.unique(identities[fitting])
        owners[members] = resembled[0] if len(resembled) == 1 else UNDECIDED
    return owners


def one_per_identity(
    identities: NDArray[np.int64], groups: NDArray[np.int64], preference: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Mark one photo of each picture of each identity, the one with the smallest preference."""
    _, numbers = np.unique(np.stack([groups, identities]), axis=1, return_inverse=True)
    chosen: NDArray[np.bool_] = originals(numbers.astype(np.int64), preference) == np.arange(len(groups))
    return chosen


def originals_of(
    owners: NDArray[np.int64],
    identities: NDArray[np.int64],
    groups: NDArray[np.int64],
    preference: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Give the row of the original of each photo: of its copies under the owner's name, the preferred one.

    Parameters
    ----------
    owners : ndarray of int64, shape (N,)
        What `owners_of` gave; where nothing tells, any name is as good.
    identities, groups : ndarray of int64, shape (N,)
        As there.
    preference : ndarray of int64, shape (N,)
        Distinct numbers from 0 to N - 1, the smallest is preferred.
    """
    elsewhere = (owners != UNDECIDED) & (owners != identities)
    return originals(groups, preference + len(groups) * elsewhere)
