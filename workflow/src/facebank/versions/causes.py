"""Why an artifact is stale or not built, down to the file, key or module that changed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facebank.artifacts.tables import read_parquet, read_tsv
from facebank.errors import DataError
from facebank.plan.registry import ARTIFACTS
from facebank.reading.json_documents import read_json
from facebank.reading.limits import LARGEST_DOCUMENT
from facebank.versions.wording import explain, listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facebank.plan.plan import Plan
    from facebank.versions.freshness import Verdict

__all__ = ["causes"]

#: Artifact -> its table of the user's files, and the columns of path and digest.
_LISTED = {
    "inventory/photos": ("photos.parquet", "photo", "sha256"),
    "inventory/sources": ("variants.parquet", "video", "sha256"),
}


def causes(plan: Plan, verdicts: Mapping[str, Verdict], name: str) -> list[str]:
    """Explain an artifact's state in sentences: its own first, then what its upstream adds.

    Parameters
    ----------
    plan : Plan
        What the config means.
    verdicts : mapping
        What `facebank.versions.freshness.judge` found.
    name : str
        The artifact.

    Returns
    -------
    list of str
        Sentences; each artifact is said once, what follows from another only where it was asked for.
    """
    sentences = [explain(verdicts[name])]
    for cause in _roots(plan, verdicts, name):
        verdict = verdicts[cause]
        kinds = {reason.kind for reason in verdict.reasons}
        differs = ""
        if "missing" in kinds:
            nearest = _nearest(plan, cause)
            if not (nearest and nearest.changed) and any(not verdicts[x].fresh for x in plan.upstream(cause)):
                # It is called after what it reads, and that will have another name.
                continue
            differs = nearest.sentence if nearest else ""
        if cause != name:
            sentences.append(explain(verdict))
        if "contents" in kinds and cause in _LISTED:
            sentences.append(_changed_files(plan, verdict))
        sentences.append(differs)
    return [sentence for sentence in sentences if sentence]


def _roots(plan: Plan, verdicts: Mapping[str, Verdict], name: str) -> list[str]:
    """List the artifacts from which a state follows: those that are at fault by themselves."""
    found: dict[str, None] = {}

    def visit(artifact: str) -> None:
        verdict = verdicts[artifact]
        for other in plan.upstream(artifact):
            if not verdicts[other].fresh:
                visit(other)
        kinds = {reason.kind for reason in verdict.reasons}
        blamed = [other for reason in verdict.reasons if reason.kind == "upstream" for other in reason.what]
        if kinds - {"upstream"} or any(verdicts[other].fresh for other in blamed):
            found.setdefault(artifact)

    visit(name)
    return list(found)


def _changed_files(plan: Plan, verdict: Verdict) -> str:
    """Name the user's files that changed since an inventory was made."""
    table, path_column, digest_column = _LISTED[verdict.name]
    after = plan.files.photos.files if verdict.name == "inventory/photos" else plan.files.sources.files
    folder = verdict.marker.parent
    try:
        rows = read_parquet(folder / table, columns=[path_column, digest_column]).to_pylist()
    except DataError:
        return ""
    before = {row[path_column]: row[digest_column] for row in rows}
    for name in ("rejected.tsv", "ignored.tsv"):
        before |= {row["file"]: row["sha256"] for row in read_tsv(folder / name)}
    changed = {
        "changed": [file for file in before.keys() & after.keys() if before[file] not in ("", after[file])],
        "gone": list(before.keys() - after.keys()),
    }
    if verdict.name == "inventory/photos":
        # Of sources, files beside a video are read too, and are in no table.
        changed["new"] = list(after.keys() - before.keys())
    said = [f"{word}: {listed(sorted(names))}" for word, names in changed.items() if names]
    if said:
        return f"Files {'; '.join(said)}."
    return "No listed file has other bytes: a file beside them changed, or why one of them is not used."


@dataclass(frozen=True, slots=True)
class _Nearest:
    """A folder that was built for another config, and the keys that were others."""

    folder: str
    changed: tuple[str, ...]

    @property
    def sentence(self) -> str:
        differs = "; ".join(self.changed) or "a root, the model pack or an upstream version"
        return f"The folder most like it, {self.folder}, differs in: {differs}."


def _nearest(plan: Plan, name: str) -> _Nearest | None:
    """Compare what the config means with the most alike folder of the same rule: which key is another."""
    keys = {argument: key for key, argument in plan.argument_names(name).items()}
    wanted = plan.values(ARTIFACTS[name].settings)
    found: list[_Nearest] = []
    for marker in sorted((Path(plan.results) / ARTIFACTS[name].stage).glob("*/provenance.json")):
        try:
            document: dict[str, Any] = read_json(marker, largest=LARGEST_DOCUMENT)
            if document["rule"] != ARTIFACTS[name].rule:
                continue
            built = document["parameters"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        changed = tuple(
            f"{key} was {json.dumps(built[argument])} and is {json.dumps(wanted[key])}"
            for argument, key in sorted(keys.items())
            if argument in built and _plain(built[argument]) != _plain(wanted[key])
        )
        found.append(_Nearest(marker.parent.name, changed))
    return min(found, key=lambda each: len(each.changed), default=None)


def _plain(value: Any) -> str:
    """Give a value as JSON in which the order of a list does not count."""
    return json.dumps(sorted(map(str, value)) if isinstance(value, list) else value, sort_keys=True)
