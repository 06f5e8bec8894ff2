"""Shards are believed with a record that fits them, and with no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from facebank.artifacts.shards import (
    ShardRecord,
    read_shard_record,
    require_made_from,
    require_whole,
    shard_versions,
    write_shard_record,
)
from facebank.errors import DataError

RECORD = ShardRecord("c0de", "c0ffee", "cpu", ["1a", "2b"], {"numpy": "2"})


@pytest.fixture
def shards(tmp_path: Path) -> list[Path]:
    made = [tmp_path / f"{number}.parquet" for number in range(3)]
    for shard in made:
        shard.write_bytes(shard.name.encode())
        write_shard_record(shard, RECORD)
    return made


def test_a_record_comes_back(shards: list[Path]) -> None:
    assert read_shard_record(shards[0]) == RECORD


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.pop("sha256"),
        lambda document: document.pop("inputs"),
        lambda document: document.pop("versions"),
        lambda document: document.update(versions=7),
        lambda document: document.update(more=1),
        lambda document: document.clear(),
    ],
)
def test_a_record_of_another_form_is_none(
    shards: list[Path], change: Callable[[dict[str, Any]], object]
) -> None:
    path = shards[0].with_suffix(".json")
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    assert read_shard_record(shards[0]) is None


@pytest.mark.parametrize("text", ["", "[]", "no JSON"])
def test_what_is_no_record_is_none(shards: list[Path], text: str) -> None:
    shards[0].with_suffix(".json").write_text(text)
    assert read_shard_record(shards[0]) is None
    shards[0].with_suffix(".json").unlink()
    assert read_shard_record(shards[0]) is None


def test_shards_as_they_were_written_pass_and_so_do_those_of_no_build(shards: list[Path]) -> None:
    shards[2].with_suffix(".json").unlink()
    shards[2].write_bytes(b"by hand")
    require_whole(shards)
    assert read_shard_record(shards[1]) == RECORD


def test_versions_that_are_not_installed_are_told_of_each_package(
    shards: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facebank.artifacts.shards.installed_versions", lambda: {"numpy": "2", "pyav": "9"})
    assert shard_versions(shards) == {}
    for shard, numpy in zip(shards, ("10", "1", "10"), strict=True):
        # What is not installed any more is not held against anything.
        write_shard_record(shard, replace(RECORD, versions={"numpy": numpy, "pyav": "9", "pillow": "3"}))
    assert shard_versions(shards) == {"numpy": ["1", "10"]}
    shards[1].with_suffix(".json").unlink()
    assert shard_versions(shards) == {"numpy": ["10"]}


def test_damaged_shards_lose_their_records_and_the_first_is_named(shards: list[Path]) -> None:
    shards[1].write_bytes(b"1.parqueu")
    shards[2].unlink()
    with pytest.raises(DataError, match=r"1\.parquet; expected SHA-256 [0-9a-f]{64}.*found [0-9a-f]{64}"):
        require_whole(shards)
    assert [read_shard_record(shard) for shard in shards] == [RECORD, None, None]


def test_a_shard_that_is_gone_is_named(shards: list[Path]) -> None:
    shards[0].unlink()
    with pytest.raises(DataError, match=r"0\.parquet.*no such file"):
        require_whole(shards)


def test_shards_of_other_inputs_lose_their_records_and_the_first_is_named(shards: list[Path]) -> None:
    require_made_from(shards, ["2b", "1a"])
    write_shard_record(shards[1], replace(RECORD, inputs=["1a"]))
    shards[2].with_suffix(".json").unlink()
    with pytest.raises(DataError, match=r"other versions.*1\.parquet"):
        require_made_from(shards, ["1a", "2b"])
    assert [read_shard_record(shard) for shard in shards] == [RECORD, None, None]
