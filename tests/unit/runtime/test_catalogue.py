"""The lock file: what it says of the packs that are here is true, and of the others enough to fetch them."""

from __future__ import annotations

from pathlib import Path

import pytest

from archives import published
from facebank.errors import ModelError
from facebank.runtime.catalogue import find_pack, pack_folders, read_lock, write_pack
from facebank.runtime.packs import ANY_USE, pack_of, read_pack, require_licences
from portraits import LITE, PACKS, TINY


@pytest.mark.parametrize("folder", [LITE, TINY])
def test_the_embedded_packs_are_locked_as_they_are(folder: Path) -> None:
    locked = read_lock(PACKS)[folder.name]
    assert locked.model_dump(exclude={"archive"}) == read_pack(folder).model_dump(exclude={"format"})
    assert locked.archive is None
    for part in (locked.detector, locked.embedder):
        assert (folder / part.file).stat().st_size == part.size


@pytest.mark.parametrize("name", ["buffalo_l", "buffalo_s", "antelopev2"])
def test_the_packs_to_fetch_are_known_and_restricted(name: str) -> None:
    pack = read_lock(PACKS)[name]
    assert pack.archive is not None
    assert (pack.archive.file, pack.archive.source.rpartition("/")[2]) == (f"{name}.zip", f"{name}.zip")
    for part in (pack.detector, pack.embedder):
        assert part.size is not None
        assert 0 < part.size < pack.archive.size
        assert part.permitted_use != ANY_USE
    with pytest.raises(ModelError, match="permits non-commercial research only"):
        require_licences(pack_of(pack, Path(name)), ("MIT",))
    require_licences(pack_of(pack, Path(name)), (pack.embedder.licence,))


def test_no_two_locked_files_share_a_digest_but_the_same_detector() -> None:
    files = {
        (part.sha256, part.size)
        for pack in read_lock(PACKS).values()
        for part in (pack.detector, pack.embedder)
    }
    assert len(files) == len({digest for digest, _ in files}) == 8


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "There is no list"),
        ("", "cannot be used"),
        ("format: 1\npacks: [{}]\n", "Field required"),
        ("[", "line"),
    ],
)
def test_a_lock_file_that_is_none_is_named(tmp_path: Path, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / "models.lock.yaml").write_text(text)
    with pytest.raises(ModelError, match=message) as caught:
        read_lock(tmp_path)
    assert str(tmp_path / "models.lock.yaml") in str(caught.value)


def test_a_pack_is_found_by_folder_or_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published(tmp_path)
    models = tmp_path / "models"
    assert pack_folders(models) == []
    (models / "mine").mkdir()
    write_pack(models / "mine", read_pack(TINY))
    assert read_pack(models / "mine") == read_pack(TINY)
    assert find_pack("mine", models) == models / "mine" == pack_folders(models)[0]
    assert find_pack(str(TINY), models) == TINY
    monkeypatch.chdir(models)
    assert find_pack("mine", models) == Path("mine")
    with pytest.raises(ModelError, match=r"Run `facebank models fetch published`.* one of mine"):
        find_pack("published", models)
    with pytest.raises(ModelError, match=r"There is no model pack 'other'.* one of mine"):
        find_pack("other", models)
