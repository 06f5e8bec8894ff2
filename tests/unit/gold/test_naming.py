"""Run ids, times and printed paths do not depend on the place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from facebank.artifacts.provenance import describe_inputs
from facebank.gold.naming import EPOCH, latest_time, printed_input, printed_output, run_id_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("texts", "time"),
    [
        ([], EPOCH),
        ([None, 5, "yesterday"], EPOCH),
        (["2026-02-12T01:05:00Z", "2026-02-12T02:04:00+01:00"], "2026-02-12T01:05:00.000Z"),
        (["2026-02-12", "2026-02-12T00:00:00.001"], "2026-02-12T00:00:00.001Z"),
    ],
)
def test_latest_time(texts: list[object], time: str) -> None:
    assert latest_time(texts) == time


def test_run_id_is_of_the_content(tmp_path: Path) -> None:
    for name, text in (("a", "x"), ("b", "x"), ("c", "y")):
        (tmp_path / name).write_text(text)
    described = describe_inputs({name: tmp_path / name for name in "abc"})
    ids = [run_id_of("rule", {"n": 1}, [described[name]]) for name in "abc"]
    assert ids[0] == ids[1] != ids[2]
    assert run_id_of("rule", {"n": 2}, [described["a"]]) != ids[0]


def test_printed_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "results" / "labels-1"
    folder.mkdir(parents=True)
    assert printed_input(folder / "x.json", compat=False) == "x.json"
    (folder / "provenance.json").touch()
    assert printed_input(folder / "x.json", compat=False) == "labels-1/x.json"
    assert printed_output(folder, "y", compat=False) == "labels-1/y"
    monkeypatch.chdir(tmp_path / "results")
    assert printed_input(tmp_path / "x.json", compat=True) == "../x.json"
    assert printed_output(folder, "y", compat=True) == "labels-1/y"


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"])
def test_a_time_that_utc_does_not_have_does_not_count(text: str) -> None:
    assert latest_time([text]) == EPOCH
    assert latest_time([text, "2026-02-12T02:06:29+01:00"]) == "2026-02-12T01:06:29.000Z"
