from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from facebank.sources.cache import cached_rows

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = "ab" * 32
SCHEMA = pa.schema([pa.field("a", pa.float32())])


class Maker:
    """Counts how often rows are made."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> list[dict[str, Any]]:
        self.made += 1
        return [{"a": 0.1}, {"a": None}]


def test_rows_are_made_once_for_a_key(tmp_path: Path) -> None:
    make = Maker()
    first = cached_rows(tmp_path, "kind", CONTENT, {"x": 1}, SCHEMA, make)
    assert first == cached_rows(tmp_path, "kind", CONTENT, {"x": 1}, SCHEMA, make)
    assert make.made == 1
    cached_rows(tmp_path, "kind", CONTENT, {"x": 2}, SCHEMA, make)
    cached_rows(tmp_path, "kind", CONTENT, {"x": 1}, pa.schema([pa.field("a", pa.float64())]), make)
    assert make.made == 3


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "other"])
def test_a_damaged_entry_is_made_anew(tmp_path: Path, damage: str) -> None:
    make = Maker()
    rows = cached_rows(tmp_path, "kind", CONTENT, {}, SCHEMA, make)
    (entry,) = tmp_path.rglob("*.rows")
    data = bytearray(entry.read_bytes())
    data[len(data) // 4] ^= 0xFF
    entry.write_bytes({"empty": b"", "cut": data[:-9], "flipped": bytes(data), "other": b"PAR1"}[damage])
    assert cached_rows(tmp_path, "kind", CONTENT, {}, SCHEMA, make) == rows
    assert make.made == 2


def test_a_failure_keeps_nothing(tmp_path: Path) -> None:
    def fail() -> list[dict[str, Any]]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        cached_rows(tmp_path, "kind", CONTENT, {}, SCHEMA, fail)
    assert not list(tmp_path.rglob("*.rows"))
