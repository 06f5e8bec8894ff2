"""``facebank prune``: remove what no config or release needs."""

from __future__ import annotations

import shutil
from pathlib import Path

from facebank.artifacts.lock import hold_lock
from facebank.config.load import load_config
from facebank.report.wording import counted
from facebank.versions.disk import found_on_disk, needs_of_configs, needs_of_releases, plans_of

__all__ = ["prune"]


def prune(*, configfile: tuple[Path, ...] = (Path("config/config.yaml"),), yes: bool = False) -> None:
    """List the folders that no config and no release needs; with --yes, remove them.

    A release is never removed, nor is a version folder from which one was made. The cache is left alone.

    Parameters
    ----------
    configfile
        The configs whose folders are kept; name every config that shares these results.
    yes
        Remove what is listed.

    Raises
    ------
    ConfigError
        If a config cannot be read, or their results differ.
    CheckError
        With --yes, if a build is at work on these results.
    """
    plans = plans_of({str(path): load_config(path) for path in configfile})
    results = Path(next(iter(plans.values())).results)
    if yes:
        hold_lock(results / ".logs" / "build.lock")
    found = found_on_disk(results, [needs_of_configs(plans), needs_of_releases(results)])
    unneeded = [item for item in found if not item.needed_by and item.kind != "release"]
    for item in unneeded:
        if yes:
            shutil.rmtree(results / item.path)
            _remove_empty((results / item.path).parent, results)
        print(f"{'removed' if yes else 'would remove'} {results}/{item.path}, {item.size:,} bytes")  # noqa: T201 (the command's answer)
    size = sum(item.size for item in unneeded)
    kept = f"{counted(len(found) - len(unneeded), 'folder')} kept"
    if yes or not unneeded:
        print(f"{counted(len(unneeded), 'folder')} removed, {size:,} bytes; {kept}")  # noqa: T201 (the command's answer)
    else:
        print(f"{counted(len(unneeded), 'folder')}, {size:,} bytes; {kept}. Remove them with --yes.")  # noqa: T201 (the command's answer)


def _remove_empty(folder: Path, results: Path) -> None:
    """Remove folders that became empty, up to the results."""
    while folder != results and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
