"""NumPy's own files as they come from elsewhere."""

from __future__ import annotations

import struct
import tokenize
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.reading.limits import DocumentError, plain_size

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["map_array", "read_array"]

#: What NumPy raises over a file that is none of its own; its header is text that it parses.
_MISFITS = (
    *(EOFError, MemoryError, OverflowError, SyntaxError, TypeError, ValueError),
    *(struct.error, tokenize.TokenError),
)


def read_array(path: Path) -> NDArray[Any]:
    """Read a ``.npy`` file; objects in it are refused.

    Raises
    ------
    DocumentError
        If it is another file, or ends early.
    OSError
        If it cannot be read.
    """
    return _load(path, None)


def map_array(path: Path) -> NDArray[Any]:
    """Map a ``.npy`` file into memory, read-only; otherwise like `read_array`."""
    # A plain view of the map: the same pages without the cost of the subclass at each access.
    return np.asarray(_load(path, "r"))


def _load(path: Path, mode: Any) -> NDArray[Any]:
    """Load one array."""
    plain_size(path)
    try:
        array = np.load(path, mmap_mode=mode, allow_pickle=False)
    except _MISFITS as error:
        raise DocumentError(f"no array: {type(error).__name__}: {error}") from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise DocumentError("an archive of arrays, not one")
    found: NDArray[Any] = array
    return found
