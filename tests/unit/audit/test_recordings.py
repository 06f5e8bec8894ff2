from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pyarrow as pa
import pytest

from facebank.artifacts.tables import read_table, write_table
from facebank.audit import recordings
from facebank.audit.recordings import read_recordings
from facebank.audit.variant_audit import SourceBoxes
from facebank.sources.schemas import DETECTIONS, THUMBNAILS, VIDEOS

#: Three sources of so many keyframes each, of other sizes.
KEYFRAMES = {"a": (1, (6, 8)), "b": (700, (4, 4)), "c": (3, (2, 5))}


def thumbnails(source: str) -> np.ndarray:
    """Give the thumbnails of a source."""
    count, shape = KEYFRAMES[source]
    return np.random.default_rng(count).integers(0, 256, (count, *shape), dtype=np.uint8)


@pytest.fixture
def detections(tmp_path: Path) -> Path:
    """Write the detections of three sources."""
    videos = [dict.fromkeys(VIDEOS.names) | {"source": it, "width": 80, "height": 60} for it in KEYFRAMES]
    rows = [
        {
            "source": source,
            "frame": 5 * row,
            "width": it.shape[1],
            "height": it.shape[0],
            "pixels": it.tobytes(),
        }
        for source in KEYFRAMES
        for row, it in enumerate(thumbnails(source))
    ]
    faces = [
        dict.fromkeys(DETECTIONS.names)
        | {"source": source, "frame": frame, "x1": 8.0, "y1": 6.0, "x2": 16.0, "y2": 12.0}
        for source, frame in (("a", 0), ("b", 0), ("b", 6))
    ]
    write_table(tmp_path / "videos.parquet", videos, VIDEOS)
    write_table(tmp_path / "detections.parquet", faces, DETECTIONS)
    write_table(tmp_path / "thumbnails.parquet", rows, THUMBNAILS, read_together=256)
    return tmp_path


#: Labels of one slot, that is elsewhere in the last frame.
BOXES = np.array([[[8, 6, 16, 12.0]]] * 4 + [[[40, 36, 48, 42]]])
LABELS = {
    source: SourceBoxes(np.resize(BOXES, (5 * count, 1, 4)), np.ones((5 * count, 1), bool))
    for source, (count, _) in KEYFRAMES.items()
}


def test_each_source_has_its_own_keyframes(detections: Path) -> None:
    recording = read_recordings(detections, LABELS)
    for source in [*KEYFRAMES, *KEYFRAMES]:
        found = recording(source)
        assert found.frames == tuple(range(0, 5 * len(found.thumbnails), 5))
        assert np.array_equal(found.thumbnails, thumbnails(source))
        assert found.left_out.shape == KEYFRAMES[source][1]
        assert found.views is not None
        assert found.views.cells.shape == KEYFRAMES[source][1]
        assert found.views.in_view.shape == (5 * len(found.thumbnails), 1)
        assert 0 < found.left_out.sum() < found.left_out.size


def test_a_face_that_is_not_the_one_of_its_place_is_known(detections: Path) -> None:
    labels = dict(LABELS)
    boxes = LABELS["b"].boxes.copy()
    boxes[6] = np.nan
    labels["b"] = SourceBoxes(boxes, LABELS["b"].seen)
    recording = read_recordings(detections, labels)
    assert [list(recording(source).others) for source in KEYFRAMES] == [[], [6], []]


def test_a_source_is_read_once_by_all_that_ask_for_it(
    detections: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []

    def counted(path: Path, schema: pa.Schema, **more: str) -> pa.Table:
        read.extend(more.values())
        return read_table(path, schema, **more)

    monkeypatch.setattr(recordings, "read_table", counted)
    recording = read_recordings(detections, LABELS, kept=2)
    together = Barrier(4)

    def asked(source: str) -> recordings.Recording:
        together.wait()
        return recording(source)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(asked, "aaaa"))
    assert all(it is found[0] for it in found)
    for source in "abab":
        recording(source)
    assert read == ["a", "b"]
    recording("c")
    assert recording("b") is not recording("a")
    assert read == ["a", "b", "c", "a"]
