"""What an export is made from: a release, or a version folder of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.artifacts.tables import parts_of, read_table, read_tsv
from facebank.errors import DataError
from facebank.exports.records import Claim, ExportData, LabelledVideo, Person, SourceLabels
from facebank.gallery.tables import IDENTITIES
from facebank.reading.json_documents import read_json
from facebank.reading.limits import LARGEST_DOCUMENT
from facebank.release.manifest import MANIFEST, verify_release
from facebank.sources.schemas import VARIANTS, VERDICTS, VIDEOS
from facebank.sources.serving import VideoFrames
from facebank.tracks.interpolation import Status
from facebank.tracks.slot_tables import read_slots

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

__all__ = [
    "NO_LABELS",
    "OTHER_FRAMES",
    "REJECTED",
    "people_of_release",
    "read_export_data",
    "rejected_of_release",
    "require_release",
]

#: Why a variant is in no export of videos.
OTHER_FRAMES = "its frames have another size than those that were labelled"
NO_LABELS = "no labels serve it"
#: Why a variant is in none at all, though an episode of a merged data set may be it.
REJECTED = "its video was rejected"


def read_export_data(folder: Path) -> ExportData:
    """Read a release, or a version folder of the stage face_labels.

    Parameters
    ----------
    folder : Path
        The release's folder or the link to it, or ``results/face_labels/<version>``.

    Raises
    ------
    DataError
        If it is neither, is damaged, or has no labels of videos.
    """
    if (folder / MANIFEST).is_file():
        return _of_release(folder, verify_release(folder).id)
    if (folder / "slots.parquet").is_file():
        return _of_version_folder(folder)
    raise DataError(
        "There is nothing to export",
        file=folder,
        expected=f"a release with its {MANIFEST}, or a version folder of the stage face_labels",
        remedy="`facebank where release` and `facebank where face_labels` name them.",
    )


def require_release(data: ExportData) -> None:
    """Insist on a release: a version folder of labels knows neither photos nor who is who.

    Raises
    ------
    DataError
        If it is a version folder.
    """
    if not data.release:
        raise DataError(
            "This export needs a whole release",
            file=data.folder,
            expected=f"a release with its {MANIFEST}",
            found="a version folder of the stage face_labels",
            remedy="`facebank where release` names one.",
        )


def people_of_release(release: Path) -> list[Person]:
    """Read the identities of a release's gallery, by name; none where it has no gallery.

    Raises
    ------
    DataError
        If a table or the manifest of centroids cannot be read.
    """
    table = release / "tables" / "gallery" / "identities.parquet"
    path = release / "celeb_embeddings.json"
    if not table.is_file():
        return []
    try:
        celebs = read_json(path, largest=LARGEST_DOCUMENT)["celebs"]
        centroids = {identity: celeb.get("centroid") for identity, celeb in celebs.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            "The centroids of the release cannot be read",
            file=path,
            found=f"{type(error).__name__}: {error}",
            remedy="Check the release with `facebank verify`.",
        ) from error
    return [
        Person(row["identity"], row["status"], centroids.get(row["identity"]))
        for row in sorted(_rows(table, IDENTITIES), key=lambda row: str(row["identity"]))
    ]


def rejected_of_release(release: Path) -> dict[str, str]:
    """Give the variants whose video was rejected, and the source of each."""
    path = release / "tables" / "inventory_sources" / "episodes.tsv"
    return (
        {row["variant"]: row["source"] for row in read_tsv(path) if row["used"] == "no"}
        if path.is_file()
        else {}
    )


def _of_release(folder: Path, release: str) -> ExportData:
    """Join the tables of a release."""
    tables = folder / "tables"
    path = tables / "face_labels" / "slots.parquet"
    labels = _read_labels(path) if path.is_file() else {}
    variants = _rows(tables / "inventory_sources" / "variants.parquet", VARIANTS)
    sizes = {
        row["source"]: (row["width"], row["height"])
        for row in _rows(tables / "detections" / "videos.parquet", VIDEOS)
    }
    slots = max((it.status.shape[1] for it in labels.values()), default=0)
    claims = _claims(variants, _rows(folder / "audit" / "verdicts.parquet", VERDICTS), slots)
    served = _served(folder / "face_labels" / "variants.tsv")
    pictures = {row["variant"]: VideoFrames.of_row(row).picture for row in variants}
    videos = []
    for row in sorted(variants, key=lambda row: str(row["variant"])):
        label_set, labelled_on = served.get(row["variant"], ("", ""))
        width, height = sizes.get(label_set, (row["width"], row["height"]))
        problem = NO_LABELS if label_set not in labels else ""
        if not problem and pictures[row["variant"]] != pictures.get(labelled_on):
            problem, width, height = OTHER_FRAMES, row["width"], row["height"]
        videos.append(
            LabelledVideo(
                name=row["variant"],
                source=row["source"],
                label_set="" if problem else label_set,
                representative=row["variant"] == labelled_on,
                width=width,
                height=height,
                fps=row["fps"],
                frames=row["packets"],
                claims=claims[row["variant"]],
                labels=None if problem else labels[label_set],
                target_slot=_target_slot(row, claims[row["variant"]]),
                problem=problem,
            )
        )
    return ExportData(folder, release, tuple(videos), slots)


def _of_version_folder(folder: Path) -> ExportData:
    """Read label files as they stand; nobody is named in them."""
    labels = _read_labels(folder / "slots.parquet")
    videos = []
    for source, of_source in sorted(labels.items()):
        path = folder / f"{source}.face_labels.json"
        try:
            document = read_json(path, largest=LARGEST_DOCUMENT)
            videos.append(
                LabelledVideo(
                    name=document["representative_variant"],
                    source=source,
                    label_set=source,
                    representative=True,
                    width=document["image_width"],
                    height=document["image_height"],
                    fps=None,
                    frames=len(of_source.status),
                    claims=(Claim(),) * of_source.status.shape[1],
                    labels=of_source,
                )
            )
        except (OSError, ValueError, KeyError) as error:
            raise DataError(
                "A label file cannot be read",
                file=path,
                found=f"{type(error).__name__}: {error}",
                remedy="Delete the version folder and build face_labels again.",
            ) from error
    return ExportData(folder, "", tuple(videos), max((len(video.claims) for video in videos), default=0))


def _read_labels(path: Path) -> dict[str, SourceLabels]:
    """Read the table of slots, source by source."""
    parts = parts_of(read_slots(path), "source")
    return {source: _labels_of(parts[source]) for source in sorted(parts)}


def _labels_of(table: pa.Table) -> SourceLabels:
    """Turn the rows of one source into arrays."""
    slots = int(table["slot"].to_numpy().max()) + 1
    frames = len(table) // slots

    def column(name: str) -> NDArray[np.float64]:
        return np.asarray(table[name].to_numpy(), dtype=np.float64).reshape(frames, slots)

    return SourceLabels(
        status=_statuses(table["status"].to_numpy()).reshape(frames, slots),
        boxes=np.stack([column(name) for name in ("x1", "y1", "x2", "y2")], axis=-1),
        scores=column("score"),
        confidence=column("confidence"),
    )


def _statuses(words: NDArray[Any]) -> NDArray[np.int64]:
    """Give the values of `Status` that files spell."""
    known, places = np.unique(words.astype(str), return_inverse=True)
    return np.array([Status[word.upper()] for word in known.tolist()], dtype=np.int64)[places]


def _claims(
    variants: Sequence[Mapping[str, Any]], verdicts: Sequence[Mapping[str, Any]], slots: int
) -> dict[str, tuple[Claim, ...]]:
    """Give each variant's claims; those that are not as many as the slots name nobody."""
    judged = {(row["variant"], row["slot"]): row for row in verdicts}
    found = {}
    for row in variants:
        names = row["claims"] if len(row["claims"]) == slots else [""] * slots
        rows = [judged.get((row["variant"], slot)) for slot in range(slots)]
        found[row["variant"]] = tuple(
            Claim(name)
            if verdict is None
            else Claim("" if verdict["excluded"] else name, verdict["verdict"], verdict["excluded"])
            for name, verdict in zip(names, rows, strict=True)
        )
    return found


def _target_slot(row: Mapping[str, Any], claims: Sequence[Claim]) -> int:
    """Give the slot of the variant's target, -1 for none; an excluded slot shows somebody else."""
    if not row["target"] or row["target"] not in row["claims"] or len(row["claims"]) != len(claims):
        return -1
    slot: int = row["claims"].index(row["target"])
    return -1 if claims[slot].excluded else slot


def _served(path: Path) -> dict[str, tuple[str, str]]:
    """Read which labels serve each variant, and on whose video they were made."""
    if not path.is_file():
        return {}
    return {row["variant"]: (row["labels"], row["labelled_on"]) for row in read_tsv(path)}


def _rows(path: Path, schema: pa.Schema) -> list[dict[str, Any]]:
    """Read a table of a release; one that the release does not have is empty."""
    return read_table(path, schema).to_pylist() if path.is_file() else []
