"""Answers of commands: lines for people, JSON for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from facebank.artifacts.atomic import json_text

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["answer", "answer_json", "answer_rows"]


def answer(line: str, style: str = "") -> None:
    """Print one line, whole and as it is; `style` counts on a terminal, and where NO_COLOR is not set."""
    Console(highlight=False, soft_wrap=True).print(Text(line, style))


def answer_json(value: Any) -> None:
    """Print a value as JSON."""
    Console(highlight=False, soft_wrap=True).print(Text(json_text(value)), end="")


def answer_rows(rows: Sequence[Sequence[str]], styles: Sequence[str] = ()) -> None:
    """Print rows whose columns stand under each other, without blanks behind the last.

    Parameters
    ----------
    rows : sequence of sequence of str
        The cells; all rows have as many.
    styles : sequence of str
        How each column is shown on a terminal; plain where there is none.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    console = Console(highlight=False, soft_wrap=True)
    for row in rows:
        shown = [*row]
        while shown and not shown[-1]:
            shown.pop()
        line = Text()
        for place, cell in enumerate(shown):
            padding = "" if place == len(shown) - 1 else " " * (widths[place] - len(cell) + 2)
            line.append(cell, styles[place] if place < len(styles) else "")
            line.append(padding)
        console.print(line)
