"""A small build beside a changed copy of it, opened for a comparison."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from facebank.artifacts.provenance import read_provenance
from facebank.report.folders import Folders
from facebank.versions.sides import Side

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Row = dict[str, Any]


def side(name: str, folders: Folders, folder: Path) -> Side:
    """Give all folders of a build as one side."""
    provenance = {artifact: read_provenance(place) for artifact, place in folders.present().items()}
    return Side(name, folder, provenance, folders, folders, release=False)


def changed(
    folders: Folders, folder: Path, edits: dict[tuple[str, str], Callable[[Row], Row | None]]
) -> Folders:
    """Copy some folders of a build, each row of their tables edited; a row that becomes None is left out."""
    found = folders
    for (artifact, table), edit in edits.items():
        place = folder / artifact
        if not place.exists():
            shutil.copytree(getattr(found, artifact), place)
            found = replace(found, **{artifact: place})
        before = pq.read_table(place / table)
        rows = [row for row in map(edit, before.to_pylist()) if row is not None]
        pq.write_table(pa.Table.from_pylist(rows, schema=before.schema), place / table)
    return found
