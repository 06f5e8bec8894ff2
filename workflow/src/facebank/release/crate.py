"""The release as an RO-Crate: machine-readable facts of what it holds and of the run that made it.

It is a Workflow Run Crate 0.5, and so a Process Run Crate and a Workflow RO-Crate 1.0, on RO-Crate 1.1, the
version that these profiles stand on. Every id in it is a path in the release or the digest of what it names,
and every date is the release's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rocrate.model import ContextEntity
from rocrate.rocrate import ROCrate

from facebank import __version__
from facebank.artifacts.atomic import write_json
from facebank.artifacts.digests import sha256_bytes, sha256_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["CRATE", "WORKFLOW", "write_crate"]

CRATE = "ro-crate-metadata.json"
#: Where the workflow stands in a release.
WORKFLOW = "workflow/Snakefile"

_VERSION = "1.1"
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
#: Folders that are described as a whole: they may have a file for each of 100,000 photos.
_WHOLE = {
    "photos": "The photos that the gallery is made of",
    "arcface_embeddings": "One unit embedding a photo",
    "face_labels": "The labels of every frame of each source",
}
_FORMATS = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".ndjson": "application/x-ndjson",
    ".parquet": "application/vnd.apache.parquet",
    ".svg": "image/svg+xml",
    ".tsv": "text/tab-separated-values",
}
_UNNAMED_FORMAT = "application/octet-stream"
_DESCRIPTION = "Identity supervision: who is where in each frame, and what vector stands for that person."
_LICENCES = "https://spdx.org/licenses/"


def write_crate(
    release: Path, *, title: str, date: str, licence: str, models: Sequence[Mapping[str, str]]
) -> None:
    """Describe the files of a release, the workflow, and the run of it that made them.

    Parameters
    ----------
    release : Path
        The release, all of whose files but the manifest stand; the workflow is among them, as `WORKFLOW`.
    title : str
        What the data set is called.
    date : str
        The release's date, YYYY-MM-DD.
    licence : str
        Licence of the data.
    models : sequence of mappings
        Name, SHA-256 and licence of the model files: what the run read beside the user's own files.
    """
    crate = ROCrate(version=_VERSION)
    crate.name = title
    crate.description = _DESCRIPTION
    crate.datePublished = date
    crate.license = _entity(crate, f"#licence-{sha256_bytes(licence.encode())}", "CreativeWork", name=licence)
    for identifier, (name, version) in _PROFILES.items():
        profile = _entity(crate, identifier, "CreativeWork", name=name, version=version)
        crate.root_dataset.append_to("conformsTo", profile)
    workflow = crate.add_workflow(
        dest_path=WORKFLOW,
        main=True,
        lang="snakemake",
        properties={
            "name": "facebank",
            "version": __version__,
            "license": {"@id": f"{_LICENCES}MIT"},
            "encodingFormat": "text/plain",
            **_digest(release / WORKFLOW),
        },
    )
    read = [
        _entity(
            crate, f"#sha256-{model['sha256']}", "CreativeWork", name=model["name"], license=model["licence"]
        )
        for model in models
    ]
    run = crate.add_action(
        workflow,
        identifier="#build",
        object=read,
        result=_parts(crate, release),
        properties={
            "name": "The build of this release",
            "description": "What each stage was told and read stands under provenance/.",
            "endTime": date,
        },
    )
    crate.root_dataset.append_to("mentions", run)
    write_json(release / CRATE, crate.metadata.generate())


def _parts(crate: ROCrate, release: Path) -> list[Any]:
    """Add the folders that are described whole, and every file outside of them, sorted by path."""
    names = sorted(path.relative_to(release).as_posix() for path in release.rglob("*") if path.is_file())
    folders = [name for name in _WHOLE if (release / name).is_dir()]
    parts = [
        crate.add_dataset(dest_path=f"{name}/", properties={"name": name, "description": _WHOLE[name]})
        for name in folders
    ]
    for name in names:
        if name.partition("/")[0] in folders or name in (WORKFLOW, CRATE):
            continue
        path = release / name
        described: dict[str, Any] = {
            "name": name,
            "encodingFormat": _FORMATS.get(path.suffix, _UNNAMED_FORMAT),
            **_digest(path),
        }
        if name == "README.md":
            described["about"] = {"@id": "./"}
        parts.append(crate.add_file(dest_path=name, properties=described))
    return parts


def _entity(crate: ROCrate, identifier: str, kind: str, **properties: str) -> Any:
    """Add something that is no file of the release."""
    return crate.add(ContextEntity(crate, identifier, properties={"@type": kind, **properties}))


def _digest(path: Path) -> dict[str, str]:
    """Give a file's size and SHA-256."""
    return {"contentSize": str(path.stat().st_size), "sha256": sha256_file(path)}
