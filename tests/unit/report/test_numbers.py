from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from facebank.artifacts.atomic import write_json
from facebank.reading.json_documents import read_json
from facebank.report.folders import Folders
from facebank.report.numbers import Numbers, audited, gather_numbers

if TYPE_CHECKING:
    from pathlib import Path

    from unit.report.builds import Build


def test_nothing_built_means_nothing_known() -> None:
    assert gather_numbers(Folders()) == Numbers()
    assert Numbers().rejected_share is None
    assert Numbers().top1 is None


def test_all_numbers(build: Build) -> None:
    numbers = gather_numbers(build.folders)
    assert numbers == Numbers(
        photos=6,
        photos_rejected=2,
        photos_quarantined=1,
        files_ignored=1,
        unknown_sets=(("<train>", 12),),
        identities=3,
        broken=("carl",),
        empty=(),
        same_person=(),
        accused=2,
        dimension=4,
        queries=6,
        top1_hits=4,
        top1_interval=(0.3, 0.9),
        cleaned_queries=4,
        cleaned_top1_hits=4,
        sources=1,
        variants=2,
        videos_rejected=0,
        frames=12,
        unplaced=(),
        all_slots=0.6667,
        boxed_slots=20 / 24,
        naming=2,
        claimed=4,
        confirmed=3,
        mismatches=1,
        unknown=0,
        left_out=0,
        out_of_step=("quick_ada_OLS_ep01__t3_0000_v00",),
        gold_samples=2,
        gold_skin_iou=0.875,
        gold_strong_miou=0.875,
    )
    assert numbers.rejected_share == 2 / 8
    assert numbers.top1 == 4 / 6


def test_a_bank_alone_has_its_numbers(build: Build) -> None:
    numbers = gather_numbers(Folders(inventory_photos=build.folders.inventory_photos))
    assert numbers == Numbers(
        photos=6, photos_rejected=1, photos_quarantined=1, files_ignored=1, unknown_sets=(("<train>", 12),)
    )


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (
            Numbers(naming=0, claimed=0),
            "no variant names anyone: there is nothing to confirm, and no slot is valid in",
        ),
        (Numbers(naming=12, claimed=0), "12 variants name persons, and no slot could be compared with one"),
        (
            Numbers(naming=1, claimed=3, confirmed=1, mismatches=1, unknown=0, out_of_step=("a",)),
            "1 of 3 claims confirmed, another person in 1 slot, nobody known in 0; 1 variant out of step",
        ),
        (
            Numbers(
                naming=1, claimed=3, confirmed=3, mismatches=0, unknown=0, left_out=2, out_of_step=("a",)
            ),
            "3 of 3 claims confirmed, another person in 0 slots, nobody known in 0; 2 slots besides excluded",
        ),
    ],
)
def test_what_wasaudited_is_said(numbers: Numbers, said: str) -> None:
    assert audited(numbers).startswith(said)


def test_why_no_photo_could_be_judged_is_known(build: Build, tmp_path: Path) -> None:
    gallery = shutil.copytree(build.folders.gallery, tmp_path / "gallery")
    summary = read_json(gallery / "summary.json")
    write_json(gallery / "summary.json", {**summary, "no_levels_because": "too few similarities"})
    assert gather_numbers(Folders(gallery=gallery)).unjudged == "too few similarities"
