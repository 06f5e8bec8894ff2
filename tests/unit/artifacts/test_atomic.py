"""A file is there whole, or as it was."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from facebank.artifacts.atomic import json_text, replacing, write_bytes, write_json, write_text


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError, match="halfway"), replacing(path) as temporary:
        temporary.write_text("ne", encoding="utf-8")
        raise RuntimeError("halfway")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_are_made_and_permissions_are_those_of_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "ü b.bin"
    write_bytes(path, b"\x00")
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    assert path.read_bytes() == b"\x00"
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


@pytest.mark.parametrize(
    ("value", "indent", "text"),
    [({}, 2, "{}\n"), ({"ü": [1]}, None, '{"ü":[1]}\n'), ({"a": 1}, 2, '{\n  "a": 1\n}\n')],
)
def test_json_text(value: object, indent: int | None, text: str) -> None:
    assert json_text(value, indent=indent) == text


def test_json_has_no_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "a.json", [float("nan")])
    assert list(tmp_path.iterdir()) == []
    write_json(tmp_path / "a.json", [1.5])
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == [1.5]
