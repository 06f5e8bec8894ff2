"""The version folders that a report or a release is made of."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path  # noqa: TC003 (a dataclass's types are looked at when it is made from the command line)
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from facebank.artifacts.tables import read_parquet, read_tsv
from facebank.errors import DataError
from facebank.reading.json_documents import read_object

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Folders", "columns", "document", "rows"]

_REMEDY = "Rebuild the stage that makes this folder."


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """One version folder a stage, or None where the config does not mean the stage."""

    models: Path | None = None
    inventory_photos: Path | None = None
    inventory_sources: Path | None = None
    embeddings: Path | None = None
    gallery: Path | None = None
    validation: Path | None = None
    detections: Path | None = None
    face_labels: Path | None = None
    audit: Path | None = None
    gold_labels: Path | None = None
    gold_predictions: Path | None = None
    gold_evaluation: Path | None = None
    gold_variants: Path | None = None
    gold_agreement: Path | None = None
    limits: Path | None = None

    def present(self) -> dict[str, Path]:
        """Give name -> folder for the folders that there are, in the order in which stages run."""
        return {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) is not None
        }


def document(folder: Path | None, name: str) -> dict[str, Any]:
    """Read a JSON object of a version folder; without a folder or the file it is empty.

    Raises
    ------
    DataError
        If the file is there but holds no JSON object.
    """
    if folder is None or not (folder / name).is_file():
        return {}
    return read_object(folder / name, remedy=_REMEDY)


def rows(folder: Path | None, name: str, only: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Read a table of a version folder, ``.parquet`` or ``.tsv``; without it there are no rows.

    Parameters
    ----------
    folder : Path or None
        The version folder.
    name : str
        The table's file name.
    only : iterable of str, optional
        Columns to read from a Parquet file; those that it does not have are left out.

    Raises
    ------
    DataError
        If the file is there but cannot be read as a table.
    """
    if folder is None or not (folder / name).is_file():
        return []
    path = folder / name
    if path.suffix == ".tsv":
        return list(read_tsv(path))
    wanted = None if only is None else [column for column in only if column in columns(folder, name)]
    found: list[dict[str, Any]] = read_parquet(path, columns=wanted).to_pylist()
    return found


def columns(folder: Path, name: str) -> list[str]:
    """List the columns of a Parquet table.

    Raises
    ------
    DataError
        If the file is no Parquet file.
    """
    try:
        return list(pq.read_schema(folder / name).names)
    except (OSError, ValueError) as error:
        raise DataError(
            "The table cannot be read", file=folder / name, found=str(error), remedy=_REMEDY
        ) from error
