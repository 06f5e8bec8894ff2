"""Adaptive keyframes: what they say is what a detector that sees every frame would say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING
from weakref import ref

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from facebank.faces.detections import Detections
from facebank.keyframes.adaptive import PATIENCE, REFRESH, _Watch, adaptive_keyframes
from facebank.keyframes.changes import Changes
from facebank.keyframes.keyframe import Face
from facebank.keyframes.places import CLOSE, Place
from facebank.tracks.distances import anchor_distances
from facebank.tracks.interpolation import SlotTrack, Status
from facebank.tracks.scene import Scene, track_scene
from laws import examples

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from facebank.keyframes.keyframe import Keyframe, Picture
    from facebank.media.frames import Window

SIZE = (160, 120)
STRIDE = 5
BOXES = np.array([[20, 50, 38, 74], [70, 46, 88, 70], [122, 52, 140, 76]])
#: How much of a face may be covered until the stub no longer finds it.
VISIBLE = 0.6
#: The stub finds faces of so many pixels.
LEAST = 16


@cache
def portrait(number: int) -> np.ndarray:
    """Draw a face that the stub knows by its number."""
    return np.random.default_rng(100 + number).integers(40, 215, (24, 18), dtype=np.uint8)


@dataclass(frozen=True)
class Shot:
    """A frame."""

    index: int
    grey: np.ndarray
    size: tuple[int, int] = SIZE

    def part(self, window: Window) -> np.ndarray:
        x1, y1, x2, y2 = window
        return self.grey[y1:y2, x1:x2, None].repeat(3, axis=2)

    def thumbnail(self) -> np.ndarray:
        return cv2.resize(self.grey, (80, 60), interpolation=cv2.INTER_AREA)


class Stub:
    """A detector that finds the portraits by their pixels, and notes where it looked."""

    def __init__(self, places: np.ndarray) -> None:
        self.places = places
        self.windows: list[Window] = []
        self.least: set[tuple[float, float]] = set()

    def __call__(
        self, picture: Picture, window: Window, /, *, share: float = 1.0, least_side: float = 0.0
    ) -> Detections:
        self.windows.append(window)
        left, top, right, bottom = window
        pixels = picture.part(window)
        boxes = []
        self.least.add((share, least_side))
        for x1, y1, x2, y2 in np.unique(self.places.reshape(-1, 4), axis=0).tolist():
            inside = left <= x1 and top <= y1 and x2 <= right and y2 <= bottom
            if inside and share * (y2 - y1) >= LEAST and y2 - y1 >= least_side:
                seen = pixels[y1 - top : y2 - top, x1 - left : x2 - left, 0].astype(int)
                if any((abs(seen - portrait(face)) < 25).mean() >= VISIBLE for face in range(4)):
                    boxes.append((x1, y1, x2, y2))
        count = len(boxes)
        return Detections(
            np.array(boxes, np.float32).reshape(-1, 4),
            np.full(count, 0.9, np.float32),
            np.zeros((count, 5, 2), np.float32),
        )


def record(hidden: np.ndarray, places: np.ndarray, *, seed: int = 0, drift: float = 0.0) -> list[Shot]:
    """Record slots that are hidden in some frames; `places` (frames, slots, 4)."""
    rng = np.random.default_rng(seed)
    table = rng.uniform(80, 160, (SIZE[1] // 4, SIZE[0] // 4)).repeat(4, axis=0).repeat(4, axis=1)
    shots = []
    for index, covers in enumerate(hidden.T):
        picture = table.copy()
        for slot, (x1, y1, x2, y2) in enumerate(places[index]):
            picture[y1:y2, x1:x2] = portrait(slot)
            if covers[slot]:
                picture[y1 - 4 : y2 + 4, x1 - 4 : x2 + 4] = 20
        picture = picture * (1 + 0.01 * np.sin(index)) - drift * index + rng.normal(0, 1.5, picture.shape)
        shots.append(Shot(index, np.clip(np.rint(picture), 0, 255).astype(np.uint8)))
    return shots


def follow(shots: list[Shot], places: np.ndarray) -> tuple[list[Keyframe], Stub]:
    """Follow a recording."""
    stub = Stub(places)
    return list(adaptive_keyframes(passing(shots), stub, stride=STRIDE, det_size=SIZE[0])), stub


def passing(shots: Iterable[Shot]) -> Iterator[tuple[Shot, np.ndarray]]:
    """Give frames with their thumbnails."""
    return ((shot, shot.thumbnail()) for shot in shots)


def tracks(keyframes: list[Keyframe], count: int) -> tuple[SlotTrack, ...]:
    """Track the slots."""
    faces = [(keyframe.index, face) for keyframe in keyframes for face in keyframe.faces]
    at = np.array([keyframe.index for keyframe in keyframes])
    scene = Scene(
        times=np.arange(count) / 30,
        keyframes=at,
        faces_at=np.array([index for index, _ in faces], np.int64),
        boxes=np.array([face.box for _, face in faces], np.float64).reshape(-1, 4),
        scores=np.array([face.score for _, face in faces]),
        detected_at=np.array([face.detected_at for _, face in faces], np.int64),
        unchanged_since=np.array([face.unchanged_since for _, face in faces], np.int64),
        regular=at % STRIDE == 0,
        thumbnails=np.stack([keyframe.thumbnail for keyframe in keyframes]),
        frame_size=SIZE,
    )
    return track_scene(scene, slots=3, max_gap_s=0.5, max_hold_s=0.0).tracks


def still(count: int) -> np.ndarray:
    """Give the places of a still camera."""
    return np.tile(BOXES, (count, 1, 1))


def test_no_frame_gives_no_keyframe() -> None:
    keyframes, stub = follow([], still(1))
    assert keyframes == stub.windows == []


@pytest.mark.parametrize("count", [1, 2, 5, 6, 60, 61, 62, 131, 135, 136])
def test_where_nothing_happens_only_the_ends_are_looked_at(count: int) -> None:
    keyframes, stub = follow(record(np.zeros((3, count), bool), still(count)), still(count))
    assert [keyframe.index for keyframe in keyframes] == sorted({*range(0, count, STRIDE), count - 1})
    assert stub.windows == [(0, 0, *SIZE)] * min(count, 2)
    assert [keyframe.basis for keyframe in keyframes[1:-1]] == ["unchanged"] * (len(keyframes) - 2)
    assert all(len(keyframe.faces) == 3 for keyframe in keyframes)
    for track in tracks(keyframes, count):
        detected = np.flatnonzero(track.status == Status.DETECTED).tolist()
        assert detected == sorted({0, count - 1})
        assert (np.delete(track.status, detected) == Status.INTERPOLATED).all()


def test_all_is_looked_at_again_after_a_while() -> None:
    count = 2 * REFRESH * STRIDE
    _, stub = follow(record(np.zeros((3, count), bool), still(count)), still(count))
    assert len(stub.windows) == 3


def test_a_face_comes_and_goes_in_the_very_frame() -> None:
    hidden = np.zeros((3, 100), bool)
    hidden[0, 23:58] = hidden[2, :31] = hidden[1, 96:] = True
    keyframes, _ = follow(record(hidden, still(100)), still(100))
    for slot, track in enumerate(tracks(keyframes, 100)):
        assert ((track.status == Status.HIDDEN) == hidden[slot]).all()
        assert track.boxes[~hidden[slot]] == pytest.approx(BOXES[[slot]].repeat((~hidden[slot]).sum(), 0))


def test_small_faces_may_be_left_out_around_known_ones_alone() -> None:
    """Else a face of any size may come: in a whole frame, and where anything else changed."""
    hidden = np.zeros((3, 60), bool)
    hidden[1, 23:42] = True
    _, stub = follow(record(hidden, still(60)), still(60))
    assert sorted(stub.least) == [(1.0, 0.0), (1.0, pytest.approx(0.7 * 24))]


def widths(
    shots: list[Shot], places: np.ndarray, *, off: int = 0
) -> tuple[list[Keyframe], dict[int, set[int]]]:
    """Follow a recording at the usual scale, and tell how wide the windows were in each frame.

    In a part of a frame faces are found so many pixels to the left.
    """
    seen: dict[int, set[int]] = {}

    class Noting(Stub):
        def __call__(self, picture: Picture, window: Window, /, **scale: float) -> Detections:
            seen.setdefault(picture.index, set()).add(window[2] - window[0])
            found = super().__call__(picture, window, **scale)
            left = off if window != (0, 0, *SIZE) else 0
            return replace(found, boxes=found.boxes - left * RIGHT.astype(np.float32))

    frames = adaptive_keyframes(passing(shots), Noting(places), stride=STRIDE, det_size=640)
    return list(frames), seen


def test_what_stays_is_seen_with_more_around_it_than_what_is_in_few_frames() -> None:
    """A mark is on the face, but not in the frames that are looked at as a whole."""
    hidden = np.zeros((3, 60), bool)
    hidden[1, 23:42] = True
    shots = record(hidden, still(60))
    for shot in shots[1:52]:
        shot.grey[50:54, 72:82] = 20
    keyframes, seen = widths(shots, still(60), off=1)
    # The last frame before the cover, and the regular keyframes, say where the face is in many frames.
    wide, close, whole = {64}, {48}, {160}
    assert seen == {
        0: whole,
        5: wide,
        22: wide,
        23: close,
        25: wide,
        42: close,
        43: close,
        45: wide,
        51: wide,
        55: close,
        59: whole,
    }
    for keyframe in keyframes:
        basis = "windows" if keyframe.index in seen else "unchanged"
        assert keyframe.basis == ("frame" if keyframe.index in {0, 59} else basis)
        marked = keyframe.index in {*range(5, 23), *range(42, 55)}
        boxes = {tuple(face.box.tolist()) for face in keyframe.faces}
        assert (tuple(map(float, BOXES[1] - RIGHT)) in boxes) == marked


def test_a_face_that_looks_as_in_a_whole_frame_is_where_it_was_found_there() -> None:
    """With little around it; a detector sees it a little elsewhere then."""
    hidden = np.zeros((3, 60), bool)
    hidden[1, 23:42] = True
    keyframes, seen = widths(record(hidden, still(60)), still(60), off=1)
    close, wide, whole = {48}, {64}, {160}
    assert seen == {
        0: whole,
        22: close,
        23: close,
        25: wide,
        42: close,
        43: close,
        45: close,
        59: whole,
    }
    boxes = {tuple(face.box.tolist()) for keyframe in keyframes for face in keyframe.faces}
    assert boxes == {tuple(map(float, box)) for box in BOXES.tolist()}


@pytest.mark.parametrize(
    ("until", "width"),
    [
        pytest.param(26, 56, id="the next frame"),
        pytest.param(30, 56, id="a stride later"),
        pytest.param(31, 64, id="after that"),
    ],
)
def test_what_passes_within_a_stride_is_seen_with_less_around_it(until: int, width: int) -> None:
    hidden = np.zeros((3, 60), bool)
    hidden[1, 23:until] = True
    _, seen = widths(record(hidden, still(60)), still(60))
    # What else changed may be looked at in that frame too, at 64.
    assert min(seen[25]) == width


@pytest.mark.parametrize(("cells", "looks"), [((2, 2), 0), ((1, 5), 1)])
def test_a_face_is_looked_at_where_a_25th_of_it_changed(cells: tuple[int, int], looks: int) -> None:
    """It has 108 cells of 2 x 2 px."""
    shots = record(np.zeros((3, 60), bool), still(60))
    rows, columns = cells
    for shot in shots[22:]:
        shot.grey[50 : 50 + 2 * rows, 72 : 72 + 2 * columns] = 20
    windows = follow(shots, still(60))[1].windows
    assert len(windows) - 2 == 2 * looks


def test_a_faint_face_that_hardly_changes_is_found_with_all_around_it() -> None:
    """In a window a detector is less sure of it; a cover is not asked for twice."""

    class Faint(Stub):
        def __call__(self, picture: Picture, window: Window, /, **scale: float) -> Detections:
            found = super().__call__(picture, window, **scale)
            sure = (found.boxes != BOXES[1]).any(axis=1) | (window == (0, 0, *SIZE))
            return Detections(found.boxes[sure], found.scores[sure], found.landmarks[sure])

    hidden = np.zeros((3, 90), bool)
    hidden[1, 50:70] = True
    shots = record(hidden, still(90))
    for shot in shots[23:]:
        shot.grey[50:54, 72:82] = 20
    stub = Faint(still(90))
    keyframes = list(adaptive_keyframes(passing(shots), stub, stride=STRIDE, det_size=640))
    status = tracks(keyframes, 90)[1].status
    assert (status[:50] <= Status.INTERPOLATED).all()
    assert (status[50:65] == Status.HIDDEN).all()
    # Both ends, before and behind the mark, and before the cover.
    assert stub.windows.count((0, 0, *SIZE)) == 5


def test_light_that_fades_slowly_is_no_event() -> None:
    shots = record(np.zeros((3, 120), bool), still(120), drift=0.1)
    assert len(follow(shots, still(120))[1].windows) == 2


def test_where_faces_move_every_frame_is_looked_at() -> None:
    count = 60
    sway = np.rint(6 * np.sin(np.arange(count) / 3)).astype(int)
    places = still(count) + sway[:, None, None] * [1, 0, 1, 0]
    places[:20] = places[40:] = BOXES
    keyframes, _ = follow(record(np.zeros((3, count), bool), places), places)
    for keyframe in keyframes:
        boxes = np.array(sorted(face.box.tolist() for face in keyframe.faces))
        assert boxes == pytest.approx(places[keyframe.index])
    # All but those that lie on a straight line between their neighbours, to the pixel.
    assert sum(20 <= keyframe.index < 40 for keyframe in keyframes) >= 18


def test_where_the_camera_moves_every_frame_is_looked_at_as_a_whole() -> None:
    count = 61
    shift = np.clip(2 * (np.arange(count) - 20), 0, 20)
    shots = record(np.zeros((3, count), bool), still(count))
    for shot, by in zip(shots, shift.tolist(), strict=True):
        shot.grey[:] = np.roll(shot.grey, by, axis=1)
    places = still(count) + shift[:, None, None] * [1, 0, 1, 0]
    keyframes, _ = follow(shots, places)
    whole = [keyframe.index for keyframe in keyframes if keyframe.basis == "frame"]
    assert whole == [0, *range(21, 31), 60]
    for keyframe in keyframes:
        boxes = np.array(sorted(face.box.tolist() for face in keyframe.faces))
        assert boxes == pytest.approx(places[keyframe.index])


def test_a_portrait_beneath_is_not_seen_before_the_one_on_it_slides_away() -> None:
    """All is looked at while it slides, so both are known before the frames before that are."""
    begins, count = 56, 70
    places = np.tile(BOXES, (count, 1, 1))
    slid = (4 * np.arange(1, count - begins + 1))[:, None] * [0, 1, 0, 1]
    places[begins:, 1] += slid.clip(max=48)
    shots = record(np.zeros((3, count), bool), places)
    cloth = np.random.default_rng(1).integers(40, 200, (30, 40)).repeat(4, axis=0).repeat(4, axis=1)
    for shot, boxes in zip(shots[begins:], places[begins:], strict=True):
        picture = cloth.astype(np.uint8)
        for face, (x1, y1, x2, y2) in ((3, BOXES[1]), *enumerate(boxes)):
            picture[y1:y2, x1:x2] = portrait(face)
        shot.grey[:] = picture
    keyframes, _ = follow(shots, places)
    track = tracks(keyframes, count)[1]
    assert track.boxes[:begins] == pytest.approx(BOXES[[1]].repeat(begins, 0))


def test_a_camera_that_moves_in_the_first_run_is_not_taken_for_noise() -> None:
    count = 100
    shift = np.abs(3 * np.minimum(np.arange(count), 60) % 36 - 18)
    hidden = np.zeros((3, count), bool)
    hidden[1, 73:76] = True
    shots = record(hidden, still(count))
    for shot, by in zip(shots, shift.tolist(), strict=True):
        shot.grey[:] = np.roll(shot.grey, by, axis=1)
    places = still(count) + shift[:, None, None] * [1, 0, 1, 0]
    keyframes, _ = follow(shots, places)
    whole = [keyframe.index for keyframe in keyframes if keyframe.basis == "frame"]
    assert whole == [*range(61), count - 1]
    assert {73, 75} <= {keyframe.index for keyframe in keyframes}
    for keyframe in keyframes:
        shown = places[keyframe.index][~hidden[:, keyframe.index]]
        boxes = np.array(sorted(face.box.tolist() for face in keyframe.faces))
        assert boxes == pytest.approx(shown)


@pytest.mark.parametrize("first", range(55, 62))
def test_a_face_that_was_never_seen_comes_in_the_very_frame(first: int) -> None:
    """As the frames end that are told of at a time."""
    hidden = np.zeros((3, 80), bool)
    hidden[2, :first] = True
    keyframes, _ = follow(record(hidden, still(80)), still(80))
    shown = tracks(keyframes, 80)[2].status <= Status.HELD
    assert np.flatnonzero(shown).tolist() == [*range(first, 80)]


def test_faces_that_overlap_a_little_are_two_and_the_surest_is_the_first() -> None:
    boxes = np.array([[40, 40, 60, 60], [55, 40, 75, 60]], np.float32)

    def look(
        _picture: Picture, _window: Window, /, *, share: float = 1.0, least_side: float = 0.0
    ) -> Detections:
        assert share <= 1
        assert least_side in {0, 14}
        scores = np.array([0.8, 0.9], np.float32)
        return Detections(boxes[::-1], scores[::-1], np.zeros((2, 5, 2), np.float32))

    shots = record(np.zeros((3, 12), bool), still(12))
    for keyframe in adaptive_keyframes(passing(shots), look, stride=STRIDE, det_size=SIZE[0]):
        assert [face.box.tolist() for face in keyframe.faces] == boxes[::-1].tolist()
        assert [face.score for face in keyframe.faces] == pytest.approx([0.9, 0.8])


def found_at(box: np.ndarray, frame: int) -> Face:
    """Give a face."""
    return Face(box.astype(np.float32), 0.9, np.zeros((5, 2), np.float32), frame, frame)


def watching(shot: Shot, *places: Place) -> _Watch:
    """Watch places in one frame; three frames before it, all was black."""
    anywhere = np.stack([BOXES[1], BOXES[1] + 14 * RIGHT, BOXES[1] - 14 * RIGHT, BOXES[2]])
    watch = _Watch(Stub(anywhere), STRIDE, 640)
    watch._frames, watch._places = {shot.index: shot}, [*places]
    watch._thumbnails = {shot.index - 3: np.zeros((60, 80), np.uint8), shot.index: shot.thumbnail()}
    watch._changes = Changes(watch._thumbnails, shot.index, SIZE, noise=1.5)
    return watch


RIGHT = np.array([1, 0, 1, 0])


@pytest.mark.parametrize(
    ("last", "seen", "expected"),
    [
        # Who was followed is gone, and the face is where it was; or both are there; or only who was followed.
        (BOXES[2], [BOXES[1]], BOXES[1]),
        (BOXES[2], [BOXES[1], BOXES[2]], BOXES[1]),
        (BOXES[2], [BOXES[2]], BOXES[2]),
        (BOXES[2], [], None),
        # It moved a little, and went back or farther.
        (BOXES[1] + 14 * RIGHT, [BOXES[1]], BOXES[1]),
        (BOXES[1] + 14 * RIGHT, [BOXES[1] + 14 * RIGHT], BOXES[1] + 14 * RIGHT),
        (BOXES[1] - 14 * RIGHT, [BOXES[1] - 14 * RIGHT], BOXES[1] - 14 * RIGHT),
    ],
)
def test_a_face_is_looked_for_where_it_was_last_and_where_it_was_seen_clear(
    last: np.ndarray, seen: list[np.ndarray], expected: np.ndarray | None
) -> None:
    (shot,) = record(np.zeros((len(seen), 1), bool), np.array([seen], np.int64).reshape(1, -1, 4))
    place = Place(found_at(BOXES[1], -3), {-3: found_at(last, -3)})
    watching(shot, place)._look_at(place, 0, CLOSE)
    face = place.looks[0]
    assert (None if face is None else face.box.tolist()) == (None if expected is None else expected.tolist())


@pytest.mark.parametrize(("apart", "count"), [(0, 1), (4, 1), (14, 2)])
def test_a_face_at_two_places_is_told_once(apart: int, count: int) -> None:
    (shot,) = record(np.zeros((3, 1), bool), still(1))
    boxes = (BOXES[1], BOXES[1] + apart * RIGHT)
    places = [Place(found_at(box, 0), {0: found_at(box, 0)}) for box in boxes]
    assert len(watching(shot, *places)._keyframe(0).faces) == count


def test_at_each_keyframe_is_told_what_changed_of_every_face() -> None:
    """The first one is hidden within a stride, in which a little of the second one changes."""
    hidden = np.zeros((3, 60), bool)
    hidden[0, 23:] = True
    shots = record(hidden, still(60))
    for shot in shots[21:]:
        shot.grey[50:54, 72:82] = 20
    told_at = {
        keyframe.index: (face.detected_at, face.unchanged_since)
        for keyframe in follow(shots, still(60))[0]
        for face in keyframe.faces
        if face.box.tolist() == BOXES[1].tolist()
    }
    assert told_at[22] == told_at[23] == (22, 22)
    assert told_at[25] == told_at[30] == (25, 22)


def test_a_face_that_passes_where_none_was_seen_is_found() -> None:
    hidden = np.ones((3, 80), bool)
    hidden[1, 23:35] = False
    keyframes, _ = follow(record(hidden, still(80)), still(80))
    found = [keyframe.index for keyframe in keyframes if keyframe.faces]
    assert (found[0], found[-1]) == (23, 34)


@pytest.mark.parametrize("speed", [2, 3, 5])
def test_who_passes_before_the_slots_leaves_them_as_they_were(speed: int) -> None:
    count, (width, height) = 131, (18, 24)
    x = speed * (np.arange(count) - 30)
    passing_by = (x >= 0) & (x + width <= SIZE[0])
    walker = np.stack([x, np.full(count, 48), x + width, np.full(count, 48 + height)], axis=1)
    places = np.concatenate([still(count), np.where(passing_by[:, None], walker, BOXES[0])[:, None]], axis=1)
    shots = [
        shot if here else clear
        for shot, clear, here in zip(
            record(np.zeros((4, count), bool), places),
            record(np.zeros((3, count), bool), still(count)),
            passing_by,
            strict=True,
        )
    ]
    for slot, track in enumerate(tracks(follow(shots, places)[0], count)):
        sides = np.clip([width, height] - np.abs(walker[:, :2] - BOXES[slot, :2]), 0, None)
        covered = sides.prod(axis=1) / (width * height) * passing_by
        shown = track.status <= Status.HELD
        assert not shown[covered > 0.6].any()
        assert shown[covered == 0].all()
        assert np.abs(track.boxes[shown] - BOXES[slot]).max() < 1


@pytest.mark.parametrize(("at", "top"), [*((at, 40) for at in range(27, 32)), (28, 58), (29, 58)])
def test_what_covers_a_face_in_one_frame_is_seen_in_it(at: int, top: int) -> None:
    """All of it, or half."""
    shots = record(np.zeros((3, 60), bool), still(60))
    x1, _, x2, _ = BOXES[1].tolist()
    for frame, shift in ((at - 1, -12), (at, 0), (at + 1, 12)):
        shots[frame].grey[top:76, x1 + shift : x2 + shift] = 30
    shown = tracks(follow(shots, still(60))[0], 60)[1].status <= Status.HELD
    assert np.flatnonzero(~shown).tolist() == [at]


@example(seed=0, intervals=[(0, 14, 47)], swing=(16.0, 64.0, 0.0625))
@example(seed=0, intervals=[(0, 14, 47)], swing=(16.0, 57.0, 0.078125))
# One half of a face is covered at the start of a run, and the other at its end.
@example(seed=0, intervals=[], swing=(39.0, 23.0, 0.078125))
@settings(max_examples=examples(20))
@given(
    seed=st.integers(0, 2**32 - 1),
    intervals=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 100), st.integers(1, 60)), max_size=5),
    swing=st.tuples(st.floats(10, 150), st.floats(5, 80), st.floats(0.01, 0.3)),
)
def test_keyframes_name_each_face_that_shows_for_a_stride_whatever_moves_beside_it(
    seed: int, intervals: list[tuple[int, int, int]], swing: tuple[float, float, float]
) -> None:
    count, width = 100, 24
    hidden = np.zeros((3, count), bool)
    for slot, start, length in intervals:
        hidden[slot, start : start + length] = True
    middle, reach, speed = swing
    left = np.rint(middle + reach * np.sin(speed * np.arange(count))).astype(int) - width // 2
    arm = np.random.default_rng(seed).integers(0, 80, (SIZE[1], width), dtype=np.uint8)
    shots = []
    for shot, x in zip(record(hidden, still(count), seed=seed), left.tolist(), strict=True):
        start, end = max(x, 0), min(max(x + width, 0), SIZE[0])
        shot.grey[40:, start:end] = arm[40:, start - x : max(end, start) - x]
        shots.append(shot)
    keyframes, _ = follow(shots, still(count))
    followed = tracks(keyframes, count)
    for slot, (x1, _, x2, _) in enumerate(BOXES.tolist()):
        share = np.clip(np.minimum(left + width, x2) - np.maximum(left, x1), 0, None) / (x2 - x1)
        assert not (followed[slot].status <= Status.HELD)[hidden[slot] | (share > 0.7)].any()
        covered = hidden[slot] | (share > 0)
        ends = np.flatnonzero(np.diff(np.r_[True, covered, True]))
        for first, end in zip(ends[::2], ends[1::2], strict=True):
            for keyframe in keyframes:
                if end - first >= STRIDE and first <= keyframe.index < end:
                    assert any(np.abs(face.box - BOXES[slot]).max() < 1 for face in keyframe.faces)


def test_no_more_frames_are_kept_than_a_run_while_the_next_ones_are_decoded() -> None:
    shots, made, alive = record(np.zeros((3, 200), bool), still(200)), [], [0]

    def decoded() -> Iterator[Shot]:
        for shot in shots:
            alive.append(sum(frame() is not None for frame in made))
            frame = replace(shot)
            made.append(ref(frame))
            yield frame

    list(adaptive_keyframes(passing(decoded()), Stub(still(200)), stride=STRIDE, det_size=SIZE[0]))
    assert max(alive) <= PATIENCE * STRIDE + 2


def test_few_frames_are_kept() -> None:
    shots, reached, waited = record(np.zeros((3, 400), bool), still(400)), [0], [0]

    def counted() -> Iterator[Shot]:
        for shot in shots:
            reached[0] = shot.index
            yield shot

    found = adaptive_keyframes(passing(counted()), Stub(still(400)), stride=STRIDE, det_size=SIZE[0])
    waited += [reached[0] - keyframe.index for keyframe in found]
    assert max(waited) <= PATIENCE * STRIDE + 1


def test_few_thumbnails_are_kept() -> None:
    shots = record(np.zeros((3, 200), bool), still(200))
    made: list[ref[np.ndarray]] = []

    def noted() -> Iterator[tuple[Shot, np.ndarray]]:
        for shot, thumbnail in passing(shots):
            made.append(ref(thumbnail))
            yield shot, thumbnail

    found = adaptive_keyframes(noted(), Stub(still(200)), stride=STRIDE, det_size=SIZE[0])
    alive = [sum(thumbnail() is not None for thumbnail in made) for _ in found]
    assert max(alive) <= PATIENCE * STRIDE + 5


@pytest.mark.parametrize(
    ("shows", "speed", "looked"),
    [
        (range(0), 0, set()),
        (range(1, 62), 1, {60}),
        (range(1, 62), 2, {60}),
        # What lies there until the end is seen there.
        (range(12, 62), 0, {60}),
        # What does not is seen before, and what it hid when it is gone.
        (range(12, 41), 0, {15, 60}),
        (range(15, 20), 0, {15, 60}),
        (range(16, 20), 0, set()),
    ],
)
def test_what_moves_beside_the_faces_is_looked_at_at_the_end_of_a_run(
    shows: range, speed: int, looked: set[int]
) -> None:
    shots = record(np.zeros((3, 62), bool), still(62))
    thing = np.random.default_rng(1).integers(30, 220, (30, 30), dtype=np.uint8)
    for frame in shows:
        left = 6 + speed * frame
        shots[frame].grey[86:116, left : left + 30] = thing[:, : SIZE[0] - left]
    stub, found = Stub(still(62)), set()

    def look(picture: Picture, window: Window, /, **asked: float) -> Detections:
        if window != (0, 0, *SIZE):
            found.add(picture.index)
        return stub(picture, window, **asked)

    list(adaptive_keyframes(passing(shots), look, stride=STRIDE, det_size=SIZE[0]))
    assert found == looked


def test_one_face_that_comes_hides_no_other() -> None:
    hidden = np.zeros((3, 80), bool)
    hidden[0, :23] = hidden[2, :27] = hidden[2, 32:] = True
    keyframes, _ = follow(record(hidden, still(80)), still(80))
    found = [
        keyframe.index
        for keyframe in keyframes
        if any(face.box.tolist() == BOXES[2].tolist() for face in keyframe.faces)
    ]
    assert (found[0], found[-1]) == (27, 31)


@example(seed=0, count=76, intervals=[(0, 0, 1), (0, 6, 55)])
@settings(max_examples=examples(40))
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 150),
    intervals=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 150), st.integers(1, 90)), max_size=6),
)
def test_no_box_ever_sits_in_another_slot_or_on_a_hidden_face(
    seed: int, count: int, intervals: list[tuple[int, int, int]]
) -> None:
    hidden = np.zeros((3, count), bool)
    for slot, start, length in intervals:
        hidden[slot, start : start + length] = True
    keyframes, _ = follow(record(hidden, still(count), seed=seed), still(count))
    assert keyframes[0].index == 0
    assert keyframes[-1].index == count - 1
    assert {*range(0, count, STRIDE)} <= {keyframe.index for keyframe in keyframes}
    for slot, track in enumerate(tracks(keyframes, count)):
        shown = track.status <= Status.HELD
        assert not (shown & hidden[slot]).any()
        if shown.any():
            distances = anchor_distances(track.boxes[shown], BOXES)
            assert (distances.argmin(axis=1) == slot).all()
            # What shows for less than a stride between two covers may be missed, and then has no box.
            ends = np.flatnonzero(np.diff(np.r_[True, hidden[slot], True]))
            for first, end in zip(ends[::2], ends[1::2], strict=True):
                assert end - first < STRIDE or shown[first:end].all()
