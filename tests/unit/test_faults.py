"""Faults of the machine: what the user sees, that nothing is lost, and that a second run ends well."""

from __future__ import annotations

import errno
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import onnxruntime
import pyarrow as pa
import pytest

import facebank.keyframes.source_detection
from clips import PACK, Clip, encode
from facebank.artifacts.digests import contents_digest
from facebank.artifacts.shards import read_shard_record
from facebank.artifacts.tables import read_tsv
from facebank.cli import main
from facebank.errors import DataError
from facebank.plan.contents import ContentIndex
from facebank.sources.cache import cached_rows
from portraits import TINY, astronaut, encoded, hanks, shrunk, write

PROJECT = Path(__file__).parents[2]
CONTENTS = contents_digest("all can be read", [])


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """Three photos."""
    root = tmp_path / "bank"
    write(root / "heldout/Collins/01.png", encoded(shrunk(astronaut(), 200), "PNG"))
    write(root / "heldout/Collins/02.png", encoded(shrunk(astronaut()[:300, 80:380], 160), "PNG"))
    write(root / "scraped/Hanks/01.png", encoded(hanks(), "PNG"))
    return root


def index(bank: Path) -> list[str]:
    return ["index-photos", "--root", str(bank), "--output-dir", str(bank.parent / "V")]


def embed(bank: Path, name: str = "0") -> list[str]:
    output = bank.parent / "shards" / f"{name}.parquet"
    return ["embed-photos", "--root", str(bank), "--pack", str(TINY), "--cache", str(bank.parent / "cache"),
            "--output", str(output), f"--contents={CONTENTS}", "--det-sizes=160"]  # fmt: skip


def collect(bank: Path) -> list[str]:
    return ["collect-embeddings", "--photos", str(bank.parent / "V/photos.parquet"), "--pack", str(TINY),
            f"--shards={bank.parent / 'shards/0.parquet'}", "--output-dir", str(bank.parent / "E"),
            "--det-sizes=160"]  # fmt: skip


def run(
    words: list[str], *, prefix: tuple[str, ...] = (), **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "workflow" / "src")}
    command = [*prefix, sys.executable, "-m", "facebank", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, **options)


def one_sentence(done: subprocess.CompletedProcess[str], code: int, *pieces: str) -> None:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert all(piece in done.stderr for piece in pieces), done.stderr


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def entries(bank: Path) -> dict[str, int]:
    cache = bank.parent / "cache"
    return {path.name: path.stat().st_mtime_ns for path in cache.rglob("*.arrays")}


def failing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let the disk fail under one file."""
    whole = Path.open

    def refuse(path: Path, *words: Any, **named: Any) -> Any:
        if path.name == name:
            raise OSError(errno.EIO, "Input/output error", str(path))
        return whole(path, *words, **named)

    monkeypatch.setattr(Path, "open", refuse)


def test_a_read_error_stops_an_inventory_that_would_miss_a_photo(
    bank: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patched:
        failing(patched, "02.png")
        assert main([*index(bank), f"--contents={CONTENTS}"]) == 3
        said = capsys.readouterr().err
        assert "heldout/Collins/02.png" in said
        assert "build again: what is finished stays." in said
        assert files(bank.parent) == [f"bank/{name}" for name in files(bank)]
        assert main([*index(bank), f"--contents={contents_digest('one cannot', ['unreadable'])}"]) == 0
        (row,) = read_tsv(bank.parent / "V/rejected.tsv")
        assert (row["file"], row["reason"]) == ("heldout/Collins/02.png", "UNREADABLE")
    assert main([*index(bank), f"--contents={CONTENTS}"]) == 0
    assert len(read_tsv(bank.parent / "V/rejected.tsv")) == 0


def test_shards_that_missed_a_photo_are_made_again(
    bank: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(index(bank)) == 0
    with monkeypatch.context() as patched:
        failing(patched, "02.png")
        assert main(embed(bank)) == 0
    shard = bank.parent / "shards/0.parquet"
    assert read_shard_record(shard) is not None
    assert main(collect(bank)) == 3
    assert "build again" in capsys.readouterr().err
    assert read_shard_record(shard) is None
    assert main(embed(bank)) == 0
    assert main(collect(bank)) == 0


@pytest.mark.parametrize("cut", [False, True])
def test_a_damaged_shard_is_named_and_made_again(
    bank: Path, capsys: pytest.CaptureFixture[str], cut: bool
) -> None:
    """One that is cut cannot be read; one with a turned bit has another embedding."""
    assert main(index(bank)) == 0
    assert main(embed(bank)) == 0
    shard = bank.parent / "shards/0.parquet"
    good = shard.read_bytes()
    shard.write_bytes(good[:-9] if cut else turned_bit(good))
    assert main(collect(bank)) == 3
    said = capsys.readouterr().err
    assert str(shard) in said
    assert "Build again" in said
    assert read_shard_record(shard) is None
    assert main(embed(bank)) == 0
    assert shard.read_bytes() == good
    assert main(collect(bank)) == 0


def test_a_turned_bit_in_a_finished_table_is_never_believed(
    bank: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(index(bank)) == 0
    assert main(embed(bank)) == 0
    assert main(collect(bank)) == 0
    faces, made = bank.parent / "E/faces.parquet", bank.parent / "G"
    good = faces.read_bytes()
    gallery = ["build-gallery", f"--embeddings={faces.parent}", f"--inventory={bank.parent / 'V'}",
               f"--output-dir={made}"]  # fmt: skip
    faces.write_bytes(turned_bit(good))
    assert main(gallery) == 3
    assert f"Cannot read the table: {faces}" in capsys.readouterr().err
    assert not made.exists()
    faces.write_bytes(good)
    assert main(gallery) == 0


def turned_bit(data: bytes) -> bytes:
    """Turn one bit of a table's values, and not of its head or its end."""
    place = len(data) // 4
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def test_a_file_that_is_no_photo_ends_no_build(bank: Path) -> None:
    (bank / "heldout/Collins/empty.jpg").write_bytes(b"")
    (bank / "heldout/Collins/text.jpg").write_bytes(b"no photo")
    assert main([*index(bank), f"--contents={CONTENTS}"]) == 0
    found = [(row["file"], row["reason"]) for row in read_tsv(bank.parent / "V/rejected.tsv")]
    assert found == [(f"heldout/Collins/{name}.jpg", "UNREADABLE") for name in ("empty", "text")]


def without_privileges() -> tuple[str, ...]:
    """Give the words that take away what lets root pass by permissions."""
    if os.geteuid():
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root without setpriv passes by every permission")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


def test_a_photo_that_may_not_be_read_is_listed(bank: Path) -> None:
    (bank / "heldout/Collins/02.png").chmod(0)
    done = run(index(bank), prefix=without_privileges())
    assert done.returncode == 0, done.stderr
    (row,) = read_tsv(bank.parent / "V/rejected.tsv")
    assert (row["file"], row["reason"], row["detail"]) == (
        "heldout/Collins/02.png", "UNREADABLE", "Permission denied",
    )  # fmt: skip


def test_results_that_may_not_be_written_are_named(bank: Path) -> None:
    (bank.parent / "V").mkdir(mode=0o555)
    done = run([*index(bank)[:-1], str(bank.parent / "V/inventory/x")], prefix=without_privileges())
    one_sentence(done, 3, "Permission denied", str(bank.parent / "V"), "Correct the permissions")
    assert files(bank.parent / "V") == []


def test_a_video_that_may_not_be_read_is_listed(tmp_path: Path) -> None:
    for name in "ab":
        encode(tmp_path / "root" / f"{name}.mp4", Clip(("centre",), 2, {}).pictures())
    (tmp_path / "root/a.mp4").chmod(0)
    words = ["index-sources", "--root", str(tmp_path / "root"), "--output-dir", str(tmp_path / "S")]
    done = run(words, prefix=without_privileges())
    assert done.returncode == 0, done.stderr
    (row,) = read_tsv(tmp_path / "S/rejected.tsv")
    assert (row["file"], row["reason"]) == ("a.mp4", "UNREADABLE")
    again = run([*words, f"--contents={CONTENTS}"], prefix=without_privileges())
    one_sentence(again, 3, "could be read when the build began: a.mp4")


@pytest.mark.parametrize("words", [index, embed], ids=["inventory", "shard"])
def test_a_full_disk_is_said_and_leaves_nothing_behind(
    bank: Path, words: Callable[[Path], list[str]]
) -> None:
    """A limit of 64 bytes for any file: every write breaks off as on a full disk."""
    limited = run(words(bank), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64)))
    assert limited.returncode == 3, limited.stderr
    assert "Traceback" not in limited.stderr
    assert re.search("File too large", limited.stderr), limited.stderr
    assert [file for file in files(bank.parent) if not file.startswith("bank/")] == []
    assert main(words(bank)) == 0


def test_a_bank_that_vanished_is_named(bank: Path) -> None:
    away = bank.rename(bank.with_name("away"))
    one_sentence(run(index(bank)), 3, f"There is no bank: {bank}")
    assert not (bank.parent / "V").exists()
    away.rename(bank)
    assert main(index(bank)) == 0


def test_a_video_that_vanishes_while_it_is_read_is_no_broken_video(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root, output = tmp_path / "root", tmp_path / "shard.parquet"
    encode(root / "a.mp4", Clip(("centre",), 2, {}).pictures())
    words = ["detect-keyframes", "--root", str(root), "--pack", str(PACK), "--cache", str(tmp_path / "cache")]
    words += ["--output", str(output)]

    def vanish(path: Path, *_: Any, **__: Any) -> None:
        root.rename(tmp_path / "away")
        raise DataError("The video breaks off", file=path)

    with monkeypatch.context() as patched:
        patched.setattr(facebank.keyframes.source_detection, "detect_video", vanish)
        assert main(words) == 3
    assert "found no file" in capsys.readouterr().err
    assert not output.exists()
    (tmp_path / "away").rename(root)
    assert main(words) == 0


def test_a_clock_that_jumps_back_hides_no_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"one")
    os.utime(file, (2_000_000_000, 2_000_000_000))
    now = time.time_ns()

    def digest(clock: int) -> str:
        with monkeypatch.context() as patched:
            patched.setattr(time, "time_ns", lambda: clock)
            contents = ContentIndex(tmp_path / "contents.sqlite")
            (found,) = contents.digests([file])
            contents.save()
        return found

    ahead = digest(now + 10**15)
    assert digest(now) == ahead
    file.write_bytes(b"two")
    os.utime(file, (2_000_000_000, 2_000_000_000))
    assert digest(now - 10**15) != ahead


def test_a_killed_worker_loses_only_the_photo_in_work(bank: Path) -> None:
    for number in range(3, 40):
        shown = encoded(shrunk(astronaut()[number:, number:], 300), "PNG")
        write(bank / f"heldout/Collins/{number:02}.png", shown)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "workflow" / "src")}
    worker = subprocess.Popen([sys.executable, "-m", "facebank", *embed(bank)], env=environment)
    until = time.monotonic() + 100
    while not entries(bank) and time.monotonic() < until:
        time.sleep(0.01)
    worker.send_signal(signal.SIGKILL)
    assert worker.wait() == -signal.SIGKILL
    kept = entries(bank)
    assert kept
    assert not (bank.parent / "shards").exists()
    assert main(embed(bank)) == 0
    assert kept.items() <= entries(bank).items()
    shutil.rmtree(bank.parent / "cache")
    assert main(embed(bank, "alone")) == 0
    shards = bank.parent / "shards"
    assert (shards / "0.parquet").read_bytes() == (shards / "alone.parquet").read_bytes()


def test_a_full_tmp_hinders_no_stage(bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever asks for the folder of temporary files gets what Python says where none can be written."""

    def none() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    monkeypatch.setattr(tempfile, "_get_default_tempdir", none)
    assert [main(words(bank)) for words in (index, embed, collect)] == [0, 0, 0]


def test_a_flipped_bit_in_a_cached_table_is_never_believed(tmp_path: Path) -> None:
    schema = pa.schema([("frame", pa.int64()), ("score", pa.float64())])
    rows = [{"frame": frame, "score": frame / 7} for frame in range(20)]
    made: list[int] = []

    def make() -> list[dict[str, Any]]:
        made.append(1)
        return rows

    def read() -> list[dict[str, Any]]:
        return cached_rows(tmp_path, "detections", "ab" * 32, {"stride": 5}, schema, make)

    assert read() == read() == rows
    assert len(made) == 1
    (entry,) = (path for path in tmp_path.rglob("*") if path.is_file())
    good = entry.read_bytes()
    for place in range(0, len(good), 7):
        flipped = bytearray(good)
        flipped[place] ^= 1 << place % 8
        entry.write_bytes(flipped)
        made.clear()
        assert read() == rows
        assert made == [1]
        assert entry.read_bytes() == good


def test_a_flipped_bit_in_a_cached_face_is_computed_again(bank: Path) -> None:
    assert main(embed(bank)) == 0
    expected = (bank.parent / "shards/0.parquet").read_bytes()
    cached = {path: path.read_bytes() for path in (bank.parent / "cache").rglob("*.arrays")}
    for path, good in cached.items():
        path.write_bytes(good[:-5] + bytes([good[-5] ^ 1]) + good[-4:])
    assert main(embed(bank)) == 0
    assert (bank.parent / "shards/0.parquet").read_bytes() == expected
    assert {path: path.read_bytes() for path in cached} == cached


def test_a_model_that_fails_on_one_batch_names_the_photo(
    bank: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[int] = []
    infer = onnxruntime.InferenceSession.run

    def breaking(*arguments: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("Failed to allocate memory\nfor requested buffer")
        return infer(*arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(onnxruntime.InferenceSession, "run", breaking)
        assert main(embed(bank)) == 4
    said = capsys.readouterr().err
    assert "heldout/Collins/02.png" in said
    assert "Failed to allocate memory for requested buffer" in said
    assert "build again: what is finished stays" in said.lower()
    assert not (bank.parent / "shards").exists()
    kept = entries(bank)
    assert len(kept) == 2
    assert main(embed(bank)) == 0
    assert kept.items() <= entries(bank).items()


def test_a_model_that_fails_on_one_frame_names_the_video(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for more, name in enumerate("ab"):
        encode(tmp_path / "root" / f"{name}.mp4", Clip(("centre",), 6 + more, {}).pictures())
    words = ["detect-keyframes", "--root", str(tmp_path / "root"), "--pack", str(PACK), "--det-size=160",
             "--cache", str(tmp_path / "cache"), "--output", str(tmp_path / "shard.parquet")]  # fmt: skip
    infer, calls = onnxruntime.InferenceSession.run, count()

    def breaking(*arguments: Any, **named: Any) -> Any:
        # The first video is finished by then.
        if next(calls) == 3:
            raise RuntimeError("Failed to allocate memory\nfor requested buffer")
        return infer(*arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(onnxruntime.InferenceSession, "run", breaking)
        assert main(words) == 4
    said = capsys.readouterr().err
    assert "b.mp4" in said
    assert "Failed to allocate memory for requested buffer" in said
    assert "build again: what is finished stays" in said.lower()
    assert not (tmp_path / "shard.parquet").exists()
    kept = files(tmp_path / "cache")
    assert kept
    assert main(words) == 0
    assert {*kept} < {*files(tmp_path / "cache")}


def test_a_model_that_fails_on_a_picture_of_a_label_names_it(
    bank: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = '{"sample_hash": "s", "source": "a", "image_path": "Collins/02.png"}\n'
    labels = write(bank.parent / "rows.ndjson", row.encode())
    words = ["predict-regions", "--labels", str(labels), "--image-roots", str(bank / "heldout"),
             "--model-pack", str(TINY), "--output-dir", str(bank.parent / "P")]  # fmt: skip

    def breaking(*_: Any, **__: Any) -> Any:
        raise RuntimeError("Failed to allocate memory")

    with monkeypatch.context() as patched:
        patched.setattr(onnxruntime.InferenceSession, "run", breaking)
        assert main(words) == 4
    assert "Collins/02.png" in capsys.readouterr().err
    assert not (bank.parent / "P").exists()
    assert main(words) == 0


def test_every_row_of_the_table_is_a_test_that_exists() -> None:
    text = (PROJECT / "docs" / "reliability.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| Fault")]
    assert rows
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row)
        assert named, row
        for file, test in named:
            assert f"def {test}(" in (PROJECT / file).read_text(encoding="utf-8"), (file, test)
