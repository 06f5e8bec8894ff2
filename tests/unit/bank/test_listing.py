"""Each file of a bank is in exactly one list, with its reason."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from facebank.bank.listing import _REMEDIES, list_bank
from facebank.bank.sidecars import licences

if TYPE_CHECKING:
    from pathlib import Path

SETS = ("heldout", "scraped")


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def test_an_empty_folder_has_nothing(tmp_path: Path) -> None:
    listing = list_bank(tmp_path, SETS)
    assert (listing.candidates, listing.rejected, listing.ignored, listing.sidecars) == ([], [], [], [])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("heldout/Ann/01.jpg", "used"),
        ("scraped/Ann/01.JPEG", "used"),
        ("scraped/Ann/01.jpe", "used"),
        ("scraped/Ann/01.jfif", "used"),
        ("scraped/Ann/zoë 'x' 写真.webp", "used"),
        ("other/Ann/01.jpg", "UNKNOWN_SET"),
        ("heldout/Ann/notes.txt", "NOT_AN_IMAGE"),
        ("heldout/Ann/.DS_Store", "NOT_AN_IMAGE"),
        ("heldout/Ann/anim.gif", "NOT_AN_IMAGE"),
        ("heldout/01.jpg", "NOT_IN_A_FOLDER"),
        ("01.jpg", "NOT_IN_A_FOLDER"),
        ("heldout/Ann/rejected/01.jpg", "NOT_IN_A_FOLDER"),
        ("heldout/Ann/provenance.json", "SIDECAR"),
        ("README.md", "NOT_AN_IMAGE"),
    ],
)
def test_one_file(tmp_path: Path, name: str, expected: str) -> None:
    touch(tmp_path, name)
    listing = list_bank(tmp_path, SETS)
    assert [candidate.photo for candidate in listing.candidates] == ([name] if expected == "used" else [])
    assert [(item.file, item.reason) for item in listing.ignored if item.reason != "NO_PHOTO"] == (
        [] if expected == "used" else [(name, expected)]
    )
    assert listing.rejected == []
    assert listing.unknown_sets == ({"other": 1} if expected == "UNKNOWN_SET" else {})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ann/01.jpg", "used"),
        ("heldout/01.jpg", "used"),
        ("01.jpg", "NOT_IN_A_FOLDER"),
        ("heldout/Ann/01.jpg", "NOT_IN_A_FOLDER"),
        ("Ann/provenance.json", "SIDECAR"),
        ("Ann/notes.txt", "NOT_AN_IMAGE"),
        # What macOS keeps beside 01.jpg, what was thrown away, and thumbnails.
        ("Ann/._01.jpg", "HIDDEN"),
        (".trash/01.jpg", "HIDDEN"),
        ("Ann/.thumbnails/01.jpg", "HIDDEN"),
        ("#recycle/01.jpg", "HIDDEN"),
        ("Ann/01.x.jpg", "used"),
    ],
)
def test_one_file_of_a_bank_without_sets(tmp_path: Path, name: str, expected: str) -> None:
    touch(tmp_path, name)
    listing = list_bank(tmp_path, ())
    used = [(candidate.photo, candidate.set, candidate.folder) for candidate in listing.candidates]
    assert used == ([(name, "bank", name.split("/", maxsplit=1)[0])] if expected == "used" else [])
    assert [(item.file, item.reason) for item in listing.ignored if item.reason != "NO_PHOTO"] == (
        [] if expected == "used" else [(name, expected)]
    )
    assert listing.unknown_sets == {}


def test_a_bin_is_no_set_that_the_config_does_not_know(tmp_path: Path) -> None:
    touch(tmp_path, "#recycle/Ann/01.jpg", "other/Ann/01.jpg")
    assert list_bank(tmp_path, SETS).unknown_sets == {"other": 1}


def test_a_person_without_photo_is_named_in_a_bank_without_sets(tmp_path: Path) -> None:
    touch(tmp_path, "Ann/1.jpg", "Bo/notes.txt")
    found = [(item.file, item.reason) for item in list_bank(tmp_path, ()).ignored]
    assert found == [("Bo", "NO_PHOTO"), ("Bo/notes.txt", "NOT_AN_IMAGE")]


@pytest.mark.parametrize(
    ("files", "folders", "expected"),
    [
        ([], [], []),
        ([], ["heldout"], []),
        ([], ["heldout/Ann", "other/Ann", "heldout/Bob/raw"], ["heldout/Ann", "heldout/Bob"]),
        (["scraped/Ann/notes.txt"], [], ["scraped/Ann"]),
        (["scraped/Ann/raw/01.jpg"], [], ["scraped/Ann"]),
        (["scraped/Ann/01.jpg"], ["scraped/Ann/raw"], []),
        (["scraped/.trash/01.jpg"], ["scraped/.git"], []),
        (["scraped/Ann/._01.jpg"], [], ["scraped/Ann"]),
    ],
)
def test_a_person_without_a_photo_is_listed(
    tmp_path: Path, files: list[str], folders: list[str], expected: list[str]
) -> None:
    touch(tmp_path, *files)
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
    listing = list_bank(tmp_path, SETS)
    assert [item.file for item in listing.ignored if item.reason == "NO_PHOTO"] == expected


def test_a_set_that_the_config_does_not_name_shows_by_its_photos(tmp_path: Path) -> None:
    touch(tmp_path, "heldout/Ann/1.jpg", "train/Ann/1.jpg", "train/Bob/2.HEIC", "docs/readme.md", "3.jpg")
    assert list_bank(tmp_path, SETS).unknown_sets == {"train": 2}


def test_a_heic_photo_needs_its_decoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "heldout/Ann/1.heic", "heldout/Ann/2.HEIF", "heldout/Ann/3.jpg")
    monkeypatch.setattr("facebank.bank.listing.FORMATS", ("JPEG", "HEIF"))
    assert len(list_bank(tmp_path, SETS).candidates) == 3
    monkeypatch.setattr("facebank.bank.listing.FORMATS", ("JPEG",))
    listing = list_bank(tmp_path, SETS)
    assert [(item.file, item.reason) for item in listing.rejected] == [
        ("heldout/Ann/1.heic", "NO_DECODER"),
        ("heldout/Ann/2.HEIF", "NO_DECODER"),
    ]
    # What is called otherwise is only known by its bytes, which do not change with what is installed.
    assert "install pillow-heif and give it a name" in listing.rejected[0].row()["remedy"]


def test_the_order_is_that_of_the_paths_whatever_the_folder_gives(tmp_path: Path) -> None:
    names = [f"{a}/{b}/{c}.jpg" for a in SETS for b in ("B", "a", "ä") for c in ("2", "10", "Z")]
    touch(tmp_path, *reversed(names))
    assert [candidate.photo for candidate in list_bank(tmp_path, SETS).candidates] == sorted(names)


def test_links_out_of_the_bank_are_refused(tmp_path: Path) -> None:
    bank = tmp_path / "bank"
    touch(tmp_path, "outside/01.jpg", "bank/heldout/Ann/01.jpg")
    (bank / "heldout/Ann/02.jpg").symlink_to("01.jpg")
    (bank / "heldout/Ann/03.jpg").symlink_to(tmp_path / "outside/01.jpg")
    (bank / "heldout/Bob").symlink_to(tmp_path / "outside")
    (bank / "heldout/Circle").symlink_to("..")
    listing = list_bank(bank, SETS)
    assert [candidate.photo for candidate in listing.candidates] == [
        "heldout/Ann/01.jpg",
        "heldout/Ann/02.jpg",
    ]
    assert [(item.file, item.reason) for item in listing.rejected] == [
        ("heldout/Ann/03.jpg", "SYMLINK_OUTSIDE")
    ]
    assert [(item.file, item.reason) for item in listing.ignored] == [
        ("heldout/Bob", "SYMLINK_FOLDER"),
        ("heldout/Circle", "SYMLINK_FOLDER"),
    ]


def test_a_pipe_and_a_link_in_a_circle_are_no_photos(tmp_path: Path) -> None:
    touch(tmp_path, "heldout/Ann/01.jpg")
    folder = tmp_path / "heldout/Ann"
    os.mkfifo(folder / "pipe.jpg")
    os.mkfifo(folder / "provenance.json")
    (folder / "zero.jpg").symlink_to("/dev/zero")
    (folder / "circle.jpg").symlink_to("circle.jpg")
    (folder / "gone.jpg").symlink_to("nothing.jpg")
    listing = list_bank(tmp_path, SETS)
    assert [(item.file, item.reason) for item in listing.ignored] == [
        ("heldout/Ann/pipe.jpg", "NOT_A_FILE"),
        ("heldout/Ann/provenance.json", "NOT_A_FILE"),
        ("heldout/Ann/zero.jpg", "NOT_A_FILE"),
    ]
    # Of these the inventory says that they cannot be read.
    assert [candidate.photo for candidate in listing.candidates] == [
        "heldout/Ann/01.jpg",
        "heldout/Ann/circle.jpg",
        "heldout/Ann/gone.jpg",
    ]
    assert listing.sidecars == []


def test_the_bank_itself_may_be_a_link(tmp_path: Path) -> None:
    touch(tmp_path, "bank/heldout/Ann/01.jpg")
    (tmp_path / "link").symlink_to("bank")
    assert len(list_bank(tmp_path / "link", SETS).candidates) == 1


def test_a_name_that_is_no_unicode_is_shown_escaped(tmp_path: Path) -> None:
    folder = tmp_path / "heldout/Ann"
    folder.mkdir(parents=True)
    try:
        with open(os.path.join(os.fsencode(folder), b"\xff.jpg"), "wb"):  # noqa: PTH118, PTH123 (bytes)
            pass
    except OSError:
        pytest.skip("this file system takes only Unicode names")
    listing = list_bank(tmp_path, SETS)
    assert [(item.file, item.reason) for item in listing.rejected] == [
        ("heldout/Ann/\\xff.jpg", "NAME_NOT_UNICODE")
    ]


def test_every_reason_has_a_remedy(tmp_path: Path) -> None:
    touch(tmp_path, "x/Ann/1.jpg", "heldout/Ann/provenance.json")
    for item in list_bank(tmp_path, SETS).ignored:
        assert item.row()["remedy"] == _REMEDIES[item.reason]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, {}),
        ("", {}),
        ("[]", {}),
        ('{"kept": 3}', {}),
        ('{"kept": [3, {"filename": 1, "license": "CC0"}, {"filename": "a.jpg"}]}', {}),
        ('{"kept": [{"filename": "a.jpg", "license": "CC BY 4.0"}]}', {"heldout/Ann/a.jpg": "CC BY 4.0"}),
    ],
)
def test_a_sidecar_gives_licences_or_nothing(
    tmp_path: Path, text: str | None, expected: dict[str, str]
) -> None:
    if text is not None:
        touch(tmp_path, "heldout/Ann/provenance.json")
        (tmp_path / "heldout/Ann/provenance.json").write_text(text)
    assert licences(tmp_path, ["heldout/Ann/provenance.json"]) == expected
