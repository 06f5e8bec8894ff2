from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from facebank.errors import DataError
from facebank.report.folders import Folders, document, rows

if TYPE_CHECKING:
    from pathlib import Path

    from unit.report.builds import Build


def test_what_is_not_there_is_empty(tmp_path: Path) -> None:
    assert Folders().present() == {}
    assert document(None, "summary.json") == document(tmp_path, "summary.json") == {}
    assert rows(None, "a.tsv") == rows(tmp_path, "a.tsv") == rows(tmp_path, "a.parquet") == []


def test_columns_that_a_table_lacks_are_left_out(build: Build) -> None:
    found = rows(build.folders.gallery, "identities.parquet", ["identity", "no such column"])
    assert found == [{"identity": "ada"}, {"identity": "bob"}, {"identity": "carl"}]


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_a_damaged_summary_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "summary.json").write_text(text)
    with pytest.raises(DataError, match=r"summary\.json"):
        document(tmp_path, "summary.json")


@pytest.mark.parametrize("only", [None, ["photo"]])
def test_a_damaged_table_is_named(tmp_path: Path, only: list[str] | None) -> None:
    (tmp_path / "photos.parquet").write_bytes(b"PAR1 no table")
    with pytest.raises(DataError, match=r"photos\.parquet"):
        rows(tmp_path, "photos.parquet", only)
