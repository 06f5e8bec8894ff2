"""CVAT for video, read back as CVAT draws it: from keyframe to keyframe, in a straight line."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from facebank.exports.cvat import write_cvat
from facebank.exports.records import Claim
from facebank.tracks.interpolation import Status
from label_scenes import labels_of, looks, video_of, visible_boxes
from laws import examples

ADA, WRONG = Claim("ada", "confirmed"), Claim("", "mismatch", excluded=True)


def read(path: Path) -> ET.Element:
    return ET.parse(path).getroot()  # noqa: S314 (our own file)


def drawn(root: ET.Element, frames: int) -> dict[tuple[int, int], tuple[float, ...]]:
    """Give (frame, slot) -> box from keyframes alone."""
    found = {}
    for track in root.iter("track"):
        slot = int(track.attrib["id"])
        keyframes = [box for box in track.iter("box") if box.attrib["keyframe"] == "1"]
        ends = [int(box.attrib["frame"]) for box in keyframes]
        following = [*pairwise(zip(ends, keyframes, strict=True))]
        for (start, box), (end, after) in following:
            if box.attrib["outside"] == "1":
                continue
            for frame in range(start, end):
                share = (frame - start) / (end - start) if after.attrib["outside"] == "0" else 0.0
                found[frame, slot] = tuple((1 - share) * corners(box) + share * corners(after))
        if ends and keyframes[-1].attrib["outside"] == "0":
            for frame in range(ends[-1], frames):
                found[frame, slot] = tuple(corners(keyframes[-1]))
    return found


def corners(box: ET.Element) -> np.ndarray:
    return np.array([float(box.attrib[name]) for name in ("xtl", "ytl", "xbr", "ybr")])


@given(scene=st.tuples(looks, looks), shorter=st.integers(0, 4))
@example(scene=([("seen", 6, (5, 5))], []), shorter=2)
@settings(max_examples=examples(60))
def test_keyframes_alone_draw_every_real_box_and_no_other(
    scene: tuple[list[object], list[object]], shorter: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("export")
    labels = labels_of(list(scene))  # type: ignore[arg-type]
    # The video may end before its labels do, even between two detections.
    video = video_of(labels, ADA, WRONG, frames=max(0, len(labels.status) - shorter))
    write_cvat(folder, [video])
    root = read(folder / f"{video.name}.xml")
    expected = visible_boxes(video)
    found = drawn(root, video.frames)
    assert found.keys() == expected.keys()
    for key, box in expected.items():
        assert found[key] == pytest.approx(box, abs=1e-6)
    listed = {
        (int(box.attrib["frame"]), int(track.attrib["id"])): tuple(corners(box))
        for track in root.iter("track")
        for box in track.iter("box")
        if box.attrib["outside"] == "0"
    }
    assert listed == expected
    assert all(len(track) for track in root.iter("track"))


def test_boxes_that_go_by_time_are_drawn_where_they_are(tmp_path: Path) -> None:
    labels = labels_of([[("seen", 7, (5, 5)), ("hidden", 2, (0, 0)), ("seen", 7, (60, 9))]])
    between = np.flatnonzero(labels.status[:, 0] == Status.INTERPOLATED)
    # As in a video that stands still for a while, and then goes on.
    labels.boxes[between[:2]] += 0.5
    video = video_of(labels, ADA)
    write_cvat(tmp_path, [video])
    root = read(tmp_path / f"{video.name}.xml")
    assert drawn(root, video.frames) == visible_boxes(video)
    assert len(between) > 2
    assert {box.findtext("attribute[@name='status']") for box in root.iter("box")} >= {"interpolated"}


def test_an_excluded_slot_has_no_name_and_statuses_are_kept(tmp_path: Path) -> None:
    scene = [
        [("missing", 1, (0, 0)), ("seen", 3, (5, 5)), ("held", 1, (9, 9)), ("hidden", 2, (0, 0))],
        [("seen", 2, (300, 5))],
    ]
    write_cvat(tmp_path, [video_of(labels_of(scene), ADA, WRONG)])
    root = read(tmp_path / "ep01__v00.xml")
    first, second = root.iter("track")
    rows = [
        (
            *(box.attrib[name] for name in ("frame", "keyframe", "outside", "occluded")),
            *(it.text for it in box.iter("attribute") if it.attrib["name"] in ("identity", "status")),
        )
        for box in first.iter("box")
    ]
    assert rows == [
        ("1", "1", "0", "0", "ada", "detected"),
        ("2", "0", "0", "0", "ada", "interpolated"),
        ("3", "1", "0", "0", "ada", "detected"),
        ("4", "1", "0", "1", "ada", "held"),
        ("5", "1", "1", "1", "ada", "hidden"),
    ]
    said = {it.attrib["name"]: it.text for it in next(second.iter("box")).iter("attribute")}
    assert (said["identity"], said["excluded"], said["verdict"]) == (None, "true", "mismatch")


def test_the_task_is_described_and_hostile_names_are_escaped(tmp_path: Path) -> None:
    claim = Claim('<ada> & "co"', "confirmed")
    video = video_of(labels_of([[("seen", 3, (0, 0))]]), claim, name="a&b <1>")
    write_cvat(tmp_path, [video])
    root = read(tmp_path / "a&b <1>.xml")
    assert root.findtext("version") == "1.1"
    task = root.find("meta/task")
    assert task is not None
    assert (task.findtext("name"), task.findtext("size"), task.findtext("mode")) == (
        "a&b <1>",
        "3",
        "interpolation",
    )
    assert (task.findtext("original_size/width"), task.findtext("original_size/height")) == ("640", "480")
    assert (task.findtext("start_frame"), task.findtext("stop_frame")) == ("0", "2")
    assert task.findtext("labels/label/name") == next(root.iter("track")).attrib["label"]
    declared = {it.findtext("name"): [part.text for part in it][1:] for it in task.iter("attribute")}
    assert declared == {
        "slot": ["False", "number", "0", "0\n0\n1"],
        "identity": ["False", "text", None, None],
        "verdict": ["False", "text", None, None],
        "excluded": ["False", "checkbox", "false", "false"],
        "status": ["True", "select", "detected", "detected\ninterpolated\nheld\nhidden\nmissing"],
    }
    assert declared.keys() == {it.attrib["name"] for it in next(root.iter("box")).iter("attribute")}
    assert claim.identity in {it.text for it in root.iter("attribute")}


def test_a_slot_without_any_box_has_no_track(tmp_path: Path) -> None:
    write_cvat(tmp_path, [video_of(labels_of([[], [("hidden", 4, (0, 0))]]), ADA, WRONG)])
    assert list(read(tmp_path / "ep01__v00.xml").iter("track")) == []
