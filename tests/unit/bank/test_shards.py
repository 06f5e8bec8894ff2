"""A shard of photos as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from facebank.bank.embedding import EmbeddedPhoto
from facebank.bank.extraction import PhotoFaces
from facebank.bank.schemas import shard_schema
from facebank.bank.shards import read_shards, write_shard
from facebank.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

MADE_BY = {"models": ["aa"], "provider": "cpu"}


def faces(count: int, found: int | None = None) -> PhotoFaces:
    rng = np.random.default_rng(count)
    return PhotoFaces(
        faces_found=np.array(count if found is None else found, np.int32),
        attempt=np.array("plain" if count else ""),
        boxes=rng.random((count, 4), np.float32),
        scores=rng.random(count, np.float32),
        landmarks=rng.random((count, 5, 2), np.float32),
        embeddings=rng.random((count, 3), np.float32),
        norms=rng.random(count, np.float32),
        blurs=rng.random(count, np.float32),
        poses=rng.random((count, 3), np.float32),
        shares=rng.random(count, np.float32),
    )


@pytest.mark.parametrize("counts", [(), (0,), (2,), (1, 0, 3), (0, 0)])
def test_a_photo_is_a_row_a_face_or_one_row_of_nothing(tmp_path: Path, counts: tuple[int, ...]) -> None:
    path = tmp_path / "0.parquet"
    photos = [
        EmbeddedPhoto(f"s/f/{index}.jpg", f"{index:064x}", faces(count)) for index, count in enumerate(counts)
    ]
    write_shard(path, photos, dimension=3, made_by=MADE_BY)
    table = read_shards([path], dimension=3, made_by=MADE_BY)
    assert table.schema.equals(shard_schema(3))
    rows = table.to_pylist()
    assert [(row["photo"], row["face"]) for row in rows] == [
        (photo.photo, face)
        for photo, count in zip(photos, counts, strict=True)
        for face in (range(count) or [None])
    ]
    for row in rows:
        if row["face"] is None:
            assert {name for name, value in row.items() if value is not None} == {"photo", "sha256"}
        else:
            expected = faces(counts[int(row["photo"][4])])
            face = row["face"]
            assert row["embedding"] == expected.embeddings[face].tolist()
            assert row["landmarks"] == expected.landmarks[face].reshape(-1).tolist()
            assert (row["x2"], row["pitch"]) == (expected.boxes[face, 2], expected.poses[face, 1])
            assert row["faces_found"] == counts[int(row["photo"][4])]


def test_shards_come_together_sorted(tmp_path: Path) -> None:
    for number, names in enumerate((("b", "d"), ("a", "c"))):
        photos = [EmbeddedPhoto(name, "", faces(count)) for name, count in zip(names, (2, 1), strict=True)]
        write_shard(tmp_path / f"{number}", photos, dimension=3, made_by=MADE_BY)
    table = read_shards([tmp_path / "0", tmp_path / "1"], dimension=3, made_by=MADE_BY)
    assert table["photo"].to_pylist() == ["a", "a", "b", "b", "c", "d"]
    assert table["face"].to_pylist() == [0, 1, 0, 1, 0, 0]


def test_shards_of_other_models_are_refused(tmp_path: Path) -> None:
    write_shard(tmp_path / "0", [], dimension=3, made_by=MADE_BY)
    with pytest.raises(DataError, match=r"other models or settings.*cuda"):
        read_shards([tmp_path / "0"], dimension=3, made_by={**MADE_BY, "provider": "cuda"})
    with pytest.raises(DataError, match="other columns"):
        read_shards([tmp_path / "0"], dimension=4, made_by=MADE_BY)
