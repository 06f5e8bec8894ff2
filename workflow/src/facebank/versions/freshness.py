"""Judging whether a version folder is what the present code, config and files would make.

Each folder's provenance.json is held against the present: the digest of the code, of the user's files that
were read, of every folder that was read, and the files that were written. Nothing is hashed here but the
small provenance files themselves, and nothing depends on file times or on what a workflow engine remembers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from facebank.artifacts.code import stage_digest, stage_modules
from facebank.artifacts.digests import sha256_bytes
from facebank.artifacts.provenance import built_by, other_versions
from facebank.plan.registry import ARTIFACTS
from facebank.plan.settings import setting
from facebank.reading.json_documents import json_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facebank.plan.plan import Plan

__all__ = ["Kind", "Reason", "Verdict", "judge", "upstream_first"]

Kind = Literal["missing", "unreadable", "code", "contents", "models", "upstream", "output", "runtime"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that differs.

    Attributes
    ----------
    kind : str
        ``missing``: never built; ``unreadable``: no provenance to be compared; ``code``: modules differ;
        ``contents``: files of the user differ; ``models``: the pack says something else of model files;
        ``upstream``: what it read was built anew, or has to be; ``output``: files that it wrote are gone or
        cut; ``runtime``: packages have other versions.
    what : tuple of str
        The modules, config keys, model files, artifacts, files or packages at fault, sorted.
    """

    kind: Kind
    what: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one artifact that the config means.

    Attributes
    ----------
    name : str
        The artifact.
    marker : Path
        The file that says that it is finished: provenance.json, for a release its receipt.
    reasons : tuple of Reason
        Why it has to be built; empty where it is fresh.
    document : mapping
        What the marker says; empty where there is none.
    """

    name: str
    marker: Path
    reasons: tuple[Reason, ...]
    document: Mapping[str, Any]

    @property
    def fresh(self) -> bool:
        """Whether it is what the present config, code and files would make."""
        return not self.reasons

    @property
    def stale(self) -> bool:
        """Whether it is there, and must not be believed."""
        return bool(self.reasons) and self.reasons[0].kind != "missing"

    def files(self) -> list[Path]:
        """List the files that the build wrote, its marker last."""
        return [*(self.marker.parent / name for name in self.document.get("outputs", ())), self.marker]


def judge(
    plan: Plan, contents: Mapping[str, str], runtime: Mapping[str, str] | None = None
) -> dict[str, Verdict]:
    """Judge every artifact that a config means.

    Parameters
    ----------
    plan : Plan
        What the config means.
    contents : mapping
        Artifact -> digest of the user's files that it reads, as `Plan.contents_of_artifacts` gives them.
    runtime : mapping, optional
        Package -> version, where another version makes an artifact stale.

    Returns
    -------
    dict
        Artifact -> verdict, upstream first. An artifact whose upstream is not fresh is not fresh either.
    """
    verdicts: dict[str, Verdict] = {}
    for name in upstream_first(plan):
        verdicts[name] = _judge_one(plan, name, verdicts, contents.get(name, ""), runtime)
    return verdicts


def upstream_first(plan: Plan) -> list[str]:
    """List the artifacts that a config means so that each comes after all that it reads."""
    ordered: dict[str, None] = {}

    def visit(name: str) -> None:
        for other in plan.upstream(name):
            visit(other)
        ordered.setdefault(name)

    for name in ARTIFACTS:
        if plan.means(name):
            visit(name)
    return list(ordered)


def _judge_one(
    plan: Plan,
    name: str,
    verdicts: Mapping[str, Verdict],
    contents: str,
    runtime: Mapping[str, str] | None,
) -> Verdict:
    """Judge an artifact whose upstream was judged."""
    marker = Path(plan.receipt) if name == "release" else Path(plan.folder(name)) / "provenance.json"
    document = _read(marker)
    if document is None:
        return Verdict(name, marker, (Reason("missing"),), {})
    rule = ARTIFACTS[name].rule
    try:
        versions = built_by(document)
        changed = {
            "code": [] if document["code"] == stage_digest(rule) else _changed_modules(document, rule),
            "contents": []
            if (document.get("contents") or "") == contents
            else _read_keys(plan, name, verdicts),
            "models": _other_models(plan, name, document),
            "upstream": _changed_upstream(document, [verdicts[other] for other in plan.upstream(name)]),
            "output": _missing_outputs(plan, name, document, marker),
            "runtime": other_versions(versions, runtime or {}),
        }
    except (KeyError, TypeError, AttributeError):
        return Verdict(name, marker, (Reason("unreadable", (str(marker),)),), {})
    reasons = tuple(Reason(kind, tuple(what)) for kind, what in changed.items() if what)  # type: ignore[arg-type]
    return Verdict(name, marker, reasons, document)


def _read(marker: Path) -> dict[str, Any] | None:
    """Read a marker, with its own digest under ``""``; one that cannot be read is an empty document."""
    try:
        data = marker.read_bytes()
    except OSError:
        return None
    try:
        return {**json_value(data), "": sha256_bytes(data)}
    except (ValueError, TypeError):
        return {}


def _changed_modules(document: Mapping[str, Any], rule: str) -> list[str]:
    """List the modules that are new, gone or edited since the build."""
    edited = set(document["modules"].items()) ^ set(stage_modules(rule).items())
    return sorted({module for module, _ in edited})


def _read_keys(plan: Plan, name: str, verdicts: Mapping[str, Verdict]) -> list[str]:
    """List the config keys of the user's files that an artifact reads, where they are not as it read them."""
    if name == "release":
        # It reads none of the user's, and says what it was built by.
        return ["Snakefile", "requirements"]
    if "sources.merged" in ARTIFACTS[name].roots and plan.config.sources.merged is not None:
        # One digest stands for the sources and for what they were merged into; the inventory knows its own.
        sources = verdicts["inventory/sources"]
        if sources.document and not any(reason.kind == "contents" for reason in sources.reasons):
            return ["sources.merged"]
    return [key for key in ARTIFACTS[name].reads if setting(plan.config, key)][:1] or ["none"]


def _other_models(plan: Plan, name: str, document: Mapping[str, Any]) -> list[str]:
    """List the model files of which the pack does not say what the build noted, as their licence.

    Their digests are part of the version. What else is said of them is checked by a stage of its own, whose
    folder may be fresh again before those that repeat it are.
    """
    if not plan.uses_models(name):
        return []
    said = plan.pack.described()
    return sorted({model["name"] for model in document["models"] if model not in said})


def _changed_upstream(document: Mapping[str, Any], upstream: list[Verdict]) -> list[str]:
    """List the artifacts that have to be built, or whose bytes are others than those that were read.

    A folder was read as a whole, and is known by its provenance.json, or it is known by the files of it that
    were read: what they do not hold may change unseen.
    """
    read = {item["sha256"]: item["name"] for item in document["inputs"].values()}
    names = set(read.values())
    changed = []
    for verdict in upstream:
        outputs = verdict.document.get("outputs", {})
        held = {verdict.document.get(""), *(item["sha256"] for item in outputs.values())}
        other = names & {Path(name).name for name in outputs} - {
            read[digest] for digest in held & read.keys()
        }
        if not verdict.fresh or not held & read.keys() or other:
            changed.append(verdict.name)
    return sorted(changed)


def _missing_outputs(plan: Plan, name: str, document: Mapping[str, Any], marker: Path) -> list[str]:
    """List the files that are gone or have another size than when they were written."""
    if name == "release":
        manifest = Path(plan.results) / "release" / str(document["release"]) / "manifest.json"
        return [str(manifest)] if _size(manifest) is None else []
    return [
        output
        for output, written in document["outputs"].items()
        if _size(marker.parent / output) != written["bytes"]
    ]


def _size(path: Path) -> int | None:
    """Give a file's size in bytes, or None where there is no such file, or can be none of such a name."""
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return None
