"""One side of a comparison: a release, or one version folder, read alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from facebank.artifacts.provenance import read_provenance
from facebank.errors import DataError
from facebank.plan.registry import ARTIFACTS
from facebank.reading.json_documents import read_object
from facebank.release.layout import place_of
from facebank.release.manifest import MANIFEST, read_manifest

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Side", "open_side"]

_REMEDY = "Check the release with `facebank verify`, or rebuild the stage that makes it."
_ARTIFACT_OF = {artifact.rule: artifact.name.replace("/", "_") for artifact in ARTIFACTS.values()}


@dataclass(frozen=True, slots=True)
class Side:
    """What is compared.

    Attributes
    ----------
    name : str
        A release's id, or a version folder's name.
    folder : Path
        Where it stands.
    provenance : dict
        Artifact, as ``gold_labels`` -> its provenance.
    release : bool
        Whether it is a release.
    """

    name: str
    folder: Path
    provenance: dict[str, dict[str, Any]]
    release: bool

    def file(self, artifact: str, name: str) -> Path | None:
        """Find a file of an artifact; None where this side does not hold it."""
        if artifact not in self.provenance:
            return None
        place = place_of(artifact, name) if self.release else name
        path = None if place is None else self.folder / place
        return path if path is not None and path.is_file() else None

    def rows(self, artifact: str, name: str, *columns: str) -> list[dict[str, Any]] | None:
        """Read some columns of a table of an artifact; None where this side does not hold it."""
        path = self.file(artifact, name)
        if path is None:
            return None
        rows: list[dict[str, Any]] = pq.read_table(path, columns=list(columns)).to_pylist()
        return rows

    def document(self, artifact: str, name: str) -> dict[str, Any]:
        """Read a JSON object of an artifact; empty where this side does not hold it."""
        path = self.file(artifact, name)
        return {} if path is None else read_object(path, remedy=_REMEDY)

    def embedding_models(self) -> list[Any] | None:
        """Give the models of the embeddings behind this side; None where that is not known.

        A gallery's folder names the version of the embeddings that it read, which stands beside it.
        """
        if "embeddings" in self.provenance:
            return list(self.provenance["embeddings"]["models"])
        read = self.provenance.get("gallery", {}).get("inputs", {}).get("embeddings", {}).get("name")
        folder = self.folder.parent.parent / "embeddings" / str(read)
        return list(read_provenance(folder)["models"]) if (folder / "provenance.json").is_file() else None


def open_side(folder: Path) -> Side:
    """Open a release or a version folder.

    Raises
    ------
    DataError
        If it is neither, or comes from a newer facebank.
    """
    if (folder / MANIFEST).is_file():
        manifest = read_manifest(folder)
        provenance = {
            file.stem: read_object(file, remedy=_REMEDY)
            for file in sorted((folder / "provenance").glob("*.json"))
        }
        return Side(manifest.id, folder, provenance, release=True)
    if not (folder / "provenance.json").is_file():
        raise DataError(
            "There is nothing to compare",
            file=folder,
            expected="a release or a finished version folder",
            remedy="`facebank versions` lists them.",
        )
    document = read_provenance(folder)
    artifact = _ARTIFACT_OF.get(document["rule"], document["rule"])
    return Side(folder.name, folder, {artifact: document}, release=False)
