from __future__ import annotations

import numpy as np
import pytest

from facebank.tracks.regions import in_blocks, region_cells


@pytest.mark.parametrize(
    ("region", "rows", "columns"),
    [
        ([0.5, 0.5, 0.5, 0.5], slice(3, 4), slice(4, 5)),
        ([0.0, 0.0, 1.0, 1.0], slice(0, 6), slice(0, 8)),
        ([0.25, 0.5, 0.5, 0.6], slice(3, 4), slice(2, 4)),
        ([0.2, 0.4, 0.55, 0.6], slice(2, 4), slice(1, 5)),
        ([-0.5, -0.5, 0.1, 2.0], slice(0, 6), slice(0, 1)),
        ([1.5, 1.5, 2.0, 2.0], slice(5, 6), slice(7, 8)),
    ],
    ids=["nothing", "everything", "a part", "parts of cells", "over the edge", "outside"],
)
def test_a_region_covers_whole_cells_within_the_picture_and_one_at_least(
    region: list[float], rows: slice, columns: slice
) -> None:
    assert region_cells(np.array(region), (6, 8)) == (rows, columns)


@pytest.mark.parametrize("count", [0, 1, 127, 128, 129, 300])
def test_every_picture_is_in_one_block(count: int) -> None:
    blocks = [np.arange(count)[block] for block in in_blocks(count)]
    assert [row for rows in blocks for row in rows.tolist()] == [*range(count)]
    assert all(0 < len(rows) <= 128 for rows in blocks)
