"""Banks and sources of any size whose files are empty: enough for Snakemake to plan what it would build."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from facebank.artifacts.digests import sha256_bytes
from facebank.plan.contents import ContentIndex
from facebank.sources.discovery import CAMERA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Size", "photo_names", "source_names", "write_config", "write_inventory"]

#: Photos of one person.
_PHOTOS_EACH = 30

#: What a variant's folder holds beside its video, as augmentation tools write it.
_BESIDE = ("augmentation.json", "meta/info.json", "portrait_corners.json")


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is.

    Attributes
    ----------
    photos, sources : int
        Photos in the bank, and recorded episodes.
    variants : int
        Variants of each source.
    """

    photos: int
    sources: int
    variants: int


def photo_names(size: Size) -> Iterator[str]:
    """Give the photos' paths relative to the bank."""
    for photo in range(size.photos):
        yield f"scraped/person_{photo // _PHOTOS_EACH:08d}/{photo:08d}.jpg"


def source_names(size: Size) -> Iterator[str]:
    """Give the names of the sources."""
    for source in range(size.sources):
        yield f"episode_{source:08d}"


def write_inventory(folder: Path, size: Size) -> None:
    """Write a bank and sources with empty files, and an index that knows a digest of each.

    An index that is complete is what every build after the first one finds: the first one hashes each byte of
    the user's files, at the speed of their disk.

    Parameters
    ----------
    folder : Path
        An empty folder; ``bank/``, ``sources/`` and ``cache/`` are made in it.
    size : Size
        How many files.
    """
    index = ContentIndex(folder / "cache" / "contents.sqlite")
    made: set[Path] = set()
    for file in _files(folder, size):
        if file.parent not in made:
            file.parent.mkdir(parents=True, exist_ok=True)
            made.add(file.parent)
        file.touch()
        # Files of equal bytes would be one picture under many names.
        index.remember(file, sha256_bytes(os.fsencode(file)))
    index.save()


def write_config(folder: Path, size: Size, shards: int) -> Path:
    """Write the config of a build over what `write_inventory` wrote.

    Parameters
    ----------
    folder : Path
        The same folder.
    size : Size
        The same size; what it has none of is left out.
    shards : int
        Number of shards of photos, and of sources.

    Returns
    -------
    Path
        The config file.
    """
    config = {
        "results": str(folder / "results"),
        "cache": {"root": str(folder / "cache")},
        "shards": {"photos": shards, "sources": shards},
        "bank": {"root": str(folder / "bank") if size.photos else None},
        "sources": {"root": str(folder / "sources") if size.sources else None},
    }
    path = folder / f"{shards}-shards.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


def _files(folder: Path, size: Size) -> Iterator[Path]:
    """Name the files one by one, folder by folder."""
    for photo in photo_names(size):
        yield folder / "bank" / photo
    for source in source_names(size):
        for variant in range(size.variants):
            variant_folder = folder / "sources" / f"{source}__var{variant:04d}"
            for file in (*_BESIDE, f"videos/{CAMERA}/chunk-000/file-000.mp4"):
                yield variant_folder / file
