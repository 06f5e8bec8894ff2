"""The command line: help, typos, exit codes."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

from facebank.cli import COMMANDS, GROUPS, app, main
from facebank.project import PROJECT


def test_without_a_command_it_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    printed = capsys.readouterr().out
    assert all(command.split()[0] in printed for command in COMMANDS)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["buld-gallery"], 2, 'Did you mean "build-gallery"? See `facebank --help`.'),
        (["build-gallery", "--embedings", "x"], 2, "--embeddings"),
        (["build-gallery"], 2, "See `facebank build-gallery --help`."),
        (["models", "fetsh"], 2, 'Did you mean "fetch"?'),
        (["models", "show"], 2, "See `facebank models show --help`."),
        (["where", "galery"], 2, "Did you mean 'gallery'?"),
        (["check", "--configfile", "none.yaml"], 2, "Cannot read the config: none.yaml"),
        (["check", "mine.yaml"], 2, "Did you mean --configfile mine.yaml?"),
        (["check", "foo"], 2, "The command takes no 'foo': it is a word too many."),
        (["where"], 2, "`facebank where` needs STAGE. See `facebank where --help`."),
        (["export", "latest"], 2, "`facebank export` needs --to."),
        (["--json", "status"], 2, "Options stand behind the command"),
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
    # The help takes for a tag what stands in angle brackets, and shows nothing.
    assert "<" not in re.sub("`[^`]*`", "", parameters)
    assert parameters or not inspect.signature(function).parameters
    assert text.splitlines()[0].endswith(".")


@pytest.mark.parametrize("words", [["-v"], ["--verbose"]])
def test_verbose_says_where_an_error_comes_from(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--configfile", "none.yaml", *words]) == 2
    printed = capsys.readouterr().err
    assert "Traceback" in printed
    assert "load.py" in printed
    assert printed.splitlines()[-1].startswith("facebank: error: Cannot read the config: none.yaml")


def test_quiet_drops_a_stage_s_line_and_no_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pack = str(PROJECT / "resources" / "models" / "tiny")
    words = ["check-models", "--pack", pack, "--output-dir"]
    assert main([*words, str(tmp_path / "loud")]) == 0
    assert capsys.readouterr().out != ""
    assert main([*words, str(tmp_path / "quiet"), "-q"]) == 0
    assert capsys.readouterr().out == ""
    assert (tmp_path / "quiet" / "models.json").is_file()
    config = tmp_path / "c.yaml"
    config.write_text(f"bank: {{root: {tmp_path}, sets: []}}\n", encoding="utf-8")
    assert main(["where", "gallery", "-q", "--configfile", str(config)]) == 0
    assert capsys.readouterr().out.startswith("results/gallery/")


def test_verbose_says_time_and_memory(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-v", "where", "--help"]) == 0
    assert "MB of memory" in capsys.readouterr().err


def test_an_interrupt_ends_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("facebank.cli.app", interrupted)
    assert main(["check"]) == 130
    assert capsys.readouterr().err.startswith("facebank: error: interrupted")


@pytest.mark.parametrize("command", ["import-gold", "models list"])
def test_a_command_that_is_named_reads_no_other_summary(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr("facebank.cli._summary", lambda target: read.append(target) or target)
    app(command.split())
    assert [target for target in read if ":" in target] == [COMMANDS[command]]
    read.clear()
    app([])
    assert set(COMMANDS.values()) < set(read)


def test_every_command_has_its_summary() -> None:
    application = app()
    for command in COMMANDS:
        group, _, name = command.rpartition(" ")
        assert (application[group] if group else application)[name].help
    assert all(application[group].help for group in GROUPS)
