"""One side of a comparison: a release, a report's build, or one version folder, read alike."""

from __future__ import annotations

from dataclasses import dataclass, fields
from glob import escape
from typing import TYPE_CHECKING, Any

from facebank.artifacts.digests import digest_of, sha256_file
from facebank.artifacts.provenance import read_provenance
from facebank.errors import DataError
from facebank.plan.registry import ARTIFACTS
from facebank.reading.json_documents import read_object
from facebank.release.layout import LAYOUT, place_of
from facebank.release.manifest import MANIFEST, read_manifest
from facebank.report.folders import Folders, rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Side", "open_side", "open_sides"]

_REMEDY = "Check the release with `facebank verify`, or rebuild the stage that makes it."
_ARTIFACT_OF = {artifact.rule: artifact.name.replace("/", "_") for artifact in ARTIFACTS.values()}
#: The artifacts that have tables of their own.
_FOLDERS = frozenset(field.name for field in fields(Folders))
#: Artifact -> where its tables stand in a release.
_TABLES = {part.stage: part.target for part in LAYOUT}


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
        Artifact, as ``gold_labels`` -> its provenance, for all that is compared.
    folders : Folders
        Where the tables of these artifacts stand.
    context : Folders
        The same, with the folders that were read for a lone version folder and are still as they were then:
        they are not compared, and say which photo or video a row is about.
    release : bool
        Whether it is a release.
    """

    name: str
    folder: Path
    provenance: dict[str, dict[str, Any]]
    folders: Folders
    context: Folders
    release: bool

    def file(self, artifact: str, name: str) -> Path | None:
        """Find a file of an artifact; None where this side does not hold it."""
        if artifact not in self.provenance:
            return None
        if self.release:
            place = place_of(artifact, name)
            path = None if place is None else self.folder / place
        else:
            path = _place(self.folders, artifact, self.folder) / name
        return path if path is not None and path.is_file() else None

    def rows(self, artifact: str, name: str, *columns: str) -> list[dict[str, Any]] | None:
        """Read some columns of a table of an artifact; None where this side does not hold it."""
        path = self.file(artifact, name)
        return None if path is None else rows(path.parent, path.name, columns)

    def document(self, artifact: str, name: str) -> dict[str, Any]:
        """Read a JSON object of an artifact; empty where this side does not hold it."""
        path = self.file(artifact, name)
        return {} if path is None else read_object(path, remedy=_REMEDY)

    def embedding_models(self) -> list[Any] | None:
        """Give the digests of the models behind this side's embeddings; None where they are not known."""
        if "embeddings" in self.provenance:
            models = self.provenance["embeddings"]["models"]
        elif self.context.embeddings is not None:
            models = read_provenance(self.context.embeddings)["models"]
        else:
            return None
        # What else is said of them, as their licence, turns no centroid.
        return [model["sha256"] for model in models]


def open_sides(a: Path, b: Path) -> tuple[Side, Side]:
    """Open two sides that hold something of one kind, see `open_side`.

    Raises
    ------
    DataError
        If one cannot be opened, or nothing of what they hold is of one kind.
    """
    one, other = open_side(a), open_side(b)
    if not one.provenance.keys() & other.provenance.keys():
        raise DataError(
            "These are of different kinds",
            file=b,
            expected=f"a release, or {' or '.join(sorted(one.provenance))} as in {a}",
            found=" and ".join(sorted(other.provenance)),
            remedy="`facebank versions` lists version folders by kind.",
        )
    return one, other


def open_side(folder: Path) -> Side:
    """Open a release or a version folder; a report stands for all the folders that it shows.

    Raises
    ------
    DataError
        If it is neither, comes from a newer facebank, or is a report of folders that are gone or were
        built again with other files.
    """
    if (folder / MANIFEST).is_file():
        return _release(folder)
    if not (folder / "provenance.json").is_file():
        raise DataError(
            "There is nothing to compare",
            file=folder,
            expected="a release or a finished version folder",
            remedy="`facebank versions` lists them.",
        )
    document = read_provenance(folder)
    artifact = _artifact(document)
    if artifact == "report":
        return _report(folder, document)
    own = Folders(**({artifact: folder} if artifact in _FOLDERS else {}))
    context = Folders(**{**dict(_read_by(folder, document)), **own.present()})
    return Side(folder.name, folder, {artifact: document}, own, context, release=False)


def _release(folder: Path) -> Side:
    """Open a release."""
    manifest = read_manifest(folder)
    provenance = {
        file.stem: read_object(file, remedy=_REMEDY)
        for file in sorted((folder / "provenance").glob("*.json"))
    }
    folders = Folders(**{name: folder / _TABLES[name] for name in provenance if name in _TABLES})
    return Side(manifest.id, folder, provenance, folders, folders, release=True)


def _report(folder: Path, document: dict[str, Any]) -> Side:
    """Open what a report shows."""
    found = dict(_beside(folder, document["inputs"]))
    gone = sorted(document["inputs"].keys() - found.keys())
    if gone:
        raise DataError(
            "What this report shows is gone or was built again with other files",
            file=folder,
            expected="the folders that it was made of",
            found=f"others or none for {', '.join(gone)}",
            remedy="Compare releases: they keep all that they were made of.",
        )
    folders = Folders(**found)
    provenance = {name: read_provenance(place) for name, place in folders.present().items()}
    return Side(folder.name, folder, provenance, folders, folders, release=False)


def _artifact(document: Mapping[str, Any]) -> str:
    """Name the artifact that a provenance describes."""
    return _ARTIFACT_OF.get(document["rule"], str(document["rule"]))


def _place(folders: Folders, artifact: str, otherwise: Path) -> Path:
    """Give the folder of an artifact; that of no report, as a release's or a report's, is its own."""
    found: Path | None = getattr(folders, artifact, None)
    return otherwise if found is None else found


def _beside(folder: Path, inputs: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Path]]:
    """Find the version folders that a version folder read, where they still hold what they held then."""
    results = folder.absolute().parent.parent
    for name, read in inputs.items():
        # A folder stands for its provenance; of some only one file is read.
        pattern = escape(str(read["name"]))
        places = [*results.glob(f"*/{pattern}/provenance.json"), *results.glob(f"*/*/{pattern}")]
        for place in sorted(places):
            if place.is_file() and _still_holds(place, read):
                yield name, place.parent
                break


def _still_holds(place: Path, read: Mapping[str, Any]) -> bool:
    """Tell whether a file is the one that was read, or a version folder holds the files that it held."""
    if sha256_file(place) == read["sha256"]:
        return True
    # Other code may have made the same bytes again. Provenances of before did not keep what tells it.
    if place.name != "provenance.json" or "outputs" not in read:
        return False
    held: str = digest_of(read_provenance(place.parent)["outputs"])
    return held == str(read["outputs"])


def _read_by(folder: Path, document: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    """Give what a version folder read, and what that read, each as artifact and folder."""
    for _, place in _beside(folder, document["inputs"]):
        read = read_provenance(place)
        yield from _read_by(place, read)
        if _artifact(read) in _FOLDERS:
            yield _artifact(read), place
