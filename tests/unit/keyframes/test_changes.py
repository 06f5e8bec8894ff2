"""What changed in a run of frames."""

from __future__ import annotations

import numpy as np
import pytest

from facebank.keyframes.changes import Changes


def run(noise: float = 0.5) -> Changes:
    """Frames 10 to 15 of a camera, and frame 3 from before; a square is dark in 3 and from 13 on."""
    table = np.random.default_rng(0).uniform(60, 190, (60, 80))
    thumbnails = {}
    for frame in (*range(10, 16), 3):
        picture = table.copy()
        if frame == 3 or frame >= 13:
            picture[20:30, 40:60] = 10
        thumbnails[frame] = np.rint(picture).astype(np.uint8)
    return Changes(thumbnails, 10, (640, 480), noise)


@pytest.mark.parametrize(
    ("reference", "before", "after", "expected"),
    [
        (10, 12, 12, []),
        (10, 10, 15, [0, 0, 200, 200, 200]),
        (13, 11, 14, [200, 0, 0]),
        (3, 11, 14, [200, 0, 0]),
    ],
)
def test_cells_that_changed_since_a_reference(
    reference: int, before: int, after: int, expected: list[int]
) -> None:
    assert run().changed(reference, before, after).sum(axis=(1, 2)).tolist() == expected


def test_only_cells_of_a_region_and_beyond_the_noise_are_told() -> None:
    region = slice(25, 35), slice(50, 70)
    found = run().changed(10, 12, 13, region)
    assert found.shape == (1, 10, 20)
    assert np.flatnonzero(found.any(axis=(0, 2))).tolist() == [*range(5)]
    assert np.flatnonzero(found.any(axis=(0, 1))).tolist() == [*range(10)]
    assert not run(noise=40.0).changed(10, 12, 13).any()


@pytest.mark.parametrize(
    ("shown", "reach", "still"),
    [
        ("aaaaaa", 2, True),
        # For two frames before it, or for two behind it.
        ("abbbcd", 2, True),
        ("abcddd", 2, True),
        # For one on each side.
        ("abccca", 2, False),
        ("abccca", 1, True),
        ("abcdef", 1, False),
        ("abcdef", 0, True),
        # What was there before counts no more.
        ("abcbab", 1, False),
        # Behind the run's last frame nothing is asked for.
        ("abcdd", 2, True),
        ("abcd", 2, True),
    ],
)
def test_what_is_as_before_or_as_behind_lies_still(shown: str, reach: int, still: bool) -> None:
    """A square as it is in frames 10 and on; frame 13 is asked for."""
    table = np.random.default_rng(0).uniform(60, 190, (60, 80))
    thumbnails = {}
    for frame, letter in enumerate(shown, start=10):
        picture = table.copy()
        picture[20:30, 40:60] = 30 * (ord(letter) - ord("a"))
        thumbnails[frame] = np.rint(picture).astype(np.uint8)
    found = Changes(thumbnails, 10, (640, 480), 0.5).lies_still(13, reach)
    assert found[20:30, 40:60].all() == found[20:30, 40:60].any() == still
    assert found.sum() >= 60 * 80 - 200


def test_each_cell_lies_still_by_itself() -> None:
    """The upper square is as before, the lower one as it will be, and the one beside changes all the time."""
    table = np.random.default_rng(0).uniform(60, 190, (60, 80))
    thumbnails = {}
    for frame, letters in enumerate(("aaa", "bbb", "bcc", "bdd", "cde", "ddf"), start=10):
        picture = table.copy()
        for letter, (row, column) in zip(letters, ((10, 20), (40, 20), (40, 60)), strict=True):
            picture[row : row + 10, column : column + 10] = 30 * (ord(letter) - ord("a"))
        thumbnails[frame] = np.rint(picture).astype(np.uint8)
    still = Changes(thumbnails, 10, (640, 480), 0.5).lies_still(13, 2)
    assert not still[40:50, 60:70].any()
    assert still.sum() == 60 * 80 - 100


@pytest.mark.parametrize(("frame", "left", "right"), [(12, 0, 100), (14, 100, 0)])
def test_each_cell_is_compared_with_the_frame_in_which_it_was_looked_at(
    frame: int, left: int, right: int
) -> None:
    """The square's left half was looked at before it got dark, its right half when it had been dark."""
    looks = np.full((60, 80), 11)
    looks[:, 50:] = 3
    changed = run().since(looks, frame)
    assert (changed[20:30, 40:50].sum(), changed[20:30, 50:60].sum()) == (left, right)
    assert changed.sum() == left + right


def test_no_cell_is_compared_with_a_frame_that_was_not_kept() -> None:
    looks = np.full((60, 80), 11)
    looks[20, 40] = 5
    with pytest.raises(IndexError):
        run().since(looks, 12)


@pytest.mark.parametrize(
    ("reference", "frame", "left", "same"),
    [(10, 12, 330, True), (10, 13, 330, False), (10, 13, 240, True), (3, 14, 330, True), (3, 10, 330, False)],
)
def test_a_box_is_the_same_where_hardly_any_cell_differs(
    reference: int, frame: int, left: float, same: bool
) -> None:
    """In any frame of the run, its first one too."""
    assert run().same(reference, frame, np.array([left, 160, left + 80, 240])) is same


def test_the_share_is_that_of_a_box() -> None:
    changes, box = run(), np.array([240, 160, 480, 240])
    assert changes.region(box) == (slice(20, 30), slice(30, 60))
    assert changes.share(10, 11, 13, box) == pytest.approx([0, 2 / 3])
    # Whatever was asked before: of other frames, of another box, beside another frame.
    assert changes.share(10, 12, 15, box) == pytest.approx([2 / 3] * 3)
    assert changes.share(10, 11, 13, np.array([320, 160, 480, 240])) == pytest.approx([0, 1])
    assert changes.share(3, 11, 13, box) == pytest.approx([2 / 3, 0])
