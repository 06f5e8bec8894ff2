"""What a build has to know of the results before it starts: which of them must not be believed.

Snakemake compares what it remembers of its own jobs, and believes any output that it does not remember. So
the results are judged by their own provenance, and what is stale is forced, whatever Snakemake remembers.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from facebank.artifacts.atomic import write_json
from facebank.artifacts.provenance import built_by, other_versions
from facebank.artifacts.shards import ShardRecord, read_shard_record
from facebank.config.sections import MOST_SHARDS
from facebank.errors import DataError
from facebank.plan.registry import ARTIFACTS
from facebank.plan.scattering import SHARDED
from facebank.plan.settings import setting
from facebank.reading.json_documents import read_json
from facebank.reading.limits import LARGEST_DOCUMENT
from facebank.release.layout import LATEST
from facebank.runtime.sessions import provider_class
from facebank.versions.freshness import judge
from facebank.versions.wording import explain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from facebank.plan.plan import Plan
    from facebank.versions.freshness import Verdict

__all__ = ["Survey", "load_survey", "save_survey", "settle_times", "shard_count", "survey"]


@dataclass(frozen=True, slots=True)
class Survey:
    """What the rules need of the user's files and of the results.

    Attributes
    ----------
    contents : mapping
        Artifact -> digest of the user's files that it reads.
    shards : mapping
        Artifact that is collected from shards -> digest of the files of each shard.
    stale : frozenset of str
        Finished files that must not be believed.
    remarks : tuple of str
        A sentence for each stage that is built anew, or was built by other packages.
    """

    contents: Mapping[str, str]
    shards: Mapping[str, tuple[str, ...]]
    stale: frozenset[str] = frozenset()
    remarks: tuple[str, ...] = ()

    @property
    def shard_counts(self) -> dict[str, int]:
        """Number of shards of each artifact that has any."""
        return {name: len(digests) for name, digests in self.shards.items()}


def survey(plan: Plan, *, installed: Mapping[str, str] | None = None) -> Survey:
    """Survey the results of a config. Nothing is written but file times, see `settle_times`.

    Parameters
    ----------
    plan : Plan
        What the config means.
    installed : mapping, optional
        Package -> version of what the stages will run on; None where that is not known here.
    """
    contents = plan.contents_of_artifacts()
    policy = plan.config.staleness.runtime
    runtime = (installed or {}) if policy == "rebuild" else {}
    verdicts = judge(plan, contents, runtime)
    counts = shard_count(plan, verdicts)
    user_files = {"shards.photos": plan.files.photos, "shards.sources": plan.files.sources}
    cuts = {(SHARDED[name].number, count) for name, count in counts.items()}
    # Detections and audit are cut alike, and there may be many files.
    digests_of = {(key, count): user_files[key].shards(count) for key, count in cuts}
    shards = {name: digests_of[SHARDED[name].number, count] for name, count in counts.items()}
    settle_times(plan, verdicts, counts)
    stale = {str(verdict.marker) for verdict in verdicts.values() if verdict.stale}
    mixed: list[str] = []
    for name, digests in shards.items():
        # The shards of a fresh artifact are not needed: what they say is merged.
        if name in verdicts and not verdicts[name].fresh:
            read = plan.upstream(name) if SHARDED[name].reads_upstream else ()
            inputs = [verdicts[other].document.get("", "") for other in read]
            made = dict(_made_shards(plan, name, digests, inputs))
            stale |= {path for path, by in made.items() if by is None or other_versions(by, runtime)}
            if policy == "warn":
                kept = [by for by in made.values() if by is not None]
                mixed += _shard_remarks(name, kept, len(digests), installed or {})
    # What only follows from another is not said.
    remarks = [
        explain(verdict)
        for verdict in verdicts.values()
        if verdict.stale
        and any(
            reason.kind != "upstream" or any(verdicts[name].fresh for name in reason.what)
            for reason in verdict.reasons
        )
    ]
    if astray := _astray(verdicts):
        stale.add(plan.receipt)
        remarks.append(astray)
    if policy == "warn":
        remarks += [*_runtime_remarks(verdicts, installed or {}), *mixed]
    return Survey(contents, shards, frozenset(stale), tuple(remarks))


def _astray(verdicts: Mapping[str, Verdict]) -> str:
    """Say that the link to the latest release leads to another one than this config's; "" where it does not.

    What was built for another config meanwhile would be trained with in its place. To publish is cheap.
    """
    verdict = verdicts.get("release")
    if verdict is None or not verdict.fresh:
        return ""
    link = verdict.marker.parents[1] / "release" / LATEST
    if not link.is_symlink() or link.readlink().name == verdict.document["release"]:
        return ""
    return f"{link} leads to {link.readlink()}; this config's release is {verdict.document['release']}."


def shard_count(plan: Plan, verdicts: Mapping[str, Verdict] | None = None) -> dict[str, int]:
    """Give the number of shards of each artifact that has any: a finished build's own, else the config's.

    A finished build keeps its number, so that a new one in the config costs nothing. One that no config could
    have had is damaged, and counts for none.

    Parameters
    ----------
    plan : Plan
        What the config means.
    verdicts : mapping, optional
        Artifact -> verdict; a build that is not fresh takes the config's number. None: all count as fresh.
    """
    counts = {}
    for name, scatter in SHARDED.items():
        counts[name] = int(setting(plan.config, scatter.number))
        if verdicts is None or (name in verdicts and verdicts[name].fresh):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                run = read_json(Path(plan.folder(name)) / "run.json", largest=LARGEST_DOCUMENT)
                if run["shards"] in range(1, MOST_SHARDS + 1):
                    counts[name] = int(run["shards"])
    return counts


def settle_times(plan: Plan, verdicts: Mapping[str, Verdict], shards: Mapping[str, int]) -> None:
    """Give all fresh files one time where their times are out of order, as after a copy without times.

    A file that is older than what it was made from looks stale to Snakemake. Fresh ones were made from
    exactly what is there, so no time is needed to tell.
    """
    fresh = {name: _timed_files(plan, verdict) for name, verdict in verdicts.items() if verdict.fresh}
    made_from = {name: [file for other in plan.upstream(name) for file in fresh[other]] for name in fresh}
    for name in SHARDED.keys() & fresh.keys():
        parts = [*Path(plan.shards(name, shards[name])).glob("*")]
        if SHARDED[name].reads_upstream and parts:
            timed = [*parts, *_benchmarks(plan, name, shards[name])]
            fresh[f"{name}_shards"], made_from[f"{name}_shards"] = timed, made_from[name]
        made_from[name] = [*made_from[name], *parts, *fresh.get("models", ())]
    if all(
        min(map(_time, files)) >= max(map(_time, made_from[name]), default=0) for name, files in fresh.items()
    ):
        return
    now = time.time_ns()
    for path in {file for files in fresh.values() for file in files}:
        # Where the results are another user's, their times stay and more is built than must be.
        with contextlib.suppress(OSError):
            os.utime(path, ns=(now, now))


def _benchmarks(plan: Plan, name: str, count: int) -> list[Path]:
    """List the benchmarks of shards, as far as they are there: to Snakemake, they are outputs."""
    folder = Path(plan.results) / ".logs" / "benchmarks" / SHARDED[name].rule
    return [path for shard in range(count) if (path := folder / f"{shard}.tsv").is_file()]


def _timed_files(plan: Plan, verdict: Verdict) -> list[Path]:
    """List the files whose times count for an artifact: to Snakemake, its rule's benchmark is an output."""
    benchmark = Path(plan.results) / ".logs" / "benchmarks" / f"{ARTIFACTS[verdict.name].rule}.tsv"
    return [*verdict.files(), *([benchmark] if benchmark.is_file() else [])]


def save_survey(path: Path, found: Survey) -> None:
    """Keep a survey for jobs that run elsewhere: they do not read the user's files again."""
    shards = {name: list(digests) for name, digests in found.shards.items()}
    write_json(path, {"contents": dict(found.contents), "shards": shards})


def load_survey(path: Path) -> Survey:
    """Read what `save_survey` kept.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    try:
        document = read_json(path, largest=LARGEST_DOCUMENT)
        return Survey(
            document["contents"], {name: tuple(digests) for name, digests in document["shards"].items()}
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            "A job cannot read what its build found",
            file=path,
            found=str(error),
            remedy="Start the build without --no-hooks, with results that all hosts see.",
        ) from error


def _made_shards(
    plan: Plan, name: str, digests: tuple[str, ...], inputs: Sequence[str]
) -> Iterator[tuple[str, Mapping[str, str] | None]]:
    """Give each shard file that is there, with the versions of the packages that made it.

    None where other code or another provider made it, or made it from other files.
    """
    folder = Path(plan.shards(name, len(digests)))
    present = ShardRecord.of(SHARDED[name].rule, "", provider_class(plan.config.device), inputs)
    for shard, contents in enumerate(digests):
        path = folder / f"{shard}.parquet"
        if not path.is_file():
            continue
        made = read_shard_record(path)
        if made is None or made != replace(present, contents=contents, versions=made.versions):
            yield str(path), None
        else:
            yield str(path), made.versions


def _shard_remarks(
    name: str, kept: Sequence[Mapping[str, str]], count: int, installed: Mapping[str, str]
) -> list[str]:
    """Say how many shards of an artifact are kept though other packages made them."""
    changes = Counter(
        f"{package} {versions[package]}, now {installed[package]}"
        for versions in kept
        for package in other_versions(versions, installed)
    )
    return [
        f"{made} of {count} shards of {name} were made by {change}. They are kept, beside what is made now;"
        " staleness.runtime: rebuild makes them anew."
        for change, made in sorted(changes.items())
    ]


def _runtime_remarks(verdicts: Mapping[str, Verdict], installed: Mapping[str, str]) -> list[str]:
    """Say once which packages have other versions than those that fresh stages were built by."""
    found: dict[str, list[str]] = {}
    for verdict in verdicts.values():
        if verdict.fresh:
            versions = built_by(verdict.document)
            for package in other_versions(versions, installed):
                change = f"{package} {versions[package]}, now {installed[package]}"
                found.setdefault(change, []).append(verdict.name)
    return [
        f"Built by {change}: {', '.join(names)}. They are kept; staleness.runtime: rebuild builds them anew."
        for change, names in found.items()
    ]


def _time(path: Path) -> int:
    """Give a file's modification time in ns; 0 where there is no such file."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
