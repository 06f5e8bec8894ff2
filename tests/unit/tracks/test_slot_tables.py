from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from facebank.artifacts.tables import write_table
from facebank.errors import DataError
from facebank.sources.schemas import SLOTS
from facebank.tracks.slot_tables import read_slots

if TYPE_CHECKING:
    from pathlib import Path

#: Source, frame and slot of each row.
Place = tuple[str, int, int]

ONE_SLOT = [("a", 0, 0), ("a", 1, 0)]
TWO_SOURCES = [("b", 0, 0), ("b", 0, 1), ("a", 0, 0), ("a", 0, 1), ("a", 1, 0), ("a", 1, 1)]


def table_of(places: list[Place], path: Path) -> pa.Table:
    """Write rows without faces at some places."""
    rows = [
        {"source": source, "frame": frame, "slot": slot, "status": "missing", "confidence": 0.0}
        for source, frame, slot in places
    ]
    table = pa.Table.from_pylist(rows, schema=SLOTS)
    write_table(path, table, SLOTS)
    return table


@pytest.mark.parametrize("places", [[], ONE_SLOT, TWO_SOURCES], ids=["empty", "one slot", "two sources"])
def test_a_table_in_its_order_is_read(places: list[Place], tmp_path: Path) -> None:
    path = tmp_path / "slots.parquet"
    assert table_of(places, path).equals(read_slots(path))


@pytest.mark.parametrize(
    "places",
    [
        [("a", 1, 0)],
        [("a", 0, 1), ("a", 0, 0)],
        [("a", 0, 0), ("a", 0, 0)],
        [("a", 0, 0), ("a", 0, 1), ("a", 1, 0)],
        [("a", 0, 0), ("a", 1, 0), ("a", 0, 1), ("a", 1, 1)],
        [("a", 0, 0), ("b", 0, 0), ("a", 1, 0)],
        [("a", 0, 0), ("b", 0, 0), ("b", 0, 1)],
    ],
    ids=["begins late", "slots", "twice", "one short", "slot by slot", "sources", "fewer slots"],
)
def test_a_table_in_another_order_is_refused(places: list[Place], tmp_path: Path) -> None:
    path = tmp_path / "slots.parquet"
    table_of(places, path)
    with pytest.raises(DataError, match=r"not in its order.*slots\.parquet"):
        read_slots(path)
