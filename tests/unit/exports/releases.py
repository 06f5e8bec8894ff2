"""Releases that say something else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq

from facebank.artifacts.atomic import write_json
from facebank.artifacts.tables import write_table
from facebank.release.manifest import MANIFEST, describe_release
from facebank.sources.schemas import VARIANTS

__all__ = ["altered"]


def altered(release: Path, copy: Path, **columns: object) -> Path:
    """Copy a release with other facts of its second variant."""
    shutil.copytree(release, copy)
    path = copy / "tables" / "inventory_sources" / "variants.parquet"
    rows = pq.read_table(path).to_pylist()
    rows[1] |= columns
    write_table(path, rows, VARIANTS)
    write_json(copy / MANIFEST, describe_release(copy).document())
    return copy
