from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facebank.tracks.interpolation import SlotTrack, Status, track_slot

LETTERS = {
    Status.DETECTED: "D",
    Status.INTERPOLATED: "i",
    Status.HELD: "h",
    Status.HIDDEN: "-",
    Status.MISSING: "?",
}


def track(
    found: str, *, stride: int = 5, frames: int | None = None, max_gap_s: float = 0.5, max_hold_s: float = 0.0
) -> SlotTrack:
    """Track a slot at 30 frames a second; one sign a keyframe: D found, - covered, ? neither."""
    count = frames or (len(found) - 1) * stride + 1
    keyframes = np.unique(np.r_[np.arange(0, count, stride), count - 1])
    assert len(keyframes) == len(found)
    seen = np.array([sign == "D" for sign in found])
    boxes = np.array([[10, 20, 30, 50]]) + keyframes[:, None] * [2, 0, 2, 1.0]
    return track_slot(
        np.arange(count) / 30,
        keyframes,
        np.where(seen[:, None], boxes, np.nan),
        np.where(seen, 0.9, np.nan),
        np.array([sign == "-" for sign in found]),
        detected_at=keyframes,
        unchanged_since=keyframes,
        max_gap_s=max_gap_s,
        max_hold_s=max_hold_s,
    )


def signs(found: SlotTrack) -> str:
    """Write statuses as one sign a frame."""
    return "".join(LETTERS[Status(value)] for value in found.status)


@pytest.mark.parametrize(
    ("found", "settings", "expected"),
    [
        ("D", {}, "D"),
        ("?", {}, "?"),
        ("-", {}, "-"),
        ("DD", {}, "DiiiiD"),
        ("D-D", {}, "D---------D"),
        ("D?D", {}, "DiiiiiiiiiD"),
        ("D?D", {"max_gap_s": 0.3}, "D?????????D"),
        ("DD", {"max_gap_s": 0.1}, "D????D"),
        ("D??", {"max_hold_s": 0.1}, "Dhhh???????"),
        ("D--", {"max_hold_s": 0.1}, "Dhhh-------"),
        ("D-D", {"max_hold_s": 1.0}, "Dhhhh-----D"),
        ("?D", {"max_hold_s": 1.0}, "?????D"),
        ("D-?-D", {}, "D-------?????-------D"),
        ("DDD", {"frames": 8}, "DiiiiDiD"),
        ("DD-", {"frames": 7}, "DiiiiD-"),
        # What lies in the middle of two keyframes is as the first of them.
        ("-?", {"stride": 4}, "---??"),
        ("?-", {"stride": 4}, "???--"),
    ],
)
def test_statuses(found: str, settings: dict[str, float], expected: str) -> None:
    assert signs(track(found, **settings)) == expected


@pytest.mark.parametrize("found", ["DD", "D?D", "D??", "D--D"])
def test_limits_count_from_the_detection_and_not_from_the_start(found: str) -> None:
    late, early = (track(before + found, max_gap_s=0.35, max_hold_s=0.1) for before in ("??", ""))
    assert signs(late) == "?" * 10 + signs(early)
    np.testing.assert_allclose(late.confidence[10:], early.confidence)
    np.testing.assert_allclose(late.boxes[10:], early.boxes + np.array([20, 0, 20, 10]))


def test_boxes_are_linear_in_time_between_two_detections() -> None:
    found = track("DD")
    frames = np.arange(6)[:, None]
    assert found.boxes == pytest.approx(np.array([[10, 20, 30, 50]]) + frames * [2, 0, 2, 1])
    assert (found.before.tolist(), found.after.tolist()) == ([0, 0, 0, 0, 0, 5], [0, 5, 5, 5, 5, 5])


def test_linear_is_by_time_and_not_by_frame_number() -> None:
    found = track_slot(
        np.array([0.0, 0.3, 0.4]),
        np.array([0, 2]),
        np.array([[0, 0, 10, 10], [8, 0, 18, 10.0]]),
        np.array([0.9, 0.5]),
        np.zeros(2, bool),
        detected_at=np.array([0, 2]),
        unchanged_since=np.array([0, 2]),
        max_gap_s=0.4,
        max_hold_s=0,
    )
    assert found.boxes[1] == pytest.approx([6, 0, 16, 10])
    assert found.scores[1] == 0.5
    assert found.confidence[1] == pytest.approx(0.5 * (1 - 0.1 / 0.4 / 2))


def test_held_boxes_rest_on_the_last_detection_alone() -> None:
    found = track("D?", max_hold_s=0.1)
    assert np.array_equal(found.boxes[3], found.boxes[0])
    assert (found.before[3], found.after[3]) == (0, 0)
    assert found.confidence[:4] == pytest.approx(0.9 * np.array([1, 5 / 6, 4 / 6, 3 / 6]))


def adaptive(detected_at: list[int], unchanged_since: list[int]) -> SlotTrack:
    """Track a face that was given at frames 0, 5 and 10, detected where it is said, at 30 frames a second."""
    return track_slot(
        np.arange(11) / 30,
        np.array([0, 5, 10]),
        np.array([[0, 0, 10, 10], [3, 0, 13, 10], [10, 0, 20, 10.0]]),
        np.array([0.9, 0.8, 0.7]),
        np.zeros(3, bool),
        detected_at=np.array(detected_at),
        unchanged_since=np.array(unchanged_since),
        max_gap_s=0.5,
        max_hold_s=0,
    )


def test_a_face_that_an_earlier_look_found_is_no_detection_of_its_own() -> None:
    found = adaptive([0, 0, 10], [0, 5, 10])
    assert signs(found) == "DiiiiiiiiiD"
    assert found.boxes[5].tolist() == [5, 0, 15, 10]
    assert (found.before[5], found.after[5], found.scores[5]) == (0, 10, 0.7)


@pytest.mark.parametrize(("since", "confidence"), [(10, 0.7 * (1 - 5 / 30 / 0.5 / 2)), (0, 0.7)])
def test_confidence_does_not_fall_where_nothing_changed(since: int, confidence: float) -> None:
    found = adaptive([0, 0, 10], [0, 5, since])
    assert found.confidence[5] == pytest.approx(confidence)


def test_without_a_box_there_is_no_number() -> None:
    found = track("--")
    assert np.isnan(found.boxes).all()
    assert np.isnan(found.scores).all()
    assert not found.confidence.any()


@given(
    found=st.text("D-?", min_size=1, max_size=12),
    stride=st.integers(1, 7),
    max_gap_s=st.floats(0, 1),
    max_hold_s=st.floats(0, 0.5),
)
def test_a_box_rests_on_detections_within_the_limits(
    found: str, stride: int, max_gap_s: float, max_hold_s: float
) -> None:
    result = track(found, stride=stride, max_gap_s=max_gap_s, max_hold_s=max_hold_s)
    times = np.arange(len(result.status)) / 30
    detected = {place * stride for place, sign in enumerate(found) if sign == "D"}
    covered = {place * stride for place, sign in enumerate(found) if sign == "-"}
    for frame, status in enumerate(result.status):
        before, after = int(result.before[frame]), int(result.after[frame])
        assert np.isfinite(result.boxes[frame]).all() == Status(status).has_box
        assert (status == Status.DETECTED) == (frame in detected)
        if not Status(status).has_box:
            assert (before, after) == (frame // stride * stride, -(-frame // stride) * stride)
        if status == Status.INTERPOLATED:
            assert {before, after} <= detected
            assert before < frame < after
            assert times[after] - times[before] <= max_gap_s + 1e-6
            assert not covered & set(range(before, after))
        if status == Status.HELD:
            assert before in detected
            assert times[frame] - times[before] <= max_hold_s + 1e-6
            assert not covered & set(range(before, frame + 1))
