"""The photos of the gallery, for a release that may hold them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from facebank.artifacts.digests import sha256_bytes
from facebank.artifacts.file_names import folded_name, with_digest
from facebank.errors import DataError
from facebank.report.folders import rows

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

__all__ = ["FOLDER", "copy_photos"]

FOLDER = "photos"


def copy_photos(release: Path, gallery: Path, bank_root: Path) -> None:
    """Copy the photos that the gallery uses to ``photos/<set>/<identity>/``, byte for byte.

    They are never linked: an edit of the user's own file must not change a release. Where two folders of one
    person have a photo of the same name, or one that some file systems take for the same, the head of its
    digest stands before the name.

    Parameters
    ----------
    release : Path
        The release that is put together.
    gallery : Path
        Folder of the stage gallery.
    bank_root : Path
        The bank.

    Raises
    ------
    DataError
        If a photo cannot be read, or is not the one that was embedded.
    """
    used = rows(gallery, "photos.parquet", ("photo", "set", "identity", "sha256"))
    named = Counter(folded_name(_place(row)) for row in used)
    for row in used:
        path = bank_root / row["photo"]
        try:
            data = path.read_bytes()
        except OSError as error:
            raise DataError(
                "A photo of the release cannot be read",
                file=path,
                found=str(error.strerror),
                remedy="Build the stage inventory again.",
            ) from error
        if sha256_bytes(data) != row["sha256"]:
            raise DataError(
                "A photo is not the one that was embedded",
                file=path,
                expected=row["sha256"],
                found=sha256_bytes(data),
                remedy="Build again: the photo was changed meanwhile.",
            )
        name = _place(row)
        shown = name if named[folded_name(name)] == 1 else with_digest(name, row["sha256"])
        place = release / FOLDER / shown
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)


def _place(row: dict[str, Any]) -> str:
    """Give a photo's place where it is alone with its name."""
    return f"{row['set']}/{row['identity']}/{row['photo'].rpartition('/')[2]}"
