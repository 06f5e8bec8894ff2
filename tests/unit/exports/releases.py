"""Releases that say something else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq

from facebank.artifacts.atomic import write_json
from facebank.artifacts.tables import read_tsv, write_table, write_tsv
from facebank.release.manifest import MANIFEST, describe_release
from facebank.sources.schemas import SERVED_COLUMNS, VARIANTS

__all__ = ["altered", "served_otherwise"]


def altered(release: Path, copy: Path, **columns: object) -> Path:
    """Copy a release with other facts of its second variant."""
    shutil.copytree(release, copy)
    path = copy / "tables" / "inventory_sources" / "variants.parquet"
    rows = pq.read_table(path).to_pylist()
    rows[1] |= columns
    write_table(path, rows, VARIANTS)
    write_json(copy / MANIFEST, describe_release(copy).document())
    return copy


def served_otherwise(release: Path, copy: Path, **columns: str) -> Path:
    """Copy a release with other labels for its second variant."""
    shutil.copytree(release, copy)
    path = copy / "face_labels" / "variants.tsv"
    rows = read_tsv(path)
    rows[1] |= columns
    write_tsv(path, SERVED_COLUMNS, rows)
    write_json(copy / MANIFEST, describe_release(copy).document())
    return copy
