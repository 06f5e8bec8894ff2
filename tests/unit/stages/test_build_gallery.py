from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from facebank.artifacts.provenance import read_provenance
from facebank.artifacts.tables import read_tsv
from facebank.bank.slugs import identity_of
from facebank.demo.bank import MIXED, make_bank
from facebank.demo.portraits import PORTRAITS
from facebank.errors import DataError
from facebank.gallery.centroids import CentroidKind
from facebank.gallery.gallery import counted_photos
from facebank.gallery.policies import FacePolicy
from facebank.stages.build_gallery import build_gallery
from facebank.stages.collect_embeddings import collect_embeddings
from facebank.stages.embed_photos import embed_photos
from facebank.stages.index_photos import index_photos
from facebank.stages.validate_gallery import validate_gallery
from gallery_banks import people, texture, write_inputs

SIZES = {"ann": 6, "bob": 5, "cat": 7, "dan": 4}
BOX = (10, 10, 60, 60)
PACK = Path(__file__).parents[3] / "resources" / "models" / "lite"


def drawn_bank(folder: Path, *, crowd: bool = False) -> tuple[Path, Path]:
    """Four people; an exact copy, a smaller copy in the other set, a picture under two names, an intruder."""
    embeddings = people([*SIZES.values(), 1], alike=0.85, strangers=0.4)
    identities = np.repeat(list(SIZES), list(SIZES.values()))
    photos = {f"scraped/{name}/{place:02d}.png": texture(place) for place, name in enumerate(identities)}
    faces = [(photo, BOX, embedding) for photo, embedding in zip(photos, embeddings[:-1], strict=True)]
    buffer = io.BytesIO()
    photos["scraped/ann/00.png"].save(buffer, "PNG")
    added = {
        "scraped/ann/again.png": (buffer.getvalue(), embeddings[0]),
        "heldout/bobby/smaller.png": (texture(7).resize((64, 48)), embeddings[7]),
        "scraped/dan/not dan.png": (texture(2), embeddings[2]),
        "scraped/dan/ünknown.png": (texture(99), embeddings[-1]),
    }
    for photo, (content, embedding) in added.items():
        photos[photo] = content
        faces.append((photo, BOX, embedding))
    if crowd:
        faces.append(("scraped/cat/11.png", (1, 1, 5, 5), embeddings[11]))
        faces[11] = ("scraped/cat/11.png", BOX, embeddings[-1])
    for name in ("scraped/cat/dark.png", "scraped/eve/dark.png"):
        photos[name] = texture(50)
    return write_inputs(
        folder / "bank",
        photos,
        faces,
        folder,
        no_face=["scraped/cat/dark.png", "scraped/eve/dark.png"],
        rejected=["scraped/ann/broken.jpg", "heldout/bobby/broken.jpg"],
        slug_map={"bobby": "bob"},
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    inventory, embeddings = drawn_bank(folder)
    build_gallery(
        embeddings=embeddings, inventory=inventory, photos_root=folder / "bank", output_dir=folder / "gallery"
    )
    return folder


def photos_of(gallery: Path) -> pd.DataFrame:
    return pd.read_parquet(gallery / "photos.parquet").set_index("photo")


def test_every_planted_problem_is_found_and_no_good_photo_is_accused(built: Path) -> None:
    photos = photos_of(built / "gallery")
    unusual = photos.loc[photos["verdict"] != "ok", "verdict"].to_dict()
    assert unusual == {
        "scraped/ann/again.png": "duplicate",
        "heldout/bobby/smaller.png": "duplicate",
        "scraped/dan/not dan.png": "intruder",
        "scraped/dan/ünknown.png": "outlier",
    }
    assert photos.loc["scraped/dan/not dan.png", "other_by_photos"] == "ann"
    assert photos.loc[photos["verdict"] == "ok", "evidence"].isna().all()
    assert photos.loc[photos["verdict"] != "ok", "evidence"].notna().all()


def test_copies_are_listed_with_their_evidence(built: Path) -> None:
    rows = read_tsv(built / "gallery" / "duplicates.tsv")
    assert [(row["photo"], row["copy_of"], row["scope"], row["evidence"]) for row in rows] == [
        ("scraped/ann/again.png", "scraped/ann/00.png", "within identity", "sha256"),
        ("scraped/dan/not dan.png", "scraped/ann/02.png", "across identities", "sha256"),
        ("heldout/bobby/smaller.png", "scraped/bob/07.png", "across sets", "pixels"),
    ]
    assert [row["owner"] for row in rows] == ["ann", "ann", "bob"]
    photos = photos_of(built / "gallery")
    assert photos["duplicate_group"].notna().sum() == 6
    assert photos.loc["scraped/bob/07.png", "duplicate_group"] == 3
    assert float(rows[2]["correlation"]) > 0.98


def test_own_similarity_leaves_out_the_copies(built: Path) -> None:
    photos = photos_of(built / "gallery")
    ann = photos[(photos["identity"] == "ann") & (photos["duplicate_group"] != 1)]
    rest = np.stack(ann["embedding"].to_list()).astype(np.float64).sum(axis=0)
    expected = np.stack(photos.loc[["scraped/ann/00.png"], "embedding"]) @ (rest / np.linalg.norm(rest))
    assert photos.loc["scraped/ann/00.png", "own_similarity"] == pytest.approx(float(expected[0]), abs=1e-6)


def test_the_manifest_has_the_schema_that_its_readers_know(built: Path) -> None:
    manifest = json.loads((built / "gallery" / "celeb_embeddings.json").read_text())
    assert list(manifest) == [
        "bank_root", "buffalo_l_det_size", "schema_version", "model_pack", "embedding_dim", "celebs",
        "failed",
    ]  # fmt: skip
    assert (manifest["bank_root"], manifest["buffalo_l_det_size"]) == ("arcface_embeddings", 640)
    assert (manifest["schema_version"], manifest["model_pack"], manifest["embedding_dim"]) == (
        1,
        "drawn",
        128,
    )
    # Folders of heldout come first; eve has failures only.
    assert list(manifest["celebs"]) == ["bob", "ann", "cat", "dan", "eve"]
    counts = {name: (entry["n_photos"], entry["n_failed"]) for name, entry in manifest["celebs"].items()}
    assert counts == {"bob": (6, 1), "ann": (7, 1), "cat": (7, 1), "dan": (6, 0), "eve": (0, 1)}
    assert manifest["celebs"]["eve"]["centroid"] is None
    assert all(
        list(entry) == ["photos", "centroid", "n_photos", "n_failed"] for entry in manifest["celebs"].values()
    )
    assert manifest["failed"] == [
        "heldout/bobby/broken.jpg (truncated)",
        "scraped/ann/broken.jpg (truncated)",
        "scraped/cat/dark.png (no face detected)",
        "scraped/eve/dark.png (no face detected)",
    ]
    assert next(iter(manifest["celebs"]["bob"]["photos"])) == "heldout/bobby/smaller.png"


def test_a_centroid_is_the_normalised_mean_of_its_files(built: Path) -> None:
    gallery = built / "gallery"
    manifest = json.loads((gallery / "celeb_embeddings.json").read_text())
    table = pd.read_parquet(gallery / "centroids.parquet").set_index("identity")["centroid"]
    for name, entry in manifest["celebs"].items():
        if entry["centroid"] is None:
            continue
        files = [gallery / manifest["bank_root"] / path for path in entry["photos"].values()]
        vectors = np.stack([np.load(file, allow_pickle=False) for file in files])
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
        total = vectors.astype(np.float64).sum(axis=0)
        centroid = np.asarray(entry["centroid"], dtype=np.float32)
        np.testing.assert_allclose(centroid, total / np.linalg.norm(total), atol=1e-7)
        np.testing.assert_array_equal(centroid, table[name])
    assert files[0].read_bytes()[:8] == b"\x93NUMPY\x01\x00"
    assert files[0].stat().st_size == 128 + 4 * 128


def test_identities_and_side_tables(built: Path) -> None:
    gallery = built / "gallery"
    identities = pd.read_parquet(gallery / "identities.parquet").set_index("identity")
    assert identities["status"].to_dict() == {
        "ann": "sound", "bob": "sound", "cat": "sound", "dan": "scattered", "eve": "empty",
    }  # fmt: skip
    assert identities.loc["bob", "sets"].tolist() == ["heldout", "scraped"]
    assert identities.loc["bob", ["photos", "pictures", "failed"]].tolist() == [6, 5, 1]
    slugs = json.loads((gallery / "confusion_slugs.json").read_text())
    assert list(slugs) == [
        "slugs", "matrix_shape", "broken_slug_indices", "broken_slugs", "null_slug_indices", "null_slugs",
        "threshold_used",
    ]  # fmt: skip
    assert (slugs["slugs"], slugs["null_slugs"]) == (["ann", "bob", "cat", "dan"], ["eve"])
    matrix = np.load(gallery / "confusion_matrix.npy")
    assert (matrix.dtype, matrix.shape, set(np.diag(matrix).tolist())) == (np.float32, (4, 4), {-1.0})
    nearest = json.loads((gallery / "confusable_topk.json").read_text())
    assert list(nearest) == ["ann", "bob", "cat", "dan", "eve"]
    assert len(nearest["ann"]["top_k"]) == 3
    first = nearest["ann"]["top_k"][0]
    assert np.float32(first["cos"]) == matrix[0].max() == matrix[0, slugs["slugs"].index(first["slug"])]
    assert nearest["eve"]["top_k"] == []


def test_summary_reports_the_levels(built: Path) -> None:
    summary = json.loads((built / "gallery" / "summary.json").read_text())
    assert summary["verdicts"] == {"ok": 22, "weak": 0, "outlier": 1, "intruder": 1, "duplicate": 2}
    assert summary["duplicates"] == {"groups": 3, "copies": 3, "across_identities": 1, "undecided": 0}
    assert (summary["broken"], summary["empty"]) == ([], ["eve"])
    # The seed's definition: every photo counts, also a wrong one.
    assert summary["in_centroids"] == summary["verdicts"]
    assert summary["leave_out"] == []
    assert summary["candidates_not_compared"] == 0
    assert (
        0.4
        < summary["levels"]["stranger"]
        < summary["levels"]["weak"]
        < summary["levels"]["same_person"]
        < 0.85
    )
    assert summary["no_levels_because"] is None
    assert summary["failed"] == 4


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "run.json"
    }


def test_who_holds_a_picture_of_another_person_says_so(built: Path) -> None:
    gallery = built / "gallery"
    identities = pd.read_parquet(gallery / "identities.parquet").set_index("identity")
    assert identities["foreign"].to_dict() == {"ann": 0, "bob": 0, "cat": 0, "dan": 1, "eve": 0}
    assert identities.loc["dan", "evidence"] == (
        "2 of 6 pictures are outliers or intruders, 0 weak; it holds a picture that belongs to ann; "
        "2 of these 2 photos are in the centroid"
    )
    assert identities.loc[["ann", "bob", "cat"], "evidence"].isna().all()
    evidence = photos_of(gallery).loc["scraped/dan/not dan.png", "evidence"]
    whose = "the picture is scraped/ann/02.png, and belongs to ann by the other photos there"
    assert evidence.endswith(f"{whose}; in the centroid")


@pytest.mark.parametrize("receiver", ["aaa", "zed"], ids=["before its owner", "behind its owner"])
@pytest.mark.parametrize("larger", [True, False])
def test_the_owner_of_a_picture_is_found_whatever_names_and_sizes(
    tmp_path: Path, receiver: str, larger: bool
) -> None:
    """The original was the larger photo, or the first by name: the owner's own could stand as the copy."""
    sizes = {"mia": 6, "nora": 6, receiver: 9}
    embeddings = people(list(sizes.values()), alike=0.85, strangers=0.4)
    names = np.repeat(list(sizes), list(sizes.values()))
    photos = {f"scraped/{name}/{place:02d}.png": texture(place) for place, name in enumerate(names)}
    faces = [(photo, BOX, embedding) for photo, embedding in zip(photos, embeddings, strict=True)]
    link = f"scraped/{receiver}/link.png"
    photos[link] = texture(0, (192, 144) if larger else (64, 48))
    faces.append((link, BOX, embeddings[0]))
    inventory, embedded = write_inputs(tmp_path / "bank", photos, faces, tmp_path)
    build_gallery(
        embeddings=embedded,
        inventory=inventory,
        photos_root=tmp_path / "bank",
        output_dir=tmp_path / "gallery",
    )
    judged = photos_of(tmp_path / "gallery")
    assert judged["verdict"].drop(link).eq("ok").all()
    assert (judged.loc[link, "verdict"], judged.loc[link, "duplicate_of"]) == (
        "intruder",
        "scraped/mia/00.png",
    )
    (row,) = read_tsv(tmp_path / "gallery" / "duplicates.tsv")
    assert (row["photo"], row["copy_of"], row["owner"]) == (link, "scraped/mia/00.png", "mia")
    identities = pd.read_parquet(tmp_path / "gallery" / "identities.parquet").set_index("identity")
    assert identities.loc[receiver, "status"] == "sound"
    assert "it holds a picture that belongs to mia" in identities.loc[receiver, "evidence"]
    assert identities.loc[["mia", "nora"], "evidence"].isna().all()


def test_where_nothing_tells_whose_a_picture_is_that_is_said(tmp_path: Path) -> None:
    sizes = {"ann": 6, "bob": 6, "cat": 6, "lea": 1, "meg": 1}
    embeddings = people(list(sizes.values()), alike=0.85, strangers=0.4)
    embeddings[-1] = embeddings[-2]
    names = np.repeat(list(sizes), list(sizes.values()))
    photos = {f"scraped/{name}/{place:02d}.png": texture(min(place, 18)) for place, name in enumerate(names)}
    faces = [(photo, BOX, embedding) for photo, embedding in zip(photos, embeddings, strict=True)]
    inventory, embedded = write_inputs(tmp_path / "bank", photos, faces, tmp_path)
    build_gallery(embeddings=embedded, inventory=inventory, output_dir=tmp_path / "gallery")
    judged = photos_of(tmp_path / "gallery")
    assert judged.loc[["scraped/lea/18.png", "scraped/meg/19.png"], "verdict"].tolist() == ["ok", "duplicate"]
    for photo, other in (("scraped/lea/18.png", "meg"), ("scraped/meg/19.png", "lea")):
        assert f"also stands under {other}, and nothing tells whose it is" in judged.loc[photo, "evidence"]
    (row,) = read_tsv(tmp_path / "gallery" / "duplicates.tsv")
    assert (row["scope"], row["owner"]) == ("across identities", "")
    identities = pd.read_parquet(tmp_path / "gallery" / "identities.parquet").set_index("identity")
    assert identities.loc[["lea", "meg"], "disputed"].tolist() == [1, 1]
    assert "shares a picture with meg, and nothing tells" in identities.loc["lea", "evidence"]
    summary = json.loads((tmp_path / "gallery" / "summary.json").read_text())
    assert summary["duplicates"] == {"groups": 1, "copies": 1, "across_identities": 1, "undecided": 1}


@pytest.mark.parametrize(
    ("leave_out", "missing"),
    [
        ((), []),
        (("intruder",), ["scraped/dan/not dan.png"]),
        (("outlier", "intruder"), ["scraped/dan/not dan.png", "scraped/dan/ünknown.png"]),
        (("duplicate",), ["heldout/bobby/smaller.png", "scraped/ann/again.png"]),
    ],
)
def test_photos_can_be_left_out_of_the_centroids(
    built: Path, tmp_path: Path, leave_out: tuple[Any, ...], missing: list[str]
) -> None:
    gallery, validation = tmp_path / "gallery", tmp_path / "validation"
    build_gallery(
        embeddings=built / "embeddings",
        inventory=built / "inventory",
        photos_root=built / "bank",
        output_dir=gallery,
        leave_out=leave_out,
    )
    photos = photos_of(gallery)
    assert sorted(photos.index[~photos["in_centroid"]]) == missing
    table = pd.read_parquet(gallery / "centroids.parquet").set_index("identity")["centroid"]
    for name, members in photos[photos["in_centroid"]].groupby("identity"):
        total = np.stack(members["embedding"].to_list()).astype(np.float64).sum(axis=0)
        np.testing.assert_allclose(table[name], total / np.linalg.norm(total), atol=1e-7)
    # Every photo is still a query, against the centroids that the gallery has.
    validate_gallery(embeddings=built / "embeddings", gallery=gallery, output_dir=validation)
    loo = pd.read_parquet(validation / "loo.parquet").set_index("photo")
    np.testing.assert_array_equal(loo["own_similarity"], photos.loc[loo.index, "own_similarity"])
    for photo in missing:
        if photos.loc[photo, "verdict"] != "duplicate":
            own = photos.loc[photo, "embedding"] @ table[photos.loc[photo, "identity"]]
            assert loo.loc[photo, "own_similarity"] == pytest.approx(own, abs=1e-6)
    dan = pd.read_parquet(gallery / "identities.parquet").set_index("identity").loc["dan", "evidence"]
    assert f"{2 - sum('dan' in photo for photo in missing)} of these 2 photos are in the centroid" in dan


def test_that_no_photo_could_be_judged_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos = {f"scraped/{name}/{place}.png": texture(place) for place, name in enumerate("aabbcc")}
    embeddings = people([2, 2, 2], alike=0.85, strangers=0.4)
    faces = [(photo, BOX, embedding) for photo, embedding in zip(photos, embeddings, strict=True)]
    inventory, embedded = write_inputs(tmp_path / "bank", photos, faces, tmp_path)
    build_gallery(embeddings=embedded, inventory=inventory, output_dir=tmp_path / "gallery")
    assert "; no photo could be judged: too few similarities" in capsys.readouterr().out


def test_an_identity_that_would_lose_every_photo_keeps_them() -> None:
    verdicts: tuple[Any, ...] = ("ok", "intruder", "outlier", "outlier")
    identities = np.array([0, 0, 1, 1])
    assert counted_photos(verdicts, identities, ("intruder", "outlier")).tolist() == [True, False, True, True]
    assert counted_photos((), identities[:0], ("outlier",)).tolist() == []


def test_another_place_and_other_threads_give_the_same_bytes(built: Path, tmp_path: Path) -> None:
    shutil.copytree(built, tmp_path / "elsewhere", ignore=shutil.ignore_patterns("gallery"))
    moved = tmp_path / "elsewhere"
    build_gallery(
        embeddings=moved / "embeddings",
        inventory=moved / "inventory",
        photos_root=moved / "bank",
        output_dir=tmp_path / "gallery",
        threads=3,
    )
    assert contents(tmp_path / "gallery") == contents(built / "gallery")


def test_without_the_photos_only_equal_bytes_are_copies(built: Path, tmp_path: Path) -> None:
    build_gallery(
        embeddings=built / "embeddings", inventory=built / "inventory", output_dir=tmp_path / "gallery"
    )
    summary = json.loads((tmp_path / "gallery" / "summary.json").read_text())
    assert summary["duplicates"] == {"groups": 2, "copies": 2, "across_identities": 1, "undecided": 0}
    assert summary["candidates_not_compared"] == 1
    assert read_provenance(tmp_path / "gallery")["parameters"]["pixels_compared"] is False


def test_a_photo_that_changed_stops_the_build(built: Path, tmp_path: Path) -> None:
    shutil.copytree(built / "bank", tmp_path / "bank")
    texture(7).resize((64, 48)).rotate(180).save(tmp_path / "bank" / "heldout" / "bobby" / "smaller.png")
    with pytest.raises(DataError, match="changed since"):
        build_gallery(
            embeddings=built / "embeddings",
            inventory=built / "inventory",
            photos_root=tmp_path / "bank",
            output_dir=tmp_path / "gallery",
        )
    assert not (tmp_path / "gallery").exists()


@pytest.mark.parametrize("name", ["embeddings", "inventory"])
def test_an_unfinished_input_is_refused(built: Path, tmp_path: Path, name: str) -> None:
    inputs = {part: built / part for part in ("embeddings", "inventory")}
    shutil.copytree(inputs[name], tmp_path / name)
    (tmp_path / name / "provenance.json").unlink()
    with pytest.raises(DataError, match="no finished version folder"):
        build_gallery(**(inputs | {name: tmp_path / name}), output_dir=tmp_path / "gallery")
    assert not (tmp_path / "gallery").exists()


@pytest.mark.parametrize(
    ("policy", "face", "verdict"),
    [("largest", 0, "outlier"), ("largest_central", 0, "outlier"), ("closest_to_centroid", 1, "ok")],
)
def test_the_face_policy_chooses_the_face(
    tmp_path: Path, policy: FacePolicy, face: int, verdict: str
) -> None:
    inventory, embeddings = drawn_bank(tmp_path, crowd=True)
    build_gallery(
        embeddings=embeddings, inventory=inventory, output_dir=tmp_path / "gallery", face_policy=policy
    )
    photo = photos_of(tmp_path / "gallery").loc["scraped/cat/11.png"]
    assert (photo["face"], photo["faces_found"], photo["verdict"]) == (face, 2, verdict)


def test_only_one_turns_crowds_away_with_a_reason(tmp_path: Path) -> None:
    inventory, embeddings = drawn_bank(tmp_path, crowd=True)
    gallery = tmp_path / "gallery"
    build_gallery(embeddings=embeddings, inventory=inventory, output_dir=gallery, face_policy="only_one")
    assert "scraped/cat/11.png" not in photos_of(gallery).index
    (row,) = read_tsv(gallery / "rejected.tsv")
    assert (row["file"], row["reason"]) == ("scraped/cat/11.png", "MANY_FACES")
    manifest = json.loads((gallery / "celeb_embeddings.json").read_text())
    assert manifest["celebs"]["cat"]["n_failed"] == 2
    assert "scraped/cat/11.png (many faces)" in manifest["failed"]


@pytest.mark.parametrize("centroid", ["trimmed", "medoid"])
def test_other_centroids(built: Path, tmp_path: Path, centroid: CentroidKind) -> None:
    build_gallery(
        embeddings=built / "embeddings",
        inventory=built / "inventory",
        output_dir=tmp_path / "gallery",
        centroid=centroid,
    )
    mean = pd.read_parquet(built / "gallery" / "centroids.parquet")["centroid"]
    other = pd.read_parquet(tmp_path / "gallery" / "centroids.parquet")["centroid"]
    cosines = (np.stack(mean.to_list()) * np.stack(other.to_list())).sum(axis=1)
    assert (cosines > 0.85).all()
    assert (cosines < 1 - 1e-6).any()


def test_the_demo_bank_with_real_faces(tmp_path: Path) -> None:
    bank = tmp_path / "bank"
    truth = make_bank(bank, people=PORTRAITS[:4])
    index_photos(root=bank, output_dir=tmp_path / "inventory")
    photos, shard = tmp_path / "inventory" / "photos.parquet", tmp_path / "shard.parquet"
    embed_photos(root=bank, pack=PACK, output=shard, cache=tmp_path / "cache", threads=2)
    collect_embeddings(shards=(shard,), photos=photos, pack=PACK, output_dir=tmp_path / "embeddings")
    build_gallery(
        embeddings=tmp_path / "embeddings",
        inventory=tmp_path / "inventory",
        photos_root=bank,
        output_dir=tmp_path / "gallery",
    )
    validate_gallery(
        embeddings=tmp_path / "embeddings", gallery=tmp_path / "gallery", output_dir=tmp_path / "validation"
    )
    judged = photos_of(tmp_path / "gallery")
    planted = truth["planted"]
    copies = [*planted["exact_copy"], *planted["rescaled_copy"]]
    assert sorted(judged.index[judged["verdict"] == "duplicate"]) == sorted(copies)
    assert judged["duplicate_group"].nunique() == len(copies)
    wrong = judged["verdict"].isin(["outlier", "intruder", "weak"])
    assert sorted(judged.index[wrong]) == sorted(planted["mixed_folder"])
    summary = json.loads((tmp_path / "gallery" / "summary.json").read_text())
    assert summary["broken"] == [identity_of(MIXED, {}, {})]
    validation = json.loads((tmp_path / "validation" / "summary.json").read_text())
    # Two of the four strangers lie nearest to the average face of the other three: recall alone would
    # call them right.
    assert 0 < validation["misses"] <= len(planted["mixed_folder"])
    assert validation["trusted"]["top1"]["share"] == 1
