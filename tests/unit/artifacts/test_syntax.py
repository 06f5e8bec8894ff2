"""What was found in a source is kept, and believed only for just that source."""

from __future__ import annotations

import sys
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from facebank.artifacts.syntax import Syntax, read_syntax, syntax_of

SOURCE = '"""Doc."""\nimport os\nfrom pack.maths import mean\n\n\ndef a():\n    """Doc."""\n    return mean\n'


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a module where Python would keep its bytecode."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = tmp_path / "a.py"
    path.write_text(SOURCE, encoding="utf-8")
    return path


def kept(module: Path) -> Path:
    """Give the file in which a module's syntax is kept."""
    return Path(cache_from_source(str(module))).with_suffix(".syntax")


@pytest.mark.parametrize(
    ("source", "imports"),
    [
        (b"", ()),
        (b"import os, sys\n", ("os", "sys")),
        (b"from a.b import c, d\n", ("a.b", "a.b.c", "a.b.d")),
        (b"def f():\n    import late\n", ("late",)),
        (b"from . import near\n", ()),
    ],
)
def test_imports(source: bytes, imports: tuple[str, ...]) -> None:
    assert syntax_of(source).imports == imports


def test_docstrings_and_comments_are_no_syntax() -> None:
    bare = "import os\nfrom pack.maths import mean\n\ndef a():\n    return mean # why\n"
    assert syntax_of(bare.encode()) == syntax_of(SOURCE.encode())
    assert syntax_of(b"x = 1").digest != syntax_of(b"x = 2").digest


def test_a_second_look_parses_nothing(module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read_syntax(module)
    assert first == syntax_of(SOURCE.encode())
    monkeypatch.setattr("facebank.artifacts.syntax.syntax_of", pytest.fail)
    assert read_syntax(module) == first


def test_another_source_is_parsed_though_its_file_is_as_old_and_as_long(module: Path) -> None:
    read_syntax(module)
    other = SOURCE.replace("return mean", "return  min")
    module.write_text(other, encoding="utf-8")
    assert read_syntax(module) == syntax_of(other.encode())


@pytest.mark.parametrize("damage", ["", "no checksum", "0" * 64 + '\n[["os"], "0"]'])
def test_what_is_damaged_is_made_again(module: Path, damage: str) -> None:
    first = read_syntax(module)
    kept(module).write_text(damage, encoding="utf-8")
    assert read_syntax(module) == first
    assert kept(module).read_text(encoding="utf-8") != damage


def test_a_flipped_bit_is_not_believed(module: Path) -> None:
    first = read_syntax(module)
    data = bytearray(kept(module).read_bytes())
    data[-5] ^= 1
    kept(module).write_bytes(data)
    assert read_syntax(module) == first


def test_where_nothing_can_be_kept_it_is_found_each_time(module: Path) -> None:
    kept(module).parent.write_text("a file, where the folder should be", encoding="utf-8")
    assert read_syntax(module) == syntax_of(SOURCE.encode())


def test_python_without_bytecode_keeps_nothing(module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert isinstance(read_syntax(module), Syntax)
    assert not kept(module).exists()
