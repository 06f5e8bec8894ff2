"""Putting a release together and giving it its name."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from facebank.artifacts.atomic import UNFINISHED, sync, write_json
from facebank.errors import DataError
from facebank.release.layout import LATEST
from facebank.release.manifest import MANIFEST, describe_release, verify_release

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["assemble", "point_latest", "settle", "staging_folder"]


@contextmanager
def staging_folder(releases: Path) -> Iterator[Path]:
    """Give an empty folder beside the releases, and remove what is left of it when the block ends."""
    releases.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=releases))
    try:
        # mkdtemp makes folders private; a release has the permissions of any new folder.
        folder.chmod(releases.stat().st_mode & 0o777)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def assemble(folder: Path, files: Mapping[str, Path]) -> None:
    """Bring files into a folder, as hard links where the file system allows and as copies elsewhere.

    A link is safe: version folders are rewritten by replacing files, never in place. The files stay writable,
    because a link shares its permissions with the version folder, where Snakemake refuses to rebuild what is
    read-only; `facebank verify` finds any edit.

    Parameters
    ----------
    folder : Path
        The folder.
    files : mapping
        Path in the folder -> file.
    """
    for name, path in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, place)
        except OSError:
            shutil.copyfile(path, place)


def settle(folder: Path, releases: Path) -> Path:
    """Write the manifest of an assembled folder and move it to its name, the id of its content.

    Parameters
    ----------
    folder : Path
        A folder from `staging_folder`; it is gone afterwards.
    releases : Path
        Where releases stand.

    Returns
    -------
    Path
        The release. One of the same id that is there already is verified and kept.

    Raises
    ------
    DataError
        If the release that is there already was damaged.
    """
    manifest = describe_release(folder)
    write_json(folder / MANIFEST, manifest.document())
    release = releases / manifest.id
    if release.exists():
        _verify_kept(release)
        return release
    for path in (folder, *folder.rglob("*")):
        sync(path)
    try:
        folder.rename(release)
    except OSError:
        # Another build may have published the same content meanwhile.
        if not release.is_dir():
            raise
        _verify_kept(release)
    sync(releases)
    return release


def point_latest(release: Path) -> None:
    """Let the relative symbolic link ``latest`` beside a release point to it, in one step."""
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=release.parent) as folder:
        link = Path(folder) / LATEST
        link.symlink_to(release.name)
        link.replace(release.parent / LATEST)
    sync(release.parent)


def _verify_kept(release: Path) -> None:
    """Verify a release that was published before."""
    try:
        verify_release(release)
    except DataError as error:
        raise DataError(
            "A release of this content is there already and was damaged",
            file=release,
            found=str(error).rstrip("."),
            remedy="Remove its folder and publish again.",
        ) from error
