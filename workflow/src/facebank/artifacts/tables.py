"""Tables on disk: Parquet with a declared schema, and TSV for people."""

from __future__ import annotations

import csv
import io
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from facebank.artifacts.atomic import replacing, write_text
from facebank.errors import DataError
from facebank.reading.limits import LARGEST_DOCUMENT, DocumentError, read_within
from facebank.shown import inert, meant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

__all__ = [
    "REJECTED_COLUMNS",
    "parts_of",
    "read_parquet",
    "read_table",
    "read_tsv",
    "write_table",
    "write_tsv",
]

#: What rejected.tsv and ignored.tsv say of a file: where, why (a stable code), which bytes, what to do.
REJECTED_COLUMNS = ("file", "reason", "sha256", "detail", "remedy")


def write_table(
    path: Path,
    rows: pa.Table | Sequence[Mapping[str, Any]],
    schema: pa.Schema,
    *,
    read_together: int | None = None,
) -> None:
    """Write rows to a Parquet file with exactly `schema`; no rows make an empty table with the schema.

    Parameters
    ----------
    path : Path
        The file to make.
    rows : pyarrow.Table or sequence of mappings
        The rows, in the order in which they are kept.
    schema : pyarrow.Schema
        Names and types of the columns.
    read_together : int, optional
        Rows that a reader of some has to read with them; where one row is large, a few.

    Notes
    -----
    Each page has a checksum: one bit that turns later on would be another number, which looks like any.
    """
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(list(rows), schema=schema)
    with replacing(path) as temporary:
        pq.write_table(
            table.select(schema.names).cast(schema),
            temporary,
            compression="zstd",
            row_group_size=read_together,
            write_page_checksum=True,
        )


def read_parquet(
    path: Path,
    *,
    columns: Sequence[str] | None = None,
    filters: Any = None,
    pre_buffer: bool = True,
) -> pa.Table:
    """Read a Parquet file, and believe no page that is not as it was written.

    Parameters
    ----------
    path : Path
        The file. One that has no checksums is read as well.
    columns : sequence of str, optional
        The columns to read; all of them unless given.
    filters, pre_buffer
        As `pyarrow.parquet.read_table` takes them.

    Raises
    ------
    DataError
        If the file is no Parquet file, lacks a column, or a page was altered.
    """
    try:
        return pq.read_table(
            path,
            columns=None if columns is None else list(columns),
            filters=filters,
            pre_buffer=pre_buffer,
            page_checksum_verification=True,
        )
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataError(
            "Cannot read the table",
            file=path,
            expected="a Parquet file" if columns is None else f"the columns {', '.join(columns)}",
            found=str(error),
            remedy="Delete its version folder and build again; check a release with `facebank verify`.",
        ) from error


def read_table(path: Path, schema: pa.Schema, *, source: str | None = None) -> pa.Table:
    """Read a Parquet file and insist on its schema.

    Parameters
    ----------
    path : Path
        The file.
    schema : pyarrow.Schema
        Names and types of its columns.
    source : str, optional
        Give the rows of which the column ``source`` says this, and read no others, as far as the file is
        written in parts.

    Raises
    ------
    DataError
        If the file is no Parquet file, a page was altered, or its columns differ from `schema`.
    """
    wanted = None if source is None else pc.field("source") == source
    # Reading ahead would take the whole file into memory.
    table = read_parquet(path, filters=wanted, pre_buffer=source is None)
    if not table.schema.remove_metadata().equals(schema.remove_metadata()):
        raise DataError(
            "The table has other columns",
            file=path,
            expected=", ".join(f"{f.name} {f.type}" for f in schema),
            found=", ".join(f"{f.name} {f.type}" for f in table.schema),
            remedy="It was written by another version of facebank: rebuild its stage.",
        )
    return table


def parts_of(table: pa.Table, column: str) -> dict[str, pa.Table]:
    """Part a table by the values of a column of text, in the order in which they first stand in it.

    Where the rows of a value follow each other, as in what the stages write, a part is a view of the table:
    nothing is copied.
    """
    values = table[column].combine_chunks().dictionary_encode()
    names: list[Any] = values.dictionary.to_pylist()
    numbers = values.indices.to_numpy(zero_copy_only=False)
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    runs: dict[str, list[pa.Table]] = {name: [] for name in names}
    for start, end in pairwise([*starts.tolist(), len(numbers)]):
        runs[names[numbers[start]]].append(table.slice(start, end - start))
    return {name: pa.concat_tables(parts) for name, parts in runs.items()}


def write_tsv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a tab-separated file with a header.

    None is an empty cell, tabs and line ends become spaces, and a text that a spreadsheet would take for a
    formula gets an apostrophe before it, see `facebank.shown.inert`. Numbers stay as they are.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE, quotechar=None)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    write_text(path, text.getvalue())


def read_tsv(path: Path) -> list[dict[str, str]]:
    """Read what `write_tsv` wrote.

    Raises
    ------
    DocumentError
        If it is too large, no UTF-8, or has a cell that no table of ours has.
    """
    text = read_within(path, LARGEST_DOCUMENT).decode("utf-8")
    lines = csv.DictReader(io.StringIO(text, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
    try:
        return [
            {name: meant(cell) if isinstance(cell, str) else cell for name, cell in row.items()}
            for row in lines
        ]
    except csv.Error as error:
        raise DocumentError(f"no table: {error}") from error


def _cell(value: Any) -> str:
    """Give a value as the text of one cell."""
    if value is None:
        return ""
    text = str(value)
    if isinstance(value, int | float):
        return text
    return inert(text.replace("\t", " ").replace("\n", " ").replace("\r", " "))
