"""Tables of gold reports: cells, names and rows as Markdown and CSV have them in the established format.

With `compat`, texts of others stand in them as they are, as the format had it; otherwise so that no letter is
taken for a mark, a tag or a formula. For plain texts both are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facebank.gold.javascript import number_text
from facebank.shown import inert, markdown, markdown_code, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["cell", "code", "csv_text", "marked", "table"]


def cell(value: object) -> str:
    """Give a value as a table shows it: numbers in the shortest form, nothing as a dash."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value) if isinstance(value, int | float) else str(value)


def marked(value: object) -> str:
    """Give a value as `cell` does, no letter of it a mark."""
    return markdown(value) if isinstance(value, str) and value else cell(value)


def code(name: str | None, *, compat: bool) -> str:
    """Give a name as code of Markdown, None as a dash."""
    return "-" if name is None else f"`{name}`" if compat else markdown_code(name)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, compat: bool) -> list[str]:
    """Give the lines of a Markdown table; a column whose name ends in a colon stands to the right."""
    written = cell if compat else marked
    names = " | ".join(column.removesuffix(":") for column in columns)
    rule = "|".join("---:" if column.endswith(":") else "---" for column in columns)
    lines = (" | ".join(written(value) for value in row) for row in rows)
    return [f"| {names} |", f"|{rule}|", *(f"| {line} |" for line in lines)]


def csv_text(columns: Sequence[str], rows: Iterable[dict[str, Any]], *, compat: bool) -> str:
    """Write rows as CSV: a cell is quoted only if it holds a comma, a quote or a line end.

    A text that a spreadsheet would take for a formula gets an apostrophe before it; not with `compat`.
    """
    lines = [columns, *([_csv_cell(row[column], compat=compat) for column in columns] for row in rows)]
    return "\n".join(",".join(line) for line in lines) + "\n"


def _csv_cell(value: object, *, compat: bool) -> str:
    """Give a value as a cell."""
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        text = cell(value)
    else:
        text = str(value) if compat else inert(shown(value))
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n') else text
