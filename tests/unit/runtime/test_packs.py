"""Model packs: what pack.yaml may say, digests and licences."""

from __future__ import annotations

import dataclasses
import shutil
from typing import TYPE_CHECKING

import pytest

from facebank.errors import ModelError
from facebank.runtime.packs import load_pack, require_licences, verify_pack
from portraits import LITE, TINY

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def pack_copy(tmp_path: Path) -> Path:
    return shutil.copytree(TINY, tmp_path / "tiny")


@pytest.mark.parametrize(("folder", "dimension", "size"), [(LITE, 1024, 224), (TINY, 256, 112)])
def test_the_embedded_packs_are_what_they_say(folder: Path, dimension: int, size: int) -> None:
    pack = load_pack(folder)
    verify_pack(pack)
    require_licences(pack, ())
    assert pack.name == folder.name
    assert (pack.embedder.dimension, pack.embedder.input_size) == (dimension, size)
    assert [file.role for file in pack.files] == ["detector", "embedder"]
    assert pack.described()[0] == {
        "pack": folder.name,
        "name": "retinaface_mnet025.onnx",
        "sha256": "b7a7acab55e104dce6f32cdfff929bd83946da5cd869b9e2e9bdffafd1b7e4a5",
        "licence": "MIT",
    }


def test_another_file_is_named_with_both_digests(pack_copy: Path) -> None:
    model = pack_copy / "mobileface.onnx"
    model.write_bytes(model.read_bytes() + b"\0")
    with pytest.raises(ModelError, match=r"mobileface\.onnx.*113b3f9d.*found [0-9a-f]{64}"):
        verify_pack(load_pack(pack_copy))


def test_a_missing_file_is_named(pack_copy: Path) -> None:
    (pack_copy / "mobileface.onnx").unlink()
    with pytest.raises(ModelError, match=r"missing: .*mobileface\.onnx"):
        verify_pack(load_pack(pack_copy))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("format: 1", "format: 2", "format"),
        ("name: tiny", "name: tiny\ncolor: rgb", "color"),
        ("    family: retinaface\n", "", r"detector\.contract\.family"),
        ("dimension: 256", "dimension: 0", r"embedder\.contract\.dimension"),
        ("file: mobileface.onnx", "file: ../mobileface.onnx", r"embedder\.file"),
        ("format: 1", "format: [", "no YAML"),
    ],
)
def test_a_wrong_pack_yaml_is_explained(pack_copy: Path, old: str, new: str, message: str) -> None:
    path = pack_copy / "pack.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(ModelError, match=message):
        load_pack(pack_copy)


def test_a_folder_without_pack_yaml_is_no_pack(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model pack.*expected a folder with pack\.yaml"):
        load_pack(tmp_path)


def test_restricted_weights_need_their_licence_accepted() -> None:
    pack = load_pack(TINY)
    restricted = dataclasses.replace(
        pack.file("embedder"), licence="insightface-nc", permitted_use="non-commercial research"
    )
    pack = dataclasses.replace(pack, files=(pack.file("detector"), restricted))
    for accepted in ((), ("MIT",)):
        with pytest.raises(ModelError, match=r"permits non-commercial research only.*'insightface-nc'"):
            require_licences(pack, accepted)
    require_licences(pack, ("insightface-nc",))


def test_a_detector_may_scale_each_channel_by_a_number_of_its_own(pack_copy: Path) -> None:
    document = pack_copy / "pack.yaml"
    text = document.read_text(encoding="utf-8")
    document.write_text(text.replace("std: 1\n", "std: [58.4, 57.1, 57.4]\n", 1), encoding="utf-8")
    assert load_pack(pack_copy).detector.std == (58.4, 57.1, 57.4)
    document.write_text(text.replace("std: 1\n", "std: [58.4, 0, 57.4]\n", 1), encoding="utf-8")
    with pytest.raises(ModelError, match=r"detector\.contract\.std"):
        load_pack(pack_copy)
