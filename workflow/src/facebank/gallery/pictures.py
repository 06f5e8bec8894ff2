"""Photos of the bank, compared in pixels: each is decoded once, however many others it is laid upon."""

from __future__ import annotations

import math
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

from facebank.artifacts.digests import sha256_bytes
from facebank.errors import DataError
from facebank.gallery.registration import UNLIKE, common_size, lay_upon
from facebank.gallery.screening import cannot_be_copies, thumbnail
from facebank.media.images import decode_photo
from facebank.media.limits import PhotoLimits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from facebank.gallery.registration import Registration
    from facebank.gallery.screening import Thumbnail

__all__ = ["comparison"]

#: Thumbnails that are kept, the latest: at most 147 kB each.
_KEPT = 512
#: What the inventory lists is within the limits of the config.
_ANY = PhotoLimits(sys.maxsize, sys.maxsize, math.inf)


def comparison(photos: pd.DataFrame, root: Path) -> Callable[[int, int], Registration]:
    """Give the function that registers two photos of a bank, by their rows.

    Parameters
    ----------
    photos : DataFrame
        The photos: ``photo``, ``sha256``, ``width`` and ``height``.
    root : Path
        The bank.

    Returns
    -------
    callable
        It gives `UNLIKE` for photos that cannot be copies, and raises `DataError` where a photo cannot be
        read or is no longer what was indexed.
    """
    names, digests = photos["photo"].tolist(), photos["sha256"].tolist()
    shapes = photos[["height", "width"]].to_numpy().tolist()

    @lru_cache(maxsize=_KEPT)
    def kept(row: int, size: tuple[int, int]) -> Thumbnail:
        return thumbnail(_pixels(root / names[row], digests[row]), size)

    def compared(first: int, second: int) -> Registration:
        size = common_size(shapes[first], shapes[second])
        if size is None:
            return UNLIKE
        one, other = kept(first, size), kept(second, size)
        return UNLIKE if cannot_be_copies(one, other) else lay_upon(one.grey, other.grey)

    return compared


def _pixels(path: Path, expected: str) -> NDArray[np.uint8]:
    """Decode a photo of the bank, and insist that it is the one that was indexed."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(
            "A photo of the bank cannot be read",
            file=path,
            found=str(error.strerror),
            remedy="Build the inventory again.",
        ) from error
    found = sha256_bytes(data)
    if found != expected:
        raise DataError(
            "A photo has changed since the bank was indexed",
            file=path,
            expected=expected,
            found=found,
            remedy="Build the inventory again.",
        )
    return decode_photo(data, limits=_ANY).pixels
