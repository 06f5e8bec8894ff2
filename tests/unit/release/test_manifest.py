from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from facebank.artifacts.atomic import json_text, write_json
from facebank.errors import DataError
from facebank.release.manifest import (
    FORMAT,
    MANIFEST,
    Manifest,
    describe_release,
    read_manifest,
    release_id,
    verify_release,
)

if TYPE_CHECKING:
    from pathlib import Path

ODD = "a folder/Größe & <b>.txt"


def make(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    write_json(folder / MANIFEST, describe_release(folder).document())
    return folder


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return make(tmp_path / "r", {"a.txt": b"a", "empty": b"", ODD: b"x" * 100})


def test_an_empty_release_has_a_name(tmp_path: Path) -> None:
    assert len(verify_release(make(tmp_path / "r", {})).id) == 12


def test_a_whole_release_is_verified_through_a_link_too(release: Path) -> None:
    (release.parent / "latest").symlink_to("r")
    manifest = verify_release(release.parent / "latest")
    assert list(manifest.files) == [ODD, "a.txt", "empty"]
    assert manifest == read_manifest(release)


def test_the_name_follows_from_paths_and_bytes_only(tmp_path: Path) -> None:
    files = {"a": b"1", "b": b"2"}
    name = describe_release(make(tmp_path / "r1", files)).id
    assert name == describe_release(make(tmp_path / "r2", dict(reversed(files.items())))).id
    others = ({"a": b"2", "b": b"1"}, {"a": b"1"}, {"a": b"1", "c": b"2"}, {"a": b"1", "b": b"3"})
    for number, other in enumerate(others):
        assert describe_release(make(tmp_path / f"o{number}", other)).id != name


@pytest.mark.parametrize("name", ["a.txt", ODD])
@pytest.mark.parametrize("place", [0, -1])
def test_one_flipped_bit_is_found(release: Path, name: str, place: int) -> None:
    data = bytearray((release / name).read_bytes())
    data[place] ^= 1
    (release / name).write_bytes(data)
    with pytest.raises(DataError, match="was changed") as caught:
        verify_release(release)
    assert name in str(caught.value)


@pytest.mark.parametrize("name", ["a.txt", "empty", ODD])
def test_a_missing_file_is_named(release: Path, name: str) -> None:
    (release / name).unlink()
    with pytest.raises(DataError, match="is missing") as caught:
        verify_release(release)
    assert name in str(caught.value)


def test_an_extra_file_is_named(release: Path) -> None:
    (release / "deep").mkdir()
    (release / "deep" / "extra").write_text("")
    with pytest.raises(DataError, match=r"does not belong to the release.*deep/extra"):
        verify_release(release)


def test_a_symbolic_link_is_refused(release: Path) -> None:
    (release / "a.txt").unlink()
    (release / "a.txt").symlink_to("empty")
    with pytest.raises(DataError, match="no symbolic links"):
        verify_release(release)


def test_a_manifest_that_was_rewritten_is_found(release: Path) -> None:
    document = json.loads((release / MANIFEST).read_text())
    (release / MANIFEST).write_text(json.dumps({**document, "id": "0" * 12}))
    with pytest.raises(DataError, match="id is not that of its files"):
        verify_release(release)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + " ",
        lambda text: text.replace('"bytes": 1\n', '"bytes": 2\n'),
        lambda text: text.replace(f'"format": {FORMAT}', '"format": 0'),
        lambda text: text.replace("{", '{"more": 1,', 1),
    ],
)
def test_a_manifest_that_says_more_or_otherwise_is_found(release: Path, change: Callable[[str], str]) -> None:
    text = (release / MANIFEST).read_text()
    assert change(text) != text
    (release / MANIFEST).write_text(change(text))
    with pytest.raises(DataError, match="manifest was changed"):
        verify_release(release)


def test_a_folder_called_like_another_release_is_found(release: Path) -> None:
    name = verify_release(release).id
    verify_release(release.rename(release.with_name(name)))
    moved = release.with_name(name).rename(release.with_name("0" * 12))
    with pytest.raises(DataError, match=f"not called as its content is.*{name}"):
        verify_release(moved)


def test_an_empty_folder_is_found(release: Path) -> None:
    (release / "nobody").mkdir()
    with pytest.raises(DataError, match=r"empty.*nobody"):
        verify_release(release)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1, "id": "x"}'])
def test_what_is_no_manifest_is_no_release(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(DataError, match="no release"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("number", [1, 2])
def test_a_release_of_an_older_format_stays_good(release: Path, number: int) -> None:
    files = verify_release(release).files
    older = Manifest(release_id(files, number), files, number)
    (release / MANIFEST).write_text(json_text(older.document()))
    assert verify_release(release) == older


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_format_that_was_lowered_is_found(release: Path, number: int) -> None:
    lowered = replace(verify_release(release), format=number)
    (release / MANIFEST).write_text(json_text(lowered.document()))
    with pytest.raises(DataError, match=r"manifest was changed|id is not that of its files"):
        verify_release(release)


def test_a_newer_format_is_refused(release: Path) -> None:
    document = json.loads((release / MANIFEST).read_text())
    (release / MANIFEST).write_text(json.dumps({**document, "format": FORMAT + 1}))
    with pytest.raises(DataError, match="newer facebank"):
        read_manifest(release)


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname"])
def test_a_manifest_names_no_file_outside(release: Path, name: str) -> None:
    document = json.loads((release / MANIFEST).read_text())
    document["files"][name] = {"sha256": "0" * 64, "bytes": 1}
    (release / MANIFEST).write_text(json.dumps(document))
    with pytest.raises(DataError, match="outside the release"):
        verify_release(release)
