"""What leaves it open whom an identity's photos are of, though most of them agree with each other.

Most photos agree where a folder is of one wrong person, too. Two things give that away: a set of the bank in
which another person is shown, and a second person who is in nearly all photos.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facebank.gallery.verdicts import ACCUSED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from facebank.gallery.bank import Bank
    from facebank.gallery.verdicts import Judgement

__all__ = ["contradicting_sets", "in_company"]

#: Fewer pictures that agree may do so by chance.
_FEWEST = 2


def contradicting_sets(bank: Bank, judgement: Judgement) -> dict[int, tuple[str, ...]]:
    """Find the sets that show another person than an identity's other sets.

    Parameters
    ----------
    bank : Bank
        N photos.
    judgement : Judgement
        The verdicts on them.

    Returns
    -------
    dict
        Identity -> sets all of whose photos of it are accused, two pictures at least, and resemble each other
        as photos of one person do. Where these are intruders it is known who is shown, and nothing is open.
    """
    found: dict[int, tuple[str, ...]] = {}
    if judgement.levels is None:
        return found
    accused, outliers = _accused(judgement), np.array(judgement.verdicts, dtype=str) == "outlier"
    sets = bank.faces["set"].to_numpy(str)
    for identity in np.unique(bank.identities[outliers]).tolist():
        members = _pictures_of(bank, identity)
        if accused[members].all():
            continue
        told = [
            str(name)
            for name in np.unique(sets[members])
            if outliers[here := members[sets[members] == name]].all()
            and len(here) >= _FEWEST
            and _agreement(bank.embeddings[here]) >= judgement.levels.weak
        ]
        if told:
            found[identity] = tuple(told)
    return found


def in_company(bank: Bank, judgement: Judgement) -> NDArray[np.bool_]:
    """Find the photos in which a second person is seen who is in other photos of the identity, too.

    Parameters
    ----------
    bank : Bank
        N photos.
    judgement : Judgement
        The verdicts on them.

    Returns
    -------
    ndarray of bool, shape (N,)
        False where photos are accused, or nobody can be.
    """
    found = np.zeros(len(bank.identities), dtype=bool)
    if judgement.levels is None:
        return found
    weak, good = judgement.levels.weak, ~_accused(judgement)
    for identity, rows in _other_faces(bank, good):
        photos, faces = bank.other_photos[rows], bank.other_embeddings[rows]
        own = bank.embeddings[judgement.references & good & (bank.identities == identity)]
        strange = (np.median(faces @ own.T, axis=1) < weak) if len(own) else np.ones(len(rows), dtype=bool)
        alike = faces @ faces.T >= weak
        alike &= bank.pictures[photos][:, None] != bank.pictures[photos][None, :]
        found[photos[strange & (alike & strange).any(axis=1)]] = True
    return found


def _accused(judgement: Judgement) -> NDArray[np.bool_]:
    """Tell which photos show somebody else."""
    return np.isin(np.array(judgement.verdicts, dtype=str), ACCUSED)


def _pictures_of(bank: Bank, identity: int) -> NDArray[np.int64]:
    """Give one row of each picture of an identity."""
    members = np.flatnonzero(bank.identities == identity)
    return members[np.unique(bank.pictures[members], return_index=True)[1]]


def _other_faces(bank: Bank, good: NDArray[np.bool_]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Give for each identity the rows of the other faces in its good photos, where there are several."""
    kept = np.flatnonzero(good[bank.other_photos])
    names = bank.identities[bank.other_photos[kept]]
    for identity in np.unique(names).tolist():
        rows = kept[names == identity]
        if len(rows) >= _FEWEST:
            yield identity, rows


def _agreement(embeddings: NDArray[np.float32]) -> float:
    """Give the median cosine between different photos."""
    return float(np.median((embeddings @ embeddings.T)[np.triu_indices(len(embeddings), 1)]))
