from __future__ import annotations

from typing import TYPE_CHECKING

from facebank.report.album import Album
from facebank.report.bank import bank_page
from unit.report.builds import HOSTILE

if TYPE_CHECKING:
    from pathlib import Path

    from unit.report.builds import Build


def test_broken_identities_and_doubtful_photos_come_first(build: Build, tmp_path: Path) -> None:
    page = bank_page(build.folders, Album(tmp_path, "none"))
    assert [identity.facts["identity"] for identity in page.identities] == ["carl", "ada", "bob"]
    for identity in page.identities:
        own = [photo.own for photo in identity.photos]
        assert own == sorted(own)
    assert page.identities[0].verdicts == {"intruder": 2}


def test_faces_are_marked_in_percent_of_the_photo(build: Build, tmp_path: Path) -> None:
    page = bank_page(build.folders, Album(tmp_path, "none"))
    assert {photo.face for it in page.identities for photo in it.photos} == {(12.5, 12.5, 50.0, 62.5)}


def test_copies_stand_behind_their_original(build: Build, tmp_path: Path) -> None:
    (group,) = bank_page(build.folders, Album(tmp_path, "none")).copies
    assert [photo.photo for photo in group.photos] == ["scraped/bob/1.jpg", f"scraped/ada/{HOSTILE}"]


def test_every_file_that_is_not_used_is_listed(build: Build, tmp_path: Path) -> None:
    page = bank_page(build.folders, Album(tmp_path, "none"))
    assert [it.facts["reason"] for it in page.rejected] == ["TRUNCATED", "QUARANTINED", "NO_FACE"]
    assert [it.facts["reason"] for it in page.ignored] == ["NOT_AN_IMAGE"]
