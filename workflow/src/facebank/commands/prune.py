"""``facebank prune``: remove what no config or release needs."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path

from facebank.artifacts.lock import hold_lock
from facebank.config.load import load_config
from facebank.console.answers import answer, answer_json
from facebank.report.wording import counted
from facebank.versions.disk import found_on_disk, needs_of_configs, needs_of_releases, plans_of

__all__ = ["prune"]


def prune(
    *, configfile: tuple[Path, ...] = (Path("config/config.yaml"),), yes: bool = False, json: bool = False
) -> None:
    """List the folders that no config and no release needs; with --yes, remove them.

    A release is never removed, nor is a version folder from which one was made. The cache is left alone.

    Parameters
    ----------
    configfile
        The configs whose folders are kept; name every config that shares these results.
    yes
        Remove what is listed.
    json
        Print JSON and not text.

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
        if not json:
            answer(f"{'removed' if yes else 'would remove'} {results}/{item.path}, {item.size:,} bytes")
    size, kept = sum(item.size for item in unneeded), len(found) - len(unneeded)
    if json:
        folders = [asdict(item) for item in unneeded]
        answer_json(
            {"results": str(results), "removed": yes, "folders": folders, "bytes": size, "kept": kept}
        )
        return
    counts = f"{size:,} bytes; {counted(kept, 'folder')} kept"
    if yes or not unneeded:
        answer(f"{counted(len(unneeded), 'folder')} removed, {counts}")
    else:
        answer(f"{counted(len(unneeded), 'folder')}, {counts}. Remove them with --yes.")


def _remove_empty(folder: Path, results: Path) -> None:
    """Remove folders that became empty, up to the results."""
    while folder != results and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
