from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from facebank.errors import DataError
from facebank.release.manifest import verify_release
from facebank.release.publish import assemble, point_latest, settle, staging_folder
from facebank.release.receipt import published_release, write_receipt

if TYPE_CHECKING:
    from pathlib import Path


def publish(releases: Path, files: dict[str, Path]) -> Path:
    with staging_folder(releases) as folder:
        assemble(folder, files)
        return settle(folder, releases)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "version" / "a.txt"
    path.parent.mkdir()
    path.write_text("content")
    return path


def test_a_release_stands_under_its_name_and_leaves_nothing_else(tmp_path: Path, source: Path) -> None:
    release = publish(tmp_path / "releases", {"deep/a.txt": source})
    assert release.name == verify_release(release).id
    assert [path.name for path in (tmp_path / "releases").iterdir()] == [release.name]
    assert (release / "deep/a.txt").samefile(source)


def test_a_release_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    releases = tmp_path / "releases"
    flushed: set[int] = set()

    def fsync(handle: int) -> None:
        if all(path.name.startswith(".partial.") for path in releases.iterdir()):
            flushed.add(os.fstat(handle).st_ino)

    monkeypatch.setattr(os, "fsync", fsync)
    release = publish(releases, {"deep/a.txt": source})
    assert {path.stat().st_ino for path in (release, *release.rglob("*"))} <= flushed


def test_files_are_copied_where_links_are_refused(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "other device")

    linked = publish(tmp_path / "linked", {"a.txt": source})
    monkeypatch.setattr(os, "link", refuse)
    copied = publish(tmp_path / "copied", {"a.txt": source})
    assert copied.name == linked.name
    assert not (copied / "a.txt").samefile(source)


def test_the_same_content_is_kept_as_it_is(tmp_path: Path, source: Path) -> None:
    release = publish(tmp_path / "releases", {"a.txt": source})
    before = (release / "manifest.json").stat()
    assert publish(tmp_path / "releases", {"a.txt": source}) == release
    after = (release / "manifest.json").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert [path.name for path in (tmp_path / "releases").iterdir()] == [release.name]


def test_a_damaged_release_is_reported_and_not_mended(tmp_path: Path, source: Path) -> None:
    release = publish(tmp_path / "releases", {"a.txt": source})
    (release / "a.txt").unlink()
    with pytest.raises(DataError, match="was damaged"):
        publish(tmp_path / "releases", {"a.txt": source})
    assert not (release / "a.txt").exists()


def test_a_failure_leaves_no_trace(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        publish(tmp_path / "releases", {"a.txt": tmp_path / "missing"})
    assert list((tmp_path / "releases").iterdir()) == []


def test_latest_is_relative_and_follows(tmp_path: Path, source: Path) -> None:
    first = publish(tmp_path / "releases", {"a.txt": source})
    point_latest(first)
    second = publish(tmp_path / "releases", {"b.txt": source})
    point_latest(second)
    latest = tmp_path / "releases" / "latest"
    assert str(latest.readlink()) == second.name
    (tmp_path / "releases").rename(tmp_path / "moved")
    assert (tmp_path / "moved" / "latest" / "b.txt").read_text() == "content"


def test_a_receipt_says_which_release_it_was(tmp_path: Path, source: Path) -> None:
    receipt = tmp_path / ".releases" / "v.json"
    assert published_release(receipt, tmp_path / "releases") is None
    release = publish(tmp_path / "releases", {"a.txt": source})
    write_receipt(receipt, release)
    assert published_release(receipt, tmp_path / "releases") == release


@pytest.mark.parametrize("text", ["", "{}", "[]"])
def test_a_damaged_receipt_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "v.json").write_text(text)
    with pytest.raises(DataError, match=r"v\.json"):
        published_release(tmp_path / "v.json", tmp_path)
