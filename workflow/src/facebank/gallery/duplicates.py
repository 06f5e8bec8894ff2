"""Which photos are copies of the same picture.

Equal bytes are copies. Otherwise a perceptual hash within a few bits makes two photos candidates, and their
pixels decide (`facebank.gallery.registration`). Embeddings have no say: two photos of one person are not
copies because they are alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

from facebank.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from facebank.gallery.registration import Registration

__all__ = ["Copies", "Link", "find_copies", "hash_distance", "near_hashes", "originals", "parse_hashes"]

_BITS = 64
#: Comparisons made at once: bounds memory to a few tens of MiB.
_BLOCK = 2**22


@dataclass(frozen=True, slots=True)
class Link:
    """Two photos that are the same picture, and why.

    Attributes
    ----------
    first, second : int
        Their rows, ``first < second``.
    evidence : {"sha256", "pixels"}
        Equal bytes, or pixels that lie upon each other.
    hash_distance : int
        Bits in which their perceptual hashes differ.
    registration : Registration, optional
        How they lie upon each other; None for equal bytes.
    """

    first: int
    second: int
    evidence: Literal["sha256", "pixels"]
    hash_distance: int
    registration: Registration | None = None


@dataclass(frozen=True, slots=True)
class Copies:
    """The photos by picture.

    Attributes
    ----------
    groups : ndarray of int64, shape (N,)
        The picture of each photo: copies have the same number.
    links : tuple of Link
        What makes photos copies, sorted.
    unconfirmed : int
        Candidates whose pixels could not be compared.
    """

    groups: NDArray[np.int64]
    links: tuple[Link, ...]
    unconfirmed: int


def find_copies(
    digests: Sequence[str],
    hashes: NDArray[np.uint64],
    *,
    max_distance: int,
    compare: Callable[[int, int], Registration] | None,
) -> Copies:
    """Group photos that are copies of the same picture.

    Parameters
    ----------
    digests : sequence of str
        SHA-256 of each photo's bytes.
    hashes : ndarray of uint64, shape (N,)
        Perceptual hash of each photo, see `parse_hashes`.
    max_distance : int
        Photos whose hashes differ in at most so many bits are candidates.
    compare : callable, optional
        Compares the pixels of two rows. Without it, only equal bytes make copies.
    """
    links = [
        Link(first, second, "sha256", 0)
        for rows in _equal_values(np.unique(np.asarray(digests, dtype=str), return_inverse=True)[1])
        for first, second in pairwise(rows.tolist())
    ]
    unconfirmed = 0
    first_with = {digest: row for row, digest in reversed(list(enumerate(digests)))}
    for first, second in near_hashes(hashes, max_distance):
        # Of files with the same bytes, one look at the pixels is enough.
        if first_with[digests[first]] != first or first_with[digests[second]] != second:
            continue
        if compare is None:
            unconfirmed += 1
            continue
        registration = compare(first, second)
        if registration.same_picture:
            distance = hash_distance(hashes[first], hashes[second])
            links.append(Link(first, second, "pixels", distance, registration))
    links.sort(key=lambda link: (link.first, link.second))
    return Copies(_components(len(digests), links), tuple(links), unconfirmed)


def originals(groups: NDArray[np.int64], preference: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the row of the original of each photo: of its group, the row with the smallest preference.

    Parameters
    ----------
    groups : ndarray of int64, shape (N,)
        The picture of each photo.
    preference : ndarray of int64, shape (N,)
        Distinct numbers.
    """
    by_preference = np.argsort(preference, kind="stable")
    _, first, member = np.unique(groups[by_preference], return_index=True, return_inverse=True)
    result = np.empty_like(groups)
    result[by_preference] = by_preference[first][member]
    return result


def parse_hashes(texts: Sequence[str]) -> NDArray[np.uint64]:
    """Read perceptual hashes written as 16 hex digits.

    Raises
    ------
    DataError
        If one is no number of 64 bits.
    """
    for text in texts:
        if re.fullmatch(r"[0-9a-fA-F]{16}", text) is None:
            raise DataError(
                "A perceptual hash cannot be read",
                expected="16 hex digits",
                found=repr(text),
                remedy="Rebuild the embeddings.",
            )
    return np.array([int(text, 16) for text in texts], dtype=np.uint64)


def hash_distance(first: NDArray[np.uint64] | np.uint64, second: NDArray[np.uint64] | np.uint64) -> int:
    """Count the bits in which two hashes differ."""
    return int(np.bitwise_count(np.bitwise_xor(first, second)))


def near_hashes(hashes: NDArray[np.uint64], max_distance: int) -> list[tuple[int, int]]:
    """List all pairs of hashes that differ in at most `max_distance` bits, sorted.

    Two such hashes agree in at least one of ``max_distance + 1`` bands of bits, so only hashes that share a
    band are compared: exact, and far below all pairs.

    Parameters
    ----------
    hashes : ndarray of uint64, shape (N,)
        The hashes.
    max_distance : int
        0 to 63.

    Returns
    -------
    list of (int, int)
        Rows ``(first, second)`` with ``first < second``.
    """
    found: set[tuple[int, int]] = set()
    for low, high in pairwise(np.linspace(0, _BITS, max_distance + 2).astype(int).tolist()):
        band = (hashes >> np.uint64(low)) & np.uint64(2 ** (high - low) - 1)
        for rows in _equal_values(band):
            found.update(_near_pairs(hashes, rows, max_distance))
    return sorted(found)


def _near_pairs(
    hashes: NDArray[np.uint64], rows: NDArray[np.int64], max_distance: int
) -> Iterator[tuple[int, int]]:
    """Compare all pairs of some rows, a block at a time."""
    step = max(1, _BLOCK // len(rows))
    for start in range(0, len(rows), step):
        block = rows[start : start + step]
        distances = np.bitwise_count(hashes[block][:, None] ^ hashes[rows][None, :])
        near = (distances <= max_distance) & (block[:, None] < rows[None, :])
        for first, second in np.argwhere(near).tolist():
            yield int(block[first]), int(rows[second])


def _equal_values(values: NDArray[np.integer]) -> Iterator[NDArray[np.int64]]:
    """Give the rows of each value that occurs more than once, rows ascending."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    for rows in np.split(order, np.flatnonzero(ordered[1:] != ordered[:-1]) + 1):
        if len(rows) > 1:
            yield rows


def _components(count: int, links: Sequence[Link]) -> NDArray[np.int64]:
    """Give the numbers of the groups of rows that links connect."""
    ends = np.array([(link.first, link.second) for link in links], dtype=np.int64).reshape(-1, 2)
    graph = sparse.coo_array((np.ones(len(ends), dtype=bool), (ends[:, 0], ends[:, 1])), shape=(count, count))
    return np.asarray(sparse.csgraph.connected_components(graph, directed=False)[1], dtype=np.int64)
