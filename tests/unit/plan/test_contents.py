"""Content digests follow bytes, not times; and what did not change is not read again."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from facebank.artifacts.digests import sha256_bytes
from facebank.plan import contents
from facebank.plan.contents import ContentIndex, files_below, has_files


def old(path: Path, data: bytes) -> Path:
    """Write a file that was last changed an hour ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    past = time.time() - 3600
    os.utime(path, (past, past))
    return path


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record which files are really read."""
    names: list[str] = []
    real = contents.sha256_file
    monkeypatch.setattr(contents, "sha256_file", lambda path: (names.append(path.name), real(path))[1])
    return names


@pytest.fixture(autouse=True)
def settled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust files at once that were changed just now, but where this is what is tested."""
    if "just_changed" not in request.node.name:
        monkeypatch.setattr(contents, "_RACY_NS", 0)


def digest(index: Path, *files: Path) -> list[str]:
    """Digest files as one run of the workflow does."""
    run = ContentIndex(index)
    found = run.digests(files)
    run.save()
    return found


def test_no_files_need_no_index(tmp_path: Path) -> None:
    assert digest(tmp_path / "deep" / "index") == []
    assert list(tmp_path.iterdir()) == []


def test_an_unchanged_file_is_read_once(tmp_path: Path, reads: list[str]) -> None:
    file = old(tmp_path / "a", b"1")
    assert digest(tmp_path / "i", file) == digest(tmp_path / "i", file) == [sha256_bytes(b"1")]
    assert reads == ["a"]


def test_bytes_changed_behind_size_and_time_are_seen(tmp_path: Path) -> None:
    """A swapped layout keeps the size, and an archive puts the time back."""
    file = old(tmp_path / "a", b"OLS")
    digest(tmp_path / "i", file)
    times = file.stat()
    time.sleep(0.05)
    file.write_bytes(b"LOS")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert digest(tmp_path / "i", file) == [sha256_bytes(b"LOS")]


def test_a_name_that_is_no_text_is_a_name(tmp_path: Path) -> None:
    file = old(Path(os.fsdecode(bytes(tmp_path) + b"/bad\xff.jpg")), b"1")
    assert digest(tmp_path / "i", file) == digest(tmp_path / "i", file) == [sha256_bytes(b"1")]


def test_a_touch_reads_it_again_and_changes_nothing(tmp_path: Path, reads: list[str]) -> None:
    file = old(tmp_path / "a", b"1")
    before = digest(tmp_path / "i", file)
    os.utime(file, (time.time() - 60, time.time() - 60))
    assert digest(tmp_path / "i", file) == before
    assert reads == ["a", "a"]


def test_other_bytes_of_the_same_size_are_seen(tmp_path: Path) -> None:
    file = old(tmp_path / "a", b"1")
    digest(tmp_path / "i", file)
    file.write_bytes(b"2")
    assert digest(tmp_path / "i", file) == [sha256_bytes(b"2")]


def test_a_file_that_just_changed_is_not_trusted(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"1")
    facts = file.stat()
    digest(tmp_path / "i", file)
    file.write_bytes(b"2")
    # The worst case: the file system's clock did not move between the two writes.
    os.utime(file, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert digest(tmp_path / "i", file) == [sha256_bytes(b"2")]


def test_a_damaged_index_is_as_good_as_none(tmp_path: Path) -> None:
    file = old(tmp_path / "a", b"1")
    (tmp_path / "i").write_bytes(b"no database" * 100)
    assert digest(tmp_path / "i", file) == [sha256_bytes(b"1")]


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    assert digest(tmp_path / "i", tmp_path / "none") == ["unreadable"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert digest(tmp_path / "i", tmp_path / "pipe", Path("/dev/zero")) == ["unreadable", "unreadable"]


def test_a_folder_is_no_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    assert digest(tmp_path / "i", tmp_path / "folder", tmp_path / "link") == ["a folder", "a folder"]


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, reads: list[str]) -> None:
    small, large = old(tmp_path / "small", b"12"), old(tmp_path / "large", b"123")
    index = ContentIndex(tmp_path / "i")
    first = index.digests([small, large], max_bytes=2)
    assert first == [sha256_bytes(b"12"), "more than 2 bytes"]
    index.save()
    assert ContentIndex(tmp_path / "i").digests([small, large], max_bytes=2) == first
    assert reads == ["small"]
    assert ContentIndex(tmp_path / "i").digests([large], max_bytes=3) == [sha256_bytes(b"123")]
    assert ContentIndex(tmp_path / "i").digests([small], max_bytes=1) == ["more than 1 bytes"]


def test_files_below_lists_links_and_does_not_follow_them(tmp_path: Path) -> None:
    root = tmp_path / "root"
    old(root / "b" / "ü 1.jpg", b"")
    old(root / "a.txt", b"")
    old(tmp_path / "outside" / "c.jpg", b"")
    (root / "empty").mkdir()
    (root / "loop").symlink_to(root)
    (root / "out").symlink_to(tmp_path / "outside")
    assert files_below(root) == ["a.txt", "b/ü 1.jpg", "empty", "loop", "out"]
    assert files_below(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("made", "filled"),
    [((), False), (("empty/deeper",), False), (("deep/er/file.txt",), True), (("broken -> nowhere",), True)],
)
def test_a_folder_is_filled_by_anything_but_folders(
    made: tuple[str, ...], filled: bool, tmp_path: Path
) -> None:
    for name in made:
        link, _, target = name.partition(" -> ")
        if target:
            (tmp_path / link).symlink_to(target)
        elif name.endswith(".txt"):
            old(tmp_path / name, b"1")
        else:
            (tmp_path / name).mkdir(parents=True)
    assert has_files(tmp_path) == filled


def test_a_file_that_is_gone_is_unreadable_though_it_was_read_before(tmp_path: Path) -> None:
    kept, gone = old(tmp_path / "a", b"1"), old(tmp_path / "b", b"2")
    digest(tmp_path / "i", kept, gone)
    gone.unlink()
    assert digest(tmp_path / "i", gone, kept) == ["unreadable", sha256_bytes(b"1")]
