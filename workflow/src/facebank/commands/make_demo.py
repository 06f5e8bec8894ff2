"""``facebank make-demo``: photos, videos and gold labels to try the workflow on."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from facebank.artifacts.atomic import write_json
from facebank.artifacts.code import code_digest
from facebank.artifacts.digests import digest_of
from facebank.demo.bank import make_bank
from facebank.demo.gold import make_gold_demo
from facebank.demo.portraits import PORTRAITS
from facebank.demo.sources import make_sources
from facebank.errors import ConfigError
from facebank.plan.contents import files_below
from facebank.reading.json_documents import read_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facebank.demo.portraits import Portrait

__all__ = ["make_demo"]

#: Packages whose version can change a byte of the demo.
_PACKAGES = ("av", "insightface", "matplotlib", "numpy", "opencv-python", "pillow", "scikit-image")

#: Three slots need three persons, and the planted faults three of their own.
_FEWEST_PEOPLE = 3

#: Numbers in names have two digits.
_MOST = 99


def make_demo(
    *,
    output_dir: Path = Path("resources/demo"),
    identities: int = len(PORTRAITS),
    sources: int = 3,
    variants: int = 4,
) -> None:
    """Make the demo's photos, videos and gold labels.

    They are made from pictures that come with installed packages; nothing is downloaded.
    The same bytes every time. Where they stand already, nothing is done.

    Parameters
    ----------
    output_dir
        Folder to make. It is replaced when the generator or an argument changed.
    identities
        Number of persons, at least 3.
    sources
        Number of sources.
    variants
        Variants of each source.

    Raises
    ------
    ConfigError
        If a number cannot be used, or the folder holds something else than a demo.
    """
    _require("identities", identities, _FEWEST_PEOPLE, len(PORTRAITS))
    _require("sources", sources, 1, _MOST)
    _require("variants", variants, 1, _MOST)
    made_from = digest_of(
        {
            "code": code_digest("facebank.commands.make_demo"),
            "packages": {package: version(package) for package in _PACKAGES},
            "arguments": [identities, sources, variants],
        }
    )
    if _is_made(output_dir, made_from):
        print(f"{output_dir}: the demo's inputs stand already")  # noqa: T201 (the command's answer)
        return
    staging = output_dir.parent / f".{output_dir.name}.partial"
    shutil.rmtree(staging, ignore_errors=True)
    try:
        count = _make(staging, made_from, PORTRAITS[:identities], sources, variants)
        shutil.rmtree(output_dir, ignore_errors=True)
        staging.rename(output_dir)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    print(f"{output_dir}: made {count} files")  # noqa: T201 (the command's answer)


def _make(folder: Path, made_from: str, people: Sequence[Portrait], sources: int, variants: int) -> int:
    """Make the demo in a folder and tell how many files it has."""
    truth = {
        "bank": make_bank(folder / "bank", people=people),
        "sources": make_sources(folder / "sources", sources=sources, variants=variants, people=people),
    }
    make_gold_demo(output_dir=folder / "gold")
    write_json(folder / "truth.json", truth, indent=None)
    files = {name: (folder / name).stat().st_size for name in files_below(folder)}
    write_json(folder / "demo.json", {"made_from": made_from, "files": files})
    return len(files)


def _is_made(folder: Path, made_from: str) -> bool:
    """Tell whether the demo stands as this generator makes it.

    Raises
    ------
    ConfigError
        If there is something else: it is never overwritten.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    try:
        stamp = read_json(folder / "demo.json")
        made_by, sizes = stamp["made_from"], dict(stamp["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            "This is no demo",
            file=folder,
            expected="an empty folder, or one with demo.json",
            remedy="Name another.",
        ) from error
    found = {name: (folder / name).stat().st_size for name in files_below(folder) if name != "demo.json"}
    if foreign := sorted(found.keys() - sizes.keys()):
        raise ConfigError(
            "The demo's folder holds a file that is not of the demo",
            file=folder / foreign[0],
            remedy="Move it away.",
        )
    return made_by == made_from and found == sizes


def _require(name: str, value: int, least: int, most: int) -> None:
    """Insist on a number in a range."""
    if not least <= value <= most:
        raise ConfigError(
            f"The number of {name} cannot be used", expected=f"{least} to {most}", found=str(value)
        )
