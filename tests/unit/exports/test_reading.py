"""What exports are made from: names only where the release stands by them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from facebank.artifacts.atomic import write_json
from facebank.artifacts.tables import write_table
from facebank.errors import DataError
from facebank.exports.reading import (
    NO_LABELS,
    OTHER_FRAMES,
    people_of_release,
    read_export_data,
    require_release,
)
from facebank.exports.records import Claim
from facebank.sources.schemas import SLOTS
from facebank.tracks.interpolation import Status, track_slot
from facebank.tracks.labels import LabelledSource, slot_table
from label_scenes import label_document, labels_of, video_of
from unit.exports.releases import altered, served_otherwise
from unit.report.builds import N_FRAMES, SLUGS, SOURCE, VARIANTS_OF_SOURCE, statuses


def test_a_release_is_read_with_its_claims_and_without_excluded_names(release: Path) -> None:
    data = read_export_data(release)
    assert (data.release, data.slots) == (release.name, 2)
    assert [video.name for video in data.videos] == list(VARIANTS_OF_SOURCE)
    first, second = data.videos
    assert first.claims == (Claim("ada", "confirmed"), Claim("bob", "confirmed"))
    assert second.claims == (Claim("ada", "confirmed"), Claim("", "mismatch", excluded=True))
    assert (first.target_slot, second.target_slot) == (1, -1)
    assert (first.representative, second.representative) == (True, False)
    assert first.labels is not None
    for slot in (0, 1):
        assert [Status(value).label for value in first.labels.status[:, slot].tolist()] == statuses(slot)
    faces = list(first.faces())
    assert len(faces) == 2 * N_FRAMES - 4
    assert {face.box for face in faces if face.slot == 1} == {(50.0, 10.0, 70.0, 35.0)}
    assert [video.name for video in data.chosen("representatives")] == [first.name]
    assert data.chosen("all") == data.videos


@pytest.mark.parametrize(
    ("columns", "problem", "claims"),
    [
        ({"width": 97}, OTHER_FRAMES, (Claim("ada", "confirmed"), Claim("", "mismatch", excluded=True))),
        ({"claims": ["ada"]}, "", (Claim("", "confirmed"), Claim("", "mismatch", excluded=True))),
    ],
)
def test_labels_are_only_for_the_frames_that_were_labelled(
    columns: dict[str, object], problem: str, claims: object, release: Path, tmp_path: Path
) -> None:
    second = read_export_data(altered(release, tmp_path / "r", **columns)).videos[1]
    assert second.problem == problem
    assert (second.labels is None) == bool(problem)
    assert claims in (None, second.claims)


@pytest.mark.parametrize(
    ("columns", "problem", "representative"),
    [
        ({}, "", False),
        ({"labels": "", "labelled_on": ""}, NO_LABELS, False),
        ({"labels": VARIANTS_OF_SOURCE[1], "labelled_on": VARIANTS_OF_SOURCE[1]}, NO_LABELS, True),
        ({"labelled_on": VARIANTS_OF_SOURCE[1]}, "", True),
        ({"labelled_on": "a variant that is gone"}, OTHER_FRAMES, False),
    ],
)
def test_labels_are_those_that_serve_the_variant(
    columns: dict[str, str], problem: str, representative: bool, release: Path, tmp_path: Path
) -> None:
    second = read_export_data(served_otherwise(release, tmp_path / "r", **columns)).videos[1]
    assert (second.problem, second.representative) == (problem, representative)
    assert second.label_set == ("" if problem else SOURCE)


def test_a_damaged_release_is_not_exported(release: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(release, tmp_path / "r")
    (copy / "audit" / "exclusions.tsv").unlink()
    with pytest.raises(DataError, match=r"exclusions\.tsv"):
        read_export_data(copy)


def test_a_version_folder_names_nobody(tmp_path: Path) -> None:
    track = track_slot(
        np.arange(6) / 30,
        np.array([0, 5]),
        np.array([[1.0, 2, 30, 40], [6.0, 2, 35, 40]], np.float32),
        np.array([0.9, 0.8], np.float32),
        np.zeros(2, np.bool_),
        detected_at=np.array([0, 5]),
        unchanged_since=np.array([0, 5]),
        max_gap_s=1.0,
        max_hold_s=0.0,
    )
    labelled = LabelledSource("ep", "ep__v00", "0" * 64, 640, 480, 5, 640, 0.5, "", (track,))
    write_json(tmp_path / "ep.face_labels.json", label_document(labelled, "placeholder"), indent=None)
    write_table(tmp_path / "slots.parquet", slot_table(labelled), SLOTS)
    data = read_export_data(tmp_path)
    (video,) = data.videos
    assert (video.name, video.width, video.height, video.frames) == ("ep__v00", 640, 480, 6)
    assert video.claims == (Claim(),)
    assert [face.box for face in video.faces()][::5] == [(1.0, 2.0, 30.0, 40.0), (6.0, 2.0, 35.0, 40.0)]
    with pytest.raises(DataError, match="whole release"):
        require_release(data)
    (tmp_path / "ep.face_labels.json").unlink()
    with pytest.raises(DataError, match=r"ep\.face_labels\.json"):
        read_export_data(tmp_path)


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing to export"):
        read_export_data(tmp_path)


def test_slots_out_of_order_are_refused(release: Path, tmp_path: Path) -> None:
    rows = pq.read_table(release / "tables" / "face_labels" / "slots.parquet").to_pylist()
    write_table(tmp_path / "slots.parquet", [*rows[2:], *rows[:2]], SLOTS)
    with pytest.raises(DataError, match="order"):
        read_export_data(tmp_path)


def test_people_are_those_of_the_gallery(release: Path, tmp_path: Path) -> None:
    people = people_of_release(release)
    assert [person.identity for person in people] == sorted(SLUGS)
    assert {person.identity: person.usable for person in people} == {
        person.identity: person.status not in {"broken", "same-person-as"} for person in people
    }
    assert people_of_release(tmp_path) == []


@pytest.mark.parametrize("told", ["[]", '{"celebs": []}', '{"celebs": {"ada": []}}', "{}", "{"])
def test_centroids_that_are_told_otherwise_are_refused(release: Path, tmp_path: Path, told: str) -> None:
    shutil.copytree(release / "tables" / "gallery", tmp_path / "tables" / "gallery")
    (tmp_path / "celeb_embeddings.json").write_text(told, encoding="utf-8")
    with pytest.raises(DataError, match="The centroids of the release cannot be read"):
        people_of_release(tmp_path)


def test_a_video_without_labels_has_no_faces() -> None:
    assert list(video_of(None, Claim()).faces()) == []
    assert video_of(labels_of([[("seen", 3, (0, 0))]]), Claim(), frames=5).labelled_frames == 3
