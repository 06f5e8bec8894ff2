from __future__ import annotations

import numpy as np
import pytest

from facebank.tracks.regions import region_cells


@pytest.mark.parametrize(
    ("region", "rows", "columns"),
    [
        ([0.5, 0.5, 0.5, 0.5], slice(3, 4), slice(4, 5)),
        ([0.0, 0.0, 1.0, 1.0], slice(0, 6), slice(0, 8)),
        ([0.25, 0.5, 0.5, 0.6], slice(3, 4), slice(2, 4)),
        ([-0.5, -0.5, 0.1, 2.0], slice(0, 6), slice(0, 1)),
        ([1.5, 1.5, 2.0, 2.0], slice(5, 6), slice(7, 8)),
    ],
    ids=["nothing", "everything", "a part", "over the edge", "outside"],
)
def test_a_region_covers_whole_cells_within_the_picture_and_one_at_least(
    region: list[float], rows: slice, columns: slice
) -> None:
    assert region_cells(np.array(region), (6, 8)) == (rows, columns)
