"""Text of others in messages, tables and pages: it says what it says, and does nothing.

A file's name may hold anything but a slash: the beginning of a terminal's command, a formula, a tag. Pages of
the report escape tags by themselves; here is the same for terminals, spreadsheets and Markdown, and for what
turns the direction of writing anywhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "inert",
    "markdown",
    "markdown_code",
    "meant",
    "shown",
    "shown_lines",
    "unturned",
    "yaml_mapping",
    "yaml_text",
]

#: Letters that turn the direction of what stands behind them, or are seen by nobody but programs.
_TURNING = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_COMMANDS = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff{_TURNING}\ud800-\udfff]")
_TURNS = re.compile(f"[{_TURNING}]")

#: What spreadsheets take for the beginning of a formula (OWASP, "CSV Injection"), also in its wide forms.
_FORMULA = re.compile(r"['\s]*[=+\-@\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")

#: Marks of CommonMark and its tables; an underscore within a word is none.
_MARKS = re.compile(r"[\\`*\[\]<>|&~]|(?<![A-Za-z0-9_])_+|_+(?![A-Za-z0-9_])")

#: What YAML of every version takes for a text without quotes, apart from its words for other things.
_PLAIN = re.compile(r"[^\W\d](?:[\w .-]*\w)?")
_OTHER_THINGS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def shown(text: object) -> str:
    r"""Give a text on one line as a terminal may show it: what is no visible letter is written ``\x1b``.

    These are control characters, line separators, letters that turn the direction of writing, and halves of
    surrogate pairs.
    """
    return _COMMANDS.sub(lambda found: _escape(found[0]), str(text))


def shown_lines(text: str) -> str:
    """Give a text of several lines, each as `shown` gives it."""
    return "\n".join(map(shown, text.split("\n")))


def unturned(text: str) -> str:
    r"""Give a text that turns nothing behind it: letters that would are written ``\u202e``.

    A name could show what stands beside it, such as a verdict or a number, back to front.
    """
    return _TURNS.sub(lambda found: _escape(found[0]), text)


def inert(text: str) -> str:
    """Give a text as a cell that no spreadsheet takes for a formula; `meant` undoes it.

    An apostrophe is put before it, which spreadsheets take for "this is text". A plain number stays one, also
    with a sign.
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def meant(cell: str) -> str:
    """Give the text of a cell that `inert` made."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def markdown(text: object) -> str:
    """Give a text on one line of Markdown, in which no letter of it is a mark or a tag."""
    line = shown(" ".join(str(text).split()))
    return _MARKS.sub(lambda found: "".join(f"\\{letter}" for letter in found[0]), line)


def markdown_code(text: object) -> str:
    """Give a name as code of Markdown; an accent, which would end it, becomes an apostrophe."""
    return "`" + shown(text).replace("`", "'").replace("|", "\\|") + "`"


def yaml_text(text: str) -> str:
    """Give a text as YAML that can be pasted: every version reads this very text, and `shown` keeps it."""
    if _PLAIN.fullmatch(text) and text.isprintable() and text.lower() not in _OTHER_THINGS:
        return text
    letters = (
        f"\\{letter}" if letter in '"\\' else letter if letter.isprintable() else _escape(letter)
        for letter in text
    )
    return f'"{"".join(letters)}"'


def yaml_mapping(entries: Mapping[str, str]) -> str:
    """Give a mapping as YAML that can be pasted, on one line."""
    return f"{{{', '.join(f'{yaml_text(key)}: {yaml_text(value)}' for key, value in entries.items())}}}"


def _escape(letter: str) -> str:
    """Write a letter as Python and YAML do."""
    number = ord(letter)
    if number <= 0xFF:  # noqa: PLR2004 (one byte)
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004 (two bytes)
