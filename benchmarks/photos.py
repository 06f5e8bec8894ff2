"""A bank of a thousand photos to measure with, made once and kept where the system keeps temporary files."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL

from facebank.artifacts.code import code_digest
from facebank.artifacts.digests import digest_of
from facebank.demo.captures import capture, encode, random_look
from facebank.demo.portraits import PORTRAITS
from facebank.project import PROJECT

__all__ = ["COUNT", "PACK", "SIDE", "bank", "files_of", "photo", "some_of"]

#: The bank: this many square photos of this many pixels a side.
COUNT = 1000
SIDE = 640
#: The model pack that is measured.
PACK = PROJECT / "resources/models/lite"


def photo(number: int) -> bytes:
    """Make a photo, a JPEG; each number has its own person, crop, light, noise and quality."""
    rng = np.random.Generator(np.random.PCG64(number))
    look = replace(random_look(rng), side=SIDE)
    pixels = capture(PORTRAITS[number % len(PORTRAITS)], look, rng)
    return encode(pixels, "jpeg", quality=int(rng.integers(62, 96)))


def bank() -> Path:
    """Give the root of the bank; it is made if need be, which takes half a minute."""
    made_from = digest_of({"code": code_digest("facebank.demo.captures"), "pillow": PIL.__version__})
    root = Path(tempfile.gettempdir()) / f"facebank-benchmarks-{made_from[:16]}"
    if not root.is_dir():
        staging = Path(tempfile.mkdtemp(prefix="facebank-benchmarks-partial-"))
        for number in range(COUNT):
            path = staging / "scraped" / PORTRAITS[number % len(PORTRAITS)].identity / f"{number:04d}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(photo(number))
        try:
            staging.rename(root)
        except OSError:  # another run was faster
            shutil.rmtree(staging)
    return root


def files_of(root: Path) -> list[Path]:
    """Give the photos of a bank, sorted."""
    return sorted(root.rglob("*.jpg"))


def some_of(root: Path, count: int, folder: Path) -> Path:
    """Make a bank of some of a bank's photos, evenly spread, by hard links; give its root."""
    files = files_of(root)
    for place in np.linspace(0, len(files) - 1, count).round().astype(int):
        path = folder / files[place].relative_to(root)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.hardlink_to(files[place])
    return folder
