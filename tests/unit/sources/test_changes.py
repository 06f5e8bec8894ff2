"""What changed in a run of frames."""

from __future__ import annotations

import numpy as np
import pytest

from facebank.sources.changes import Changes


def run() -> Changes:
    """Frames 10 to 15 of a camera, and frame 3 from before; a square is dark in 3 and from 13 on."""
    table = np.random.default_rng(0).uniform(60, 190, (60, 80))
    thumbnails = {}
    for frame in (3, *range(10, 16)):
        picture = table.copy()
        if frame == 3 or frame >= 13:
            picture[20:30, 40:60] = 10
        thumbnails[frame] = np.rint(picture).astype(np.uint8)
    return Changes(thumbnails, 10, (640, 480), 0.5)


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


def test_the_share_is_that_of_a_box() -> None:
    changes = run()
    region = changes.region(np.array([240, 160, 480, 240]))
    assert region == (slice(20, 30), slice(30, 60))
    assert changes.share(10, 11, 13, region) == pytest.approx([0, 2 / 3])
