from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from facebank.artifacts.digests import sha256_file
from facebank.report.album import Album, _frame_blocks
from facebank.report.pictures import Outline
from unit.report.builds import HOSTILE, VARIANTS_OF_SOURCE

if TYPE_CHECKING:
    from pathlib import Path

    from unit.report.builds import Build

PHOTO = f"scraped/ada/{HOSTILE}"
VIDEO = f"{VARIANTS_OF_SOURCE[0]}/videos/camera1/file-000.mp4"


def album(build: Build, folder: Path, faces: str) -> Album:
    return Album(folder, faces, bank_root=build.bank_root, sources_root=build.sources_root)  # type: ignore[arg-type]


def digest(build: Build) -> str:
    return sha256_file(build.bank_root / PHOTO)


def test_a_photo_is_kept_once_without_metadata_and_without_its_name(build: Build, tmp_path: Path) -> None:
    made = album(build, tmp_path, "full")
    picture = made.photo(PHOTO, digest(build))
    assert picture is not None
    assert made.photo(PHOTO, digest(build)) is picture
    assert [path.name for path in tmp_path.rglob("*.jpg")] == [picture.url.removeprefix("thumbs/")]
    data = (tmp_path / picture.url).read_bytes()
    assert b"SECRET PLACE" in (build.bank_root / PHOTO).read_bytes()
    assert b"SECRET PLACE" not in data
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (picture.width, picture.height)


def test_a_photo_that_changed_or_vanished_or_is_none_has_no_picture(build: Build, tmp_path: Path) -> None:
    made = album(build, tmp_path, "full")
    assert made.photo(PHOTO, "0" * 64) is None
    assert made.photo("scraped/ada/gone.jpg", "0" * 64) is None
    (tmp_path / "text.jpg").write_text("no photo")
    other = Album(tmp_path, "full", bank_root=tmp_path)
    assert other.photo("text.jpg", sha256_file(tmp_path / "text.jpg")) is None


def test_blurred_pictures_have_few_colours(build: Build, tmp_path: Path) -> None:
    picture = album(build, tmp_path, "blurred").photo(PHOTO, digest(build))
    assert picture is not None
    with Image.open(tmp_path / picture.url) as image:
        pixels = np.asarray(image).astype(int)
    # Within a square the picture is flat but for what JPEG adds; the photo itself is noise.
    assert np.abs(pixels[1:5, 1:5] - pixels[3, 3]).max() < 40


@pytest.mark.parametrize("frames", [[], [0], [0, 3]])
def test_frames_are_given_by_their_index(build: Build, tmp_path: Path, frames: list[int]) -> None:
    outlines = {frame: [Outline((1, 1, 9, 9), (0, 0, 255))] for frame in frames}
    pictures = album(build, tmp_path, "full").frames(VIDEO, outlines)
    assert list(pictures) == frames
    assert all((tmp_path / picture.url).is_file() for picture in pictures.values())


def test_a_crop_of_a_missing_video_is_none(build: Build, tmp_path: Path) -> None:
    made = album(build, tmp_path, "full")
    assert made.crop("gone.mp4", 0, (0, 0, 9, 9)) is None
    assert made.crop(VIDEO, 0, (10, 10, 30, 30)) is not None


def test_without_faces_no_file_is_opened_and_none_written(build: Build, tmp_path: Path) -> None:
    made = Album(tmp_path, "none", bank_root=tmp_path / "no bank", sources_root=tmp_path / "no sources")
    assert made.photo(PHOTO, digest(build)) is None
    assert made.frames(VIDEO, {0: []}) == {}
    assert made.crop(VIDEO, 0, (0, 0, 9, 9)) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("sides", "blocks"),
    [([], 8), ([10], 32), ([60, 320], 8), ([10_000], 1)],
)
def test_a_large_face_makes_a_blurred_frame_coarser(sides: list[int], blocks: int) -> None:
    outlines = [Outline((5, 5, 5 + side, 5 + side / 2), (0, 0, 0)) for side in sides]
    assert _frame_blocks(np.zeros((480, 640, 3), np.uint8), outlines) == blocks
