"""What a rule of the workflow hands to its command: the code of a stage that is in no module."""

from __future__ import annotations

import hashlib
import io
import re
import tokenize
from functools import cache
from typing import TYPE_CHECKING

from facebank.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["rule_digest", "rule_texts"]

#: What decides a stage's bytes. How much memory it may take, what it prints and where its log lies do not.
_DECISIVE = frozenset({"input", "params", "shell"})

_RULE = re.compile(r"^rule (\w+):\n((?:[ \t]+.*\n)+)", re.MULTILINE)
_DIRECTIVE = re.compile(r"^    (\w+):", re.MULTILINE)


def rule_digest(rule: str, folder: Path) -> str:
    """Give the SHA-256 of what a rule hands to its command, comments, empty lines and indentation apart.

    Parameters
    ----------
    rule : str
        The rule's name.
    folder : Path
        The folder of the rules' files.

    Returns
    -------
    str
        64 hex digits; "" where there is no such rule.

    Raises
    ------
    DataError
        If a file of rules is no text that can be told from its comments.
    """
    text = _texts_below(folder).get(rule)
    return "" if text is None else hashlib.sha256(text.encode()).hexdigest()


def rule_texts(source: str) -> dict[str, str]:
    """Give what each rule of a file hands to its command.

    Parameters
    ----------
    source : str
        The file's text.

    Returns
    -------
    dict of str to str
        Rule -> the lines of its decisive directives, without what is only there to be read.
    """
    return {name: _decisive(body) for name, body in _RULE.findall(_without_comments(source))}


@cache
def _texts_below(folder: Path) -> Mapping[str, str]:
    """Read all rules once a process."""
    texts: dict[str, str] = {}
    for path in sorted(folder.glob("*.smk")):
        try:
            texts |= rule_texts(path.read_text(encoding="utf-8"))
        except (SyntaxError, ValueError, tokenize.TokenError) as error:
            raise DataError(
                "The workflow's rules cannot be read",
                file=path,
                expected="Snakemake's language",
                found=str(error),
                remedy="Take back what was edited in it.",
            ) from error
    return texts


def _decisive(body: str) -> str:
    """Give the directives of a rule that count, in the order in which they are written."""
    _, *parts = _DIRECTIVE.split(body)
    found = zip(parts[::2], parts[1::2], strict=True)
    lines = (f"{name}:{text}".split("\n") for name, text in found if name in _DECISIVE)
    return "\n".join(line.strip() for group in lines for line in group if line.strip())


def _without_comments(source: str) -> str:
    """Take comments and empty lines out. Where a comment is, every Python's tokenizer says alike."""
    lines = source.split("\n")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    return "".join(f"{line.rstrip()}\n" for line in lines if line.strip())
