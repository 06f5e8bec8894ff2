"""A release's manifest: which files it has, and the name that follows from them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from facebank.artifacts.atomic import json_text
from facebank.artifacts.digests import digest_of, sha256_file
from facebank.errors import DataError
from facebank.reading.json_documents import read_json
from facebank.reading.limits import LARGEST_DOCUMENT

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "FORMAT",
    "MANIFEST",
    "Manifest",
    "describe_release",
    "read_manifest",
    "release_id",
    "verify_release",
]

#: The number of the format of releases; a reader refuses a newer one.
FORMAT = 3
#: The manifest's name; it is the only file that it does not list.
MANIFEST = "manifest.json"

#: The last format that was not part of a release's id.
_UNNAMED_FORMAT = 2
_ID_DIGITS = 12
_ID = rf"[0-9a-f]{{{_ID_DIGITS}}}"
_REMEDY = "Publish the release again, or copy it again from where it came."


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a release holds.

    Attributes
    ----------
    id : str
        12 hex digits of the SHA-256 over its format and the sorted paths and digests of its files.
    files : dict
        Path, relative and with slashes -> {"sha256", "bytes"}, sorted.
    format : int
        The number of its format.
    """

    id: str
    files: dict[str, dict[str, Any]]
    format: int = FORMAT

    def document(self) -> dict[str, Any]:
        """Give what manifest.json says."""
        return {"format": self.format, "id": self.id, "files": self.files}


def describe_release(folder: Path) -> Manifest:
    """Hash every file of a folder but its manifest.

    Raises
    ------
    DataError
        If the folder holds something else than plain files and folders.
    """
    files = {}
    for name, path in _files(folder).items():
        files[name] = {"sha256": sha256_file(path), "bytes": path.stat().st_size}
    return Manifest(release_id(files), files)


def release_id(files: dict[str, dict[str, Any]], number: int = FORMAT) -> str:
    """Give the name that follows from files and format: it changes with a path, a byte, and nothing else."""
    listed: list[Any] = [[name, files[name]["sha256"]] for name in sorted(files)]
    # Up to format 2 the format was not part of the name.
    return digest_of(listed if number <= _UNNAMED_FORMAT else [number, listed])[:_ID_DIGITS]


def read_manifest(folder: Path) -> Manifest:
    """Read a release's manifest.

    Raises
    ------
    DataError
        If it is missing, unreadable, of a newer format, or names a file outside the release.
    """
    path = folder / MANIFEST
    try:
        found = read_json(path, largest=LARGEST_DOCUMENT)
        number, listed = int(found["format"]), dict(found["files"])
        files = {
            name: {"sha256": str(it["sha256"]), "bytes": int(it["bytes"])} for name, it in listed.items()
        }
        manifest = Manifest(str(found["id"]), files, number)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            "This is no release",
            file=folder,
            expected=f"a readable {MANIFEST}",
            found="none" if isinstance(error, FileNotFoundError) else f"{type(error).__name__}: {error}",
            remedy="Name a folder below results/release/, such as results/release/latest.",
        ) from error
    if not number > 0:
        raise DataError("The manifest was changed", file=path, found=f"format {number}", remedy=_REMEDY)
    if number > FORMAT:
        raise DataError(
            "The release comes from a newer facebank",
            file=path,
            expected=f"format {FORMAT} or older",
            found=f"format {number}",
            remedy="Update facebank.",
        )
    for name in manifest.files:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise DataError(
                "The manifest names a file outside the release", file=path, found=name, remedy=_REMEDY
            )
    return manifest


def verify_release(folder: Path) -> Manifest:
    """Check a release against its manifest: no file missing, none extra, every byte the same.

    The manifest is protected as well: its id is the digest of what it lists, its text the only one that says
    so, and a folder that is called like an id has to be called like this one.

    Parameters
    ----------
    folder : Path
        The release, or a symbolic link to it.

    Raises
    ------
    DataError
        Naming the first file that differs.
    """
    manifest = read_manifest(folder)
    found = _files(folder)
    for name in sorted(manifest.files.keys() - found.keys()):
        raise DataError("A file of the release is missing", file=folder / name, remedy=_REMEDY)
    for name in sorted(found.keys() - manifest.files.keys()):
        raise DataError("A file does not belong to the release", file=folder / name, remedy="Remove it.")
    for name, path in found.items():
        digest = sha256_file(path)
        if digest != manifest.files[name]["sha256"]:
            raise DataError(
                "A file of the release was changed",
                file=path,
                expected=f"SHA-256 {manifest.files[name]['sha256']}",
                found=digest,
                remedy=_REMEDY,
            )
    for path in folder.rglob("*/"):
        if next(path.iterdir(), None) is None:
            raise DataError("A folder of the release is empty", file=path, remedy="Remove it.")
    _require_untouched_manifest(folder, manifest)
    return manifest


def _require_untouched_manifest(folder: Path, manifest: Manifest) -> None:
    """Insist that a manifest whose digests are right is also otherwise what was published."""
    path = folder / MANIFEST
    if (name_of_content := release_id(manifest.files, manifest.format)) != manifest.id:
        raise DataError(
            "The release's id is not that of its files",
            file=path,
            expected=name_of_content,
            found=manifest.id,
            remedy=_REMEDY,
        )
    sizes = {name: {**file, "bytes": (folder / name).stat().st_size} for name, file in manifest.files.items()}
    if path.read_text(encoding="utf-8") != json_text(replace(manifest, files=sizes).document()):
        raise DataError("The manifest was changed", file=path, remedy=_REMEDY)
    name = folder.resolve().name
    if re.fullmatch(_ID, name) and name != manifest.id:
        raise DataError(
            "The release is not called as its content is",
            file=folder,
            expected=manifest.id,
            found=name,
            remedy=_REMEDY,
        )


def _files(folder: Path) -> dict[str, Path]:
    """List the files below a folder but the manifest, sorted by path."""
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise DataError("A release holds no symbolic links", file=path, remedy="Remove it.")
        if path.is_file() and name != MANIFEST:
            found[name] = path
    return dict(sorted(found.items()))
