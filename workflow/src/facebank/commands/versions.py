"""``facebank versions``: everything on disk, and who needs it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from facebank.config.load import load_config
from facebank.console.answers import answer, answer_json
from facebank.report.wording import counted
from facebank.versions.disk import Found, found_on_disk, needs_of_configs, needs_of_releases, plans_of

__all__ = ["versions"]


def versions(*, configfile: tuple[Path, ...] = (Path("config/config.yaml"),), json: bool = False) -> None:
    """List every version folder on disk, its size, and which config or release needs it.

    Parameters
    ----------
    configfile
        The config, or several that share one folder of results.
    json
        Print JSON and not text.

    Raises
    ------
    ConfigError
        If a config cannot be read, or their results differ.
    """
    plans = plans_of({str(path): load_config(path) for path in configfile})
    results = Path(next(iter(plans.values())).results)
    found = found_on_disk(results, [needs_of_configs(plans), needs_of_releases(results)])
    if json:
        answer_json({"results": str(results), "folders": [asdict(item) for item in found]})
        return
    width = max((len(item.path) for item in found), default=0)
    for item in found:
        answer(f"{item.size:>15,}  {results}/{item.path:<{width}}  {_needed(item)}")
    unneeded = [item for item in found if not item.needed_by and item.kind != "release"]
    size = sum(item.size for item in unneeded)
    answer(f"{counted(len(found), 'folder')}; nobody needs {len(unneeded)} of them, {size:,} bytes")


def _needed(item: Found) -> str:
    """Say who needs a folder, or why nobody can."""
    if item.needed_by:
        return ", ".join(item.needed_by)
    if item.kind == "release":
        return "kept: a release is never pruned"
    return "nobody" if item.finished else "nobody, unfinished"
