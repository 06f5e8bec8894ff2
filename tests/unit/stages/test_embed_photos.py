"""The stages that embed photos and collect the shards."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest

import facebank.bank.embedding
from facebank.artifacts.digests import sha256_file
from facebank.artifacts.provenance import read_provenance
from facebank.artifacts.tables import read_table, read_tsv
from facebank.bank.forgotten import Forgotten, write_forgotten
from facebank.bank.schemas import faces_schema
from facebank.errors import DataError, ModelError
from facebank.stages.collect_embeddings import collect_embeddings
from facebank.stages.embed_photos import embed_photos
from facebank.stages.index_photos import index_photos
from portraits import LITE, TINY, astronaut, encoded, friends, hanks, hopper, landscape, shrunk, write
from version_folders import age

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS: dict[str, Any] = {"det_sizes": (160, 320), "min_score": 0.6}


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bank")
    root = folder / "bank"
    write(root / "heldout/Collins/01.jpg", encoded(shrunk(astronaut(), 256)))
    write(root / "heldout/Collins/02.png", encoded(shrunk(astronaut()[:300, 80:380], 200), "PNG"))
    write(root / "heldout/Hopper/01.jpg", encoded(shrunk(hopper(), 256)))
    write(root / "scraped/Hanks/01.png", encoded(hanks(), "PNG"))
    write(root / "scraped/Hanks/copy.png", encoded(hanks(), "PNG"))
    write(root / "scraped/Hanks/cup.jpg", encoded(shrunk(landscape(), 200)))
    write(root / "scraped/Friends/01.jpg", encoded(shrunk(friends(), 640)))
    index_photos(root=root, output_dir=folder / "inventory")
    return folder


def embed(bank: Path, work: Path, shards: int = 1, **options: Any) -> list[Path]:
    """Embed every shard and give their files."""
    outputs = [work / f"{shard}.parquet" for shard in range(shards)]
    arguments = {"root": bank / "bank", "pack": TINY, "cache": work / "cache", **SETTINGS, **options}
    for shard, output in enumerate(outputs):
        embed_photos(output=output, shard=shard, shards=shards, **arguments)
    return outputs


def collect(bank: Path, shards: list[Path], output: Path, **options: Any) -> list[dict[str, Any]]:
    arguments = {"pack": TINY, "photos": bank / "inventory/photos.parquet", **SETTINGS, **options}
    collect_embeddings(shards=tuple(shards), output_dir=output, **arguments)
    rows: list[dict[str, Any]] = read_table(output / "faces.parquet", faces_schema(256)).to_pylist()
    return rows


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "run.json"}


@pytest.fixture(scope="module")
def built(bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bank embedded in one shard on one thread, with an empty cache."""
    work = tmp_path_factory.mktemp("built")
    collect(bank, embed(bank, work), work / "v")
    return work


def test_what_is_collected_says_which_packages_made_its_shards(
    bank: Path, built: Path, tmp_path: Path
) -> None:
    shards = embed(bank, tmp_path, 2)
    assert "shard_versions" not in read_provenance(built / "v")
    age(shards[1])
    collect(bank, shards, tmp_path / "v")
    assert read_provenance(tmp_path / "v")["shard_versions"] == {"numpy": ["0.1"]}


def forbid_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every use of a model fail."""

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a model was opened")

    monkeypatch.setattr(facebank.bank.embedding, "open_detector", fail)
    monkeypatch.setattr(facebank.bank.embedding, "open_embedder", fail)


def test_each_face_has_a_row_and_each_photo_without_one_a_reason(built: Path) -> None:
    rows = read_table(built / "v/faces.parquet", faces_schema(256)).to_pylist()
    firsts = {row["photo"]: row for row in rows if row["face"] == 0}
    assert list(firsts) == [
        "heldout/Collins/01.jpg", "heldout/Collins/02.png", "heldout/Hopper/01.jpg",
        "scraped/Friends/01.jpg", "scraped/Hanks/01.png", "scraped/Hanks/copy.png",
    ]  # fmt: skip
    assert [row["face"] for row in rows if row["folder"] == "Friends"] == [0, 1, 2, 3]
    assert firsts["scraped/Friends/01.jpg"]["faces_found"] == 6
    assert firsts["heldout/Hopper/01.jpg"]["identity"] == "hopper"
    rejected = read_tsv(built / "v/rejected.tsv")
    assert [(row["file"], row["reason"]) for row in rejected] == [("scraped/Hanks/cup.jpg", "NO_FACE")]
    assert "0.6 or more at 160, 320 px" in rejected[0]["detail"]
    assert json.loads((built / "v/summary.json").read_text()) == {
        "photos": 7, "faces": 9, "rejected": 1, "photos_with_several_faces": 1, "attempts": {"plain": 6},
        "embedding_dim": 256, "model_pack": "tiny", "det_sizes": [160, 320],
    }  # fmt: skip
    provenance = read_provenance(built / "v")
    assert provenance["provider"] == "cpu"
    assert provenance["parameters"] == {"det_sizes": [160, 320], "min_score": 0.6, "keep_faces": 4}


def test_a_person_is_nearest_to_themselves(built: Path) -> None:
    rows = read_table(built / "v/faces.parquet", faces_schema(256)).to_pylist()
    collins = np.array([row["embedding"] for row in rows if row["folder"] == "Collins"])
    others = np.array([row["embedding"] for row in rows if row["folder"] != "Collins"])
    np.testing.assert_allclose(np.linalg.norm(collins, axis=1), 1, rtol=1e-5)
    assert collins[0] @ collins[1] > (collins @ others.T).max() + 0.2


@pytest.mark.parametrize(("shards", "threads"), [(1, 2), (3, 1)])
def test_neither_shards_nor_threads_change_a_byte(
    bank: Path, built: Path, tmp_path: Path, shards: int, threads: int
) -> None:
    outputs = embed(bank, tmp_path, shards=shards, threads=threads)
    collect(bank, outputs[::-1], tmp_path / "v")
    assert contents(tmp_path / "v") == contents(built / "v")


def test_a_full_cache_needs_no_model(
    bank: Path, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid_models(monkeypatch)
    outputs = embed(bank, tmp_path, cache=built / "cache")
    assert outputs[0].read_bytes() == (built / "0.parquet").read_bytes()


def test_a_damaged_entry_is_computed_again(bank: Path, built: Path, tmp_path: Path) -> None:
    cache = shutil.copytree(built / "cache", tmp_path / "cache")
    entries = sorted(path for path in cache.rglob("*") if path.is_file())
    assert len(entries) == 6  # the two copies of one photo share theirs, the photo without a face has one
    good = entries[0].read_bytes()
    entries[0].write_bytes(good[: len(good) // 2])
    outputs = embed(bank, tmp_path, cache=cache)
    assert outputs[0].read_bytes() == (built / "0.parquet").read_bytes()
    assert entries[0].read_bytes() == good


@pytest.mark.parametrize(
    "change", [{"det_sizes": (160,)}, {"min_score": 0.61}, {"keep_faces": 3}, {"pack": LITE}]
)
def test_other_settings_or_models_do_not_use_the_cache(
    bank: Path, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    forbid_models(monkeypatch)
    with pytest.raises(AssertionError, match="a model was opened"):
        embed(bank, tmp_path, cache=built / "cache", **change)


def test_a_renamed_bank_needs_no_model(
    bank: Path, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(bank / "bank", tmp_path / "bank")
    (tmp_path / "bank/heldout/Collins").rename(tmp_path / "bank/heldout/Eileen")
    index_photos(root=tmp_path / "bank", output_dir=tmp_path / "inventory")
    forbid_models(monkeypatch)
    rows = collect(tmp_path, embed(tmp_path, tmp_path, cache=built / "cache"), tmp_path / "v")
    assert rows[0]["photo"] == "heldout/Eileen/01.jpg"


def test_a_photo_that_changed_since_it_was_indexed_is_an_error(
    bank: Path, built: Path, tmp_path: Path
) -> None:
    shutil.copytree(bank / "bank", tmp_path / "bank")
    shutil.copytree(bank / "inventory", tmp_path / "inventory")
    photo = tmp_path / "bank/heldout/Collins/01.jpg"
    photo.write_bytes(photo.read_bytes() + b"\0")
    for _ in range(2):
        with pytest.raises(DataError, match=r"with the same bytes.*01\.jpg once, found 0 times"):
            collect(tmp_path, embed(tmp_path, tmp_path, cache=built / "cache"), tmp_path / "v")
        photo.unlink(missing_ok=True)
    assert not (tmp_path / "v").exists()


def test_what_the_inventory_does_not_use_is_dropped(bank: Path, built: Path, tmp_path: Path) -> None:
    shutil.copytree(bank / "bank", tmp_path / "bank")
    write(tmp_path / "bank/heldout/Hopper/broken.jpg", encoded(hopper())[:5000])
    index_photos(
        root=tmp_path / "bank", output_dir=tmp_path / "inventory", quarantine=("heldout/Collins/01.jpg",)
    )
    rows = collect(tmp_path, embed(tmp_path, tmp_path, cache=built / "cache"), tmp_path / "v")
    assert {row["photo"] for row in rows if row["set"] == "heldout"} == {
        "heldout/Collins/02.png",
        "heldout/Hopper/01.jpg",
    }


def test_a_wrong_model_file_is_refused(bank: Path, tmp_path: Path) -> None:
    pack = shutil.copytree(TINY, tmp_path / "pack")
    (pack / "mobileface.onnx").write_bytes(b"junk")
    with pytest.raises(ModelError, match=r"another one.*mobileface\.onnx"):
        embed(bank, tmp_path, pack=pack)


def test_shards_have_to_hold_each_photo_once(bank: Path, built: Path, tmp_path: Path) -> None:
    shards = embed(bank, tmp_path, shards=2, cache=built / "cache")
    for wrong, found in ((shards[:1], "found 0 times"), ([*shards, shards[0]], "found 2 times")):
        with pytest.raises(DataError, match=rf"each photo of the inventory once.*{found}"):
            collect(bank, wrong, tmp_path / "v")
    with pytest.raises(DataError, match="other models or settings"):
        collect(bank, shards, tmp_path / "v", keep_faces=3)
    assert not (tmp_path / "v").exists()


def test_who_is_forgotten_is_not_embedded_and_not_cached(bank: Path, tmp_path: Path) -> None:
    taken = sha256_file(bank / "bank/scraped/Hanks/01.png")
    write_forgotten(tmp_path / "f.tsv", "x", Forgotten(frozenset({"hopper"}), frozenset({taken})))
    (shard,) = embed(bank, tmp_path, forgotten=tmp_path / "f.tsv")
    photos = set(pq.read_table(shard)["photo"].to_pylist())
    assert photos == {
        "heldout/Collins/01.jpg",
        "heldout/Collins/02.png",
        "scraped/Hanks/cup.jpg",
        "scraped/Friends/01.jpg",
    }
    assert len([path for path in (tmp_path / "cache").rglob("*") if path.is_file()]) == 4
