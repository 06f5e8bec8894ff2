"""Scenes as thumbnails: an arm before a table with portraits, which differ by variant."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from facebank.audit.looks import SlotViews
from facebank.audit.timing import (
    Moment,
    Recording,
    compare_timing,
    misplaced,
    moved_through,
    other_faces,
    telling,
)
from facebank.keyframes.stillness import Stillness

HEIGHT, WIDTH, FRAMES, STRIDE = 60, 80, 151, 5
#: Upper left corner of the papers, x and y, and their side.
PAPERS, SIDE = ((8, 16), (33, 14), (58, 17)), 14

Pictures = NDArray[np.uint8]


@dataclass
class Scene:
    """A table, and where the arm's upper left corner is in every frame."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    arm: tuple[int, int] = (12, 34)
    tone: float = 40.0
    seed: int = 0
    #: Frame from which on the left paper lies elsewhere, and by how far.
    moved_at: int = FRAMES
    moved_by: tuple[int, int] = (0, 0)
    table: NDArray[np.float64] = field(init=False)
    films: dict[int, Pictures] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rough = np.random.default_rng(self.seed).normal(130, 12, (HEIGHT // 4, WIDTH // 4))
        self.table = rough.repeat(4, axis=0).repeat(4, axis=1)

    def papers(self, frame: int) -> list[tuple[int, int]]:
        """Give the papers' corners in a frame."""
        (x, y), *others = PAPERS
        dx, dy = self.moved_by if frame >= self.moved_at else (0, 0)
        return [(x + dx, y + dy), *others]

    def film(self, people: int) -> Pictures:
        """Film it with portraits of their own, once."""
        if people not in self.films:
            self.films[people] = self._film(people)
            self.films[people].setflags(write=False)
        return self.films[people]

    def _film(self, people: int) -> Pictures:
        rng = np.random.default_rng(people)
        portraits = rng.uniform(40, 220, (3, 1, 1)) + rng.normal(0, 35, (3, SIDE, SIDE))
        taken = []
        for frame in range(FRAMES):
            picture = self.table.copy()
            for (x, y), portrait in zip(self.papers(frame), portraits, strict=True):
                picture[y : y + SIDE, x : x + SIDE] = portrait
            left, top = round(self.x[frame]), round(self.y[frame])
            (width, height) = self.arm
            picture[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)] = self.tone
            picture *= 1 + 0.01 * np.sin(frame / 7)
            taken.append(picture + rng.normal(0, 0.7, picture.shape))
        return np.clip(np.rint(taken), 0, 255).astype(np.uint8)

    def boxes(self, stride: int = 1) -> NDArray[np.float64]:
        """Give the faces' boxes, in pixels of thumbnails."""
        inner = np.array([0.25, 0.25, 0.75, 0.75]) * SIDE
        return np.array(
            [
                [np.array(paper * 2) + inner for paper in self.papers(frame)]
                for frame in range(0, FRAMES, stride)
            ]
        )


@cache
def visits() -> Scene:
    """Let the arm rest, visit the papers one after the other, and rest again."""
    times = [0, 20, 35, 50, 62, 85, 97, 120, 130, 150]
    x = np.interp(np.arange(FRAMES), times, [30, 30, 9, 9, 34, 34, 59, 59, 40, 40])
    y = np.interp(np.arange(FRAMES), times, [54, 54, 20, 20, 24, 24, 18, 18, 50, 50])
    return Scene(x, y)


@cache
def still() -> Scene:
    """Let nothing move."""
    return Scene(np.full(FRAMES, 30.0), np.full(FRAMES, 50.0))


@cache
def there_and_back() -> Scene:
    """Let the arm go there and back in 20 frames, always."""
    return Scene(32 + 28 * np.sin(np.arange(FRAMES) * 2 * np.pi / 20), np.full(FRAMES, 22.0))


def random_scene(seed: int) -> Scene:
    """Draw a way, an arm, and in one of four a paper that is moved."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 9))
    times = np.sort(rng.uniform(0, FRAMES, count))
    moved = seed % 4 == 0
    return Scene(
        np.interp(np.arange(FRAMES), times, rng.uniform(-10, WIDTH, count)),
        np.interp(np.arange(FRAMES), times, rng.uniform(0, HEIGHT, count)),
        arm=(int(rng.integers(4, 20)), int(rng.integers(8, 40))),
        tone=float(rng.uniform(10, 230)),
        seed=seed,
        moved_at=int(rng.integers(10, FRAMES)) if moved else FRAMES,
        moved_by=tuple(rng.integers(-6, 18, 2).tolist()) if moved else (0, 0),
    )


def recorded(scene: Scene) -> Recording:
    """Make the recording of a scene."""
    keyframes = scene.film(1)[::STRIDE]
    left_out = moved_through(scene.boxes(), (WIDTH, HEIGHT), (HEIGHT, WIDTH))
    return Recording(tuple(range(0, FRAMES, STRIDE)), keyframes, left_out)


def told(scene: Scene, frames: Pictures) -> list[Moment]:
    """Compare a variant with the recording."""
    recording = recorded(scene)
    return misplaced(compare_timing(recording, frames[list(recording.compared)]))


def shortened(frames: Pictures, at: int, count: int) -> Pictures:
    """Drop frames and pad the end."""
    return np.concatenate([frames[:at], frames[at + count :], frames[-1:].repeat(count, axis=0)])


def rolled(count: int) -> Callable[[Pictures], Pictures]:
    """Shift all frames in time."""
    return lambda frames: np.roll(frames, count, axis=0)


@pytest.mark.parametrize(
    "change",
    [
        lambda frames: frames[::-1],
        rolled(STRIDE),
        rolled(-STRIDE),
        rolled(20),
        lambda frames: shortened(frames, 30, 5),
        lambda frames: shortened(frames, 60, 20),
        lambda frames: np.clip(frames[::-1] * 1.2 + 10, 0, 255).astype(np.uint8),
        lambda frames: (frames[::-1] * 0.6).astype(np.uint8),
        lambda frames: frames[:1].repeat(FRAMES, axis=0),
    ],
    ids=[
        "reversed",
        "late",
        "early",
        "20 late",
        "5 dropped",
        "20 dropped",
        "reversed and brighter",
        "reversed and darker",
        "frozen",
    ],
)
@pytest.mark.parametrize("people", [1, 2])
def test_a_variant_of_other_timing_is_told_whomever_it_shows(
    people: int, change: Callable[[Pictures], Pictures]
) -> None:
    found = told(visits(), change(visits().film(people)))
    assert len(found) >= 3
    assert all(moment.like != moment.frame for moment in found)


def test_the_moment_that_is_shown_is_named() -> None:
    found = told(visits(), np.roll(visits().film(2), 20, axis=0))
    moving = [moment for moment in found if 60 <= moment.frame <= 80]
    assert moving
    assert all(
        moment.like == moment.frame - 20 for moment in moving if moment.frame - 20 not in range(35, 51)
    )
    assert {moment.cells for moment in found} == {found[0].cells}


@pytest.mark.parametrize(
    "change",
    [
        lambda frames: frames,
        lambda frames: np.clip(frames * 1.3, 0, 255),
        lambda frames: frames * 0.6,
        lambda frames: (frames - 128) * 0.6 + 128,
        lambda frames: 255 * (frames / 255) ** 0.7,
        lambda frames: np.clip(frames + np.random.default_rng(9).normal(0, 5, frames.shape), 0, 255),
    ],
    ids=["other portraits", "brighter", "darker", "flatter", "other tones", "noisier"],
)
@pytest.mark.parametrize("scene", [visits, still, there_and_back])
@pytest.mark.parametrize("people", [1, 2, 3])
def test_a_variant_in_step_is_not_accused(
    people: int, scene: Callable[[], Scene], change: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> None:
    frames = change(scene().film(people).astype(np.float64))
    assert told(scene(), np.rint(frames).astype(np.uint8)) == []


@pytest.mark.parametrize(
    "change",
    [lambda frames: frames * 0.3, lambda frames: frames * 0.1, lambda frames: (frames - 128) * 0.2 + 128],
    ids=["darker", "dark", "flat"],
)
@pytest.mark.parametrize("scene", [visits, there_and_back])
@pytest.mark.parametrize("people", [1, 2, 3])
def test_where_contrast_is_too_low_to_be_fitted_nothing_is_told(
    people: int, scene: Callable[[], Scene], change: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> None:
    frames = np.rint(change(scene().film(people).astype(np.float64))).astype(np.uint8)
    recording = recorded(scene())
    moments = compare_timing(recording, frames[list(recording.compared)])
    assert misplaced(moments) == []
    assert telling(moments) == []


def test_frames_to_which_another_contrast_is_fitted_say_nothing() -> None:
    scene, pushed = random_scene(13), 138

    def film(people: int) -> Pictures:
        frames = scene.film(people).copy()
        frames[pushed:] = np.roll(frames[pushed:], (-3, -2), axis=(1, 2))
        return frames

    boxes = scene.boxes()
    boxes[pushed:] -= [2, 3, 2, 3]
    left_out = moved_through(boxes, (WIDTH, HEIGHT), (HEIGHT, WIDTH))
    recording = Recording(tuple(range(0, FRAMES, STRIDE)), film(1)[::STRIDE], left_out)
    # Behind the push the fit of one frame comes to half the contrast.
    assert recording.light.gain.min() < 0.6
    moments = compare_timing(recording, film(15)[list(recording.compared)])
    assert [moment for moment in moments if moment.differing] == []
    assert len(telling(moments)) == len(moments)


def test_what_too_much_light_hides_is_not_taken_for_gone() -> None:
    scene = Scene(visits().x, visits().y, tone=206)
    scene.table[:] = 184
    frames = scene.film(2).astype(np.float64)
    assert told(scene, np.clip(frames * 1.26 + 14, 0, 255).astype(np.uint8)) == []
    assert len(told(scene, frames[::-1].astype(np.uint8))) >= 2


def test_where_a_variant_is_otherwise_lit_what_is_usual_there_is_compared() -> None:
    frames = visits().film(2).astype(np.float64)
    frames[:, 34:54, 48:] -= 15
    recording = recorded(visits())
    moments = compare_timing(recording, np.rint(frames).astype(np.uint8)[list(recording.compared)])
    assert moments[0].cells > 1500
    assert {(moment.differing, moment.like - moment.frame) for moment in moments} == {(0, 0)}


def test_where_nothing_moves_nothing_is_compared() -> None:
    recording = recorded(still())
    moments = compare_timing(recording, still().film(2)[::-1][list(recording.compared)])
    assert {moment.cells for moment in moments} == {0}
    assert telling(moments) == []


@pytest.mark.parametrize(("cells", "told_of"), [(0, 0), (7, 0), (8, 1), (4800, 1)])
def test_where_hardly_anything_moves_nothing_is_told(cells: int, told_of: int) -> None:
    assert len(telling([Moment(frame=5, cells=cells, differing=cells, least=0, like=0)])) == told_of


@pytest.mark.parametrize(
    ("cells", "differing", "least", "told_of"),
    [
        (100, 12, 3, True),
        (100, 12, 4, False),
        (100, 9, 2, False),
        (100, 8, 0, True),
        (100, 7, 0, False),
        (1000, 20, 0, True),
        (1000, 19, 0, False),
        (1000, 40, 10, True),
        (1000, 40, 11, False),
        (7, 7, 0, False),
    ],
)
def test_a_frame_is_of_another_moment_where_that_explains_most_of_what_differs(
    cells: int, differing: int, least: int, *, told_of: bool
) -> None:
    moments = [Moment(frame, cells, differing, least, frame + 5) for frame in (0, 50)]
    assert misplaced(moments) == (moments if told_of else [])
    assert misplaced(moments[:1]) == []
    in_step = Moment(100, cells, differing, differing, 100)
    assert misplaced([*moments, in_step]) == misplaced(moments)


@pytest.mark.parametrize(("away", "left_out"), [(0.24, False), (0.26, True)])
@pytest.mark.parametrize("side", [0, 1])
def test_a_portrait_lies_elsewhere_from_a_quarter_of_its_side_on(
    side: int, away: float, *, left_out: bool
) -> None:
    boxes = np.tile([30.0, 24, 40, 32], (5, 1, 1))
    # The face is ten cells wide and eight high.
    boxes[4, 0, [side, side + 2]] += away * (10, 8)[side]
    boxes[2, 0, 0] = np.nan
    assert moved_through(boxes, (WIDTH, HEIGHT), (HEIGHT, WIDTH)).any() == left_out


@pytest.mark.parametrize(("shift", "shown"), [(20, False), (10, True)])
def test_a_whole_period_is_the_same_and_half_of_one_is_told(shift: int, *, shown: bool) -> None:
    frames = there_and_back().film(2)
    # What is left at the end shows what a period ago was to be shown.
    left = frames[FRAMES - 20 : FRAMES - 20 + shift]
    assert bool(told(there_and_back(), np.concatenate([frames[shift:], left]))) is shown


@pytest.mark.parametrize("seed", range(24))
def test_no_variant_of_a_random_scene_is_accused_and_all_that_are_reversed_are(seed: int) -> None:
    scene = random_scene(seed)
    frames = scene.film(100 + seed)
    assert told(scene, frames) == []
    assert len(told(scene, frames[::-1])) >= 2


def test_one_frame_of_another_moment_says_nothing() -> None:
    frames = visits().film(2).copy()
    frames[60] = frames[40]
    assert told(visits(), frames) == []
    frames[100] = frames[40]
    assert [moment.frame for moment in told(visits(), frames)] == [60, 100]


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 200])
def test_a_bounded_number_of_frames_is_compared(count: int) -> None:
    frames = tuple(range(0, 5 * count, 5))
    recording = Recording(frames, np.zeros((count, 6, 8), np.uint8), np.zeros((6, 8), np.bool_))
    assert len(recording.compared) == min(count, 64)
    assert set(recording.compared) <= set(frames)
    moments = compare_timing(recording, recording.thumbnails[recording.rows])
    assert [moment.frame for moment in moments] == list(recording.compared)


def test_memory_does_not_grow_with_the_keyframes_but_for_their_counts() -> None:
    scene = there_and_back()
    recording = recorded(scene)
    long = Recording(
        tuple(range(5000)), np.resize(recording.thumbnails, (5000, HEIGHT, WIDTH)), recording.left_out
    )
    frames = scene.film(2)[:64]
    tracemalloc.start()
    try:
        moments = compare_timing(long, frames)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert moments[0].cells
    # Their levels in floating point would take 96 MB, and a count for each pair of frames takes 1.3.
    assert peak < 16e6


@pytest.mark.parametrize("count", [1, 2, 127, 128, 129, 300])
def test_a_recording_of_any_length_gives_what_all_its_levels_at_once_give(count: int) -> None:
    film = np.resize(visits().film(1), (count, HEIGHT, WIDTH))
    recording = Recording(tuple(range(count)), film, np.zeros((HEIGHT, WIDTH), np.bool_))
    levels = Stillness(recording.noise).levelled(film, recording.usual).cells
    assert np.array_equal(recording.levels(slice(None)), levels)
    assert np.array_equal(recording.reach, np.ptp(levels, axis=0))
    cells = recording.reach > 9
    assert np.array_equal(recording.levels([count // 2], cells), levels[[count // 2]][:, cells])


def test_the_digest_covers_all_that_is_compared() -> None:
    base = recorded(visits())
    others = [
        Recording(tuple(frame + 1 for frame in base.frames), base.thumbnails, base.left_out),
        Recording(base.frames, base.thumbnails[::-1], base.left_out),
        Recording(base.frames, base.thumbnails, ~base.left_out),
        replace(base, views=SlotViews(base.left_out, base.left_out)),
        replace(base, views=SlotViews(base.left_out, ~base.left_out)),
        replace(base, others={5: base.left_out}),
        replace(base, others={5: ~base.left_out}),
        replace(base, others={10: base.left_out}),
    ]
    assert len({base.digest, *(other.digest for other in others)}) == 9
    assert base.digest == recorded(visits()).digest


@pytest.mark.parametrize(
    ("slots", "left_out"),
    [
        (np.empty((0, 3, 4)), 0),
        (np.full((5, 3, 4), np.nan), 0),
        (visits().boxes(), 0),
        (Scene(visits().x, visits().y, moved_at=140, moved_by=(5, 25)).boxes(), 21 * 21),
    ],
    ids=["no frame", "nobody", "still", "moved"],
)
def test_papers_that_were_moved_are_left_out_where_they_lie_for_a_while(
    slots: NDArray[np.float64], left_out: int
) -> None:
    cells = moved_through(slots, (WIDTH, HEIGHT), (HEIGHT, WIDTH))
    assert cells.sum() == pytest.approx(left_out, rel=0.15)
    if left_out:
        x, y = PAPERS[0]
        assert cells[y + 25 : y + 25 + SIDE, x + 5 : x + 5 + SIDE].all()


#: When another portrait lies where the left one does.
GUEST = range(65, 76)


@cache
def visited() -> Recording:
    """Record a scene in which another portrait lies where the left one does for a while."""
    scene, base = visits(), recorded(visits())
    (x, y), guest = PAPERS[0], np.isin(base.frames, GUEST)
    pictures = base.thumbnails.copy()
    pictures[guest, y : y + SIDE, x : x + SIDE] = np.uint8(250) - pictures[guest, y : y + SIDE, x : x + SIDE]
    boxes = scene.boxes()
    faces, frames = boxes[GUEST[0] :: STRIDE, 0][: guest.sum()].copy(), np.array(base.frames)[guest]
    boxes[GUEST, 0] = np.nan
    others = other_faces(frames, faces, boxes, (WIDTH, HEIGHT), (HEIGHT, WIDTH))
    return replace(base, thumbnails=pictures, others=others)


def test_variants_without_another_portrait_of_the_recording_are_in_step() -> None:
    # What lies there otherwise looks alike in this variant and in its recording.
    variant = visits().film(1)[list(visited().compared)]
    assert not misplaced(compare_timing(visited(), variant))
    accused = misplaced(compare_timing(replace(visited(), others={}), variant))
    assert {moment.frame for moment in accused} == set(visited().others)


@pytest.mark.parametrize("people", [1, 2, 3])
def test_other_portraits_of_a_recording_hide_no_other_timing(people: int) -> None:
    film = visits().film(people)
    for other in (film[::-1], shortened(film, 60, 12)):
        assert misplaced(compare_timing(visited(), other[list(visited().compared)]))


@pytest.mark.parametrize(
    ("face", "labelled", "left_out"),
    [
        ([30, 24, 40, 32], False, True),
        ([30, 24, 40, 32], True, False),
        ([34, 24, 44, 32], False, True),
        ([36, 24, 46, 32], False, False),
    ],
    ids=["another", "its own", "beside it", "elsewhere"],
)
def test_a_face_at_the_place_of_a_slot_that_has_none_is_another_one(
    face: list[int], *, labelled: bool, left_out: bool
) -> None:
    boxes = np.tile([30.0, 24, 40, 32], (5, 2, 1))
    boxes[:, 1] = np.nan
    if not labelled:
        boxes[3, 0] = np.nan
    found = other_faces(np.array([3]), np.array([face]), boxes, (WIDTH, HEIGHT), (HEIGHT, WIDTH))
    assert list(found) == ([3] if left_out else [])
    if left_out:
        assert found[3].sum() == 30 * 24
        assert found[3][24:32, face[0] : face[2]].all()
