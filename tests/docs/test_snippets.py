"""Everything that README and documentation tell a reader to type is known to the program.

What is quick runs here; `tests/deep/test_docs.py` runs the pages from top to bottom.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from cyclopts import CycloptsError, MissingArgumentError
from snakemake.cli import get_argument_parser

import supervised
from facebank.cli import app
from facebank.config.load import parse_config
from facebank.tracks.interpolation import Status
from running import PROJECT, run
from snippets import Snippet, inline_commands, pages, snippets, words

LANGUAGES = {"sh", "yaml", "python", "text"}
#: What a reader's shell has beside the project's own commands.
SHELL = {"source", "cd", "cp", "mkdir"}
SNIPPETS = [snippet for page in pages() for snippet in snippets(page)]
TYPED = [(snippet, line) for snippet in SNIPPETS if snippet.language == "sh" for line in snippet.commands]
INLINE = sorted({line for page in pages() for line in inline_commands(page)})


@cache
def makefile_targets() -> frozenset[str]:
    text = (PROJECT / "Makefile").read_text(encoding="utf-8")
    return frozenset(re.findall(r"^([a-z-]+):", text, re.MULTILINE))


# Either takes long to make, and a parse leaves it as it was.
program, snakemakes_parser = cache(app), cache(get_argument_parser)


def understand(line: str, *, whole: bool) -> None:
    """Have the program that a line names parse it; in running text arguments may be left out."""
    command, *arguments = words(line)
    if command == "facebank":
        understand_facebank(arguments, whole=whole)
    elif command == "snakemake":
        snakemakes_parser().parse_args(arguments)
    elif command == "make":
        targets = [word for word in arguments if "=" not in word]
        assert set(targets) <= makefile_targets(), line
    else:
        assert command in SHELL, line


def understand_facebank(arguments: list[str], *, whole: bool) -> None:
    """Have the command line parse its words."""
    assert arguments[0] in set(program()), arguments
    try:
        program().parse_args(arguments, exit_on_error=False, print_error=False)
    except MissingArgumentError:
        if whole:
            raise


def test_every_fence_says_its_language() -> None:
    assert [str(snippet) for snippet in SNIPPETS if snippet.language not in LANGUAGES] == []


@pytest.mark.parametrize("line", sorted({line for _, line in TYPED}))
def test_every_command_is_understood(line: str) -> None:
    understand(line, whole=True)


@pytest.mark.parametrize("line", INLINE)
def test_every_command_in_running_text_is_understood(line: str) -> None:
    understand(line, whole=False)


@pytest.mark.parametrize("line", ["facebank look", "facebank check --konfig x", "make domo", "rm -r x"])
def test_a_command_that_is_not_there_is_not_understood(line: str) -> None:
    with pytest.raises((CycloptsError, AssertionError)):
        understand(line, whole=True)


@pytest.mark.parametrize("snippet", [it for it in SNIPPETS if it.language == "yaml"], ids=str)
def test_every_config_is_one(snippet: Snippet) -> None:
    parse_config(yaml.safe_load(snippet.text))


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a release of one source, two variants and three slots."""
    folder = tmp_path_factory.mktemp("training")
    track = supervised.track([Status.DETECTED] * 20, [[100, 100, 180, 190]] * 20)
    labels = supervised.labelled(supervised.source("table", track, track, track))
    names = ("table__var00", "table__var01")
    supervised.write_release(
        folder / "results" / "release" / "latest",
        labels,
        variants=[supervised.variant(name, ("ada", "bob", "carl"), 20) for name in names],
        verdicts=[(name, slot, "confirmed", False) for name in names for slot in range(3)],
        episodes=dict(enumerate(names)),
    )
    return folder


@pytest.mark.parametrize("snippet", [it for it in SNIPPETS if it.language == "python"], ids=str)
def test_every_piece_of_python_runs(
    snippet: Snippet, training: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(training)
    scope: dict[str, Any] = {}
    exec(compile(snippet.text, str(snippet), "exec"), scope)  # noqa: S102 (a reader runs it, too)
    assert len(scope) > 1


def test_what_cannot_run_everywhere_is_named(
    record_property: Callable[[str, object], None], tmp_path: Path
) -> None:
    marked = [(snippet, line) for snippet, line in TYPED if snippet.elsewhere]
    for snippet, line in marked:
        record_property("table: parsed and dry-run, not run", f"{snippet.mark:8} {snippet}  {line}")
    for _, line in marked:
        if line.startswith("make "):
            done = run([*words(line), "--dry-run", "--directory", str(PROJECT)], tmp_path)
            assert done.code == 0, done.text


LINK = re.compile(r"\]\((?!https?://)([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []
