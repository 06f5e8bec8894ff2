"""The page of the validation: how well the gallery tells people apart."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facebank.report.bank import best_photos
from facebank.report.folders import document, rows
from facebank.report.likeness import nearest_photos
from facebank.report.reference import BUCKETS

if TYPE_CHECKING:
    from pathlib import Path

    from facebank.report.album import Album, Picture
    from facebank.report.folders import Folders
    from facebank.report.likeness import Likeness

__all__ = [
    "Miss",
    "Plot",
    "ValidationPage",
    "bucket_rows",
    "misses",
    "picture_misses",
    "validation_page",
]

#: Misses beyond this many are left to the table of all queries.
_SHOWN = 60
#: So many identities, the most easily mistaken, are shown as unknown people.
_UNKNOWN = 10

#: What the validation's plots show; another plot is named by its file.
_TITLES = {
    "errors": "False accepts and false refusals by threshold",
    "heat_map": "Similarity of all pairs of identities",
    "margin_by_photos": "Margin of each query by the number of photos of its identity",
    "roc": "True accepts against false accepts",
    "similarities": "Similarities to the own and to other identities",
}


@dataclass(frozen=True, slots=True)
class Miss:
    """A query that found another identity first, its person, and the winner's photos nearest to it."""

    facts: dict[str, Any]
    photo: Picture | None
    own: Picture | None
    winners: tuple[Likeness, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot beside the pages."""

    url: str
    title: str


@dataclass(frozen=True, slots=True)
class ValidationPage:
    """What the page shows."""

    summary: dict[str, Any]
    buckets: tuple[dict[str, Any], ...]
    reference: dict[str, tuple[str, str]]
    misses: tuple[Miss, ...]
    missed: int
    unknown: tuple[dict[str, Any], ...]
    plots: tuple[Plot, ...]


def validation_page(folders: Folders, album: Album, folder: Path) -> ValidationPage:
    """Gather what the page of the validation shows, and copy its plots into `folder`."""
    missed = misses(folders.validation)
    return ValidationPage(
        summary=document(folders.validation, "summary.json"),
        buckets=tuple(bucket_rows(folders.validation)),
        reference=dict(BUCKETS),
        misses=picture_misses(missed, folders, album),
        missed=len(missed),
        unknown=tuple(rows(folders.validation, "unknown.tsv"))[:_UNKNOWN],
        plots=tuple(_copy_plots(folders.validation, folder)),
    )


def misses(folder: Path | None) -> list[dict[str, Any]]:
    """List the queries that found another identity first, the clearest misses first."""
    missed = [row for row in rows(folder, "loo.parquet") if row["tested"] and not row["correct"]]
    return sorted(missed, key=lambda row: (row["margin"], row["photo"]))


def picture_misses(missed: list[dict[str, Any]], folders: Folders, album: Album) -> tuple[Miss, ...]:
    """Put the first of some misses beside their own person and the photos that won.

    Parameters
    ----------
    missed : list of dict
        Rows of `misses`.
    folders : Folders
        The version folders of the same build.
    album : Album
        Makes the pictures.
    """
    shown = missed[:_SHOWN]
    nearest = nearest_photos(folders.gallery, album, [(row["photo"], row["top1"]) for row in shown])
    digests = {
        row["photo"]: row["sha256"] for row in rows(folders.gallery, "photos.parquet", ("photo", "sha256"))
    }
    known = best_photos(folders, album, {row["identity"] for row in shown})
    return tuple(
        Miss(
            facts=row,
            photo=album.photo(row["photo"], digests.get(row["photo"], "")),
            own=known.get(row["identity"]),
            winners=winners,
        )
        for row, winners in zip(shown, nearest, strict=True)
    )


def bucket_rows(folder: Path | None) -> list[dict[str, Any]]:
    """Give the validation's rows by number of photos, without buckets that no identity is in."""
    return [row for row in document(folder, "summary.json").get("buckets", []) if row["identities"]]


def _copy_plots(validation: Path | None, folder: Path) -> list[Plot]:
    """Copy the plots beside the pages; as files of their own their ids cannot meet."""
    found = []
    for path in sorted(validation.glob("*.svg")) if validation is not None else []:
        (folder / "plots").mkdir(exist_ok=True)
        shutil.copyfile(path, folder / "plots" / path.name)
        found.append(Plot(f"plots/{path.name}", _TITLES.get(path.stem, path.stem)))
    return found
