from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from facebank.report.album import Album
from facebank.report.likeness import nearest_photos

if TYPE_CHECKING:
    from pathlib import Path

#: Photo -> identity and direction.
PHOTOS = {
    "a/1.jpg": ("ada", (1.0, 0.0)),
    "b/1.jpg": ("bob", (0.0, 1.0)),
    "b/2.jpg": ("bob", (0.8, 0.6)),
    "b/3.jpg": ("bob", (0.6, 0.8)),
}


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    vectors = pa.array([[*unit] for _, unit in PHOTOS.values()], pa.list_(pa.float32(), 2))
    columns = {
        "photo": list(PHOTOS),
        "sha256": ["0" * 64] * len(PHOTOS),
        "identity": [identity for identity, _ in PHOTOS.values()],
        "embedding": vectors,
    }
    pq.write_table(pa.table(columns), tmp_path / "photos.parquet")
    return tmp_path


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        ([], []),
        ([("a/1.jpg", None)], [[]]),
        ([("a/1.jpg", "nobody")], [[]]),
        ([("gone.jpg", "bob")], [[]]),
        ([("a/1.jpg", "bob")], [[("b/2.jpg", 0.8), ("b/3.jpg", 0.6)]]),
        (
            [("b/1.jpg", "ada"), ("a/1.jpg", "bob")],
            [[("a/1.jpg", 0.0)], [("b/2.jpg", 0.8), ("b/3.jpg", 0.6)]],
        ),
    ],
)
def test_the_nearest_photos_come_first(
    gallery: Path, pairs: list[tuple[str, str | None]], found: list[list[tuple[str, float]]]
) -> None:
    nearest = nearest_photos(gallery, Album(gallery, "none"), pairs, 2)
    assert [[it.photo for it in some] for some in nearest] == [[name for name, _ in some] for some in found]
    told = [it.similarity for some in nearest for it in some]
    assert np.allclose(told, [value for some in found for _, value in some])


def test_without_a_gallery_nothing_is_near(tmp_path: Path) -> None:
    assert nearest_photos(None, Album(tmp_path, "none"), [("a", "b")]) == [()]
