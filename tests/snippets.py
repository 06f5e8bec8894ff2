"""What README and documentation ask a reader to run: fences, their marks, and the commands in them.

A comment before a fence says what is special about it: ``<!-- network -->``, ``<!-- gpu -->`` or
``<!-- cluster -->`` where it cannot run everywhere, ``<!-- file: my.yaml -->`` where the reader saves it,
``<!-- pack: FOLDER -->`` where the reader has to have something that is not free.
"""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from running import PROJECT

#: Marks of what cannot run everywhere: it is parsed, and dry-run where it can be.
ELSEWHERE = frozenset({"network", "gpu", "cluster"})

_FENCE = re.compile(
    r"(?:^ *<!-- (?P<mark>[^>]*) -->\n)?^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_INLINE = re.compile(r"(?<!`)`((?:facebank|snakemake|make) [^`]+)`(?!`)")
_NESTED = re.compile(r'"?\$\(([^()]*)\)"?')


@dataclass(frozen=True)
class Snippet:
    """One fence of a page."""

    page: str
    line: int
    language: str
    text: str
    mark: str

    @property
    def elsewhere(self) -> bool:
        """Whether it cannot run everywhere."""
        return self.mark in ELSEWHERE

    @property
    def file(self) -> str:
        """The name under which a reader saves it; "" for none."""
        return self.mark.removeprefix("file: ") if self.mark.startswith("file: ") else ""

    @property
    def commands(self) -> list[str]:
        """Its command lines without remarks, nested ones after the line that they stand in."""
        lines = [line.partition("  #")[0].strip() for line in self.text.splitlines()]
        return [part for line in lines if line and not line.startswith("#") for part in _unnested(line)]

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """List the pages that people read, README first."""
    top = [PROJECT / name for name in ("README.md", "config/README.md", "resources/models/README.md")]
    return [*top, PROJECT / "results" / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]


def snippets(page: Path) -> list[Snippet]:
    """Read the fences of a page."""
    text = page.read_text(encoding="utf-8")
    return [
        Snippet(
            page=page.relative_to(PROJECT).as_posix(),
            line=text.count("\n", 0, match.start("indent")) + 1,
            language=match["language"],
            text=textwrap.dedent(match["text"]),
            mark=match["mark"] or "",
        )
        for match in _FENCE.finditer(text)
    ]


def inline_commands(page: Path) -> list[str]:
    """Read the commands in the text of a page."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return [" ".join(match.split()) for match in _INLINE.findall(text)]


def words(command: str) -> list[str]:
    """Split a command line as a shell does."""
    return shlex.split(command)


def _unnested(line: str) -> Iterator[str]:
    """Give a command line with a word in place of a command within it, and that command."""
    yield _NESTED.sub("FOLDER", line)
    yield from _NESTED.findall(line)
