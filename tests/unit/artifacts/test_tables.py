"""Tables keep their schema; TSV keeps to its lines and columns."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from facebank.artifacts.tables import (
    parts_of,
    read_parquet,
    read_table,
    read_tsv,
    write_table,
    write_tsv,
)
from facebank.errors import DataError

SCHEMA = pa.schema([("photo", pa.string()), ("embedding", pa.list_(pa.float32(), 2))])


@pytest.mark.parametrize("rows", [[], [{"photo": "a", "embedding": [0.5, 1.0]}]])
def test_rows_come_back(tmp_path: Path, rows: list[dict[str, object]]) -> None:
    write_table(tmp_path / "t.parquet", rows, SCHEMA)
    table = read_table(tmp_path / "t.parquet", SCHEMA)
    assert table.schema.remove_metadata() == SCHEMA
    assert table.to_pylist() == rows


def test_a_bit_that_turned_is_no_other_number(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    rows = [{"photo": f"{number % 7}.png", "embedding": [number / 64, 1.0]} for number in range(64)]
    write_table(path, rows, SCHEMA)
    whole, refused = path.read_bytes(), 0
    # The pages; what describes them stands behind them.
    pages = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    for place in range(4, pages):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
        try:
            assert read_table(path, SCHEMA).to_pylist() == rows
        except DataError:
            refused += 1
    assert refused > 0.9 * (pages - 4)


def test_columns_that_are_missing_are_named(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", [], SCHEMA)
    assert read_parquet(tmp_path / "t.parquet", columns=["photo"]).column_names == ["photo"]
    with pytest.raises(DataError, match="expected the columns photo, face"):
        read_parquet(tmp_path / "t.parquet", columns=["photo", "face"])


def test_the_same_rows_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_table(tmp_path / name, [{"photo": "x", "embedding": [0, 1]}], SCHEMA)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


OF_SOURCES = pa.schema([("source", pa.string()), ("frame", pa.int32())])


@pytest.mark.parametrize("sources", ["", "a", "aaabbc", "abacab"])
def test_a_table_is_parted_by_its_sources(tmp_path: Path, sources: str) -> None:
    rows = [{"source": source, "frame": frame} for frame, source in enumerate(sources)]
    write_table(tmp_path / "t.parquet", rows, OF_SOURCES, read_together=2)
    parts = parts_of(read_table(tmp_path / "t.parquet", OF_SOURCES), "source")
    assert list(parts) == list(dict.fromkeys(sources))
    for source in [*parts, "z"]:
        part = read_table(tmp_path / "t.parquet", OF_SOURCES, source=source)
        assert part.to_pylist() == [row for row in rows if row["source"] == source]
        assert source not in parts or parts[source].to_pylist() == part.to_pylist()


def test_only_rows_that_are_asked_for_are_read(tmp_path: Path) -> None:
    rows = [{"source": f"{frame // 100:02}", "frame": frame} for frame in range(1000)]
    write_table(tmp_path / "t.parquet", rows, OF_SOURCES, read_together=50)
    whole = bytearray((tmp_path / "t.parquet").read_bytes())
    groups = pq.ParquetFile(tmp_path / "t.parquet").metadata
    column = groups.row_group(0).column(1)
    start = column.dictionary_page_offset or column.data_page_offset
    whole[start : start + column.total_compressed_size] = bytes(column.total_compressed_size)
    (tmp_path / "t.parquet").write_bytes(whole)
    assert len(read_table(tmp_path / "t.parquet", OF_SOURCES, source="01")) == 100
    with pytest.raises(DataError, match="Cannot read the table"):
        read_table(tmp_path / "t.parquet", OF_SOURCES, source="00")


def test_other_columns_are_refused(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", [], pa.schema([("other", pa.int8())]))
    with pytest.raises(
        DataError, match=r"t\.parquet; expected photo string, .* found other int8.*rebuild its stage"
    ):
        read_table(tmp_path / "t.parquet", SCHEMA)


def test_a_broken_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"Cannot read the table: .*t\.parquet"):
        read_table(tmp_path / "t.parquet", SCHEMA)


def test_hostile_text_stays_in_its_cell(tmp_path: Path) -> None:
    write_tsv(
        tmp_path / "t.tsv",
        ("file", "detail"),
        [{"file": "a\tb\nc", "detail": None}, {"file": '"q"', "detail": 1}],
    )
    lines = (tmp_path / "t.tsv").read_text(encoding="utf-8").splitlines()
    assert lines == ["file\tdetail", "a b c\t", '"q"\t1']
    assert read_tsv(tmp_path / "t.tsv") == [{"file": "a b c", "detail": ""}, {"file": '"q"', "detail": "1"}]


def test_no_cell_is_a_formula_and_numbers_stay_numbers(tmp_path: Path) -> None:
    row = {"file": "=HYPERLINK(0)", "detail": "@a", "number": -0.5, "text": "-0.5", "quoted": "'=1"}
    write_tsv(tmp_path / "t.tsv", list(row), [row])
    assert (tmp_path / "t.tsv").read_text(encoding="utf-8").splitlines()[1] == (
        "'=HYPERLINK(0)\t'@a\t-0.5\t-0.5\t''=1"
    )
    assert read_tsv(tmp_path / "t.tsv") == [{name: str(value) for name, value in row.items()}]


@pytest.mark.parametrize(
    ("data", "found"), [(b"a\n\xff", "utf-8"), (b"a\n" + b"x" * 200_000, "no table: field larger")]
)
def test_what_is_no_table_of_ours_is_a_value_error(tmp_path: Path, data: bytes, found: str) -> None:
    (tmp_path / "t.tsv").write_bytes(data)
    with pytest.raises(ValueError, match=found):
        read_tsv(tmp_path / "t.tsv")
