"""From version folders to pages."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from facebank.artifacts.atomic import write_text
from facebank.report import wording
from facebank.report.bank import bank_page
from facebank.report.gold import FIGURE_NAMES, gold_page
from facebank.report.numbers import gather_numbers
from facebank.report.overview import overview
from facebank.report.sources import sources_page
from facebank.report.timeline import STATUSES
from facebank.report.validation import validation_page
from facebank.shown import unturned

if TYPE_CHECKING:
    from collections.abc import Callable

    from facebank.report.album import Album
    from facebank.report.folders import Folders

__all__ = ["copy_beside", "render", "templates"]

_TEMPLATES = Path(__file__).parent / "templates"
#: What the pages load beside their pictures.
_BESIDE = ("style.css", "report.js")


def render(
    folder: Path, folders: Folders, album: Album, *, title: str, note: str, clip_s: float = 0
) -> list[str]:
    """Write the pages of a build, their style, script and plots.

    A page is written when the stage that it is about is there; ``index.html`` always is.

    Parameters
    ----------
    folder : Path
        Where the pages go.
    folders : Folders
        The version folders of the build.
    album : Album
        Makes the pictures, in the same folder.
    title : str
        Title of the pages.
    note : str
        What a reader must know of this data set; may be empty.
    clip_s : float
        Seconds of a clip of each source; 0 makes none.

    Returns
    -------
    list of str
        Names of the pages.
    """
    numbers = gather_numbers(folders)
    makers: tuple[tuple[str, Path | None, Callable[[], Any]], ...] = (
        ("Overview", folder, lambda: overview(folders, numbers)),
        ("Bank", folders.inventory_photos, lambda: bank_page(folders, album)),
        ("Validation", folders.validation, lambda: validation_page(folders, album, folder)),
        ("Sources", folders.inventory_sources, lambda: sources_page(folders, album, clip_s)),
        ("Gold", folders.gold_labels or folders.gold_evaluation, lambda: gold_page(folders, album)),
    )
    made = {_file(label): (label, make) for label, needs, make in makers if needs is not None}
    environment = templates()
    environment.globals |= {
        "title": title,
        "note": note,
        "numbers": numbers,
        "faces": album.faces,
        "statuses": STATUSES,
        "names": FIGURE_NAMES,
        "pages": {name: label for name, (label, _) in made.items()},
    }
    copy_beside(folder)
    for name, (label, make) in made.items():
        text = environment.get_template(name).render(page=make(), current=name, heading=label)
        write_text(folder / name, text)
    return list(made)


def copy_beside(folder: Path) -> None:
    """Copy what the pages load beside their pictures."""
    for name in _BESIDE:
        shutil.copyfile(_TEMPLATES / name, folder / name)


def _file(label: str) -> str:
    """Name a page's file."""
    return "index.html" if label == "Overview" else f"{label.lower()}.html"


def templates(*more: Path) -> Environment:
    """Make the environment of the templates, of the report's and of those in other folders.

    File names and labels come from users: everything is escaped.
    """
    environment = Environment(
        loader=FileSystemLoader([_TEMPLATES, *more]),
        autoescape=True,
        finalize=_finalized,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for name in ("change", "counted", "exact", "number", "percent", "signed", "similarity", "tally"):
        environment.filters[name] = getattr(wording, name)
    return environment


def _finalized(value: Any) -> Any:
    """Give what a page shows of a value: nothing of a name turns what is beside it; tags stay tags."""
    return unturned(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
