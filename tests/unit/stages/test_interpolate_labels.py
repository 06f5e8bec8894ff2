from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from clips import HIDDEN, PACK, VARIANTS, Clip, encode
from facebank.artifacts.tables import read_tsv
from facebank.faces.boxes import iou_matrix
from facebank.stages.collect_detections import collect_detections
from facebank.stages.detect_keyframes import detect_keyframes
from facebank.stages.index_sources import index_sources
from facebank.stages.interpolate_labels import interpolate_labels
from lerobot_datasets import write_dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from facebank.keyframes.detection import Schedule


def document(recorded: Path) -> dict[str, Any]:
    """Read the labels of the recorded source."""
    return json.loads((recorded / "L" / "ep01.face_labels.json").read_text())


def test_the_document_has_an_entry_for_every_frame(recorded: Path) -> None:
    labels = document(recorded)
    assert (labels["source_episode"], labels["representative_variant"]) == ("ep01", "ep01__t3_0000_v00")
    assert labels["n_frames"] == len(labels["frames"]) == 66
    assert [frame["frame_idx"] for frame in labels["frames"]] == list(range(66))
    for frame in labels["frames"]:
        assert len(frame["bboxes"]) == len(frame["slots"]) == 3
        assert frame["n_visible_faces"] == sum(slot["box"] is not None for slot in frame["slots"])


def test_boxes_lie_on_the_true_faces_and_nowhere_else(
    recorded: Path, record_property: Callable[[str, object], None]
) -> None:
    people, _ = VARIANTS["ep01__t3_0000_v00"]
    clip = Clip(people, 66, HIDDEN)
    overlaps: dict[str, list[float]] = {"detected": [], "interpolated": []}
    for index, frame in enumerate(document(recorded)["frames"]):
        for slot, found in enumerate(frame["slots"]):
            if found["box"] is not None:
                assert index not in HIDDEN[slot]
                overlap = iou_matrix(np.array([found["box"]]), clip.box(slot)[None])[0, 0]
                overlaps[found["status"]].append(float(overlap))
    for status, values in overlaps.items():
        record_property(f"mean IoU with the truth, {status}", f"{np.mean(values):.3f} of {len(values)}")
        assert np.mean(values) > 0.85, status


def test_hidden_intervals_lie_within_a_stride_of_the_truth(recorded: Path) -> None:
    (row,) = read_tsv(recorded / "L" / "coverage.tsv")
    for slot, truth in HIDDEN.items():
        ((first, last),) = [tuple(map(int, run.split("-"))) for run in row[f"hidden_{slot}"].split()]
        assert truth.start - 5 < first <= truth.start
        assert truth.stop - 1 <= last < truth.stop + 4
        assert float(row[f"slot_{slot}"]) == pytest.approx(1 - (last - first + 1) / 66, abs=1e-4)


def test_the_table_says_what_the_document_says(recorded: Path) -> None:
    rows = pq.read_table(recorded / "L" / "slots.parquet").to_pylist()
    slots = [slot for frame in document(recorded)["frames"] for slot in frame["slots"]]
    assert [row["status"] for row in rows] == [slot["status"] for slot in slots]
    assert [row["x1"] for row in rows] == [slot["box"] and slot["box"][0] for slot in slots]


def labelled(tmp_path: Path, pictures: Iterable[NDArray[np.uint8]]) -> dict[str, Any]:
    """Record a plain video and label it."""
    encode(tmp_path / "root" / "a.mp4", pictures)
    label(tmp_path)
    document: dict[str, Any] = json.loads((tmp_path / "L" / "a.face_labels.json").read_text())
    return document


def label(tmp_path: Path, **detection: Any) -> None:
    """Label the sources under ``root``; the labels stand in ``L``."""
    index_sources(root=tmp_path / "root", output_dir=tmp_path / "S")
    detect_keyframes(
        root=tmp_path / "root",
        pack=PACK,
        output=tmp_path / "shard.parquet",
        cache=tmp_path / "cache",
        **detection,
    )
    collect_detections(
        shards=(tmp_path / "shard.parquet",),
        variants=tmp_path / "S" / "variants.parquet",
        pack=PACK,
        output_dir=tmp_path / "D",
        **detection,
    )
    interpolate_labels(
        detections=tmp_path / "D", variants=tmp_path / "S" / "variants.parquet", output_dir=tmp_path / "L"
    )


def test_episodes_that_share_a_file_are_labelled_one_by_one(tmp_path: Path) -> None:
    """In each episode another slot is hidden: a frame of a neighbour would show."""
    people = ("centre", "left", "tall")
    lengths, hidden = ((31, 26, 33), (28, 32, 27)), ((0, 1, 2), (2, 0, 1))
    files = [
        [
            [picture[120:300] for picture in Clip(people, length, {slot: range(6)}).pictures()]
            for length, slot in zip(*file, strict=True)
        ]
        for file in zip(lengths, hidden, strict=True)
    ]
    write_dataset(tmp_path / "root", files, encoder={"g": "7"})
    label(tmp_path)
    for number, (length, slot) in enumerate(zip(sum(lengths, ()), sum(hidden, ()), strict=True)):
        name = f"episode_00000{number}"
        labels = json.loads((tmp_path / "L" / f"{name}.face_labels.json").read_text())
        assert (labels["source_episode"], labels["problem"]) == (name, None)
        assert labels["n_frames"] == len(labels["frames"]) == length
        boxed = [[place["box"] is not None for place in frame["slots"]] for frame in labels["frames"]]
        assert [row[slot] for row in boxed[:6]] == [False] * 6
        assert boxed[-1] == [True] * 3
        assert all(row[other] for row in boxed for other in range(3) if other != slot)
    videos = pq.read_table(tmp_path / "D" / "videos.parquet").to_pylist()
    assert [row["frames"] for row in videos] == [length for file in lengths for length in file]


@pytest.mark.parametrize("count", [1, 2, 131, 135, 136])
def test_as_many_frames_come_out_as_go_in(tmp_path: Path, count: int) -> None:
    clip = Clip(("centre", "left", "tall"), count, {})
    labels = labelled(tmp_path, (picture[120:300] for picture in clip.pictures()))
    assert labels["n_frames"] == len(labels["frames"]) == count
    assert {frame["n_visible_faces"] for frame in labels["frames"]} == {3}
    assert labels["frames"][-1]["slots"][0]["status"] == "detected"


@pytest.mark.parametrize("keyframes", ["fixed", "adaptive"])
@pytest.mark.parametrize("count", [2, 60, 538])
def test_no_frame_is_lost_of_long_videos_and_of_varying_rates(
    tmp_path: Path, count: int, keyframes: Schedule
) -> None:
    """Small, so that it is quick; every third frame is shown three times as long."""
    shots = [
        cv2.resize(picture[120:300], (320, 90), interpolation=cv2.INTER_AREA)
        for picture in Clip(("centre", "left", "tall"), min(count, 10), {}).pictures()
    ]
    pts = [index + 2 * (index // 3) for index in range(count)]
    encode(tmp_path / "root" / "a.mp4", (shots[index % len(shots)] for index in range(count)), pts=pts)
    label(tmp_path, det_size=320, keyframes=keyframes)
    labels = json.loads((tmp_path / "L" / "a.face_labels.json").read_text())
    assert labels["n_frames"] == len(labels["frames"]) == count
    assert [frame["frame_idx"] for frame in labels["frames"]] == list(range(count))
    assert {frame["n_visible_faces"] for frame in labels["frames"]} == {3}
    assert {slot["status"] for slot in labels["frames"][-1]["slots"]} == {"detected"}


def test_a_face_that_is_never_seen_leaves_the_slots_without_names(tmp_path: Path) -> None:
    clip = Clip(("centre", "left", "tall"), 12, {1: range(12)})
    labels = labelled(tmp_path, (picture[120:300] for picture in clip.pictures()))
    assert labels["problem"] == "FEWER_PLACES_THAN_SLOTS"
    assert {slot["status"] for frame in labels["frames"] for slot in frame["slots"]} == {"missing"}
    (row,) = read_tsv(tmp_path / "L" / "coverage.tsv")
    assert (row["all_slots"], row["problem"]) == ("0.0", "FEWER_PLACES_THAN_SLOTS")


def test_a_table_without_faces_is_labelled_all_the_same(tmp_path: Path) -> None:
    labels = labelled(tmp_path, [np.full((180, 320, 3), 90, np.uint8)] * 7)
    assert [frame["n_visible_faces"] for frame in labels["frames"]] == [0] * 7
