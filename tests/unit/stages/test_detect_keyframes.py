from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from clips import PACK, Clip, encode
from facebank.errors import DataError
from facebank.faces.boxes import iou_matrix
from facebank.stages.collect_detections import collect_detections
from facebank.stages.detect_keyframes import detect_keyframes
from facebank.stages.index_sources import index_sources

if TYPE_CHECKING:
    from pathlib import Path

PEOPLE = ("centre", "left", "tall")


def indexed(base: Path, counts: dict[str, int]) -> Path:
    """Record and index plain videos of so many frames."""
    for name, count in counts.items():
        encode(base / "root" / f"{name}.mp4", Clip(PEOPLE, count, {}).pictures())
    index_sources(root=base / "root", output_dir=base / "S")
    return base


def detect(base: Path, output: str = "shard.parquet", **settings: Any) -> list[dict[str, Any]]:
    """Detect; give the rows."""
    detect_keyframes(
        root=base / "root",
        pack=PACK,
        output=base / output,
        cache=base / settings.pop("cache", "cache"),
        **settings,
    )
    return pq.read_table(base / output).to_pylist()


@pytest.mark.parametrize(
    ("count", "keyframes"),
    [(1, [0]), (2, [0, 1]), (11, [0, 5, 10]), (12, [0, 5, 10, 11]), (16, [0, 5, 10, 15])],
)
def test_keyframes_are_every_fifth_frame_and_the_last(
    tmp_path: Path, count: int, keyframes: list[int]
) -> None:
    (row,) = detect(indexed(tmp_path, {"a": count}))
    assert row["keyframes"] == keyframes
    assert len(row["pts"]) == count
    assert len(row["thumbnails"]) == len(keyframes)
    assert row["problem"] == ""


def test_real_faces_are_found_where_they_are(tmp_path: Path) -> None:
    (row,) = detect(indexed(tmp_path, {"a": 2}))
    assert row["faces"] == [3, 3]
    truth = [Clip(PEOPLE, 2, {}).box(slot) for slot in range(3)]
    overlaps = iou_matrix(np.array(row["boxes"][:3]), np.array(truth))
    assert overlaps.max(axis=0).min() > 0.8


def test_nothing_but_the_content_decides_the_bytes(tmp_path: Path) -> None:
    base = indexed(tmp_path, {"a": 12, "b": 7, "c": 3})
    detect(base)
    first = (base / "shard.parquet").read_bytes()
    detect(base, "again.parquet")
    assert (base / "again.parquet").read_bytes() == first
    detect(base, "fresh.parquet", cache="other", threads=2)
    assert (base / "fresh.parquet").read_bytes() == first
    parts = [
        row["source"] for shard in range(3) for row in detect(base, "part.parquet", shard=shard, shards=3)
    ]
    assert sorted(parts) == ["a", "b", "c"]


def test_the_cache_spares_the_video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = indexed(tmp_path, {"a": 3})
    rows = detect(base)
    monkeypatch.setattr(
        "facebank.stages.detect_keyframes.detect_video", lambda *_, **__: pytest.fail("decoded")
    )
    assert detect(base) == rows


def test_another_video_than_was_indexed_is_an_error_when_shards_are_collected(tmp_path: Path) -> None:
    base = indexed(tmp_path, {"a": 3})
    encode(base / "root" / "a.mp4", Clip(PEOPLE, 4, {}).pictures())
    detect(base)
    with pytest.raises(DataError, match="the source a once, with the video of the inventory"):
        collect_detections(
            shards=(base / "shard.parquet",),
            sources=base / "S" / "sources.parquet",
            pack=PACK,
            output_dir=base / "D",
        )


def test_the_representative_is_the_one_that_the_inventory_chooses(tmp_path: Path) -> None:
    for name in ("a__var00", "a__var01"):
        encode(tmp_path / "root" / f"{name}.mp4", Clip(PEOPLE, 3, {}).pictures())
    (tmp_path / "root" / "a__var00.mp4").write_bytes(b"no video")
    index_sources(root=tmp_path / "root", output_dir=tmp_path / "S")
    (row,) = detect(tmp_path)
    (listed,) = pq.read_table(tmp_path / "S" / "sources.parquet").to_pylist()
    assert row["variant"] == listed["representative"] == "a__var01"
