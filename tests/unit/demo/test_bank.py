"""The demo's bank: honest photos show whom they say, and each fault is what it is called."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from facebank.artifacts.digests import sha256_file
from facebank.demo.bank import COUNTS, FOLDERS, MIXED, make_bank
from facebank.demo.captures import Look, capture, encode
from facebank.demo.portraits import PORTRAITS, picture
from facebank.errors import FacebankError
from facebank.faces.detector import open_detector
from facebank.media.images import PhotoRejected, decode_photo
from facebank.runtime.packs import load_pack

PACK = Path(__file__).parents[3] / "resources" / "models" / "tiny"


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Make a bank of three persons."""
    folder = tmp_path_factory.mktemp("demo") / "bank"
    return folder, make_bank(folder, people=PORTRAITS[:3])


def planted(bank: tuple[Path, dict[str, Any]], kind: str) -> bytes:
    """Read the planted file of a kind."""
    folder, truth = bank
    (name,) = truth["planted"][kind]
    return (folder / name).read_bytes()


def test_the_truth_names_every_file(bank: tuple[Path, dict[str, Any]]) -> None:
    folder, truth = bank
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert files == list(truth["photos"])
    faults = {path for paths in truth["planted"].values() for path in paths}
    assert len(files) - len(faults) == sum(sum(COUNTS[portrait.identity]) for portrait in PORTRAITS[:3])


def test_it_is_the_same_bytes_every_time(bank: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    again = make_bank(tmp_path / "bank", people=PORTRAITS[:3])
    assert again == bank[1]
    for name in again["photos"]:
        assert sha256_file(tmp_path / "bank" / name) == sha256_file(bank[0] / name)


def test_each_fault_is_there_once(bank: tuple[Path, dict[str, Any]]) -> None:
    kinds = {kind: len(paths) for kind, paths in bank[1]["planted"].items()}
    assert kinds == dict.fromkeys(
        (
            "truncated",
            "faceless",
            "turned",
            "exact_copy",
            "rescaled_copy",
            "two_persons",
            "webp",
            "odd_name",
            "text",
        ),
        1,
    ) | {"mixed_folder": 4}


def test_the_truncated_photo_cannot_be_decoded(bank: tuple[Path, dict[str, Any]]) -> None:
    with pytest.raises((PhotoRejected, FacebankError), match="TRUNCATED"):
        decode_photo(planted(bank, "truncated"))


def test_the_turned_photo_lies_on_its_side_and_says_so(bank: tuple[Path, dict[str, Any]]) -> None:
    with Image.open(BytesIO(planted(bank, "turned"))) as image:
        assert image.getexif()[0x0112] == 6
    assert decode_photo(planted(bank, "turned")).orientation == 6


def test_copies_are_copies(bank: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = bank
    assert planted(bank, "exact_copy") == (folder / f"scraped/{FOLDERS['grace_hopper']}/01.jpg").read_bytes()
    person = FOLDERS["eileen_collins"]
    original = Image.open(folder / f"heldout/{person}/{person}_01.png")
    copy = Image.open(BytesIO(planted(bank, "rescaled_copy")))
    assert copy.width == round(original.width * 0.6)
    difference = np.abs(np.asarray(original.resize(copy.size), float) - np.asarray(copy, float))
    assert difference.mean() < 6


def test_the_mixed_folder_holds_four_persons(bank: tuple[Path, dict[str, Any]]) -> None:
    shown = {identity for path, identity in bank[1]["photos"].items() if f"/{MIXED}/" in path}
    assert len(shown) == 4


def test_each_photo_has_the_faces_that_it_should_have(bank: tuple[Path, dict[str, Any]]) -> None:
    folder, truth = bank
    detector = open_detector(load_pack(PACK), device="cpu", threads=1)
    kinds = {path: kind for kind, paths in truth["planted"].items() for path in paths}
    faces = {"faceless": 0, "two_persons": 2}
    for name in truth["photos"]:
        if kinds.get(name) in ("truncated", "text"):
            continue
        photo = decode_photo((folder / name).read_bytes())
        (found,) = detector.detect([photo.pixels], det_size=640, score_threshold=0.8)
        assert len(found.boxes) == faces.get(kinds.get(name, ""), 1), name


def test_a_plain_look_keeps_the_picture() -> None:
    portrait = PORTRAITS[1]
    side = round(2 * 0.8 * portrait.height)
    look = Look(side=side, reach=0.8, angle=0, shift=(0, 0), gamma=1, slope=0, blur=0.01, noise=0)
    taken = capture(portrait, look, np.random.default_rng(0))
    x, y = (round(value - side / 2) for value in portrait.centre)
    cropped = picture("astronaut")[y : y + side, x : x + side]
    assert np.abs(taken.astype(float) - cropped.astype(float)).mean() < 6


def test_encoding_keeps_pixels_where_the_format_does() -> None:
    pixels = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    assert np.array_equal(np.asarray(Image.open(BytesIO(encode(pixels, "png")))), pixels)


def test_unknown_pictures_are_refused() -> None:
    with pytest.raises(KeyError):
        picture("nobody")
