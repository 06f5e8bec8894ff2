"""The stage that lists a bank."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from facebank.artifacts.digests import sha256_file
from facebank.artifacts.tables import read_table, read_tsv
from facebank.bank.forgotten import Forgotten, write_forgotten
from facebank.bank.schemas import PHOTOS
from facebank.errors import ConfigError, DataError
from facebank.stages.index_photos import index_photos
from portraits import astronaut, encoded, hopper, shrunk, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    root = tmp_path / "bank"
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = shrunk(astronaut()[:400], 128)
    jpeg = encoded(picture)
    write(root / "heldout/collins/01.jpg", jpeg)
    write(root / "heldout/collins/02 é 'x'.webp", encoded(picture, "WEBP"))
    write(root / "scraped/Grace Hopper/01.png", encoded(shrunk(hopper(), 96), "PNG"))
    write(root / "scraped/Grace Hopper/sideways.jpg", encoded(shrunk(hopper(), 96), exif=exif))
    write(root / "scraped/Grace Hopper/cut.jpg", jpeg[: len(jpeg) // 2])
    write(root / "scraped/Grace Hopper/text.jpg", b"no photo")
    write(root / "scraped/Grace Hopper/notes.txt", b"")
    sidecar = {"kept": [{"filename": "01.png", "license": "public domain"}]}
    write(root / "scraped/Grace Hopper/provenance.json", json.dumps(sidecar).encode())
    return root


def index(root: Path, output: Path, **options: Any) -> list[dict[str, Any]]:
    index_photos(root=root, output_dir=output, **options)
    rows: list[dict[str, Any]] = read_table(output / "photos.parquet", PHOTOS).to_pylist()
    return rows


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "run.json"}


def test_every_file_is_used_rejected_or_ignored(bank: Path, tmp_path: Path) -> None:
    rows = index(bank, tmp_path / "out", slug_map={"collins": "Eileen Collins"})
    assert [(row["photo"], row["identity"], row["format"]) for row in rows] == [
        ("heldout/collins/01.jpg", "eileen_collins", "JPEG"),
        ("heldout/collins/02 é 'x'.webp", "eileen_collins", "WEBP"),
        ("scraped/Grace Hopper/01.png", "grace_hopper", "PNG"),
        ("scraped/Grace Hopper/sideways.jpg", "grace_hopper", "JPEG"),
    ]
    rejected = read_tsv(tmp_path / "out/rejected.tsv")
    assert [(row["file"], row["reason"]) for row in rejected] == [
        ("scraped/Grace Hopper/cut.jpg", "TRUNCATED"),
        ("scraped/Grace Hopper/text.jpg", "UNREADABLE"),
    ]
    assert rejected[1]["sha256"] == hashlib.sha256(b"no photo").hexdigest()
    assert [row["reason"] for row in read_tsv(tmp_path / "out/ignored.tsv")] == ["NOT_AN_IMAGE", "SIDECAR"]
    assert json.loads((tmp_path / "out/summary.json").read_text()) == {
        "photos": 4, "identities": 2, "sets": {"heldout": 2, "scraped": 2}, "rejected": 2, "ignored": 2,
        "unknown_sets": {}, "folders_without_photo": 0,
    }  # fmt: skip


def test_a_photo_is_described_upright(bank: Path, tmp_path: Path) -> None:
    rows = {row["photo"].rpartition("/")[2]: row for row in index(bank, tmp_path / "out")}
    upright, sideways = rows["01.png"], rows["sideways.jpg"]
    assert (upright["width"], upright["height"], upright["orientation"]) == (82, 96, 1)
    assert (sideways["width"], sideways["height"], sideways["orientation"]) == (96, 82, 6)
    assert upright["sha256"] == hashlib.sha256((bank / upright["photo"]).read_bytes()).hexdigest()
    assert (upright["licence"], sideways["licence"]) == ("public domain", None)
    # The same picture in two formats differs in at most a few of the 64 bits.
    first, second = (int(rows[name]["phash"], 16) for name in ("01.jpg", "02 é 'x'.webp"))
    assert (first ^ second).bit_count() <= 4
    assert (first ^ int(upright["phash"], 16)).bit_count() > 15


def test_a_bank_that_is_copied_touched_or_read_by_more_threads_is_the_same(
    bank: Path, tmp_path: Path
) -> None:
    index(bank, tmp_path / "one" / "v")
    copy = shutil.copytree(bank, tmp_path / "copy", copy_function=shutil.copy)
    for path in copy.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = sorted(copy.rglob("*"))
    index(copy, tmp_path / "two" / "v", threads=2)
    assert contents(tmp_path / "one" / "v") == contents(tmp_path / "two" / "v")
    assert sorted(copy.rglob("*")) == before
    for path in [copy, *before]:
        path.chmod(0o755)


def test_quarantine_pixel_limit_and_empty_slugs_reject(bank: Path, tmp_path: Path) -> None:
    write(bank / "heldout/…/01.jpg", encoded(shrunk(astronaut(), 64)))
    index(bank, tmp_path / "out", quarantine=("heldout/collins/01.jpg",), max_pixels=96 * 82)
    reasons = {row["file"]: row["reason"] for row in read_tsv(tmp_path / "out/rejected.tsv")}
    assert reasons["heldout/collins/01.jpg"] == "QUARANTINED"
    assert reasons["heldout/collins/02 é 'x'.webp"] == "TOO_MANY_PIXELS"
    assert reasons["heldout/…/01.jpg"] == "NO_IDENTITY"


def test_a_photo_of_too_many_bytes_is_not_even_read(bank: Path, tmp_path: Path) -> None:
    vast = write(bank / "heldout/collins/vast.png", b"")
    with vast.open("wb") as file:
        file.truncate(1 << 40)
    index(bank, tmp_path / "out")
    rows = {row["file"]: row for row in read_tsv(tmp_path / "out/rejected.tsv")}
    row = rows["heldout/collins/vast.png"]
    assert (row["reason"], row["sha256"] or "") == ("TOO_MANY_BYTES", "")
    assert row["detail"] == "more than 536870912 bytes"
    assert "bank.max_bytes" in row["remedy"]


def test_a_set_that_the_config_does_not_name_is_said(
    bank: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(bank / "train/collins/01.jpg", b"")
    (bank / "heldout/nobody").mkdir()
    index(bank, tmp_path / "out")
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert (summary["unknown_sets"], summary["folders_without_photo"]) == ({"train": 1}, 1)
    assert "1 photos in train, which is no set of the config" in capsys.readouterr().out


def test_pictures_that_are_not_read_are_said(
    bank: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index(bank, tmp_path / "before")
    assert "formats" not in capsys.readouterr().out
    write(bank / "heldout/collins/anim.GIF", b"")
    write(bank / "other/collins/anim.tiff", b"")
    index(bank, tmp_path / "out")
    assert "1 pictures of formats that are not read" in capsys.readouterr().out


def test_one_set_is_enough(bank: Path, tmp_path: Path) -> None:
    rows = index(bank, tmp_path / "out", sets=("scraped",))
    assert {row["set"] for row in rows} == {"scraped"}
    assert {row["reason"] for row in read_tsv(tmp_path / "out/ignored.tsv")} >= {"UNKNOWN_SET"}


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"quarantine": ("heldout/collins/99.jpg",)},
            ConfigError,
            r"not in the bank: heldout/collins/99\.jpg; expected its path from bank\.root: <person>",
        ),
        ({"aliases": {"a": "b", "b": "c"}}, ConfigError, "another alias"),
        ({"aliases": {"A": "b"}}, ConfigError, "is no slug"),
        ({"sets": ("train",)}, DataError, r"no usable photo.*0 rejected and 8 ignored"),
        ({"max_pixels": 1}, DataError, r"no usable photo.*6 rejected and 2 ignored"),
    ],
)
def test_what_cannot_be_built_writes_nothing(
    bank: Path, tmp_path: Path, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        index(bank, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_two_folders_become_one_person_only_where_the_config_says_so(bank: Path, tmp_path: Path) -> None:
    write(bank / "heldout/grace.hopper/01.jpg", encoded(shrunk(hopper(), 96)))
    write(bank / "heldout/Collins/01.jpg", b"no photo")
    forgotten = tmp_path / "forgotten.tsv"
    write_forgotten(forgotten, "collins", Forgotten(frozenset({"collins"}), frozenset()))
    rows = index(bank, tmp_path / "one", forgotten=forgotten)
    assert {row["identity"] for row in rows} == {"grace_hopper", "gracehopper"}
    write(bank / "heldout/Grace Hopper./01.jpg", encoded(shrunk(hopper(), 64)))
    with pytest.raises(ConfigError, match=r"'Grace Hopper', 'Grace Hopper\.'"):
        index(bank, tmp_path / "two", forgotten=forgotten)
    assert not (tmp_path / "two").exists()
    rows = index(bank, tmp_path / "two", forgotten=forgotten, slug_map={"Grace Hopper.": "Grace Hopper"})
    assert [row["identity"] for row in rows].count("grace_hopper") == 3


def test_a_missing_or_empty_bank_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for root, message in ((tmp_path / "none", "There is no bank"), (tmp_path / "empty", "no usable photo")):
        with pytest.raises(DataError, match=message):
            index(root, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_who_is_forgotten_is_refused_by_name_and_by_content_and_not_named(bank: Path, tmp_path: Path) -> None:
    taken = bank / "heldout/collins/01.jpg"
    write(bank / "scraped/Grace Hopper/taken.jpg", taken.read_bytes())
    forgotten = Forgotten(frozenset({"collins"}), frozenset({sha256_file(taken)}))
    write_forgotten(tmp_path / "f.tsv", "collins", forgotten)
    rows = index(bank, tmp_path / "out", forgotten=tmp_path / "f.tsv")
    assert [row["photo"] for row in rows] == [
        "scraped/Grace Hopper/01.png",
        "scraped/Grace Hopper/sideways.jpg",
    ]
    rejected = [row for row in read_tsv(tmp_path / "out/rejected.tsv") if row["reason"] == "FORGOTTEN"]
    assert [row["file"][:12] for row in rejected] == ["[forgotten]/", "[forgotten]/", "scraped/Grac"]
    assert {row["sha256"] for row in rejected} == {""}
    for path in (tmp_path / "out").iterdir():
        assert b"collins" not in path.read_bytes()
        assert sha256_file(taken).encode() not in path.read_bytes()
