"""The pages of a comparison, written into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from facebank.artifacts.atomic import write_text
from facebank.comparison.bank import bank_changes
from facebank.comparison.gold import gold_changes
from facebank.comparison.labels import DIFFERENCES
from facebank.comparison.overview import Parts, named, overview
from facebank.comparison.sources import COLOURS, sources_changes
from facebank.comparison.validation import validation_changes
from facebank.release.photos import FOLDER
from facebank.report.album import Album
from facebank.report.gold import FIGURE_NAMES
from facebank.report.render import copy_beside, templates
from facebank.report.timeline import STATUSES
from facebank.versions.differences import compare

if TYPE_CHECKING:
    from facebank.report.pictures import Faces
    from facebank.versions.differences import Differences
    from facebank.versions.sides import Side

__all__ = ["render_comparison"]

_TEMPLATES = Path(__file__).parent / "templates"
#: Page -> its title.
_TITLES = {
    "index": "What differs",
    "bank": "Bank: what differs",
    "validation": "Validation: what differs",
    "sources": "Sources: what differs",
    "gold": "Gold: what differs",
}


def render_comparison(
    folder: Path,
    a: Side,
    b: Side,
    *,
    place: Path,
    faces: Faces = "none",
    bank_root: Path | None = None,
    former_bank_root: Path | None = None,
    sources_root: Path | None = None,
) -> list[str]:
    """Write the pages of a comparison, and what they load.

    There is a page for each part of which both sides hold something; ``index.html`` always is.

    Parameters
    ----------
    folder : Path
        Where they are written.
    a, b : Side
        The older and the newer.
    place : Path
        Where the folder will stand in the end: links to the sides' own pages lead from there.
    faces : {"full", "blurred", "none"}
        How people are shown.
    bank_root, sources_root : Path, optional
        The bank and the sources, for pictures of photos and frames whose bytes are those of a side.
    former_bank_root : Path, optional
        The bank as A read it, where that is another folder.

    Returns
    -------
    list of str
        Names of the pages.
    """
    album = Album(folder, faces, bank_root=bank_root, sources_root=sources_root)
    found = compare(a, b)
    former = Album(folder, faces, bank_root=former_bank_root or _own_photos(a))
    parts = _parts(a, b, found, (former, album), sources_root)
    contents: dict[str, Any] = {
        "index": overview(a, b, found, parts),
        "bank": parts.bank,
        "validation": parts.validation,
        "sources": parts.sources,
        "gold": parts.gold,
    }
    made = {f"{name}.html": name for name, page in contents.items() if page is not None}
    environment = templates(_TEMPLATES)
    environment.globals |= {
        "title": "facebank compare",
        "faces": faces,
        "statuses": STATUSES,
        "differences": DIFFERENCES,
        "colours": COLOURS,
        "names": FIGURE_NAMES,
        "sides": {"A": named(a, place), "B": named(b, place)},
        "pages": {file: "Overview" if name == "index" else name.capitalize() for file, name in made.items()},
    }
    copy_beside(folder)
    for file, name in made.items():
        template = environment.get_template(f"compared_{file}")
        write_text(folder / file, template.render(page=contents[name], current=file, heading=_TITLES[name]))
    return list(made)


def _own_photos(side: Side) -> Path | None:
    """Give the photos that a release holds."""
    photos = side.folder / FOLDER
    return photos if side.release and photos.is_dir() else None


def _parts(
    a: Side, b: Side, found: Differences, albums: tuple[Album, Album], sources_root: Path | None
) -> Parts:
    """Compare the parts of which both sides hold something."""
    both = a.folders.present().keys() & b.folders.present().keys()
    return Parts(
        bank=bank_changes(a, b, found, albums) if both & {"inventory_photos", "gallery"} else None,
        validation=validation_changes(a, b, albums[1]) if "validation" in both else None,
        sources=sources_changes(a, b, albums[1], sources_root)
        if both & {"inventory_sources", "face_labels", "audit"}
        else None,
        gold=gold_changes(a, b) if both & {"gold_evaluation", "gold_variants", "gold_agreement"} else None,
    )
