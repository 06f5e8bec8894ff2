"""Everything that builds left in a folder of results, and who still needs it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facebank.errors import ConfigError
from facebank.plan.plan import Plan
from facebank.plan.registry import ARTIFACTS, STAGES
from facebank.reading.json_documents import read_json
from facebank.reading.limits import LARGEST_DOCUMENT
from facebank.versions.survey import shard_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from facebank.config.sections import Config

__all__ = ["Found", "Need", "found_on_disk", "needs_of_configs", "needs_of_releases", "plans_of"]

#: Path below the results -> who needs it.
Need = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Found:
    """A version folder, a release, shards, or what a killed build left.

    Attributes
    ----------
    path : str
        The folder, relative to the results, with slashes.
    kind : str
        ``version``, ``release``, ``shards`` or ``partial``.
    size : int
        Bytes of all files in it. A file that a release shares with a version folder counts in both.
    finished : bool
        Whether its provenance.json (a release's manifest.json) stands; true for shards.
    needed_by : tuple of str
        The configs and releases that need it.
    """

    path: str
    kind: str
    size: int
    finished: bool
    needed_by: tuple[str, ...]


def plans_of(configs: Mapping[str, Config]) -> dict[str, Plan]:
    """Give the plan of each config, by its name.

    Raises
    ------
    ConfigError
        If they do not share one folder of results.
    """
    plans = {name: Plan(config) for name, config in configs.items()}
    roots = {Path(plan.results).resolve() for plan in plans.values()}
    if len(roots) > 1:
        raise ConfigError(
            "The configs have different results",
            found=" and ".join(sorted(map(str, roots))),
            remedy="Ask for each of them alone.",
        )
    return plans


def found_on_disk(results: Path, needs: Sequence[Need]) -> list[Found]:
    """List everything that builds left below a folder of results, sorted by path.

    Parameters
    ----------
    results : Path
        The folder.
    needs : sequence of dict
        What `needs_of_configs` and `needs_of_releases` give.
    """
    folders = [
        (path, kind)
        for stage in STAGES
        for path in (results / stage).glob("*")
        if path.is_dir() and not path.is_symlink()
        for kind in [_kind(stage, path)]
    ]
    folders += [(path, "shards") for path in (results / ".shards").glob("*/*/of-*")]
    found = []
    for path, kind in sorted(folders):
        name = path.relative_to(results).as_posix()
        marker = {"release": "manifest.json", "version": "provenance.json"}.get(kind)
        found.append(
            Found(
                path=name,
                kind=kind,
                size=sum(file.stat().st_size for file in path.rglob("*") if file.is_file()),
                finished=kind == "shards" or (marker is not None and (path / marker).is_file()),
                needed_by=tuple(who for need in needs for who in need.get(name, ())),
            )
        )
    return found


def needs_of_configs(plans: Mapping[str, Plan]) -> Need:
    """Give what each config means: its version folders, their shards and the release that it published."""
    needs: Need = {}
    for who, plan in plans.items():
        results = Path(plan.results)
        paths = [plan.folder(name) for name in ARTIFACTS if plan.means(name) and name != "release"]
        paths += [plan.shards(name, count) for name, count in shard_count(plan).items() if plan.means(name)]
        if (receipt := _receipt(Path(plan.receipt))) is not None:
            paths.append(str(results / "release" / receipt))
        for path in paths:
            needs.setdefault(Path(path).relative_to(results).as_posix(), []).append(who)
    return needs


def needs_of_releases(results: Path) -> Need:
    """Give what each release was made from, by the versions that its provenance names."""
    stage_of = {artifact.rule: artifact.stage for artifact in ARTIFACTS.values()}
    needs: Need = {}
    for release in sorted((results / "release").glob("*")):
        if release.is_symlink():
            target = f"release/{Path(release.readlink()).name}"
            needs.setdefault(target, []).append(f"the link {release.name}")
            continue
        for file in sorted(release.glob("provenance/*.json")):
            try:
                document = read_json(file, largest=LARGEST_DOCUMENT)
                path = f"{stage_of[document['rule']]}/{document['version']}"
            except (OSError, ValueError, KeyError, TypeError):
                continue
            needs.setdefault(path, []).append(f"release {release.name}")
    return needs


def _kind(stage: str, path: Path) -> str:
    """Tell what a folder of a stage is."""
    if path.name.startswith("."):
        return "partial"
    return "release" if stage == "release" else "version"


def _receipt(path: Path) -> str | None:
    """Read the name of the release that a config published."""
    try:
        return str(read_json(path)["release"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
