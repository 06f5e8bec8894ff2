from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from facebank.artifacts.provenance import building
from facebank.report.folders import Folders
from facebank.report.provenance import origins

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Give embeddings, and a gallery that read them."""
    embeddings, gallery = tmp_path / "embeddings" / "e-00000000", tmp_path / "gallery" / "g-00000000"
    with building(embeddings, rule="collect_embeddings", parameters={}, inputs={}) as folder:
        (folder / "faces.parquet").write_text("1")
    read = {"embeddings": embeddings}
    with building(gallery, rule="build_gallery", parameters={}, inputs=read) as folder:
        (folder / "photos.parquet").write_text("1")
    return Folders(embeddings=embeddings, gallery=gallery)


def stale(folders: Folders) -> dict[str, tuple[str, ...]]:
    return {it.stage: it.stale for it in origins(folders) if it.stale}


def edit(folder: Path | None, **changes: object) -> None:
    assert folder is not None
    path = folder / "provenance.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_what_was_just_built_is_fresh(folders: Folders) -> None:
    assert stale(Folders()) == {}
    assert stale(folders) == {}


def test_a_folder_of_other_code_is_stale(folders: Folders) -> None:
    edit(folders.gallery, code="0" * 64)
    assert stale(folders) == {"gallery": ("made by other code than the present",)}


def test_a_folder_that_read_another_build_is_stale(folders: Folders) -> None:
    edit(folders.embeddings, contents="f" * 64)
    assert stale(folders) == {"gallery": ("read another embeddings",)}


def test_a_folder_that_read_another_version_is_stale(folders: Folders, tmp_path: Path) -> None:
    other = tmp_path / "embeddings" / "e-11111111"
    with building(other, rule="collect_embeddings", parameters={}, inputs={}) as folder:
        (folder / "faces.parquet").write_text("2")
    assert stale(replace(folders, embeddings=other)) == {"gallery": ("read another embeddings",)}


def test_what_was_read_outside_of_the_folders_says_nothing(folders: Folders) -> None:
    assert stale(replace(folders, embeddings=None)) == {}
