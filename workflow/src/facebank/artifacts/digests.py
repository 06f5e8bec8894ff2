"""SHA-256 of bytes, files and plain values."""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from _typeshed import ReadableBuffer

__all__ = [
    "UNREADABLE",
    "contents_digest",
    "digest_of",
    "remembered_digests",
    "sha256_bytes",
    "sha256_file",
    "shard_of",
    "unreadable_in",
]

#: Stands for the digest of a file that cannot be read.
UNREADABLE = "unreadable"


def sha256_bytes(*parts: ReadableBuffer) -> str:
    """Give the SHA-256 of bytes, one part after the other, as 64 hex digits."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def sha256_file(path: Path) -> str:
    """Give the SHA-256 of a file's content as 64 hex digits, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remembered_digests() -> Callable[[Path], str]:
    """Give a function that does what `sha256_file` does, and reads a file again only if it changed since.

    Threads may share it; of those that ask for the same file one reads it.
    """
    known: dict[tuple[Path, int, int, int, int], str] = {}
    reading: defaultdict[Path, Lock] = defaultdict(Lock)

    def digest(path: Path) -> str:
        # What is written while it is read has other facts when it is asked for again.
        facts = path.stat()
        key = (path, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
        if key not in known:
            with reading[path]:
                if key not in known:
                    known[key] = sha256_file(path)
        return known[key]

    return digest


def digest_of(value: Any) -> str:
    """Give the SHA-256 of a plain value (dicts, lists, text, numbers) by its canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return sha256_bytes(text.encode())


def contents_digest(value: Any, files: Iterable[str]) -> str:
    """Give the digest of a value about files, and, where some of them could not be read, how many.

    Parameters
    ----------
    value : Any
        A plain value.
    files : iterable of str
        The files' digests.
    """
    unread = sum(digest == UNREADABLE for digest in files)
    return f"{digest_of(value)}-{unread}" if unread else digest_of(value)


def unreadable_in(contents: str) -> int:
    """Tell how many files could not be read when `contents_digest` gave a digest."""
    return int(contents.partition("-")[2] or 0)


def shard_of(key: str, shards: int) -> int:
    """Give the shard of an id: a stable hash, the same on every machine and in every run.

    Parameters
    ----------
    key : str
        What names the item: a photo's path, a source's name.
    shards : int
        The number of shards, at least 1.

    Returns
    -------
    int
        A number in ``range(shards)``.
    """
    return int.from_bytes(hashlib.sha256(os.fsencode(key)).digest()[:8], "big") % shards
