"""Photos of a bank are compared as their pixels are, and each is decoded once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from skimage import data

from facebank.artifacts.digests import sha256_bytes
from facebank.errors import DataError
from facebank.gallery import pictures
from facebank.gallery.pictures import comparison
from facebank.gallery.registration import UNLIKE, register

SIZES = {
    "a.png": (320, 320),
    "b.png": (200, 200),
    "c.png": (150, 149),
    "wide.png": (320, 200),
    "tiny.png": (1, 1),
}


@pytest.fixture
def photos(tmp_path: Path) -> pd.DataFrame:
    portrait = Image.fromarray(data.astronaut()[:320, 60:380])
    rows = []
    for name, (width, height) in SIZES.items():
        portrait.resize((width, height)).save(tmp_path / name)
        digest = sha256_bytes((tmp_path / name).read_bytes())
        rows.append({"photo": name, "sha256": digest, "width": width, "height": height})
    return pd.DataFrame(rows)


def test_the_same_as_by_all_pixels(photos: pd.DataFrame, tmp_path: Path) -> None:
    compared = comparison(photos, tmp_path)
    pixels = [np.asarray(Image.open(tmp_path / name).convert("RGB")) for name in SIZES]
    for first in range(len(SIZES)):
        for second in range(len(SIZES)):
            assert compared(first, second) == register(pixels[first], pixels[second])
    assert compared(0, 1).same_picture
    assert compared(0, 3) == UNLIKE


def test_a_photo_is_decoded_once_a_size(
    photos: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded = []
    decode = pictures.decode_photo
    monkeypatch.setattr(
        pictures, "decode_photo", lambda *given, **options: decoded.append(1) or decode(*given, **options)
    )
    compared = comparison(photos, tmp_path)
    for _ in range(3):
        compared(0, 1)
        compared(1, 0)
    assert len(decoded) == 2


def test_shapes_that_differ_need_no_pixels(photos: pd.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "wide.png").unlink()
    assert comparison(photos, tmp_path)(0, 3) == UNLIKE


@pytest.mark.parametrize("change", [Path.unlink, lambda path: path.write_bytes(b"another")])
def test_what_is_no_longer_as_it_was_indexed_is_refused(
    photos: pd.DataFrame, tmp_path: Path, change: object
) -> None:
    change(tmp_path / "b.png")  # type: ignore[operator]
    with pytest.raises(DataError, match="Build the inventory again"):
        comparison(photos, tmp_path)(0, 1)
