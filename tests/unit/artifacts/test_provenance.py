"""A version folder is whole, says what made it, and is the same for the same content."""

from __future__ import annotations

import json
import os
import platform
import time
from pathlib import Path

import pytest

from facebank.artifacts.provenance import building, describe_inputs, read_provenance, require_unaltered
from facebank.errors import DataError


def build(folder: Path, source: Path, files: dict[str, str]) -> None:
    """Build a version folder of text files."""
    with building(
        folder, rule="check_models", parameters={"stride": 5}, inputs={"source": source}
    ) as staging:
        for name, text in files.items():
            (staging / name).parent.mkdir(parents=True, exist_ok=True)
            (staging / name).write_text(text, encoding="utf-8")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Write an input."""
    (tmp_path / "input.txt").write_text("in", encoding="utf-8")
    return tmp_path / "input.txt"


def test_it_says_what_made_it(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "results" / "models" / "lite-1"
    build(folder, source, {"a.txt": "a", "deep/b.txt": "b"})
    found = read_provenance(folder)
    assert found["rule"] == "check_models"
    assert found["version"] == "lite-1"
    assert found["parameters"] == {"stride": 5}
    assert found["inputs"]["source"]["name"] == "input.txt"
    assert found["inputs"]["source"]["bytes"] == 2
    assert sorted(found["outputs"]) == ["a.txt", "deep/b.txt"]
    assert len(found["code"]) == 64
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert run.keys() == {"started", "seconds", "host", "python", "commit", "shards", "outputs"}
    assert run["python"] == platform.python_version()
    assert str(tmp_path) not in (folder / "provenance.json").read_text(encoding="utf-8")


def test_a_stage_took_as_long_as_its_work_before_the_folder_was_written(tmp_path: Path, source: Path) -> None:
    build(tmp_path / "results" / "models" / "one", source, {"a.txt": "a"})
    time.sleep(0.3)
    folder = tmp_path / "results" / "models" / "two"
    build(folder, source, {"a.txt": "a"})
    seconds = json.loads((folder / "run.json").read_text(encoding="utf-8"))["seconds"]
    assert seconds >= 0.3


def test_it_is_the_same_wherever_it_is_built(tmp_path: Path, source: Path) -> None:
    for place in ("here", "there"):
        build(tmp_path / place / "v-1", source, {"a.txt": "a"})
    assert (tmp_path / "here/v-1/provenance.json").read_bytes() == (
        tmp_path / "there/v-1/provenance.json"
    ).read_bytes()


def test_a_failed_build_leaves_what_was_there(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "v-1"
    build(folder, source, {"a.txt": "old"})
    with (
        pytest.raises(RuntimeError, match="halfway"),
        building(folder, rule="check_models", parameters={}, inputs={"source": source}) as staging,
    ):
        (staging / "a.txt").write_text("new", encoding="utf-8")
        raise RuntimeError("halfway")
    assert (folder / "a.txt").read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["input.txt", "v-1"]


def test_a_folder_is_on_the_disk_before_it_says_that_it_is_whole(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "v-1"
    build(folder, source, {"a.txt": "old", "deep/er/b.txt": "old"})
    #: What was flushed, and what the version folder held then, with the text of a.txt.
    flushed: list[tuple[int, frozenset[str], str]] = []

    def fsync(handle: int) -> None:
        names = frozenset(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
        flushed.append((os.fstat(handle).st_ino, names, (folder / "a.txt").read_text()))

    monkeypatch.setattr(os, "fsync", fsync)
    build(folder, source, {"a.txt": "new", "deep/er/b.txt": "new", "deep/er/c.txt": "new"})
    unsaid = [(inode, names, text) for inode, names, text in flushed if "provenance.json" not in names]
    # The old one is gone for good before anything of the new build is there.
    assert (folder.stat().st_ino, "old") in {(inode, text) for inode, _, text in unsaid}
    files = {"a.txt", "deep/er/b.txt", "deep/er/c.txt"}
    assert {(folder / name).stat().st_ino for name in files} <= {inode for inode, _, _ in unsaid}
    whole = {inode for inode, names, text in unsaid if names >= files and text == "new"}
    assert whole >= {place.stat().st_ino for place in (folder, folder / "deep", folder / "deep" / "er")}


def test_a_rebuild_removes_what_it_no_longer_makes_and_nothing_of_others(
    tmp_path: Path, source: Path
) -> None:
    folder = tmp_path / "v-1"
    build(folder, source, {"a.txt": "a", "gone.txt": "x", "who/she/1.npy": "x", "who/he/1.npy": "x"})
    (folder / "notes of the user.txt").write_text("mine", encoding="utf-8")
    (folder / "provenance.json").unlink()  # as Snakemake does before a rerun
    (folder / "who/he/1.npy").unlink()
    (folder / "who/he").rmdir()
    build(folder, source, {"a.txt": "b"})
    assert sorted(path.name for path in folder.rglob("*")) == [
        "a.txt",
        "notes of the user.txt",
        "provenance.json",
        "run.json",
    ]
    assert sorted(read_provenance(folder)["outputs"]) == ["a.txt"]


def test_a_version_folder_is_known_by_its_provenance(tmp_path: Path, source: Path) -> None:
    build(tmp_path / "v-1", source, {"a.txt": "a"})
    build(tmp_path / "w-1", tmp_path / "v-1", {"b.txt": "b"})
    before = read_provenance(tmp_path / "w-1")["inputs"]["source"]
    assert before["name"] == "v-1"
    build(tmp_path / "v-1", source, {"a.txt": "changed"})
    build(tmp_path / "w-1", tmp_path / "v-1", {"b.txt": "b"})
    after = read_provenance(tmp_path / "w-1")["inputs"]["source"]
    assert after["sha256"] != before["sha256"]
    assert after["outputs"] != before["outputs"]


def test_the_files_of_a_version_folder_are_told_from_what_made_them(tmp_path: Path, source: Path) -> None:
    for place, code in (("a", "1"), ("b", "2")):
        build(tmp_path / place / "v-1", source, {"a.txt": "a"})
        file = tmp_path / place / "v-1" / "provenance.json"
        file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {"code": code}), "utf-8")
    described = [describe_inputs({"it": tmp_path / place / "v-1"})["it"] for place in "ab"]
    assert described[0]["sha256"] != described[1]["sha256"]
    assert described[0]["outputs"] == described[1]["outputs"]
    assert "outputs" not in describe_inputs({"it": source})["it"]


def test_nothing_is_made_of_a_version_folder_that_was_altered(tmp_path: Path, source: Path) -> None:
    read, made = tmp_path / "v-1", tmp_path / "v-2"
    build(read, source, {"a.txt": "good"})
    require_unaltered(read)

    def make() -> None:
        with building(made, rule="check_models", parameters={}, inputs={"read": read}) as staging:
            (staging / "b.txt").write_text((read / "a.txt").read_text(encoding="utf-8"), encoding="utf-8")

    (read / "a.txt").write_text("evil", encoding="utf-8")
    with pytest.raises(DataError, match=r"a\.txt.*Delete its version folder and build again"):
        make()
    (read / "a.txt").unlink()
    with pytest.raises(DataError, match="no such file"):
        make()
    assert not made.exists()
    build(read, source, {"a.txt": "good"})
    make()
    assert (made / "b.txt").read_text(encoding="utf-8") == "good"


def test_a_missing_input_is_named_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"An input is missing: .*none\.txt"):
        build(tmp_path / "v-1", tmp_path / "none.txt", {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "no finished version folder"),
        ("{", "no finished version folder"),
        ("{}", "no finished version folder"),
        ('{"format": 99}', "newer facebank"),
    ],
)
def test_a_folder_that_cannot_be_read_is_refused(tmp_path: Path, text: str | None, sentence: str) -> None:
    if text is not None:
        (tmp_path / "provenance.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=sentence):
        read_provenance(tmp_path)
