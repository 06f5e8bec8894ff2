"""``facebank compare``: how two releases or two version folders differ, as a page for a browser."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (the command line reads the annotations)
from typing import Literal

from facebank.exports.folder import export_folder
from facebank.reading.believed import not_believed
from facebank.report.album import Album
from facebank.report.comparison import comparison
from facebank.report.render import render_comparison
from facebank.versions.sides import open_side

__all__ = ["compare"]


def compare(
    a: Path,
    b: Path,
    *,
    output_dir: Path,
    faces: Literal["full", "blurred", "none"] = "none",
    bank_root: Path | None = None,
) -> None:
    """Compare two releases or two version folders on a page, differences first.

    `facebank diff` says the same as text or JSON.

    Parameters
    ----------
    a
        A release or a version folder: the older one.
    b
        Another of the same kind: the newer one.
    output_dir
        The folder to make; `index.html` in it is the page. It must not be there yet.
    faces
        How photos that differ are shown: as they are, blurred, or not at all.
    bank_root
        The bank, for pictures of these photos.

    Raises
    ------
    ConfigError
        If the output is there already.
    DataError
        If one of them is neither a release nor a finished version folder.
    """
    with not_believed(b), export_folder(output_dir) as folder:
        sides = open_side(a), open_side(b)
        page = comparison(*sides, Album(folder, faces, bank_root=bank_root), output_dir)
        render_comparison(folder, page, faces=faces)
    print(output_dir / "index.html")  # noqa: T201 (the command's answer)
