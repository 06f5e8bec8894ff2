"""What the inventory says of a photo: its bytes, its size, its orientation and its perceptual hash."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import imagehash

from facebank.artifacts.digests import sha256_bytes
from facebank.bank.listing import Unused
from facebank.media.images import PhotoRejected, too_many_bytes
from facebank.media.limits import read_at_most
from facebank.runtime.progress import follow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from facebank.bank.listing import Candidate
    from facebank.media.readers import MediaReader

__all__ = ["examine", "examine_all"]


def examine_all(
    root: Path, candidates: Sequence[Candidate], *, media: MediaReader, threads: int
) -> Iterator[dict[str, Any] | Unused]:
    """Examine photos, `threads` at a time, in order.

    Parameters
    ----------
    root : Path
        The bank.
    candidates : sequence of Candidate
        Files that claim to be photos.
    media : MediaReader
        Decodes them.
    threads : int
        How many photos are decoded, and so held in memory, at once.

    Yields
    ------
    dict or Unused
        See `examine`.
    """
    with ThreadPoolExecutor(threads) as pool:
        found = pool.map(partial(examine, root, media=media), candidates)
        yield from follow(found, "Reading photos", len(candidates))


def examine(root: Path, candidate: Candidate, *, media: MediaReader) -> dict[str, Any] | Unused:
    """Decode a photo and describe it.

    Parameters
    ----------
    root : Path
        The bank.
    candidate : Candidate
        The file.
    media : MediaReader
        Decodes it. A file of too many bytes is not read: it has no digest.

    Returns
    -------
    dict or Unused
        The photo's row of `facebank.bank.schemas.PHOTOS` without identity and licence, or why it is rejected.
    """
    try:
        data = read_at_most(root / candidate.photo, media.photo_limits.max_bytes)
    except OSError as error:
        return Unused(candidate.photo, "UNREADABLE", str(error.strerror))
    if data is None:
        rejection = too_many_bytes(media.photo_limits)
        return Unused(candidate.photo, rejection.reason_code, rejection.detail)
    sha256 = sha256_bytes(data)
    try:
        photo = media.photo(data)
    except PhotoRejected as rejection:
        return Unused(candidate.photo, rejection.reason_code, rejection.detail, sha256)
    return {
        "photo": candidate.photo,
        "set": candidate.set,
        "folder": candidate.folder,
        "sha256": sha256,
        "bytes": len(data),
        "width": photo.picture.width,
        "height": photo.picture.height,
        "orientation": photo.orientation,
        "format": photo.format,
        "phash": str(imagehash.phash(photo.picture)),
    }
