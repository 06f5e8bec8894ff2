"""Answers of commands: lines for people, JSON for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from facebank.artifacts.atomic import json_text
from facebank.shown import shown, shown_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["answer", "answer_json", "answer_rows"]


def answer(line: str, style: str = "") -> None:
    """Print one line, whole and with every letter seen; `style` counts on a terminal without NO_COLOR."""
    Console(highlight=False, soft_wrap=True).print(Text(shown_lines(line), style))


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
    told = [[shown(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*told, strict=True)]
    console = Console(highlight=False, soft_wrap=True)
    for row in told:
        cells = [*row]
        while cells and not cells[-1]:
            cells.pop()
        line = Text()
        for place, cell in enumerate(cells):
            padding = "" if place == len(cells) - 1 else " " * (widths[place] - len(cell) + 2)
            line.append(cell, styles[place] if place < len(styles) else "")
            line.append(padding)
        console.print(line)
