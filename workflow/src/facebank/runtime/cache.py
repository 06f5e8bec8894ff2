"""A content-addressed cache of arrays, outside the workflow and safe to delete.

An entry is one file: the SHA-256 of its key and body, then the body: a line of JSON that names the arrays,
and their bytes one after the other, which is much less work than an ``.npz``. An entry that does not match
its own checksum is as good as none.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facebank.artifacts.atomic import UNFINISHED
from facebank.errors import DataError
from facebank.reading.json_documents import json_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["ArrayCache"]

_CHECKSUM_BYTES = hashlib.sha256().digest_size
#: Each array begins at a multiple of so many bytes of the body, as every item size wants it.
_ALIGNMENT = 16
#: How an unfinished entry is opened, and for whom: what `tempfile` does, in half its time for each photo.
_NEW = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_PRIVATE = 0o600


@dataclass(frozen=True, slots=True)
class ArrayCache:
    """A folder of entries, addressed by a key that names everything an entry depends on.

    Attributes
    ----------
    folder : Path
        Where entries lie. It is made by the first `write`.
    """

    folder: Path

    def path(self, key: str) -> Path:
        """Give the file of an entry; `key` is digests in hex."""
        return self.folder / key[:2] / f"{key}.arrays"

    def read(self, key: str) -> dict[str, NDArray[np.generic]] | None:
        """Give an entry's arrays, read-only, or None where there is no entry or it is damaged.

        Parameters
        ----------
        key : str
            A digest in hex.
        """
        try:
            data = self.path(key).read_bytes()
        except OSError:
            return None
        checksum, body = data[:_CHECKSUM_BYTES], data[_CHECKSUM_BYTES:]
        if hashlib.sha256(key.encode() + body).digest() != checksum:
            return None
        return _unpacked(body)

    def write(self, key: str, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Keep arrays under a key.

        The file appears whole or not at all. It is not flushed to the disk: after a power cut an entry may be
        damaged, which its checksum shows.

        Raises
        ------
        DataError
            If the folder cannot be written.
        ValueError
            If an array holds Python objects.
        """
        body = _packed(arrays)
        path = self.path(key)
        try:
            handle, temporary = _temporary(path)
            try:
                with os.fdopen(handle, "wb", buffering=0) as file:
                    data = memoryview(hashlib.sha256(key.encode() + body).digest() + body)
                    while data:
                        data = data[file.write(data) :]
                os.replace(temporary, path)  # noqa: PTH105 (for each photo of a bank)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise DataError(
                "Cannot write into the cache",
                file=self.folder,
                found=str(error.strerror),
                remedy="Free space there, or set cache.root in the config to a folder that can be written.",
            ) from error


def _temporary(path: Path) -> tuple[int, str]:
    """Open a new file beside `path`, in a folder that is made if need be: most often it is there.

    Its name holds the entry's, so that `facebank forget` finds what a killed process left.
    """
    temporary = f"{path.parent}/{UNFINISHED}{path.name}.{os.urandom(8).hex()}"
    try:
        return os.open(temporary, _NEW, _PRIVATE), temporary
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(temporary, _NEW, _PRIVATE), temporary


def _packed(arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """Give the body of an entry; the same arrays give the same bytes."""
    if any(array.dtype.hasobject for array in arrays.values()):
        raise ValueError("Object arrays cannot be kept")
    names = json.dumps([[name, array.dtype.str, array.shape] for name, array in arrays.items()])
    body = bytearray(names.encode() + b"\n")
    for array in arrays.values():
        body += bytes(-len(body) % _ALIGNMENT) + array.tobytes()
    return bytes(body)


def _unpacked(body: bytes) -> dict[str, NDArray[np.generic]]:
    """Give the arrays of a body that `_packed` made."""
    place = body.index(b"\n") + 1
    found: dict[str, NDArray[np.generic]] = {}
    for name, kind, shape in json_value(body[:place]):
        place += -place % _ALIGNMENT
        array = np.frombuffer(body, kind, math.prod(shape), place).reshape(shape)
        found[name] = array
        place += array.nbytes
    return found
