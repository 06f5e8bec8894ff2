"""Unpacking: two checked files, whatever else an archive has."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from archives import published
from facebank.errors import ModelError
from facebank.runtime.catalogue import LockedPack, read_lock
from facebank.runtime.packs import load_pack, read_pack, verify_pack
from facebank.runtime.unpacking import unpack
from portraits import TINY

if TYPE_CHECKING:
    from pathlib import Path


def locked(folder: Path) -> LockedPack:
    return read_lock(folder / "models")["published"]


@pytest.mark.parametrize("inside", ["", "published/", "/absolute/", "../../"])
def test_only_the_two_models_come_out(tmp_path: Path, inside: str) -> None:
    archive = published(tmp_path / "a", inside=inside)
    unpack(locked(tmp_path / "a"), archive, tmp_path / "a/models/published")
    folder = tmp_path / "a/models/published"
    assert sorted(path.name for path in folder.iterdir()) == [
        "mobileface.onnx",
        "pack.yaml",
        "retinaface_mnet025.onnx",
    ]
    verify_pack(load_pack(folder))
    assert read_pack(folder).model_dump(exclude={"name"}) == read_pack(TINY).model_dump(exclude={"name"})
    assert [path for path in tmp_path.rglob("*") if path.name == "evil.txt"] == []


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packed_bytes_that_are_none_are_a_broken_archive(tmp_path: Path, method: int) -> None:
    archive = published(tmp_path / "a")
    pack = locked(tmp_path / "a")
    with zipfile.ZipFile(archive, "w", method) as members:
        for model in (pack.detector, pack.embedder):
            members.writestr(model.file, bytes(range(256)) * 500)
    data = bytearray(archive.read_bytes())
    data[60:200] = b"\xff" * 140
    archive.write_bytes(data)
    with pytest.raises(ModelError, match="cannot be unpacked"):
        unpack(pack, archive, tmp_path / "a/models/published")
    assert not (tmp_path / "a/models/published").exists()


def test_the_same_archive_gives_the_same_bytes(tmp_path: Path) -> None:
    archive = published(tmp_path)
    for name in ("one", "two"):
        unpack(locked(tmp_path), archive, tmp_path / "models" / name)
    one, two = ((tmp_path / "models" / name / "pack.yaml").read_bytes() for name in ("one", "two"))
    assert one == two


def rewrite(archive: Path, **models: bytes | None) -> None:
    """Give members of an archive other bytes; None: no such member."""
    with zipfile.ZipFile(archive) as members:
        content = {it.filename: members.read(it) for it in members.infolist()}
    with zipfile.ZipFile(archive, "w") as members:
        for name, data in content.items():
            new = models.get(name.rpartition("/")[2].removesuffix(".onnx"), data)
            if new is not None:
                members.writestr(name, new)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, r"does not have mobileface\.onnx.*found none"),
        (b"", r"mobileface\.onnx in the archive is another one"),
        (b"x" * 3_000_000, "is another one"),
    ],
)
def test_an_archive_with_other_models_leaves_nothing(
    tmp_path: Path, data: bytes | None, message: str
) -> None:
    archive = published(tmp_path)
    rewrite(archive, mobileface=data)
    with pytest.raises(ModelError, match=message):
        unpack(locked(tmp_path), archive, tmp_path / "models/published")
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["models.lock.yaml"]


def test_a_member_twice_is_refused(tmp_path: Path) -> None:
    archive = published(tmp_path)
    with zipfile.ZipFile(archive, "a") as members:
        members.writestr("again/mobileface.onnx", b"other")
    with pytest.raises(ModelError, match=r"found tiny/mobileface\.onnx, again/mobileface\.onnx"):
        unpack(locked(tmp_path), archive, tmp_path / "models/published")


def test_a_bomb_is_read_no_further_than_the_model_is_long(tmp_path: Path) -> None:
    archive = published(tmp_path)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
        members.write(TINY / "retinaface_mnet025.onnx", "retinaface_mnet025.onnx")
        members.writestr("mobileface.onnx", bytes(200_000_000))
    seen: list[int] = []
    real = zipfile.ZipExtFile.read

    def read(self: zipfile.ZipExtFile, size: int = -1) -> bytes:
        block = real(self, size)
        seen.append(len(block))
        return block

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zipfile.ZipExtFile, "read", read)
        with pytest.raises(ModelError, match="is another one"):
            unpack(locked(tmp_path), archive, tmp_path / "models/published")
    assert sum(seen) < 8_000_000


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04" + bytes(60)])
def test_what_is_no_archive_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    archive = published(tmp_path)
    archive.write_bytes(content)
    with pytest.raises(ModelError, match=r"cannot be unpacked: .*published\.zip"):
        unpack(locked(tmp_path), archive, tmp_path / "models/published")
