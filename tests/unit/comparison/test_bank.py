from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from facebank.comparison.bank import bank_changes
from facebank.report.album import Album
from facebank.versions.differences import compare
from unit.comparison.sides import changed, side

if TYPE_CHECKING:
    from pathlib import Path

    from facebank.comparison.bank import BankChanges
    from unit.comparison.sides import Row
    from unit.report.builds import Build

PHOTOS, IDENTITIES = ("gallery", "photos.parquet"), ("gallery", "identities.parquet")


def changes(build: Build, tmp_path: Path, edits: dict[tuple[str, str], Any]) -> BankChanges:
    a = side("a", build.folders, tmp_path)
    b = side("b", changed(build.folders, tmp_path / "other", edits), tmp_path)
    album = Album(tmp_path, "full", bank_root=build.bank_root)
    return bank_changes(a, b, compare(a, b), (Album(tmp_path, "none"), album))


def test_a_bank_is_as_itself(build: Build, tmp_path: Path) -> None:
    found = changes(build, tmp_path, {})
    assert found.same
    assert found.equal == ("ada", "bob", "carl")


def edited(photo: str, **values: Any) -> Any:
    return lambda row: row | values if row["photo"] == photo else row


@pytest.mark.parametrize(
    ("edit", "change", "seen"),
    [
        (lambda row: None if row["photo"] == "scraped/bob/1.jpg" else row, "removed", (True, False)),
        (edited("scraped/bob/1.jpg", sha256="0" * 64), "other bytes", (True, False)),
        (edited("scraped/bob/1.jpg", verdict="outlier"), "other verdict", (False, True)),
    ],
)
def test_a_photo_that_differs_is_shown_as_each_side_has_it(
    build: Build, tmp_path: Path, edit: Any, change: str, seen: tuple[bool, bool]
) -> None:
    found = changes(build, tmp_path, {PHOTOS: edit})
    (identity,) = found.identities
    (photo,) = identity.photos
    assert (identity.identity, identity.change, identity.counts) == ("bob", "photos", {change: 1})
    assert (photo.photo, photo.change) == ("scraped/bob/1.jpg", change)
    assert (photo.before is not None, photo.after is not None) == seen
    assert (found.photos, found.shown, found.equal) == (1, 1, ("ada", "carl"))


def test_a_photo_of_another_person_left_one_and_came_to_the_other(build: Build, tmp_path: Path) -> None:
    found = changes(build, tmp_path, {PHOTOS: edited("scraped/bob/1.jpg", identity="ada")})
    assert {it.identity: it.counts for it in found.identities} == {"ada": {"added": 1}, "bob": {"removed": 1}}


def test_the_most_telling_change_comes_first(build: Build, tmp_path: Path) -> None:
    def standing(row: Row) -> Row | None:
        if row["identity"] == "ada":
            return None
        return row | {"status": "sound"} if row["identity"] == "carl" else row

    found = changes(
        build, tmp_path, {IDENTITIES: standing, PHOTOS: edited("scraped/bob/1.jpg", verdict="weak")}
    )
    assert [(it.identity, it.change) for it in found.identities] == [
        ("carl", "status"),
        ("ada", "removed"),
        ("bob", "photos"),
    ]


def test_what_only_one_side_rejects_is_listed(build: Build, tmp_path: Path) -> None:
    folders = changed(build.folders, tmp_path / "other", {("inventory_photos", "photos.parquet"): dict})
    assert folders.inventory_photos is not None
    table = folders.inventory_photos / "rejected.tsv"
    table.write_text(table.read_text("utf-8").replace("TRUNCATED", "CORRUPT"), "utf-8")
    a, b = side("a", build.folders, tmp_path), side("b", folders, tmp_path)
    album = Album(tmp_path, "none")
    found = bank_changes(a, b, compare(a, b), (album, album))
    assert [row["reason"] for row in found.rejected] == ["CORRUPT"]
    assert [row["reason"] for row in found.accepted] == ["TRUNCATED"]
    assert not found.same
