"""The page that compares two releases or version folders, differences first."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facebank.versions.differences import compare

if TYPE_CHECKING:
    from pathlib import Path

    from facebank.report.album import Album, Picture
    from facebank.versions.sides import Side

__all__ = ["ChangedPhoto", "Comparison", "Named", "comparison"]

#: Photos beyond this many are listed without pictures.
_PICTURED = 200
#: Tables that name photos with their bytes.
_PHOTO_TABLES = (("inventory_photos", "photos.parquet"), ("gallery", "photos.parquet"))
#: Pages that a report may have, as a release keeps them.
_PAGES = ("index", "bank", "validation", "sources", "gold")


@dataclass(frozen=True, slots=True)
class Named:
    """One side: its name, and page -> address of its own pages, where it holds a report."""

    name: str
    pages: dict[str, str]


@dataclass(frozen=True, slots=True)
class ChangedPhoto:
    """A photo that only one side has, or of which both have other bytes."""

    photo: str
    change: str
    picture: Picture | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the page shows; what is equal on both sides is left out.

    Attributes
    ----------
    a, b : Named
        The older and the newer side.
    same : bool
        Whether nothing differs.
    metrics : tuple of dict
        Numbers that differ, the largest relative change first.
    photos : tuple of ChangedPhoto
        Photos that differ.
    added, removed : tuple of str
        Identities that only the newer side has, or only the older.
    drift : tuple of (str, float)
        Identities whose centroids differ, and 1 - cosine of the two, the largest first.
    incomparable : bool
        Whether the centroids are of other models, so that nothing can be said of their drift.
    boxes : tuple of dict
        Sources whose boxes differ, the largest shift first.
    parameters : tuple of dict
        Settings, code and models that differ.
    """

    a: Named
    b: Named
    same: bool
    metrics: tuple[dict[str, Any], ...]
    photos: tuple[ChangedPhoto, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    drift: tuple[tuple[str, float], ...]
    incomparable: bool
    boxes: tuple[dict[str, Any], ...]
    parameters: tuple[dict[str, Any], ...]


def comparison(a: Side, b: Side, album: Album, folder: Path) -> Comparison:
    """Gather what the page shows.

    Parameters
    ----------
    a, b : Side
        The older and the newer.
    album : Album
        Makes the pictures of photos whose bytes in the bank are those of a side.
    folder : Path
        Where the page will stand; links lead from there.
    """
    found = compare(a, b)
    identities = found.identities or {}
    drift = identities.get("drift", {})
    return Comparison(
        a=_named(a, folder),
        b=_named(b, folder),
        same=found.none,
        metrics=tuple(sorted(found.metrics, key=_most_changed)),
        photos=tuple(_photos(found.photos or {}, (b, a), album)),
        added=tuple(identities.get("added", ())),
        removed=tuple(identities.get("removed", ())),
        drift=tuple(sorted((drift or {}).items(), key=lambda it: (-it[1], it[0]))),
        incomparable=drift is None,
        boxes=tuple(sorted(found.boxes or (), key=lambda row: (-row["max_shift_px"], row["source"]))),
        parameters=tuple(found.parameters),
    )


def _named(side: Side, folder: Path) -> Named:
    """Name a side and find its own pages."""
    report = side.folder / "report"
    pages = {
        page: os.path.relpath(report / f"{page}.html", folder).replace(os.sep, "/")
        for page in _PAGES
        if (report / f"{page}.html").is_file()
    }
    return Named(side.name, pages)


def _most_changed(row: dict[str, Any]) -> tuple[float, str, str]:
    """Sort numbers by their relative change, the largest first; those that only one side has before all."""
    if row["delta"] is None:
        return (float("-inf"), row["artifact"], row["metric"])
    scale = max(abs(row["a"]), abs(row["b"]))
    return (-abs(row["delta"]) / scale, row["artifact"], row["metric"])


def _photos(changes: dict[str, list[str]], sides: tuple[Side, Side], album: Album) -> list[ChangedPhoto]:
    """Show the photos that differ; the bank of today may have the bytes of the one side or the other."""
    digests = [_digests(side) for side in sides]
    found: list[ChangedPhoto] = []
    for change, photos in changes.items():
        for photo in photos:
            pictures = (
                album.photo(photo, known[photo])
                for known in digests
                if photo in known and len(found) < _PICTURED
            )
            found.append(ChangedPhoto(photo, change, next(filter(None, pictures), None)))
    return found


def _digests(side: Side) -> dict[str, str]:
    """Give photo -> SHA-256 of one side."""
    for artifact, name in _PHOTO_TABLES:
        rows = side.rows(artifact, name, "photo", "sha256")
        if rows is not None:
            return {row["photo"]: row["sha256"] for row in rows}
    return {}
