"""Folders of exports: whole or not there, with the same bytes for the same release."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from facebank.artifacts.atomic import sync
from facebank.errors import ConfigError
from facebank.release.publish import staging_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["export_folder", "file_name", "rounded", "write_plain"]

#: What no name of a file holds.
_NO_PART = re.compile("[/\x00-\x1f\x7f]")
#: Decimals of pixels: those of the labels.
_DECIMALS = 2


@contextmanager
def export_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder that becomes `path` when the block ends well.

    Raises
    ------
    ConfigError
        If `path` is there already.
    """
    if path.exists() or path.is_symlink():
        raise ConfigError(
            "The folder to make is there already",
            file=path,
            expected="a folder that is not there yet",
            remedy="Remove it, or give another --output-dir.",
        )
    with staging_folder(path.parent) as folder:
        yield folder
        for file in (folder, *folder.rglob("*")):
            sync(file)
        folder.rename(path)
    sync(path.parent)


def file_name(name: str) -> str:
    """Give a video's name as that of a file, without slashes and control characters, and no mere dots."""
    dotted = name.replace(".", "%2E") if name.strip(".") == "" else name
    return _NO_PART.sub(lambda found: f"%{ord(found[0]):02X}", dotted) or "%"


def rounded(pixels: float) -> float:
    """Round away what subtracting floats adds to pixels."""
    return round(pixels, _DECIMALS)


def write_plain(path: Path, text: str) -> None:
    r"""Write UTF-8 text with ``\n`` line ends into a folder that is not yet there for others."""
    path.write_text(text, encoding="utf-8", newline="\n")
