"""Answers: whole lines, no blanks at their ends, colours only where they are wanted."""

from __future__ import annotations

import json

import pytest

from facebank.console.answers import answer, answer_json, answer_rows


@pytest.mark.parametrize(
    ("rows", "printed"),
    [
        ([], ""),
        ([("a", "b")], "a  b\n"),
        ([("a", "b"), ("long", "")], "a     b\nlong\n"),
        ([("a", "", "x"), ("b", "yy", "")], "a      x\nb  yy\n"),
        ([("[bold]", "'1' 写真")], "[bold]  '1' 写真\n"),
    ],
)
def test_rows(rows: list[tuple[str, ...]], printed: str, capsys: pytest.CaptureFixture[str]) -> None:
    answer_rows(rows)
    assert capsys.readouterr().out == printed


def test_a_long_line_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    line = "/a/path/with many words " * 20 + "end"
    answer(line, "bold")
    assert capsys.readouterr().out == f"{line}\n"


@pytest.mark.parametrize(("no_colour", "coloured"), [(None, True), ("1", False)])
def test_colours_respect_no_color(
    no_colour: str | None, coloured: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_colour is not None:
        monkeypatch.setenv("NO_COLOR", no_colour)
    answer("text", "red")
    assert ("\x1b[31m" in capsys.readouterr().out) == coloured


def test_json_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"path": "[red]x[/]" + "y" * 200, "n": [1, None]}
    answer_json(value)
    assert json.loads(capsys.readouterr().out) == value
