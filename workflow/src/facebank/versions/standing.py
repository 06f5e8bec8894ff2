"""How an artifact stands now: fresh, stale, missing or being built, and how long that took last."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from facebank.artifacts.lock import lock_holder
from facebank.plan.registry import ARTIFACTS
from facebank.plan.scattering import SHARDED
from facebank.reading.json_documents import read_json
from facebank.reading.limits import LARGEST_DOCUMENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facebank.plan.plan import Plan
    from facebank.versions.freshness import Reason, Verdict

__all__ = ["Build", "Standing", "build_at_work", "standing_of"]

State = Literal["fresh", "stale", "running", "missing"]


@dataclass(frozen=True, slots=True)
class Build:
    """A build that is at work.

    Attributes
    ----------
    holder : str
        Which process, where.
    since : float
        When it began, in seconds as file times are.
    """

    holder: str
    since: float


@dataclass(frozen=True, slots=True)
class Standing:
    """How an artifact stands.

    Attributes
    ----------
    artifact : str
        Its name.
    state : {"fresh", "stale", "running", "missing"}
        ``running``: a build is at work, began this artifact's rule, and has not ended it.
    reasons : tuple of Reason
        Why it is not fresh.
    folder : str
        Its version folder, or a release's receipt.
    seconds : float or None
        How long its last build took, shards one after the other; None where that is not known.
    """

    artifact: str
    state: State
    reasons: tuple[Reason, ...]
    folder: str
    seconds: float | None


def build_at_work(results: Path) -> Build | None:
    """Give the build that writes some results now, if there is one."""
    lock = results / ".logs" / "build.lock"
    holder = lock_holder(lock)
    return None if holder is None else Build(holder, lock.stat().st_mtime)


def standing_of(plan: Plan, verdict: Verdict, build: Build | None) -> Standing:
    """Say how an artifact stands.

    Parameters
    ----------
    plan : Plan
        What the config means.
    verdict : Verdict
        What was found of it.
    build : Build or None
        The build that is at work.
    """
    logs = Path(plan.results) / ".logs"
    state: State = "stale" if verdict.stale else "fresh" if verdict.fresh else "missing"
    if not verdict.fresh and build is not None and _began(logs, verdict.name, build.since):
        state = "running"
    return Standing(
        artifact=verdict.name,
        state=state,
        reasons=verdict.reasons,
        folder=str(verdict.marker if verdict.name == "release" else verdict.marker.parent),
        seconds=_seconds(logs, verdict),
    )


def _rules(name: str) -> Iterator[str]:
    """Give the rules that make an artifact."""
    if name in SHARDED:
        yield SHARDED[name].rule
    yield ARTIFACTS[name].rule


def _began(logs: Path, name: str, since: float) -> bool:
    """Tell whether a job of an artifact's rules opened its log since a time."""
    found = (path for rule in _rules(name) for path in (logs / f"{rule}.log", *(logs / rule).glob("*.log")))
    return any(path.is_file() and path.stat().st_mtime >= since for path in found)


def _seconds(logs: Path, verdict: Verdict) -> float | None:
    """Give how long the last build of an artifact took."""
    if not verdict.document:
        return None
    if verdict.name == "release":
        return _benchmark(logs / "benchmarks" / f"{ARTIFACTS[verdict.name].rule}.tsv")
    try:
        run = read_json(verdict.marker.parent / "run.json", largest=LARGEST_DOCUMENT)
        own = float(run["seconds"])
        shards = int(run.get("shards") or 0)
    except (OSError, OverflowError, ValueError, KeyError, TypeError):
        return None
    # Shards of another build may lie beside those that were gathered, and a damaged number has no end.
    scatter = SHARDED.get(verdict.name)
    there = [] if scatter is None else (logs / "benchmarks" / scatter.rule).glob("*.tsv")
    took = [_benchmark(path) for path in sorted(there) if path.stem.isdecimal() and int(path.stem) < shards]
    return own + sum(seconds for seconds in took if seconds is not None)


def _benchmark(path: Path) -> float | None:
    """Read the seconds of a job's benchmark."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return float(next(csv.DictReader(file, delimiter="\t"))["s"])
    except (OSError, ValueError, KeyError, StopIteration):
        return None
