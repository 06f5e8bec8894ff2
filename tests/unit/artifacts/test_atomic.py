"""A file is there whole, or as it was."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from facebank.artifacts.atomic import (
    json_text,
    replacing,
    require_writable,
    sweep,
    write_bytes,
    write_json,
    write_json_with,
    write_text,
)


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


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda values: st.lists(values) | st.dictionaries(st.text() | st.integers(), values),
        max_leaves=20,
    )
)
@example([0.1, -0.0, "\x7f\x1f\u2028/", [], {}, [[]], {"": {}}])
@example([1e-7])
@example([1e16])
@example([2**70])
@example(["\ud800"])
def test_json_is_spelled_as_python_spells_it(value: object) -> None:
    assert json_text(value) == json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def test_json_has_no_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "a.json", [float("nan")])
    assert list(tmp_path.iterdir()) == []
    write_json(tmp_path / "a.json", [1.5])
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == [1.5]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_long_list_is_written_as_the_whole_would_be(tmp_path: Path, count: int) -> None:
    members, values = {"a": "é", "b": [1, None]}, [{"x": number, "y": "ß"} for number in range(count)]
    write_json_with(tmp_path / "a", members, "frames", iter(values))
    write_json(tmp_path / "b", {**members, "frames": values}, indent=None)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_list_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def values() -> Iterator[float]:
        yield 1.0
        yield float("nan")

    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json_with(tmp_path / "a", {"a": 1}, "frames", values())
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_on_the_disk_before_its_name_is_and_the_name_before_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[tuple[str, bool, str]] = []

    def named() -> str:
        return (tmp_path / "a").read_text() if (tmp_path / "a").exists() else ""

    def fsync(handle: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file"
        written = kind == "folder" or os.fstat(handle).st_size == len("new")
        happened.append((kind, written, named()))

    monkeypatch.setattr(os, "fsync", fsync)
    (tmp_path / "a").write_text("old")
    write_text(tmp_path / "a", "new")
    assert happened == [("file", True, "old"), ("folder", True, "new")]


def test_what_lies_in_an_unfinished_folder_is_left_to_be_flushed_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", flushed.append)
    write_text(tmp_path / ".partial.v-1.x" / "deep" / "a.txt", "new")
    assert (tmp_path / ".partial.v-1.x" / "deep" / "a.txt").read_text() == "new"
    assert not flushed
    write_text(tmp_path / "v-1" / "a.txt", "new")
    assert flushed


def test_a_sweep_takes_what_is_unfinished_and_nothing_else(tmp_path: Path) -> None:
    sweep(tmp_path / "no such folder")
    places = ("gallery", "gallery/mean-1", "release", ".releases", ".logs", ".shards/embeddings/e-1/of-2")
    for place in places:
        write_text(tmp_path / place / "kept.json", "1")
        write_text(tmp_path / place / ".hidden", "1")
        with pytest.raises(KeyboardInterrupt), replacing(tmp_path / place / "a.json") as temporary:
            killed = temporary.rename(temporary.with_name(f"{temporary.name}.kept"))
            raise KeyboardInterrupt
        assert killed.is_file()
        write_text(tmp_path / place / ".partial.mean-2.x" / "deep" / "a.txt", "half")
    (tmp_path / "gallery" / ".partial.link").symlink_to(tmp_path / "gallery" / "mean-1")
    sweep(tmp_path)
    found = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(found) == sorted(f"{place}/{name}" for place in places for name in ("kept.json", ".hidden"))


def test_whether_a_folder_can_be_written_is_found_without_making_it(tmp_path: Path) -> None:
    assert require_writable(tmp_path / "a" / "b") == tmp_path
    assert not list(tmp_path.iterdir())
    # Not even root writes into it.
    with pytest.raises(OSError, match="proc"):
        require_writable(Path("/proc/a/b"))
