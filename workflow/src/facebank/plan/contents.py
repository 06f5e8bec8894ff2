"""Content digests of the user's files, remembered by path, size and time as git's index does.

Only a file whose size or modification time changed is read again, so that parsing a workflow over
thousands of videos costs one `stat` each.
"""

from __future__ import annotations

import os
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facebank.artifacts.digests import digest_of, sha256_file, shard_of
from facebank.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

__all__ = ["ContentIndex", "Contents", "files_below"]

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
    refused : tuple of str
        Names that count for the whole, and for no shard.
    """

    files: Mapping[str, str]
    roles: Mapping[str, Mapping[str, Any]]
    refused: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        """SHA-256 over the paths and digests of all files."""
        files = digest_of(dict(self.files))
        return digest_of([files, list(self.refused)]) if self.refused else files

    def shards(self, count: int) -> tuple[str, ...]:
        """Give the same for each of `count` shards: what makes the shard stale."""
        parts: list[list[Any]] = [[] for _ in range(count)]
        for file, roles in self.roles.items():
            for key, role in roles.items():
                parts[shard_of(key, count)].append((file, self.files[file], role))
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

    def digests(self, files: Sequence[Path], threads: int = 2) -> list[str]:
        """Give the SHA-256 of each file, reading only what changed since the last run.

        Parameters
        ----------
        files : sequence of Path
            Existing files.
        threads : int
            How many files are read at once.

        Returns
        -------
        list of str
            64 hex digits each, in order; the word ``unreadable`` for a file that cannot be read, which the
            stage that indexes it will report.
        """
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(self._digest, files))

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

    def _digest(self, file: Path) -> str:
        """Give one file's digest, from the index where its entry can be trusted."""
        key = os.fsencode(os.path.abspath(file))  # noqa: PTH100 (resolving links costs a stat for each folder above)
        try:
            stat = file.stat()
            facts = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
            known, known_at, known_sha256 = self._known.get(key, (None, 0, ""))
            if known == facts and max(stat.st_mtime_ns, stat.st_ctime_ns) < known_at - _RACY_NS:
                return known_sha256
            read_at = time.time_ns()
            sha256 = sha256_file(file)
        except OSError:
            return "unreadable"
        self._fresh[key] = (facts, read_at, sha256)
        return sha256


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
