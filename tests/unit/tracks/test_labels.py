from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from facebank.sources.schemas import SLOTS
from facebank.tracks.interpolation import SlotTrack, Status
from facebank.tracks.labels import HiddenSlots, LabelledSource, slot_table
from label_scenes import label_document

HIDDEN = {"x1": 0.0, "y1": 0.0, "x2": 0.0, "y2": 0.0, "score": 0.0, "x_center": 0.0}


def labelled(*slots: Status, box: tuple[float, ...] = (10.006, 20, 30, 50)) -> LabelledSource:
    """Give a source of one frame; slot s is moved 100 s to the right."""
    tracks = []
    for number, status in enumerate(slots):
        shown = np.array([box]) + np.array([[100 * number, 0] * 2])
        tracks.append(
            SlotTrack(
                status=np.array([status]),
                boxes=shown if status.has_box else np.full((1, 4), np.nan),
                scores=np.array([0.987654 if status.has_box else np.nan]),
                confidence=np.array([0.5 if status.has_box else 0.0]),
                before=np.array([0]),
                after=np.array([-1]),
            )
        )
    return LabelledSource("src", "src__var00", "ab" * 32, 640, 480, 5, 640, 0.5, "", tuple(tracks))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("placeholder", [0.0, 110.01, 0.0]), ("compact", [110.01]), ("prefix", [])],
)
def test_hidden_slots_in_the_list_of_boxes(mode: HiddenSlots, expected: list[float]) -> None:
    document = label_document(labelled(Status.HIDDEN, Status.DETECTED, Status.MISSING), mode)
    (frame,) = document["frames"]
    assert [box["x1"] for box in frame["bboxes"]] == expected
    assert frame["n_visible_faces"] == 1
    assert document["hidden_slots"] == mode
    assert [slot["status"] for slot in frame["slots"]] == ["hidden", "detected", "missing"]


def test_a_placeholder_has_no_area_and_the_keys_of_a_box() -> None:
    (frame,) = label_document(labelled(Status.MISSING), "placeholder")["frames"]
    assert frame["bboxes"] == [HIDDEN]


def test_prefix_keeps_the_run_from_the_left() -> None:
    source = labelled(Status.DETECTED, Status.HELD, Status.MISSING, Status.DETECTED)
    (frame,) = label_document(source, "prefix")["frames"]
    assert [box["x1"] for box in frame["bboxes"]] == [10.01, 110.01]


def test_the_truth_of_a_slot_is_whole() -> None:
    (frame,) = label_document(labelled(Status.DETECTED, Status.HIDDEN), "placeholder")["frames"]
    assert frame["slots"] == [
        {
            "status": "detected",
            "box": [10.01, 20.0, 30.0, 50.0],
            "score": 0.9877,
            "confidence": 0.5,
            "keyframes": [0, None],
        },
        {"status": "hidden", "box": None, "score": None, "confidence": 0.0, "keyframes": [0, None]},
    ]


def test_an_entry_of_the_list_says_where_its_middle_is_and_nothing_of_one_that_was_detected() -> None:
    (frame,) = label_document(labelled(Status.DETECTED), "compact")["frames"]
    assert frame["bboxes"] == [
        {"x1": 10.01, "y1": 20.0, "x2": 30.0, "y2": 50.0, "score": 0.9877, "x_center": 20.0}
    ]


@pytest.mark.parametrize(("status", "flag"), [(Status.INTERPOLATED, "interpolated"), (Status.HELD, "held")])
def test_boxes_that_were_not_detected_say_so(status: Status, flag: str) -> None:
    (frame,) = label_document(labelled(status, Status.DETECTED), "compact")["frames"]
    assert frame["bboxes"][0][flag] is True
    assert not {"interpolated", "held"} & set(frame["bboxes"][1])


def test_boxes_are_cut_to_the_frame() -> None:
    (frame,) = label_document(labelled(Status.DETECTED, box=(-3, -4, 700, 490)), "compact")["frames"]
    assert frame["slots"][0]["box"] == [0.0, 0.0, 640.0, 480.0]


@pytest.mark.parametrize("count", [0, 1, 1023, 1024, 1025, 3000])
def test_every_frame_has_its_entry_and_its_rows(count: int) -> None:
    frame = np.arange(count)
    track = SlotTrack(
        status=frame % 5,
        boxes=np.where((frame % 5 <= Status.HELD)[:, None], frame[:, None] / 10 + [0, 1, 40, 50], np.nan),
        scores=np.where(frame % 5 <= Status.HELD, 0.9, np.nan),
        confidence=np.where(frame % 5 <= Status.HELD, 0.8, 0.0),
        before=frame - 1,
        after=np.where(frame % 2, -1, frame),
    )
    source = replace(labelled(Status.HELD), tracks=(track, track))
    document = label_document(source, "compact")
    assert document["n_frames"] == len(document["frames"]) == count
    rows = slot_table(source).cast(SLOTS).to_pylist()
    assert len(rows) == 2 * count
    for index, entry in enumerate(document["frames"]):
        assert entry["frame_idx"] == index
        for slot, row in zip(entry["slots"], rows[2 * index : 2 * index + 2], strict=True):
            assert row["frame"] == index
            assert row["source"] == "src"
            assert (row["status"], row["score"], row["confidence"]) == (
                slot["status"],
                slot["score"],
                slot["confidence"],
            )
            assert [row[side] for side in ("x1", "y1", "x2", "y2")] == (slot["box"] or [None] * 4)
            assert [row["keyframe_before"], row["keyframe_after"]] == slot["keyframes"]


def test_rows_say_what_the_document_says() -> None:
    source = labelled(Status.DETECTED, Status.HIDDEN)
    (frame,) = label_document(source, "placeholder")["frames"]
    rows: list[dict[str, Any]] = slot_table(source).to_pylist()
    assert [(row["frame"], row["slot"]) for row in rows] == [(0, 0), (0, 1)]
    for row, slot in zip(rows, frame["slots"], strict=True):
        box = [row[name] for name in ("x1", "y1", "x2", "y2")]
        assert box == (slot["box"] or [None] * 4)
        assert row["status"] == slot["status"]
        assert [row["keyframe_before"], row["keyframe_after"]] == slot["keyframes"]
