"""``facebank compare``: how two releases, reports or version folders differ, as pages for a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from facebank.comparison.pages import render_comparison
from facebank.config.load import load_config
from facebank.exports.folder import export_folder
from facebank.reading.believed import not_believed
from facebank.versions.sides import open_sides

__all__ = ["compare"]


def compare(
    a: Path,
    b: Path,
    *,
    output_dir: Path,
    configfile: Path | None = None,
    faces: Literal["full", "blurred", "none"] | None = None,
    bank_root: Path | None = None,
    former_bank_root: Path | None = None,
    sources_root: Path | None = None,
) -> None:
    """Compare two releases, reports or version folders on pages, differences first.

    A report stands for all that it shows. `facebank diff` says the same as text or JSON.

    Parameters
    ----------
    a
        A release, a report or a version folder: the older one.
    b
        Another of the same kind: the newer one.
    output_dir
        The folder to make; `index.html` in it is the first page. It must not be there yet.
    configfile
        A config whose `report.faces`, `bank.root` and `sources.root` hold where these are left out.
    faces
        How photos and frames that differ are shown: as they are, blurred, or not at all (the default without
        a config).
    bank_root
        The bank, for pictures of photos whose bytes one side has.
    former_bank_root
        The bank as A read it, where that is another folder. A release that holds photos needs none.
    sources_root
        The sources, for pictures of frames of videos whose bytes one side has.

    Raises
    ------
    ConfigError
        If the output is there already, or the config cannot be used.
    DataError
        If one of them is neither a release nor a finished version folder, or a report whose folders are gone;
        or if they are of different kinds.
    """
    config = None if configfile is None else load_config(configfile)
    if config is not None:
        faces = faces or config.report.faces
        bank_root = bank_root or (None if config.bank.root is None else Path(config.bank.root))
        sources_root = sources_root or (None if config.sources.root is None else Path(config.sources.root))
    with not_believed(b), export_folder(output_dir) as folder:
        render_comparison(
            folder,
            *open_sides(a, b),
            place=output_dir,
            faces=faces or "none",
            bank_root=bank_root,
            former_bank_root=former_bank_root,
            sources_root=sources_root,
        )
    print(output_dir / "index.html")  # noqa: T201 (the command's answer)
