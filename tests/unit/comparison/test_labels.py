from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from facebank.comparison.labels import changed_labels
from facebank.sources.schemas import SLOTS

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, Any]


def rows(frames: int = 10, source: str = "s", slots: int = 1) -> list[Row]:
    """Give the labels of a source: every slot detected in every frame."""
    return [
        {"source": source, "frame": frame, "slot": slot, "status": "detected"}
        | {"x1": 10.0 + 50 * slot, "y1": 10.0, "x2": 40.0 + 50 * slot, "y2": 50.0}
        for slot in range(slots)
        for frame in range(frames)
    ]


def compared(tmp_path: Path, a: list[Row], b: list[Row]) -> Any:
    for name, table in (("a", a), ("b", b)):
        pq.write_table(pa.Table.from_pylist(table, schema=SLOTS), tmp_path / f"{name}.parquet")
    return changed_labels(tmp_path / "a.parquet", tmp_path / "b.parquet")


def moved(table: list[Row], frames: range, by: float) -> list[Row]:
    return [row | {"x2": row["x2"] + by} if row["frame"] in frames else row for row in table]


def hidden(table: list[Row], frames: range) -> list[Row]:
    empty = {"status": "hidden", **dict.fromkeys(("x1", "y1", "x2", "y2"))}
    return [row | empty if row["frame"] in frames else row for row in table]


@pytest.mark.parametrize("table", [[], rows(), rows(slots=2) + rows(source="t")])
def test_equal_tables_differ_in_nothing(tmp_path: Path, table: list[Row]) -> None:
    assert compared(tmp_path, table, table) == ([], [], sorted({row["source"] for row in table}))


def test_less_than_a_pixel_looks_alike(tmp_path: Path) -> None:
    assert compared(tmp_path, rows(), moved(rows(), range(4), 0.5)) == ([], ["s"], [])


def test_boxes_that_moved_are_marked_where_they_did(tmp_path: Path) -> None:
    ((found,), alike, equal) = compared(tmp_path, rows(), moved(rows(), range(4, 7), 3.0))
    assert (alike, equal) == ([], [])
    assert (found.alone, found.moved, found.restated, found.max_shift_px) == (0, 3, 0, 3.0)
    assert [(run.status, run.first, run.last) for run in found.strips[0].differing.runs] == [
        ("same", 0, 3),
        ("moved", 4, 6),
        ("same", 7, 9),
    ]
    assert found.frames == {4: (((10.0, 10.0, 40.0, 50.0),), ((10.0, 10.0, 43.0, 50.0),))}
    assert found.shifts == {4: 3.0}


def test_a_box_that_went_is_shown_in_the_middle_of_its_longest_absence(tmp_path: Path) -> None:
    gone = hidden(hidden(rows(), range(1)), range(5, 8))
    ((found,), _, _) = compared(tmp_path, rows(), gone)
    assert (found.alone, found.moved, found.shifts) == (4, 0, {6: None})
    assert found.frames[6] == (((10.0, 10.0, 40.0, 50.0),), ())


def test_a_slot_that_one_side_lacks_has_no_strip_there(tmp_path: Path) -> None:
    ((found,), _, _) = compared(tmp_path, rows(), rows(slots=2))
    assert [(it.a is None, it.b is None) for it in found.strips] == [(False, False), (True, False)]
    assert found.missing_in is None


def test_the_most_changed_source_comes_first(tmp_path: Path) -> None:
    a = rows(source="few") + rows(source="many") + rows(source="none")
    b = hidden(rows(source="few"), range(1)) + hidden(rows(source="many"), range(5)) + rows(source="none")
    found, _, equal = compared(tmp_path, a, b)
    assert [it.source for it in found] == ["many", "few"]
    assert equal == ["none"]


def test_another_status_alone_needs_no_picture(tmp_path: Path) -> None:
    other = [row | {"status": "held"} if row["frame"] == 3 else row for row in rows()]
    ((found,), _, _) = compared(tmp_path, rows(), other)
    assert (found.alone, found.moved, found.restated, found.frames) == (0, 0, 1, {})


def test_a_source_of_one_side_differs_in_every_frame(tmp_path: Path) -> None:
    ((found,), _, _) = compared(tmp_path, [], rows())
    assert (found.alone, found.strips[0].a, found.missing_in) == (10, None, "a")
    ((found,), _, _) = compared(tmp_path, hidden(rows(), range(10)), [])
    assert (found.alone, found.missing_in) == (0, "b")
