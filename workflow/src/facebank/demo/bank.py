"""The demo's bank: honest photos of nine persons, and one of each fault that a bank can have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from facebank.artifacts.digests import sha256_bytes
from facebank.demo.captures import capture, encode, random_look
from facebank.demo.portraits import PORTRAITS, picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from facebank.demo.portraits import Portrait

__all__ = ["FOLDERS", "MIXED", "make_bank"]

#: Identity -> its folder, where that is not the slug: the config maps the first, the slug rule the others.
FOLDERS = {"grace_hopper": "hopper", "eileen_collins": "Eileen Collins", "tom_hanks": "Tom_Hanks"}

#: Identity -> honest photos in heldout and in scraped.
COUNTS = {
    "grace_hopper": (5, 6),
    "eileen_collins": (4, 5),
    "player_5": (3, 3),
    "tom_hanks": (0, 5),
    "player_1": (0, 14),
    "player_2": (0, 6),
    "player_3": (0, 7),
    "player_4": (0, 4),
    "player_6": (0, 3),
}

#: A folder whose photos are of other people.
MIXED = "mixed_album"


def make_bank(folder: Path, *, people: Sequence[Portrait] = PORTRAITS) -> dict[str, object]:
    """Write the bank and tell the truth about it.

    Parameters
    ----------
    folder : Path
        The bank's root, which does not exist yet.
    people : sequence of Portrait
        Whose photos it holds; at least the first three of `PORTRAITS`, which the planted faults need.

    Returns
    -------
    dict
        ``photos``: path -> identity really shown (empty: nobody); ``planted``: kind -> path or paths.
    """
    truth: dict[str, str] = {}
    for portrait in people:
        for held in (True, False):
            for index in range(COUNTS[portrait.identity][0 if held else 1]):
                path, data = _honest(portrait, held=held, index=index)
                _write(folder, path, data)
                truth[path] = portrait.identity
    planted = _plant(folder, people)
    truth |= {path: identity for paths in planted.values() for path, identity in paths.items()}
    return {
        "photos": dict(sorted(truth.items())),
        "planted": {kind: sorted(paths) for kind, paths in sorted(planted.items())},
    }


def _honest(portrait: Portrait, *, held: bool, index: int) -> tuple[str, bytes]:
    """Make one honest photo: PNG in heldout, JPEG in scraped, as such banks are."""
    person = FOLDERS.get(portrait.identity, portrait.identity)
    name = (
        f"heldout/{person}/{person}_{index + 1:02d}.png" if held else f"scraped/{person}/{index + 1:02d}.jpg"
    )
    rng = _rng(name)
    pixels = capture(portrait, random_look(rng), rng)
    return name, encode(pixels, "png") if held else encode(pixels, "jpeg", quality=int(rng.integers(62, 96)))


def _plant(folder: Path, people: Sequence[Portrait]) -> dict[str, dict[str, str]]:
    """Write the faults: kind -> path -> identity really shown."""
    hopper, collins, couple = people[0], people[1], people[2]
    first, second = (FOLDERS[portrait.identity] for portrait in (hopper, collins))
    strangers = PORTRAITS[5:]
    copied = (folder / f"scraped/{first}/01.jpg").read_bytes()
    sideways = np.rot90(_photo(hopper, "turned"))
    files = {
        "truncated": (f"scraped/{first}/truncated.jpg", "", _truncated(copied)),
        "faceless": (f"scraped/{second}/landscape.png", "", encode(_landscape(), "png")),
        # Orientation 6: to be turned clockwise by a quarter to be upright.
        "turned": (f"heldout/{first}/turned.jpg", hopper.identity, encode(sideways, "jpeg", orientation=6)),
        "exact_copy": (f"scraped/{first}/another name.jpg", hopper.identity, copied),
        "rescaled_copy": (f"scraped/{second}/smaller.jpg", collins.identity, _rescaled(folder, second)),
        "two_persons": (f"scraped/{couple.identity}/together.jpg", couple.identity, _together()),
        "webp": (f"scraped/{second}/07.webp", collins.identity, encode(_photo(collins, "webp"), "webp")),
        "odd_name": (
            f"scraped/{second}/Größe & Maß, im Büro (2).jpg",
            collins.identity,
            encode(_photo(collins, "odd name"), "jpeg"),
        ),
        "text": (f"scraped/{second}/notes.txt", "", b"Photos of one person.\n"),
    }
    for path, _, data in files.values():
        _write(folder, path, data)
    planted = {kind: {path: identity} for kind, (path, identity, _) in files.items()}
    planted["mixed_folder"] = {
        f"scraped/{MIXED}/{index + 1:02d}.jpg": who.identity for index, who in enumerate(strangers)
    }
    for path, stranger in zip(planted["mixed_folder"], strangers, strict=True):
        _write(folder, path, encode(_photo(stranger, path), "jpeg"))
    return planted


def _photo(portrait: Portrait, name: str) -> NDArray[np.uint8]:
    """Make one more honest photo."""
    rng = _rng(name)
    return capture(portrait, random_look(rng), rng)


def _rescaled(folder: Path, person: str) -> bytes:
    """Copy a photo of the other set at 60 % of its size."""
    with Image.open(folder / f"heldout/{person}/{person}_01.png") as image:
        smaller = image.resize((round(image.width * 0.6), round(image.height * 0.6)), Image.Resampling.BOX)
    return encode(np.asarray(smaller), "jpeg")


def _truncated(data: bytes) -> bytes:
    """Cut a file off in its middle."""
    return data[: len(data) // 2]


def _together() -> bytes:
    """Crop two persons out of the group picture; the first is a little larger."""
    return encode(np.ascontiguousarray(picture("table")[20:440, 850:1270]), "jpeg")


def _landscape() -> NDArray[np.uint8]:
    """Draw hills under a sky: a photo without a face."""
    rng = _rng("landscape")
    x = np.arange(480)
    y = np.arange(360)[:, None]
    image = np.empty((360, 480, 3), np.float64)
    image[:] = (150, 190, 235)
    for depth, colour in enumerate(((120, 150, 130), (90, 130, 80), (60, 95, 50))):
        waves = sum(
            np.sin(x / rng.uniform(20, 90) + rng.uniform(0, 6)) * rng.uniform(4, 14) for _ in range(4)
        )
        image[y > 150 + 60 * depth + waves] = colour
    return np.clip(image + rng.normal(0, 4, image.shape), 0, 255).astype(np.uint8)


def _rng(name: str) -> np.random.Generator:
    """Give the random numbers of one photo: they depend on its name alone."""
    return np.random.Generator(np.random.PCG64(int(sha256_bytes(name.encode())[:16], 16)))


def _write(folder: Path, path: str, data: bytes) -> None:
    """Write one file of the bank."""
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(data)
