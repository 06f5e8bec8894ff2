"""What a build keeps of a person: releases, version folders, shards, receipts, logs and cache entries."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from facebank.forgetting.traces import Traces
from facebank.plan.registry import STAGES
from facebank.reading.json_documents import read_json
from facebank.release.publish import point_latest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facebank.forgetting.person import Person

__all__ = ["Holding", "delete", "find_holdings", "inventories"]

Kind = Literal["release", "version", "shard", "receipt", "log", "cache"]

_INDEX = "contents.sqlite"
#: What Snakemake writes of jobs: its own log, what it remembers of outputs, and what SLURM's jobs printed.
_RECORDS = ("log", "metadata", "slurm_logs")


@dataclass(frozen=True, slots=True)
class Holding:
    """One file or folder that is deleted whole.

    Attributes
    ----------
    kind : {"release", "version", "shard", "receipt", "log", "cache"}
        What it is.
    path : Path
        Where it is.
    trace : str
        What in it was found first.
    """

    kind: Kind
    path: Path
    trace: str = ""


def inventories(results: Path) -> list[Path]:
    """List the folders of all builds and releases whose tables say who there is, and of whom what is."""
    found = [
        folder
        for pattern in (
            *("inventory/*", "audit/*", "gallery/*"),
            *("release/*/tables/inventory_*", "release/*/audit", "release/*/tables/gallery"),
        )
        for folder in results.glob(pattern)
    ]
    return sorted(path for path in found if path.is_dir() and not path.parent.is_symlink())


def find_holdings(person: Person, results: Path, cache: Path, records: Path) -> list[Holding]:
    """Find everything that says something of a person.

    Parameters
    ----------
    person : Person
        The person.
    results : Path
        Folder of all artifacts.
    cache : Path
        Root of the cache.
    records : Path
        Folder of Snakemake's own records.

    Returns
    -------
    list of Holding
        In the order in which they are deleted, each kind sorted by path.
    """
    traces = Traces(person)
    releases = [*_folders(results / "release", "release", traces)]
    gone = {holding.path.name for holding in releases}
    versions = [
        holding
        for stage in STAGES
        if stage != "release"
        for holding in _folders(results / stage, "version", traces)
    ]
    return [
        *_cached(person, cache),
        *_files(results / ".shards", "shard", traces),
        *versions,
        *releases,
        *(Holding("receipt", path, "a release above") for path in _receipts(results / ".releases", gone)),
        *_files(results / ".logs", "log", traces),
        *(holding for name in _RECORDS for holding in _files(records / name, "log", traces)),
    ]


def delete(holdings: list[Holding], person: Person, results: Path, cache: Path) -> None:
    """Delete holdings, the folders that they leave empty, and what the content index knows of the person.

    The link ``latest`` moves to the newest release that is left, or goes with the last one.
    """
    for holding in holdings:
        if holding.path.is_dir():
            shutil.rmtree(holding.path)
        else:
            holding.path.unlink(missing_ok=True)
    for root in (results / ".shards", results / ".logs", cache):
        _remove_empty(root)
    _forget_in_index(cache / _INDEX, person)
    _repoint(results / "release")


def _folders(parent: Path, kind: Kind, traces: Traces) -> Iterator[Holding]:
    """Give the folders in another that say something of the person; what a killed build left is one too."""
    for folder in sorted(parent.iterdir()) if parent.is_dir() else ():
        if folder.is_dir() and not folder.is_symlink():
            found = traces.in_folder(folder)
            if found is not None:
                yield Holding(kind, folder, found.relative_to(folder).as_posix())


def _files(root: Path, kind: Kind, traces: Traces) -> Iterator[Holding]:
    """Give the files below a folder that say something of the person."""
    for path in sorted(root.rglob("*")):
        if path.is_file() and traces.in_file(path):
            yield Holding(kind, path)


def _receipts(folder: Path, releases: set[str]) -> Iterator[Path]:
    """Give the receipts of releases that are deleted; one that cannot be read says nothing."""
    for path in sorted(folder.glob("*.json")):
        try:
            released = read_json(path)["release"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if released in releases:
            yield path


def _cached(person: Person, cache: Path) -> Iterator[Holding]:
    """Give the cache entries of the person's photos, and of the videos that are to show the person or do."""
    for content in sorted(person.photos | person.videos):
        # Of every kind, and what a killed process left half-written.
        for path in sorted(cache.glob(f"*/{content[:2]}/*{content}-*")):
            yield Holding("cache", path)


def _forget_in_index(index: Path, person: Person) -> None:
    """Take the person's files out of the content index."""
    if not index.is_file():
        return
    traces = Traces(person)
    with closing(sqlite3.connect(index, timeout=30)) as database, database:
        # A deleted row's bytes stay in the file otherwise, where SQLite was not built to overwrite them.
        database.execute("pragma secure_delete = on")
        known = database.execute("select path, sha256 from contents").fetchall()
        gone = [
            (path,)
            for path, sha256 in known
            if sha256 in person.photos or traces.names_path(os.fsdecode(path))
        ]
        database.executemany("delete from contents where path = ?", gone)


def _remove_empty(root: Path) -> None:
    """Remove the empty folders below a folder, the deepest first."""
    for folder in sorted((path for path in root.rglob("*") if path.is_dir()), reverse=True):
        if next(folder.iterdir(), None) is None:
            folder.rmdir()


def _repoint(releases: Path) -> None:
    """Let ``latest`` lead to the newest release; without one there is no link."""
    left = [path for path in releases.glob("[!.]*/manifest.json") if not path.parent.is_symlink()]
    if left:
        newest = max(left, key=lambda path: (path.stat().st_mtime_ns, path.parent.name)).parent
        if (releases / "latest").resolve() != newest.resolve():
            point_latest(newest)
    else:
        (releases / "latest").unlink(missing_ok=True)
