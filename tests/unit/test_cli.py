"""The command line: help, typos, exit codes."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest

from facebank.cli import COMMANDS, GROUPS, app, main


def test_without_a_command_it_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    printed = capsys.readouterr().out
    assert all(command.split()[0] in printed for command in COMMANDS)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["buld-gallery"], 2, 'Did you mean "build-gallery"?'),
        (["build-gallery", "--embedings", "x"], 2, "--embeddings"),
        (["build-gallery"], 2, "See `facebank build-gallery --help`."),
        (["models", "fetsh"], 2, 'Did you mean "fetch"?'),
        (["models", "show"], 2, "See `facebank models show --help`."),
        (["where", "galery"], 2, "There is no stage 'galery'"),
        (["check", "--configfile", "none.yaml"], 2, "Cannot read the config: none.yaml"),
    ],
)
def test_mistakes_are_answered_in_one_line(
    words: list[str], code: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("facebank: error: ")
    assert sentence in captured.err
    assert len(captured.err.strip().splitlines()) == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_names_every_argument(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "250")  # a narrow terminal breaks long names
    module, _, name = COMMANDS[command].partition(":")
    assert main([*command.split(), "--help"]) == 0
    printed = capsys.readouterr().out
    for argument in inspect.signature(getattr(import_module(module), name)).parameters:
        assert argument.replace("_", "-") in printed.lower(), argument


@pytest.mark.parametrize("target", COMMANDS.values(), ids=COMMANDS)
def test_every_argument_is_explained(target: str) -> None:
    module, _, name = target.partition(":")
    function = getattr(import_module(module), name)
    text = inspect.getdoc(function) or ""
    parameters = text.partition("Parameters\n----------\n")[2].partition("\n\n")[0]
    assert [argument for argument in inspect.signature(function).parameters if argument not in text] == []
    assert parameters or not inspect.signature(function).parameters
    assert text.splitlines()[0].endswith(".")


def test_every_command_has_its_summary() -> None:
    application = app()
    for command in COMMANDS:
        group, _, name = command.rpartition(" ")
        assert (application[group] if group else application)[name].help
    assert all(application[group].help for group in GROUPS)
