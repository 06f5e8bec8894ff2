"""A content-addressed cache of arrays, outside the workflow and safe to delete.

An entry is one file: the SHA-256 of its body, then the body, an ``.npz`` without pickles. An entry that
does not match its own checksum is as good as none.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facebank.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["ArrayCache"]

_CHECKSUM_BYTES = hashlib.sha256().digest_size


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
        """Give the file of an entry; `key` is a digest in hex."""
        return self.folder / key[:2] / f"{key}.npz"

    def read(self, key: str) -> dict[str, NDArray[np.generic]] | None:
        """Give an entry's arrays, or None where there is no entry or it is damaged.

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
        try:
            with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
                return {name: arrays[name] for name in arrays.files}
        except (ValueError, OSError, zipfile.BadZipFile):
            return None

    def write(self, key: str, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Keep arrays under a key.

        The file appears whole or not at all. It is not flushed to the disk: after a power cut an entry may be
        damaged, which its checksum shows.

        Raises
        ------
        DataError
            If the folder cannot be written.
        """
        body = io.BytesIO()
        np.savez(body, allow_pickle=False, **arrays)
        data = hashlib.sha256(key.encode() + body.getvalue()).digest() + body.getvalue()
        path = self.path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(prefix=".", dir=path.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(temporary).replace(path)
        except OSError as error:
            raise DataError(
                "Cannot write into the cache",
                file=self.folder,
                found=str(error.strerror),
                remedy="Set cache.root in the config to a folder that can be written.",
            ) from error
