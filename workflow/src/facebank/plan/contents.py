"""Content digests of the user's files, remembered by path, size and time as git's index does.

Only a file whose size or modification time changed is read again, so that parsing a workflow over
thousands of videos costs one `stat` each.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from facebank.artifacts.digests import UNREADABLE, contents_digest, digest_of, sha256_file, shard_of
from facebank.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

__all__ = ["ContentIndex", "Contents", "files_below", "has_files"]

#: A file changed within this many ns before it was read may change again unseen (git's "racy" entries).
_RACY_NS = 2_000_000_000

_TABLE = (
    "create table if not exists contents"
    " (path blob primary key, size int, mtime int, ctime int, inode int, read_at int, sha256 text)"
)

#: Size, modification time, change time and inode: the change time moves even where the others are put back.
_Facts = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """Content digests of a set of files.

    Attributes
    ----------
    files : mapping
        Path -> digest.
    roles : mapping
        Path -> key that decides a shard -> what the file is to that key.
    said : tuple of str
        Texts that count for the whole, and for no shard.
    shared : tuple of str
        Paths that count for every shard.
    """

    files: Mapping[str, str]
    roles: Mapping[str, Mapping[str, Any]]
    said: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        """SHA-256 over the paths and digests of all files, and how many of them cannot be read."""
        files = digest_of(dict(self.files))
        value = [files, list(self.said)] if self.said else dict(self.files)
        return contents_digest(value, self.files.values())

    def shards(self, count: int) -> tuple[str, ...]:
        """Give the same for each of `count` shards: what makes the shard stale."""
        everywhere = [(file, self.files[file]) for file in self.shared]
        parts: list[list[Any]] = [[*everywhere] for _ in range(count)]
        for file, roles in self.roles.items():
            for key, role in roles.items():
                # One file may change hands: the episodes in it may be renumbered.
                parts[shard_of(key, count)].append((file, self.files[file], key, role))
        return tuple(digest_of(part) for part in parts)


class ContentIndex:
    """SHA-256 digests of files, kept between runs in one SQLite file.

    Parameters
    ----------
    path : Path
        The index. It is created by `save`, not before: a failed check leaves nothing behind.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fresh: dict[bytes, tuple[_Facts, int, str]] = {}
        self._known = self._load()

    def digests(self, files: Sequence[Path], threads: int = 2, *, max_bytes: int = sys.maxsize) -> list[str]:
        """Give the SHA-256 of each file, reading only what changed since the last run.

        Parameters
        ----------
        files : sequence of Path
            Existing files.
        threads : int
            How many files are read at once.
        max_bytes : int
            Larger files are not read: no stage does.

        Returns
        -------
        list of str
            64 hex digits each, in order; the word ``unreadable`` for a file that cannot be read, or is a pipe
            or a device, which the stage that indexes it will report; words too for a folder, and for a file
            that is too large.
        """
        found = [self._known_digest(file, max_bytes) for file in files]
        # Only what has to be read is worth a thread.
        unread = [file for file, digest in zip(files, found, strict=True) if digest is None]
        with ThreadPoolExecutor(threads) as pool:
            read = pool.map(partial(self._read, max_bytes=max_bytes), unread)
            return [next(read) if digest is None else digest for digest in found]

    def remember(self, file: Path, sha256: str) -> None:
        """Take a file's digest as known, though it may have been written just now.

        Parameters
        ----------
        file : Path
            An existing file.
        sha256 : str
            64 hex digits.
        """
        facts = _facts(file)
        self._fresh[_key(file)] = (facts, max(facts[1:3]) + _RACY_NS + 1, sha256)

    def save(self) -> None:
        """Keep what was read for the next run."""
        if not self._fresh:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(sqlite3.connect(self._path, timeout=30)) as database, database:
                database.execute(_TABLE)
                database.executemany(
                    "insert or replace into contents values (?, ?, ?, ?, ?, ?, ?)",
                    [
                        (path, *facts, read_at, sha256)
                        for path, (facts, read_at, sha256) in self._fresh.items()
                    ],
                )
        except sqlite3.Error as error:
            raise DataError(
                "Cannot write the content index",
                file=self._path,
                found=str(error),
                remedy="Delete it or set cache.root.",
            ) from error

    def _load(self) -> dict[bytes, tuple[_Facts, int, str]]:
        """Read the index; one that is missing or damaged is as good as empty."""
        if not self._path.is_file():
            return {}
        try:
            with closing(sqlite3.connect(self._path, timeout=30)) as database:
                rows = database.execute("select * from contents").fetchall()
        except sqlite3.Error:
            self._path.unlink(missing_ok=True)
            return {}
        return {path: (tuple(facts), read_at, sha256) for path, *facts, read_at, sha256 in rows}

    def _known_digest(self, file: Path, max_bytes: int) -> str | None:
        """Give one file's digest where its entry in the index can be trusted."""
        entry = self._known.get(_key(file))
        if entry is None:
            return None
        try:
            facts = _facts(file)
        except OSError:
            return _without_bytes(file)
        if facts[0] > max_bytes:
            return _too_large(max_bytes)
        known, known_at, sha256 = entry
        _, mtime, ctime, _ = facts
        return sha256 if known == facts and max(mtime, ctime) < known_at - _RACY_NS else None

    def _read(self, file: Path, max_bytes: int) -> str:
        """Digest one file, and remember its entry."""
        try:
            facts = _facts(file)
            if facts[0] > max_bytes:
                return _too_large(max_bytes)
            read_at = time.time_ns()
            sha256 = sha256_file(file)
        except OSError:
            return _without_bytes(file)
        self._fresh[_key(file)] = (facts, read_at, sha256)
        return sha256


def _key(file: Path) -> bytes:
    """Give a file's place in the index."""
    return os.fsencode(os.path.abspath(file))  # noqa: PTH100 (resolving links costs a stat for each folder above)


def _without_bytes(file: Path) -> str:
    """Give what stands for the digest of what has no bytes to read.

    An inventory names folders and does not read them: were they counted as unreadable, as many files might
    become so unnoticed while it is made.
    """
    return "a folder" if os.path.isdir(file) else UNREADABLE  # noqa: PTH112 (as elsewhere here)


def _too_large(max_bytes: int) -> str:
    """Give what stands for the digest of a file that is not read."""
    return f"more than {max_bytes} bytes"


def _facts(file: Path) -> _Facts:
    """Give what tells that a file is as it was.

    Raises
    ------
    OSError
        If there is none; also for a pipe or a device, which would be waited for.
    """
    found = os.stat(file)  # noqa: PTH116 (hot loop)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "No regular file", str(file))
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def has_files(root: Path) -> bool:
    """Tell whether anything but folders lies below a folder; what lies behind links to folders does not."""
    return any(files for _, _, files in os.walk(root))


def files_below(root: Path, folders: Iterable[str] = ("",)) -> list[str]:
    """List every file below some folders of `root`, sorted, as paths relative to `root` with ``/``.

    Symbolic links to folders are listed as files, not followed: no cycle, and nothing outside the root.
    Folders that hold nothing are listed too, since an inventory names them.
    """
    found = []
    for folder in folders:
        for place, names, files in os.walk(root / folder):
            links = [name for name in names if os.path.islink(os.path.join(place, name))]  # noqa: PTH114, PTH118 (hot loop)
            below = os.path.relpath(place, root).replace(os.sep, "/")
            found += [below] if not (names or files or below == ".") else []
            found += [name if below == "." else f"{below}/{name}" for name in (*files, *links)]
    return sorted(found)
