"""Stage audit: whether every variant of one shard shows the persons that it claims, where its labels say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path  # noqa: TC003 - the command line reads the annotations
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.artifacts.code import stage_digest
from facebank.artifacts.digests import remembered_digests, sha256_file, shard_of
from facebank.artifacts.provenance import require_unaltered, runtime_versions
from facebank.artifacts.shards import ShardRecord, write_shard_record
from facebank.artifacts.tables import parts_of, read_table, read_tsv, write_table
from facebank.audit.contradictions import without_contradictions
from facebank.audit.known_people import read_known_people
from facebank.audit.recordings import read_recordings
from facebank.audit.variant_audit import AuditedVariant, SourceBoxes, audit_variant
from facebank.audit.variant_faces import FaceReader
from facebank.errors import DataError
from facebank.faces.detector import open_detector
from facebank.faces.embedder import open_embedder
from facebank.media.isolation import media_reader
from facebank.media.limits import PROCESS_LIMITS, VIDEO_LIMITS, ProcessLimits, VideoLimits
from facebank.runtime.packs import load_pack, verify_pack
from facebank.runtime.progress import follow
from facebank.runtime.sessions import provider_class
from facebank.runtime.threads import limit_threads
from facebank.sources.findings import SEVERITIES, Severity, with_defaults
from facebank.sources.schemas import AUDITED_VARIANTS, VARIANTS
from facebank.tracks.interpolation import Status
from facebank.tracks.slot_tables import read_slots

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["audit_slots"]

#: What is read of the version folders. A gallery has a file for each photo besides.
_READ = frozenset(
    {
        *("variants.parquet", "variants.tsv"),
        *("videos.parquet", "thumbnails.parquet", "detections.parquet"),
        "slots.parquet",
        *("centroids.parquet", "identities.parquet", "photos.parquet"),
    }
)


def audit_slots(
    *,
    inventory: Path,
    detections: Path,
    face_labels: Path,
    gallery: Path,
    root: Path,
    pack: Path,
    output: Path,
    cache: Path,
    shard: int = 0,
    shards: int = 1,
    frames: int = 5,
    findings: dict[str, Severity] = SEVERITIES,
    det_size: int = 640,
    min_score: float = 0.5,
    max_pixels: int = VIDEO_LIMITS.max_pixels,
    max_frames: int = VIDEO_LIMITS.max_frames,
    max_bytes: int = VIDEO_LIMITS.max_bytes,
    max_seconds: float = PROCESS_LIMITS.max_seconds,
    max_memory_mb: int = PROCESS_LIMITS.max_memory_mb,
    isolate: bool = False,
    device: str = "cpu",
    threads: int = 1,
    contents: str = "",
) -> None:
    """Check every slot of one shard's variants against the gallery, in the variant's own pixels.

    Variants are compared with others of their source alone, and a shard holds whole sources.

    Parameters
    ----------
    inventory
        Folder of the inventory of sources.
    detections
        Folder of the stage detections.
    face_labels
        Folder of the stage face_labels.
    gallery
        Folder of the stage gallery.
    root
        Folder of the sources.
    pack
        Folder of the model pack.
    output
        The Parquet file to make: a row a variant.
    cache
        Root of the cache.
    shard
        Number of this shard from 0.
    shards
        Number of shards.
    frames
        Frames sampled for each slot of each variant.
    findings
        As given to index-sources; where `out_of_step` is ignored, no variant is compared with the video
        of its labels.
    det_size
        Longer side in pixels at which the detector sees a frame.
    min_score
        Least score of a face.
    max_pixels
        A video whose frames have more pixels is not decoded.
    max_frames
        A video of more frames is not decoded.
    max_bytes
        A video of more bytes is not read.
    max_seconds
        Seconds of processor time that a frame may take in a process of its own.
    max_memory_mb
        Megabytes that decoding may take there.
    isolate
        Decode in a process of its own: a decoder that crashes or hangs costs its video alone.
    device
        cpu, cuda or cuda:N.
    threads
        Variants that are looked at side by side.
    contents
        Digest of the shard's files, as the workflow saw them; kept in a record beside the shard.

    Raises
    ------
    DataError
        If an input cannot be read or was altered, or the gallery was built with another model pack.
    ModelError
        If the pack or the device cannot be used.
    """
    limit_threads(threads)
    folders = (inventory, detections, face_labels, gallery)
    read_from = [sha256_file(folder / "provenance.json") for folder in folders]
    for folder in folders:
        # The shard's record would vouch for what was made of anything else.
        require_unaltered(folder, _READ)
    variants: list[dict[str, Any]] = [
        row
        for row in read_table(inventory / "variants.parquet", VARIANTS).to_pylist()
        if shard_of(row["source"], shards) == shard
    ]
    served = {row["variant"]: row for row in read_tsv(face_labels / "variants.tsv")}
    labels, slots = _source_boxes(face_labels, {served[row["variant"]]["labels"] for row in variants})
    unlabelled = SourceBoxes(np.empty((0, slots, 4)), np.empty((0, slots), dtype=bool))
    compares_moments = with_defaults(findings)["out_of_step"] != "ignore"
    recording = read_recordings(detections, labels, kept=threads)
    people = read_known_people(gallery)
    loaded = load_pack(pack)
    verify_pack(loaded)
    # Variants are looked at side by side, each on one thread.
    embedder = open_embedder(loaded, device=device)
    if people.centroids.shape[1] != embedder.dimension:
        raise DataError(
            "The gallery was built with another model pack",
            file=gallery,
            expected=f"embeddings of length {embedder.dimension}",
            found=f"{people.centroids.shape[1]}",
            remedy="Build it with the pack that the audit uses.",
        )
    digest = remembered_digests()
    with media_reader(
        isolate=isolate,
        process_limits=ProcessLimits(max_seconds, max_memory_mb),
        video_limits=VideoLimits(max_pixels, max_frames, max_bytes),
    ) as media:
        reader = FaceReader(
            detector=open_detector(loaded, device=device),
            embedder=embedder,
            made_with={
                "detector": loaded.file("detector").sha256,
                "embedder": loaded.file("embedder").sha256,
                "contracts": [repr(loaded.detector), repr(loaded.embedder)],
                "provider": provider_class(device),
                "code": stage_digest("audit_slots"),
                "runtime": runtime_versions(),
            },
            det_size=det_size,
            min_score=min_score,
            cache=cache,
            media=media,
        )

        def audited(variant: dict[str, Any]) -> AuditedVariant:
            labelled = served[variant["variant"]]
            alone = labelled["labelled_on"] == variant["variant"] or labelled["labels"] not in labels
            return audit_variant(
                variant,
                labels.get(labelled["labels"], unlabelled),
                people,
                reader,
                root=root,
                frames=frames,
                recording=recording(labelled["labels"]) if compares_moments and not alone else None,
                file_digest=digest,
            )

        # Those that share labels follow each other: what they are compared with is measured once.
        grouped = sorted(variants, key=lambda row: served[row["variant"]]["labels"])
        with ThreadPoolExecutor(threads) as pool:
            followed = follow(pool.map(audited, grouped), "Auditing variants", len(grouped))
            seen = dict(zip((row["variant"] for row in grouped), followed, strict=True))
    judged = without_contradictions(seen, people.levels.proof)
    rows = [
        {
            "variant": row["variant"],
            "sha256": row["sha256"],
            "compared": judged[row["variant"]].compared,
            "misplaced": [asdict(moment) for moment in judged[row["variant"]].misplaced],
            "slots": judged[row["variant"]].rows,
        }
        for row in variants
    ]
    write_table(output, rows, AUDITED_VARIANTS)
    write_shard_record(
        output, ShardRecord.of("audit_slots", contents, provider_class(device), inputs=read_from)
    )
    count = sum(len(row["slots"]) for row in rows)
    print(f"shard {shard} of {shards}: {len(rows)} variants, {count} slots")  # noqa: T201 - its one line


def _source_boxes(face_labels: Path, wanted: Collection[str]) -> tuple[dict[str, SourceBoxes], int]:
    """Read some labels by their names, and how many slots any labels have."""
    table = read_slots(face_labels / "slots.parquet")
    found = {}
    for source, rows in sorted(parts_of(table, "source").items()):
        if source not in wanted:
            continue
        slots = int(rows["slot"].to_numpy().max()) + 1
        boxes = np.stack([rows[side].to_numpy() for side in ("x1", "y1", "x2", "y2")], axis=1)
        # Between two keyframes a label is as good as at them, and a variant may be another one there.
        seen = np.isin(rows["status"].to_numpy(), [Status.DETECTED.label, Status.INTERPOLATED.label])
        found[source] = SourceBoxes(boxes.reshape(-1, slots, 4), seen.reshape(-1, slots))
    return found, int(table["slot"].to_numpy().max(initial=-1)) + 1
