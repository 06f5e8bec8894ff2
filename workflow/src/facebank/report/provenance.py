"""Where a build comes from: version folders, code, models, packages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from facebank.artifacts.code import stage_digest
from facebank.artifacts.digests import sha256_file
from facebank.artifacts.provenance import read_provenance
from facebank.report.folders import document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from facebank.report.folders import Folders

__all__ = ["Origin", "model_files", "origins", "packages"]

_SHORT = 12


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one version folder comes from.

    Attributes
    ----------
    stage : str
        Name of the folder, as in `Folders`.
    version : str
        Name on disk.
    code : str
        Head of the code digest.
    provider : str
        ``cpu``, ``cuda``, or empty where no model ran.
    parameters : str
        What the rule was told, as compact JSON without the braces.
    files : int
        Number of its files.
    stale : tuple of str
        Why it would be built anew: the present code, or the folders beside it, are not what it was made of.
    """

    stage: str
    version: str
    code: str
    provider: str
    parameters: str
    files: int
    stale: tuple[str, ...]


def origins(folders: Folders) -> list[Origin]:
    """Describe every version folder.

    Raises
    ------
    DataError
        If one is unfinished or of a newer format.
    """
    present = folders.present()
    documents = {stage: read_provenance(folder) for stage, folder in present.items()}
    held = {
        stage: {
            sha256_file(present[stage] / "provenance.json"),
            *(it["sha256"] for it in made["outputs"].values()),
        }
        for stage, made in documents.items()
    }
    found = []
    for stage, made in documents.items():
        found.append(
            Origin(
                stage=stage,
                version=made["version"],
                code=made["code"][:_SHORT],
                provider=made["provider"] or "",
                parameters=_words(made["parameters"]),
                files=len(made["outputs"]),
                stale=tuple(_stale(made, documents, held)),
            )
        )
    return found


def _stale(
    made: Mapping[str, Any], documents: Mapping[str, dict[str, Any]], held: Mapping[str, set[str]]
) -> Iterator[str]:
    """Say why a folder is not what the present code makes of the folders beside it.

    Parameters
    ----------
    made : mapping
        Its provenance.
    documents : mapping
        Stage -> provenance, of every folder.
    held : mapping
        Stage -> digests of the files of its folder.
    """
    if made["code"] != stage_digest(made["rule"]):
        yield "made by other code than the present"
    for role, read in made["inputs"].items():
        makers = [
            stage
            for stage, other in documents.items()
            if role == stage
            or read["name"] == other["version"]
            or read["name"] in {PurePath(output).name for output in other["outputs"]}
        ]
        if makers and not any(read["sha256"] in held[stage] for stage in makers):
            yield f"read another {' or '.join(makers)}"


def model_files(folders: Folders) -> list[dict[str, str]]:
    """List the model files that any stage used, once each, sorted by name.

    Returns
    -------
    list of dict
        name, sha256, licence, and permitted_use as the pack says it, or empty.
    """
    checked = document(folders.models, "models.json").get("files", [])
    permitted = {model["sha256"]: model["permitted_use"] for model in checked}
    found: dict[tuple[str, str], dict[str, str]] = {}
    for folder in folders.present().values():
        for model in read_provenance(folder)["models"]:
            use = permitted.get(model["sha256"], "")
            found[model["name"], model["sha256"]] = {**model, "permitted_use": use}
    return [found[key] for key in sorted(found)]


def packages(folders: Folders) -> dict[str, list[str]]:
    """Give the versions of each package that made a folder; more than one where stages were built apart."""
    found: dict[str, set[str]] = {}
    for folder in folders.present().values():
        provenance = read_provenance(folder)
        for name, version in (*provenance["runtime"].items(), *provenance["packages"].items()):
            found.setdefault(name, set()).add(version)
        for name, versions in provenance.get("shard_versions", {}).items():
            found.setdefault(name, set()).update(versions)
    return {name: sorted(found[name]) for name in sorted(found)}


def _words(parameters: Mapping[str, Any]) -> str:
    """Write parameters in one line; those that say nothing are left out."""
    said = {name: value for name, value in parameters.items() if value not in (None, "", [], {})}
    return ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in said.items())
