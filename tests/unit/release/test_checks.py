from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from facebank.artifacts.atomic import write_json
from facebank.artifacts.tables import write_table
from facebank.errors import CheckError
from facebank.release.checks import require_centroids, require_claims_known, require_frame_counts
from facebank.sources.schemas import SLOTS
from unit.release.releases import CLAIMS, label_document, write_claims, write_gallery, write_sources

CHECKS = (require_centroids, require_frame_counts, require_claims_known)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    write_gallery(tmp_path)
    write_sources(tmp_path)
    return tmp_path


@pytest.mark.parametrize("check", CHECKS)
def test_an_empty_release_has_nothing_to_check(check: Callable[[Path], int], tmp_path: Path) -> None:
    assert check(tmp_path) == 0


def test_a_release_that_agrees_is_counted(release: Path) -> None:
    assert [check(release) for check in CHECKS] == [3, 1, 2]


def test_a_photo_that_the_gallery_leaves_out_is_no_part_of_the_centroid(release: Path) -> None:
    write_gallery(release, left_out={"a/2.jpg"})
    assert require_centroids(release) == 3


def edit_gallery(release: Path, change: Callable[[dict[str, object]], object]) -> None:
    path = release / "celeb_embeddings.json"
    document = json.loads(path.read_text())
    change(document["celebs"])
    write_json(path, document)


@pytest.mark.parametrize("component", [0, 7])
def test_a_centroid_that_does_not_follow_is_found(release: Path, component: int) -> None:
    def change(celebs: dict) -> None:
        celebs["ada"]["centroid"][component] += 1e-5

    edit_gallery(release, change)
    with pytest.raises(CheckError, match=r"contradicts itself.*celeb_embeddings.*centroid 'mean'.*'ada'"):
        require_centroids(release)


@pytest.mark.parametrize(
    "change",
    [
        lambda celebs: celebs["ada"].update(n_photos=3),
        lambda celebs: celebs["ada"].update(centroid=None),
        lambda celebs: celebs.update(bob={"photos": {}, "centroid": None, "n_photos": 0, "n_failed": 0}),
        lambda celebs: celebs.update(dora=celebs["bob"]),
        lambda celebs: celebs.pop("bob"),
    ],
)
def test_an_identity_that_does_not_fit_is_found(
    release: Path, change: Callable[[dict[str, object]], object]
) -> None:
    edit_gallery(release, change)
    with pytest.raises(CheckError, match="contradicts itself"):
        require_centroids(release)


@pytest.mark.parametrize(
    ("vector", "said"),
    [
        (np.zeros(8, np.float32), "length 0"),
        (np.full(8, np.nan, np.float32), "length nan"),
        (np.ones(8, np.float64) / np.sqrt(8), "float64"),
        (np.ones(1, np.float32), r"shape \(1,\)"),
    ],
)
def test_an_embedding_of_another_form_is_found(release: Path, vector: np.ndarray, said: str) -> None:
    np.save(release / "arcface_embeddings/a/1.jpg.arcface.npy", vector)
    with pytest.raises(CheckError, match=said):
        require_centroids(release)


def test_an_embedding_of_nobody_is_found(release: Path) -> None:
    np.save(release / "arcface_embeddings/a/9.jpg.arcface.npy", np.ones(8, np.float32))
    with pytest.raises(CheckError, match=r"9\.jpg.*of nobody"):
        require_centroids(release)


def test_a_table_with_another_centroid_is_found(release: Path) -> None:
    original = (release / "celeb_embeddings.json").read_bytes()
    write_gallery(release, {"ada": ("b/1.jpg",), "bob": ("a/1.jpg", "a/2.jpg")})
    (release / "celeb_embeddings.json").write_bytes(original)
    with pytest.raises(CheckError, match="contradicts itself"):
        require_centroids(release)
    write_gallery(release)
    path = release / "tables/gallery/centroids.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    rows[1]["centroid"][3] += 1e-5
    write_table(path, rows, table.schema)
    with pytest.raises(CheckError, match=r"'bob' in tables/gallery/centroids\.parquet"):
        require_centroids(release)


def rows_lost(release: Path) -> None:
    path = release / "tables/face_labels/slots.parquet"
    write_table(path, pq.read_table(path)[:-1], SLOTS)


def misnumbered(release: Path) -> None:
    write_json(release / "face_labels/s.face_labels.json", label_document() | {"n_frames": 2})


def shortened(release: Path) -> None:
    write_json(release / "face_labels/s.face_labels.json", label_document(2))


def renumbered(release: Path) -> None:
    document = label_document()
    document["frames"][2]["frame_idx"] = 3
    write_json(release / "face_labels/s.face_labels.json", document)


def slot_lost(release: Path) -> None:
    document = label_document()
    document["frames"][1]["slots"] = document["frames"][1]["slots"][:1]
    write_json(release / "face_labels/s.face_labels.json", document)


def renamed(release: Path) -> None:
    path = release / "face_labels/s.face_labels.json"
    path.rename(path.with_name("t.face_labels.json"))


def missing(release: Path) -> None:
    (release / "face_labels/s.face_labels.json").unlink()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (shortened, r"3 frames, as were decoded.*2 entries and n_frames 2"),
        (misnumbered, r"3 frames, as were decoded.*3 entries and n_frames 2"),
        (renumbered, "without a gap"),
        (slot_lost, "2 slots in every frame"),
        (rows_lost, r"6 rows in tables/face_labels/slots\.parquet.*5"),
        (renamed, r"t\.face_labels\.json.*that it is called after"),
        (missing, "the labels of 's'"),
    ],
)
def test_labels_of_other_frames_than_were_decoded_are_found(
    release: Path, damage: Callable[[Path], None], said: str
) -> None:
    damage(release)
    with pytest.raises(CheckError, match=said):
        require_frame_counts(release)


def test_a_claim_of_someone_unknown_is_found_unless_the_audit_says_so(release: Path) -> None:
    write_claims(release, ["ada", "zoe"], reasons=["", "RESEMBLES_NOBODY"])
    with pytest.raises(CheckError, match=r"'zoe'.*slot 1"):
        require_claims_known(release)
    write_claims(release, ["ada", "zoe"], reasons=["", "CLAIMED_NOT_IN_GALLERY"])
    assert require_claims_known(release) == 2
    write_claims(release, ["", "carl"], reasons=["", ""])
    with pytest.raises(CheckError, match="'carl'"):
        require_claims_known(release)
    write_claims(release, CLAIMS, reasons=["", ""])
    assert require_claims_known(release) == 2


@pytest.mark.parametrize("reason", ["", "NOT_LABELLED", "UNREADABLE_VIDEO"])
def test_someone_unknown_may_be_claimed_where_nobody_was_seen(release: Path, reason: str) -> None:
    write_claims(release, ["ada", "zoe"], reasons=[reason] * 2, verdict="not_visible")
    assert require_claims_known(release) == 2
    write_claims(release, ["ada", "zoe"], reasons=[reason] * 2, verdict="confirmed")
    with pytest.raises(CheckError, match="'zoe'"):
        require_claims_known(release)


@pytest.mark.parametrize("claims", [["zoe"], ["ada", "zoe", "bo"]])
def test_claims_that_are_not_as_many_as_the_slots_may_name_anybody(release: Path, claims: list[str]) -> None:
    write_claims(release, claims, reasons=["CLAIMS_DO_NOT_FIT_THE_SLOTS"] * 2)
    assert require_claims_known(release) == 0


@pytest.mark.parametrize("named", ["../../secret.npy", "/etc/secret.npy", "a/../../../secret.npy"])
def test_no_document_leads_out_of_the_release(release: Path, tmp_path: Path, named: str) -> None:
    np.save(tmp_path.parent / "secret.npy", np.zeros(8, np.float32))
    edit_gallery(release, lambda celebs: celebs["ada"]["photos"].update({"a/1.jpg": named}))  # type: ignore[index]
    with pytest.raises(CheckError, match="expected paths of embeddings below bank_root"):
        require_centroids(release)


@pytest.mark.parametrize("root", ["..", "/", "x/../.."])
def test_no_root_of_embeddings_lies_outside(release: Path, root: str) -> None:
    path = release / "celeb_embeddings.json"
    write_json(path, json.loads(path.read_text()) | {"bank_root": root})
    with pytest.raises(CheckError, match="expected paths of embeddings below bank_root"):
        require_centroids(release)
