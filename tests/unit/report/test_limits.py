from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from facebank.artifacts.tables import write_table
from facebank.errors import ConfigError
from facebank.gallery.tables import IDENTITIES
from facebank.report.folders import Folders
from facebank.report.limits import Limits, measure

if TYPE_CHECKING:
    from pathlib import Path

    from unit.report.builds import Build

EVERY = ("max_rejected", "max_broken", "min_top1", "max_mismatches", "max_out_of_step", "max_rejected_gold")


def test_no_limit_measures_nothing(build: Build) -> None:
    assert measure(Limits(), build.folders) == []
    assert measure(Limits(), Folders()) == []


@pytest.mark.parametrize(
    ("name", "kept", "broken", "culprit"),
    [
        ("max_rejected", 0.25, 0.24, "scraped/bob/wall.png (NO_FACE)"),
        ("max_broken", 1, 0, "carl"),
        ("min_top1", 0.66, 0.67, "scraped/carl/1.jpg (carl) looks more like bob"),
        ("max_mismatches", 1, 0, "quick_ada_OLS_ep01__t3_0000_v01 slot 1: claims bob, shows carl"),
        ("max_out_of_step", 1, 0, "quick_ada_OLS_ep01__t3_0000_v00"),
        ("max_rejected_gold", 0.25, 0.2, "e.json line 4 (BAD)"),
    ],
)
def test_each_limit_holds_at_its_value_and_names_the_culprits(
    build: Build, name: str, kept: float, broken: float, culprit: str
) -> None:
    (holding,) = measure(Limits(**{name: kept}), build.folders)
    (failing,) = measure(Limits(**{name: broken}), build.folders)
    assert holding.holds
    assert not failing.holds
    assert culprit in failing.culprits
    assert failing.key in failing.complaint()
    assert culprit in failing.complaint()


def test_who_has_no_photo_or_another_persons_is_as_useless_as_who_is_broken(tmp_path: Path) -> None:
    statuses = {"ann": "sound", "eve": "empty", "may": "same-person-as", "tom": "thin", "zoe": "broken"}
    rows = [{"identity": slug, "status": status} for slug, status in statuses.items()]
    write_table(tmp_path / "identities.parquet", rows, IDENTITIES)
    (measured,) = measure(Limits(max_broken=0), Folders(gallery=tmp_path))
    assert (measured.found, measured.holds) == (3, False)
    assert measured.culprits == (
        "zoe",
        "may (its photos show the same person as another's)",
        "eve (none of its photos can be used)",
    )


def test_photos_left_out_by_wish_are_no_culprits(build: Build) -> None:
    (measured,) = measure(Limits(max_rejected=0.0), build.folders)
    assert not any("QUARANTINED" in culprit for culprit in measured.culprits)


@pytest.mark.parametrize("name", EVERY)
def test_a_limit_on_a_stage_that_is_not_built_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="does not build"):
        measure(Limits(**{name: 1}), Folders())
