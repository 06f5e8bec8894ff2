"""Whole scenes with known truth: no box may ever sit in another slot than its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from facebank.tracks.distances import anchor_distances
from facebank.tracks.interpolation import Status
from facebank.tracks.scene import Scene, track_scene
from laws import examples

FRAME = (640, 480)
SETTINGS = {"slots": 3, "max_gap_s": 0.5, "max_hold_s": 0.0}


@dataclass(frozen=True)
class Truth:
    """A made-up episode.

    Attributes
    ----------
    boxes : (slots, 4)
        True face boxes.
    hidden : (slots, frames)
        Where each is covered.
    """

    boxes: np.ndarray
    hidden: np.ndarray


def record(
    truth: Truth, rng: np.random.Generator, *, stride: int, dropped: float, false: float, walker: bool = True
) -> Scene:
    """Record an episode as a detector would see it: jitter, misses, false boxes, and a walker."""
    count = truth.hidden.shape[1]
    keyframes = np.unique(np.r_[np.arange(0, count, stride), count - 1])
    at, boxes, scores = [], [], []
    pictures = np.zeros((len(keyframes), 60, 80))
    scene = rng.uniform(60, 200, (60, 80))
    start, speed = rng.uniform(-100, 600), rng.uniform(4, 15)
    for place, frame in enumerate(keyframes):
        pictures[place] = scene + rng.normal(0, 1.5, scene.shape)
        faces = []
        for slot, box in enumerate(truth.boxes):
            if truth.hidden[slot, frame]:
                x1, y1, x2, y2 = (box / 8).astype(int)
                pictures[place, y1 : y2 + 2, x1 : x2 + 2] = 20
            elif rng.random() >= dropped:
                faces.append((box + rng.normal(0, 0.5, 4), rng.uniform(0.8, 1)))
        if rng.random() < false:
            x, y, size = rng.uniform(0, 600), rng.uniform(0, 440), rng.uniform(25, 120)
            faces.append((np.array([x, y, x + size, y + 1.2 * size]), rng.uniform(0.5, 1)))
        if walker:
            x = start + speed * frame
            faces.append((np.array([x, 40, x + 90, 150]), 0.99))
        rng.shuffle(faces)
        at += [frame] * len(faces)
        boxes += [box for box, _ in faces]
        scores += [score for _, score in faces]
    return Scene(
        times=np.arange(count) / 30,
        keyframes=keyframes,
        faces_at=np.array(at, dtype=np.int64),
        detected_at=np.array(at, dtype=np.int64),
        unchanged_since=np.array(at, dtype=np.int64),
        regular=keyframes % stride == 0,
        boxes=np.array(boxes).reshape(-1, 4),
        scores=np.array(scores),
        thumbnails=np.clip(pictures, 0, 255).astype(np.uint8),
        frame_size=FRAME,
    )


@settings(max_examples=examples(120))
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 160),
    stride=st.integers(1, 10),
    intervals=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 150), st.integers(0, 150)), max_size=6),
    dropped=st.sampled_from([0.0, 0.1, 0.4]),
    false=st.sampled_from([0.0, 0.3, 1.0]),
    max_hold_s=st.sampled_from([0.0, 0.2]),
)
def test_no_box_ever_sits_in_another_slot(  # noqa: PLR0917 - hypothesis gives them by name
    seed: int,
    count: int,
    stride: int,
    intervals: list[tuple[int, int, int]],
    dropped: float,
    false: float,
    max_hold_s: float,
) -> None:
    rng = np.random.default_rng(seed)
    hidden = np.zeros((3, count), bool)
    for slot, start, length in intervals:
        hidden[slot, start : start + length] = True
    corners = np.array([[60, 200], [260, 190], [450, 205]]) + rng.uniform(-30, 30, (3, 2))
    sizes = rng.uniform(45, 95, (3, 1)) * [1, 1.25]
    truth = Truth(np.hstack([corners, corners + sizes]), hidden)
    # In a few keyframes a false face cannot be told from a true one: only true ones are recorded there.
    strangers = count > 10 * stride
    scene = record(
        truth, rng, stride=stride, dropped=dropped, false=false if strangers else 0, walker=strangers
    )
    tracked = track_scene(scene, slots=3, max_gap_s=0.5, max_hold_s=max_hold_s)
    assert [len(track.status) for track in tracked.tracks] == [count] * 3
    for slot, track in enumerate(tracked.tracks):
        shown = track.boxes[track.status <= Status.HELD]
        if len(shown):
            distances = anchor_distances(shown, truth.boxes)
            assert (distances.argmin(axis=1) == slot).all()
        # Where it was detected, the face and its score are those of one face that was found in this frame.
        faces = zip(scene.faces_at.tolist(), scene.boxes.tolist(), scene.scores.tolist(), strict=True)
        found = {(frame, *box): score for frame, box, score in faces}
        for frame in np.flatnonzero(track.status == Status.DETECTED).tolist():
            assert found[frame, *track.boxes[frame].tolist()] == track.scores[frame]


def test_a_face_that_did_not_change_is_known_as_one() -> None:
    boxes = np.array([[60, 200, 120, 280], [260, 190, 320, 270], [450, 205, 510, 285.0]])
    truth = Truth(boxes, np.zeros((3, 11), bool))
    scene = record(truth, np.random.default_rng(0), stride=5, dropped=0, false=0, walker=False)
    middle, last = scene.faces_at == 5, scene.faces_at == 10
    still = replace(
        scene,
        detected_at=np.where(middle, 0, scene.detected_at),
        unchanged_since=np.where(middle | last, 0, scene.unchanged_since),
    )
    for looked, known in zip(*(track_scene(it, **SETTINGS).tracks for it in (scene, still)), strict=True):
        assert looked.status[[0, 5, 10]].tolist() == [Status.DETECTED] * 3
        assert known.status[[0, 5, 10]].tolist() == [Status.DETECTED, Status.INTERPOLATED, Status.DETECTED]
        assert looked.confidence[4] < looked.scores[4]
        assert (known.before[4], known.after[4], known.confidence[4]) == (0, 10, known.scores[4])


def pattern(number: int, size: tuple[int, int]) -> np.ndarray:
    """Draw a face-like pattern of its own, of some width and height."""
    coarse = np.random.default_rng(number).uniform(20, 230, (6, 5)).astype(np.float32)
    return cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC).clip(0, 255)


def visible_share(box: np.ndarray, front: np.ndarray | None) -> float:
    """Give the share of a box that another one before it leaves."""
    if front is None:
        return 1.0
    sides = np.minimum(box[2:], front[2:]) - np.maximum(box[:2], front[:2])
    return 1 - float(np.prod(np.maximum(sides, 0)) / np.prod(box[2:] - box[:2]))


@example(seed=162601401, speed=2, scale=1.1015625, shift=-8, stride=1, pushed=-195)
@settings(max_examples=examples(30))
@given(
    seed=st.integers(0, 2**32 - 1),
    speed=st.integers(2, 25),
    scale=st.floats(0.7, 1.4),
    shift=st.integers(-20, 20),
    stride=st.sampled_from([1, 5]),
    pushed=st.sampled_from([0, 8, -195]),
)
def test_whoever_passes_before_a_slot_never_gets_its_place(  # noqa: PLR0917 - hypothesis gives them by name
    seed: int, speed: int, scale: float, shift: int, stride: int, pushed: int
) -> None:
    """A face of the slots' size passes right before them, and later the camera is pushed."""
    rng = np.random.default_rng(seed)
    count, since = 131, 100
    boxes = np.array([[60, 200, 130, 290], [255, 200, 325, 290], [450, 200, 520, 290]])
    numbers = rng.integers(0, 2**31, 4)
    table = pattern(int(rng.integers(2**31)), FRAME)
    width, height = round(70 * scale), round(90 * scale)
    at, found, pictures, truth = [], [], [], {}
    keyframes = np.unique(np.r_[np.arange(0, count, stride), count - 1])
    for frame in keyframes.tolist():
        picture, shown = table.copy(), boxes + np.array([pushed, 0, pushed, 0]) * int(frame >= since)
        x, y = -width + speed * (frame - 20), 245 + shift - height // 2
        walker = np.array([x, y, x + width, y + height]) if 0 <= x <= FRAME[0] - width else None
        faces = [(box, number, walker) for box, number in zip(shown, numbers, strict=False)]
        for box, number, front in [*faces, *([] if walker is None else [(walker, numbers[3], None)])]:
            x1, y1, x2, y2 = box
            drawn = pattern(int(number), (x2 - x1, y2 - y1))
            if x2 > 0:
                picture[y1:y2, max(x1, 0) : x2] = drawn[:, max(-x1, 0) :]
            if x1 >= 0 and visible_share(box, front) >= 0.6:
                at.append(frame)
                found.append(box + rng.normal(0, 0.5, 4))
        small = cv2.resize(picture, (80, 60), interpolation=cv2.INTER_AREA)
        pictures.append((small + rng.normal(0, 1, small.shape)).clip(0, 255).astype(np.uint8))
        truth[frame] = (shown, walker)
    faces_at = np.array(at, dtype=np.int64)
    tracked = track_scene(
        Scene(
            times=np.arange(count) / 30,
            keyframes=keyframes,
            faces_at=faces_at,
            detected_at=faces_at,
            unchanged_since=faces_at,
            regular=keyframes % stride == 0,
            boxes=np.array(found),
            scores=np.full(len(found), 0.9),
            thumbnails=np.array(pictures),
            frame_size=FRAME,
        ),
        slots=3,
        max_gap_s=0.5,
        max_hold_s=0.0,
    )
    assert not tracked.problem
    for slot, track in enumerate(tracked.tracks):
        for frame in np.flatnonzero(track.status == Status.DETECTED).tolist():
            shown, walker = truth[frame]
            assert visible_share(shown[slot], walker) >= 0.6
            assert np.abs(track.boxes[frame] - shown[slot]).max() < 5
        # A face that nothing covers is not lost for it.
        clear = [frame for frame, (shown, walker) in truth.items() if visible_share(shown[slot], walker) == 1]
        assert all(track.status[frame] == Status.DETECTED for frame in clear if frame < since)


def test_hidden_intervals_lie_within_a_stride_of_the_truth() -> None:
    rng = np.random.default_rng(1)
    boxes = np.array([[60, 200, 130, 290], [260, 190, 330, 280], [450, 205, 520, 295]], float)
    hidden = np.zeros((3, 131), bool)
    hidden[0, 30:61] = hidden[1, 0:13] = hidden[2, 90:131] = True
    scene = record(Truth(boxes, hidden), rng, stride=5, dropped=0.0, false=0.2)
    tracked = track_scene(scene, slots=3, max_gap_s=0.5, max_hold_s=0.0)
    for slot, track in enumerate(tracked.tracks):
        found = track.status == Status.HIDDEN
        assert (found | ~hidden[slot]).all()
        assert found.sum() - hidden[slot].sum() <= 2 * 4


def test_a_missed_detection_is_not_called_hidden() -> None:
    boxes = np.array([[60, 200, 130, 290], [260, 190, 330, 280], [450, 205, 520, 295]], float)
    truth = Truth(boxes, np.zeros((3, 131), bool))
    scene = record(truth, np.random.default_rng(2), stride=5, dropped=0.3, false=0)
    tracked = track_scene(scene, slots=3, max_gap_s=0.2, max_hold_s=0.0)
    statuses = {Status(value) for track in tracked.tracks for value in track.status}
    assert statuses == {Status.DETECTED, Status.INTERPOLATED, Status.MISSING}


@pytest.mark.parametrize(
    ("whose", "contrast", "noise"),
    [
        ([*[0] * 7, *[1] * 5, *[2] * 5, *[3] * 5, *[4] * 5, 0, None, 0], 1.0, 1.0),
        ([*[0] * 9, 1, *[0] * 5], 0.13, 3.0),
        ([*[0] * 7, None, *[0] * 5], 0.13, 0.5),
    ],
    ids=[
        "others in most frames, and then a hand",
        "another that differs by hardly more than noise",
        "a hand in little contrast",
    ],
)
def test_nothing_is_bridged_over_what_stands_before_a_face(
    whose: list[int | None], contrast: float, noise: float
) -> None:
    """What of others shows at a place is no measure of what covers it, and they cover it always."""
    box = np.array([255, 200, 325, 290])
    table, rng = pattern(9, FRAME), np.random.default_rng(0)
    pictures = []
    for number in whose:
        picture = table.copy()
        face = np.full((90, 70), -20) if number is None else pattern(number, (70, 90)) - 125
        picture[200:290, 255:325] = 125 + contrast * face
        small = cv2.resize(picture, (80, 60), interpolation=cv2.INTER_AREA)
        pictures.append((small + rng.normal(0, noise, small.shape)).clip(0, 255).astype(np.uint8))
    keyframes = np.arange(0, 5 * len(whose), 5)
    at = keyframes[[number is not None for number in whose]]
    (track,) = track_scene(
        Scene(
            times=np.arange(keyframes[-1] + 1) / 30,
            keyframes=keyframes,
            faces_at=at,
            detected_at=at,
            unchanged_since=at,
            regular=np.ones(len(keyframes), bool),
            boxes=np.tile(box, (len(at), 1)) + rng.normal(0, 0.3, (len(at), 4)),
            scores=np.full(len(at), 0.9),
            thumbnails=np.array(pictures),
            frame_size=FRAME,
        ),
        slots=1,
        max_gap_s=0.5,
        max_hold_s=0.0,
    ).tracks
    expected = [Status.DETECTED if number == 0 else Status.HIDDEN for number in whose]
    assert track.status[keyframes].tolist() == expected
    for keyframe, status in zip(keyframes, expected, strict=True):
        assert np.isnan(track.boxes[keyframe - 4 : keyframe + 5]).all() or status == Status.DETECTED


@pytest.mark.parametrize("slots", [1, 3])
def test_a_source_without_faces_is_missing_throughout(slots: int) -> None:
    scene = Scene(
        times=np.arange(7) / 30,
        keyframes=np.array([0, 5, 6]),
        faces_at=np.empty(0, np.int64),
        detected_at=np.empty(0, np.int64),
        unchanged_since=np.empty(0, np.int64),
        regular=np.ones(3, bool),
        boxes=np.empty((0, 4)),
        scores=np.empty(0),
        thumbnails=np.zeros((3, 60, 80), np.uint8),
        frame_size=FRAME,
    )
    tracked = track_scene(scene, slots=slots, max_gap_s=0.5, max_hold_s=0.0)
    assert tracked.problem == "FEWER_PLACES_THAN_SLOTS"
    assert [track.status.tolist() for track in tracked.tracks] == [[Status.MISSING] * 7] * slots
