from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from facebank.report.album import Album
from facebank.report.bank import CopyGroup, bank_page
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


def test_what_the_centroids_are_made_of_and_what_no_set_holds_is_shown(build: Build, tmp_path: Path) -> None:
    page = bank_page(build.folders, Album(tmp_path, "none"))
    assert (page.counted, page.suspects) == (6, {"intruder": 2})
    assert page.unknown_sets == {"<train>": 12}


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        (["within identity"], "within identity"),
        (["within identity", "across sets"], "across sets"),
        (["across sets", "across identities", "within identity"], "across identities"),
    ],
)
def test_a_group_is_as_wide_as_its_widest_pair(scopes: list[str], expected: str) -> None:
    group = CopyGroup((), tuple({"scope": scope, "owner": ""} for scope in scopes))
    assert (group.scope, group.owner) == (expected, "")


def test_copies_stand_behind_their_original(build: Build, tmp_path: Path) -> None:
    (group,) = bank_page(build.folders, Album(tmp_path, "none")).copies
    assert [photo.photo for photo in group.photos] == ["scraped/bob/1.jpg", f"scraped/ada/{HOSTILE}"]


def test_every_file_that_is_not_used_is_listed(build: Build, tmp_path: Path) -> None:
    page = bank_page(build.folders, Album(tmp_path, "none"))
    assert [it.facts["reason"] for it in page.rejected] == ["TRUNCATED", "QUARANTINED", "NO_FACE"]
    assert [it.facts["reason"] for it in page.ignored] == ["NOT_AN_IMAGE"]


def test_photos_of_somebody_else_stand_beside_whom_they_look_like(build: Build, tmp_path: Path) -> None:
    album = Album(tmp_path, "full", bank_root=build.bank_root)
    page = bank_page(build.folders, album)
    assert page.accused == 2
    assert [it.photo.photo for it in page.strangers] == ["scraped/carl/1.jpg", "scraped/carl/2.jpg"]
    for it in page.strangers:
        assert (it.identity, it.photo.lookalike) == ("carl", "bob")
        assert {other.photo for other in it.others} == {"scraped/bob/1.jpg", "scraped/bob/2.jpg"}
        assert it.own is not None
        assert all(other.picture is not None for other in it.others)
