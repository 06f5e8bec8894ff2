"""The part of a release that training reads: arrays that many workers map and none copies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.artifacts.atomic import write_json
from facebank.gallery.statuses import UNSOUND
from facebank.report.folders import document, rows
from facebank.sources.serving import VideoFrames
from facebank.supervision.layout import (
    ARRAYS,
    FOLDER,
    FORMAT,
    INDEX,
    NOBODY,
    IdentityStatus,
    SlotStatus,
    Verdict,
)
from facebank.tracks.slot_tables import read_slots

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    from facebank.report.folders import Folders

__all__ = ["LabelledFrames", "SupervisionData", "gather_supervision", "lay_out", "write_supervision"]

_STATUSES = {status.name.lower(): int(status) for status in SlotStatus}
#: What is known of a variant whose video was rejected.
_UNUSED: dict[str, Any] = {
    "source": "",
    "representative": False,
    "claims": [],
    "target": "",
    "packets": NOBODY,
    **dict.fromkeys(("width", "height", "rotation")),
}
_VERDICTS = {verdict.name.lower(): int(verdict) for verdict in Verdict}


@dataclass(frozen=True, slots=True)
class LabelledFrames:
    """The labels of all sources, one after the other.

    Attributes
    ----------
    sources : tuple of str
        Their names, in the order of the rows.
    frames : int64 (S,)
        How many rows each has.
    sizes : int64 (S, 2)
        Width and height of each one's upright frames in pixels.
    boxes : float32 (F, N, 4)
        xyxy in pixels, 0 without a box.
    confidence : float32 (F, N)
        0 without a box.
    status : uint8 (F, N)
        Values of `SlotStatus`.
    """

    sources: tuple[str, ...]
    frames: NDArray[np.int64]
    sizes: NDArray[np.int64]
    boxes: NDArray[np.float32]
    confidence: NDArray[np.float32]
    status: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class SupervisionData:
    """What stands in the folder.

    Attributes
    ----------
    index : dict
        The content of `INDEX`.
    arrays : dict
        Name in `ARRAYS` -> array.
    """

    index: dict[str, Any]
    arrays: dict[str, NDArray[Any]]


def gather_supervision(folders: Folders) -> SupervisionData:
    """Collect what the stages wrote; a stage that was not built leaves its part empty.

    Raises
    ------
    DataError
        If a table cannot be read or is not in its order.
    """
    people = document(folders.gallery, "celeb_embeddings.json").get("celebs", {})
    identities = rows(folders.gallery, "identities.parquet", ("identity", "status"))
    return lay_out(
        {slug: person["centroid"] for slug, person in people.items()},
        {row["identity"] for row in identities if row["status"] in UNSOUND},
        _labelled_frames(folders),
        variants=rows(folders.inventory_sources, "variants.parquet"),
        served=rows(folders.face_labels, "variants.tsv"),
        verdicts=rows(folders.audit, "verdicts.parquet", ("variant", "slot", "verdict", "excluded")),
        episodes=document(folders.audit, "episode_mapping.json").get("episodes", []),
        rejected=[
            row["variant"] for row in rows(folders.inventory_sources, "episodes.tsv") if row["used"] == "no"
        ],
    )


def lay_out(
    centroids: Mapping[str, Sequence[float] | None],
    unsound: set[str],
    labels: LabelledFrames,
    *,
    variants: Sequence[Mapping[str, Any]],
    served: Sequence[Mapping[str, str]],
    verdicts: Sequence[Mapping[str, Any]],
    episodes: Sequence[Mapping[str, Any]],
    rejected: Sequence[str] = (),
) -> SupervisionData:
    """Turn names into numbers and rows into arrays.

    Parameters
    ----------
    centroids : mapping
        Slug -> centroid, None where the person has none.
    unsound : set of str
        Slugs whose photos do not show one person, or show the same as those of another slug.
    labels : LabelledFrames
        The sources' labels.
    variants : sequence of mappings
        Rows of ``variants.parquet``.
    served : sequence of mappings
        Rows of ``variants.tsv``: which labels serve each variant.
    verdicts : sequence of mappings
        ``variant``, ``slot``, ``verdict`` and ``excluded``.
    episodes : sequence of mappings
        ``episode_index`` and ``variant_name``.
    rejected : sequence of str
        Variants whose video cannot be used: a merged data set may have them, so they are known by name.

    Returns
    -------
    SupervisionData
        A variant whose frames have another size than its source's labels gets no source: the boxes are not
        its own. Neither do claims count that are not as many as the slots.
    """
    slots = labels.boxes.shape[1]
    unused = [{**_UNUSED, "variant": name} for name in rejected]
    variants = sorted([*variants, *unused], key=lambda row: row["variant"])
    names = [row["variant"] for row in variants]
    claims = [row["claims"] if len(row["claims"]) == slots else [""] * slots for row in variants]
    strangers = sorted({slug for claimed in claims for slug in claimed if slug} - centroids.keys())
    slugs = [*centroids, *strangers]
    known = {slug: number for number, slug in enumerate(slugs)}
    numbers = {name: number for number, name in enumerate(names)}
    dimension = max((len(vector) for vector in centroids.values() if vector), default=0)
    verdict, excluded = _judged(verdicts, numbers, slots)
    arrays = {
        "identity_status": np.array([_worth(slug, centroids, unsound) for slug in slugs]),
        "centroids": np.array([centroids.get(slug) or [0.0] * dimension for slug in slugs]),
        "source_frames": labels.frames,
        "source_offsets": np.cumsum(labels.frames) - labels.frames,
        "source_sizes": labels.sizes,
        "boxes": labels.boxes,
        "confidence": labels.confidence,
        "status": labels.status,
        "variant_sources": np.array(_sources_of(variants, served, labels)),
        "variant_frames": np.array([row["packets"] for row in variants]),
        "claims": np.array([[known.get(slug, NOBODY) for slug in claimed] for claimed in claims]),
        "target_slots": np.array(
            [
                claimed.index(row["target"]) if row["target"] and row["target"] in claimed else NOBODY
                for row, claimed in zip(variants, claims, strict=True)
            ]
        ),
        "verdicts": verdict,
        "excluded": excluded,
        "episodes": np.array(
            sorted((row["episode_index"], numbers[row["variant_name"]]) for row in episodes)
        ),
    }
    sizes = {
        "identities": len(slugs),
        "dimension": dimension,
        "sources": len(labels.sources),
        "frames": len(labels.boxes),
        "slots": slots,
        "variants": len(variants),
        "episodes": len(episodes),
    }
    index = {"format": FORMAT, "sizes": sizes, "slugs": slugs, "sources": list(labels.sources)}
    shaped = {name: _shaped(array, name, sizes) for name, array in arrays.items()}
    return SupervisionData({**index, "variants": names}, shaped)


def write_supervision(folder: Path, data: SupervisionData) -> None:
    """Write the index and one ``.npy`` file (version 1.0) an array into a new folder `FOLDER` of `folder`."""
    place = folder / FOLDER
    place.mkdir()
    write_json(place / INDEX, data.index)
    for name, array in data.arrays.items():
        with (place / f"{name}.npy").open("wb") as file:
            np.lib.format.write_array(file, array, version=(1, 0))


def _labelled_frames(folders: Folders) -> LabelledFrames:
    """Read the labels of every source from the table of slots."""
    if folders.face_labels is None:
        boxes = np.zeros((0, 0, 4), dtype=np.float32)
        none = np.zeros(0, dtype=np.int64)
        return LabelledFrames(
            (), none, none.reshape(0, 2), boxes, boxes[..., 0], none.astype(np.uint8).reshape(0, 0)
        )
    table = read_slots(folders.face_labels / "slots.parquet")
    slots = int(table["slot"].to_numpy().max(initial=-1)) + 1
    source, status = _coded(table["source"]), _coded(table["status"])
    frames = np.bincount(source.codes, minlength=len(source.names)) // max(slots, 1)
    sizes = {
        row["source"]: (row["width"], row["height"]) for row in rows(folders.detections, "videos.parquet")
    }
    corners = np.stack([table[name].to_numpy() for name in ("x1", "y1", "x2", "y2")], axis=1)
    count = int(frames.sum())
    codes = np.array([_STATUSES[name] for name in status.names], dtype=np.uint8)
    return LabelledFrames(
        sources=source.names,
        frames=frames,
        sizes=np.array([sizes[name] for name in source.names], dtype=np.int64).reshape(-1, 2),
        boxes=np.nan_to_num(corners).astype(np.float32).reshape(count, slots, 4),
        confidence=np.nan_to_num(table["confidence"].to_numpy()).astype(np.float32).reshape(count, slots),
        status=codes[status.codes].reshape(count, slots),
    )


@dataclass(frozen=True, slots=True)
class _Coded:
    """A column of names as numbers, in the order in which they first stand."""

    names: tuple[str, ...]
    codes: NDArray[np.int64]


def _coded(column: pa.ChunkedArray[Any]) -> _Coded:
    """Replace a column's names by numbers."""
    coded = column.combine_chunks().dictionary_encode()
    return _Coded(tuple(map(str, coded.dictionary.to_pylist())), coded.indices.to_numpy().astype(np.int64))


def _sources_of(
    variants: Sequence[Mapping[str, Any]], served: Sequence[Mapping[str, str]], labels: LabelledFrames
) -> list[int]:
    """Give the number of each variant's labels, `NOBODY` where there are none for its frames."""
    known = {name: number for number, name in enumerate(labels.sources)}
    pictures = {row["variant"]: VideoFrames.of_row(row).picture for row in variants}
    own = {row["variant"]: row for row in served}
    return [
        known.get(own[name]["labels"], NOBODY)
        if name in own and pictures[name] == pictures.get(own[name]["labelled_on"])
        else NOBODY
        for name in (row["variant"] for row in variants)
    ]


def _judged(
    verdicts: Sequence[Mapping[str, Any]], numbers: Mapping[str, int], slots: int
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Give verdicts and exclusions by variant and slot."""
    verdict = np.full((len(numbers), slots), Verdict.UNAUDITED, dtype=np.uint8)
    excluded = np.zeros((len(numbers), slots), dtype=np.bool_)
    for row in verdicts:
        place = numbers[row["variant"]], row["slot"]
        verdict[place] = _VERDICTS[row["verdict"]]
        excluded[place] = row["excluded"]
    return verdict, excluded


def _worth(slug: str, centroids: Mapping[str, Sequence[float] | None], unsound: set[str]) -> IdentityStatus:
    """Say what a person's centroid is worth."""
    if slug not in centroids:
        return IdentityStatus.NOT_IN_BANK
    if centroids[slug] is None:
        return IdentityStatus.WITHOUT_CENTROID
    return IdentityStatus.BROKEN if slug in unsound else IdentityStatus.SOUND


def _shaped(array: NDArray[Any], name: str, sizes: Mapping[str, int]) -> NDArray[Any]:
    """Give an array its kind of numbers and its shape, also where it is empty."""
    kind, axes = ARRAYS[name]
    shape = [axis if isinstance(axis, int) else sizes[axis] for axis in axes]
    return np.ascontiguousarray(array.reshape(shape), dtype=kind)
