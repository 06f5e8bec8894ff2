from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from facebank.comparison.validation import validation_changes
from facebank.report.album import Album
from unit.comparison.sides import changed, side

if TYPE_CHECKING:
    from pathlib import Path

    from unit.comparison.sides import Row
    from unit.report.builds import Build


def test_a_validation_is_as_itself(build: Build, tmp_path: Path) -> None:
    a = side("a", build.folders, tmp_path)
    found = validation_changes(a, a, Album(tmp_path, "none"))
    assert found.same
    assert (found.gained, found.lost, found.both) == ((), (), 2)


def test_misses_are_gained_lost_or_kept(build: Build, tmp_path: Path) -> None:
    def edit(row: Row) -> Row | None:
        if row["photo"] == "scraped/carl/1.jpg":
            return row | {"correct": True}
        if row["photo"] == "scraped/carl/2.jpg":
            return None
        return row | {"correct": False, "top1": "carl"} if row["photo"] == "scraped/bob/2.jpg" else row

    folders = changed(build.folders, tmp_path / "other", {("validation", "loo.parquet"): edit})
    a, b = side("a", build.folders, tmp_path), side("b", folders, tmp_path)
    found = validation_changes(a, b, Album(tmp_path, "full", bank_root=build.bank_root))
    assert [it.facts["photo"] for it in found.gained] == ["scraped/bob/2.jpg"]
    assert {other.photo for other in found.gained[0].winners} == {"scraped/carl/1.jpg", "scraped/carl/2.jpg"}
    assert [it.facts["photo"] for it in found.lost] == ["scraped/carl/1.jpg", "scraped/carl/2.jpg"]
    assert (found.both, found.new, found.gone) == (0, frozenset(), frozenset({"scraped/carl/2.jpg"}))
    assert not found.same


def test_rates_and_thresholds_have_their_change(build: Build, tmp_path: Path) -> None:
    assert build.folders.validation is not None
    place = tmp_path / "validation"
    shutil.copytree(build.folders.validation, place)
    summary = json.loads((place / "summary.json").read_text("utf-8"))
    summary |= {"top1": 5 / 6, "top1_hits": 5}
    summary["open_set"] |= {"threshold": 0.7}
    summary["buckets"] = [{**summary["buckets"][0], "bucket": "1"}]
    (place / "summary.json").write_text(json.dumps(summary), "utf-8")
    a = side("a", build.folders, tmp_path)
    b = side("b", replace(build.folders, validation=place), tmp_path)
    found = validation_changes(a, b, Album(tmp_path, "none"))
    assert found.rates[0].change == pytest.approx(100 / 6)
    assert [it.same for it in found.rates] == [False, True, True, True]
    assert [(it.name, it.a, it.b) for it in found.thresholds] == [("Threshold that is suggested", 0.6, 0.7)]
    assert {it.name: (bool(it.a), bool(it.b)) for it in found.buckets} == {
        "1": (False, True),
        "2": (True, False),
    }
