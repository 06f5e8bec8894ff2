"""Stage audit: whether every variant shows the persons that it claims, where and when its labels say."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path  # noqa: TC003 - the command line reads the annotations
from typing import Any

import numpy as np

from facebank.artifacts.atomic import write_json
from facebank.artifacts.code import stage_digest
from facebank.artifacts.digests import remembered_digests
from facebank.artifacts.provenance import building, runtime_versions
from facebank.artifacts.tables import parts_of, read_table, read_tsv, write_table, write_tsv
from facebank.audit.contradictions import without_contradictions
from facebank.audit.known_people import read_known_people
from facebank.audit.mapping import (
    MAPPING_COLUMNS,
    episode_mapping,
    excluded_slots,
    mapping_rows,
    require_same_lengths,
)
from facebank.audit.recordings import read_recordings
from facebank.audit.variant_audit import (
    MIN_OVERLAP,
    UNFIT_REASONS,
    AuditedVariant,
    SourceBoxes,
    audit_variant,
)
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
from facebank.sources.lerobot import episode_lengths
from facebank.sources.schemas import EXCLUSION_COLUMNS, FINDING_COLUMNS, SLOTS, VARIANTS, VERDICTS
from facebank.tracks.interpolation import Status

__all__ = ["audit_slots"]

_UNKNOWN_COLUMNS = (
    "variant",
    "slot",
    "claimed",
    "reason",
    "similarity",
    "claimed_similarity",
    "margin",
    "frames",
)
_REPRESENTATIVE_COLUMNS = (
    "source",
    "representative",
    "variants_checked",
    "slots_checked",
    "median_iou",
    "min_iou",
    "min_size_ratio",
    "max_size_ratio",
    "fits",
)


def audit_slots(
    *,
    inventory: Path,
    detections: Path,
    face_labels: Path,
    gallery: Path,
    root: Path,
    pack: Path,
    output_dir: Path,
    cache: Path,
    frames: int = 5,
    exclude: tuple[str, ...] = (),
    merged: Path | None = None,
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
    """Check every slot of every variant against the gallery, in the variant's own pixels.

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
    output_dir
        The version folder to make.
    cache
        Root of the cache.
    frames
        Frames sampled for each slot of each variant.
    exclude
        Sources, variants or VARIANT:SLOT to exclude by hand.
    merged
        The LeRobot v3 data set that was merged from the variants: the episode mapping is checked with it.
    findings
        As given to index-sources; `merged_length` says what a mapping that does not agree is, `out_of_step`
        what a variant is that shows other moments than the video of its labels.
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
        Digest of the files that are read, as the workflow saw them; kept in provenance.json.

    Raises
    ------
    ConfigError
        If an exclusion names nothing.
    DataError
        If an input cannot be read, the gallery was built with another model pack, or the merged data set has
        episodes of other lengths.
    ModelError
        If the pack or the device cannot be used.
    """
    limit_threads(threads)
    variants: list[dict[str, Any]] = read_table(inventory / "variants.parquet", VARIANTS).to_pylist()
    served = {row["variant"]: row for row in read_tsv(face_labels / "variants.tsv")}
    episodes = _listed_episodes(inventory, served)
    severities = with_defaults(findings)
    mapped = _checked_mapping(episodes, merged, severities["merged_length"])
    labels = _source_boxes(face_labels)
    slots = max((boxes.boxes.shape[1] for boxes in labels.values()), default=0)
    unlabelled = SourceBoxes(np.empty((0, slots, 4)), np.empty((0, slots), dtype=bool))
    excluded = excluded_slots(exclude, episodes, slots=slots)
    guessed = _guessed_orders(inventory)
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
                recording=None
                if alone or severities["out_of_step"] == "ignore"
                else recording(labelled["labels"]),
                file_digest=digest,
            )

        # Those that share labels follow each other: what they are compared with is measured once.
        grouped = sorted(variants, key=lambda row: served[row["variant"]]["labels"])
        with ThreadPoolExecutor(threads) as pool:
            followed = follow(pool.map(audited, grouped), "Auditing variants", len(grouped))
            seen = dict(zip((row["variant"] for row in grouped), followed, strict=True))
        seen = without_contradictions(seen, people.levels.proof)
        judged = {row["variant"]: seen[row["variant"]] for row in variants}
    out_of_step = [name for name, it in judged.items() if it.misplaced]
    refused = set(out_of_step if severities["out_of_step"] == "error" else ())
    rows = [
        {**row, "excluded": name in refused or (name, row["slot"]) in excluded or _unfit(row, guessed)}
        for name, it in judged.items()
        for row in it.rows
    ]
    with building(
        output_dir,
        rule="audit_slots",
        parameters={
            "frames": frames,
            "exclude": list(exclude),
            "det_size": det_size,
            "min_score": min_score,
            "findings": severities,
        },
        inputs={
            "inventory": inventory,
            "detections": detections,
            "face_labels": face_labels,
            "gallery": gallery,
        },
        models=loaded.described(),
        provider=provider_class(device),
        contents=contents,
    ) as folder:
        write_table(folder / "verdicts.parquet", rows, VERDICTS)
        mismatches = [row for row in rows if row["verdict"] == "mismatch"]
        write_tsv(folder / "exclusions.tsv", EXCLUSION_COLUMNS, mismatches)
        write_tsv(
            folder / "unknown.tsv", _UNKNOWN_COLUMNS, [row for row in rows if row["verdict"] == "unknown"]
        )
        write_tsv(
            folder / "findings.tsv",
            FINDING_COLUMNS,
            [_out_of_step(judged[name], served[name], refused=name in refused) for name in out_of_step],
        )
        fits = _representative_rows(served, rows)
        write_tsv(folder / "representative.tsv", _REPRESENTATIVE_COLUMNS, fits)
        write_json(folder / "episode_mapping.json", episode_mapping(episodes))
        write_tsv(folder / "episode_mapping.tsv", MAPPING_COLUMNS, mapped)
        verdicts = Counter(row["verdict"] for row in rows)
        summary = {
            "variants": len({row["variant"] for row in rows}),
            "slots": len(rows),
            **{
                verdict: verdicts[verdict]
                for verdict in ("confirmed", "mismatch", "unknown", "not_visible", "unclaimed")
            },
            "excluded": sum(row["excluded"] for row in rows),
            "representatives_that_do_not_fit": [row["source"] for row in fits if row["fits"] == "no"],
            "timing": {
                "in_step": sum(bool(it.compared and not it.misplaced) for it in judged.values()),
                "out_of_step": out_of_step,
            },
            "episodes": len(episodes),
            "episodes_that_differ": sum(row["agrees"] == "no" for row in mapped),
            "levels": {
                "similarity": round(people.levels.similarity, 4),
                "proof": round(people.levels.proof, 4),
                "margin": round(people.levels.margin, 4),
                "photos": people.levels.comparisons,
            },
        }
        write_json(folder / "summary.json", summary)
    print(", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items())) or "no slots")  # noqa: T201 - its line


def _source_boxes(face_labels: Path) -> dict[str, SourceBoxes]:
    """Read the labels of every source."""
    found = {}
    for source, rows in sorted(parts_of(read_table(face_labels / "slots.parquet", SLOTS), "source").items()):
        slots = int(rows["slot"].to_numpy().max()) + 1
        boxes = np.stack([rows[side].to_numpy() for side in ("x1", "y1", "x2", "y2")], axis=1)
        # Between two keyframes a label is as good as at them, and a variant may be another one there.
        seen = np.isin(rows["status"].to_numpy(), [Status.DETECTED.label, Status.INTERPOLATED.label])
        found[source] = SourceBoxes(boxes.reshape(-1, slots, 4), seen.reshape(-1, slots))
    return found


def _guessed_orders(inventory: Path) -> set[str]:
    """Give the variants whose claims were laid out in an order that nothing tells."""
    findings = read_tsv(inventory / "findings.tsv")
    return {row["variant"] for row in findings if row["code"] == "PORTRAIT_ORDER_ASSUMED"}


def _unfit(row: dict[str, Any], guessed: set[str]) -> bool:
    """Tell whether a slot's verdict, or where its faces lie, forbids to train with its labels."""
    beside = row["iou"] is not None and row["iou"] < MIN_OVERLAP
    # Faces too far away to be compared lie beside the labels too, and so does what is no face.
    nowhere = row["verdict"] == "not_visible" and row["reason"] != "NOT_LABELLED"
    # A guess that the pixels do not confirm would put a name on anybody.
    unproven = row["variant"] in guessed and row["verdict"] != "confirmed"
    known = row["verdict"] == "mismatch" or row["reason"] in UNFIT_REASONS
    return known or beside or nowhere or unproven


def _out_of_step(judged: AuditedVariant, served: dict[str, str], *, refused: bool) -> dict[str, str]:
    """Say of a variant what moments its frames show, and what follows."""
    model, worst = served["labelled_on"], max(judged.misplaced, key=lambda moment: moment.differing)
    shown = f"{len(judged.misplaced)} of {judged.compared} frames show other moments of {model}"
    follows = "its slots are excluded" if refused else "its labels are kept"
    return {
        "variant": served["variant"],
        "code": "OUT_OF_STEP",
        "detail": f"{shown}, which its labels are from: frame {worst.frame} looks like frame {worst.like}"
        f" there; {follows}. Make it again frame by frame, or take it out of the sources",
    }


def _listed_episodes(inventory: Path, served: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    """List all recordings and variants, also those that cannot be used: a merged data set has them too."""
    return [
        {
            "variant": row["variant"],
            "source": row["source"],
            "base": row["base"] == "yes",
            "labels": served.get(row["variant"], {}).get("labels", ""),
            "packets": int(row["frames"]) if row["frames"] else None,
        }
        for row in read_tsv(inventory / "episodes.tsv")
    ]


def _checked_mapping(
    episodes: list[dict[str, Any]], merged: Path | None, severity: Severity
) -> list[dict[str, Any]]:
    """Compare the episode mapping with the merged data set, as far as the config wants it."""
    lengths = None if merged is None or severity == "ignore" else episode_lengths(merged)
    mapped = mapping_rows(episodes, lengths)
    if merged is not None and severity == "error":
        require_same_lengths(mapped, merged)
    return mapped


def _representative_rows(
    served: dict[str, dict[str, str]], rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Compare the faces of each source's other variants with the boxes that its representative gave."""
    out = []
    for source, group in groupby(sorted(rows, key=lambda row: row["source"]), key=lambda row: row["source"]):
        judged = list(group)
        rows_of_labels = [served[row["variant"]] for row in judged if served[row["variant"]]["labels"]]
        shared = [it["labelled_on"] for it in rows_of_labels if it["labels"] == source]
        others = [
            row
            for row in judged
            if row["variant"] != served[row["variant"]]["labelled_on"] and row["iou"] is not None
        ]
        overlaps = [row["iou"] for row in others]
        ratios = [row["size_ratio"] for row in others]
        out.append(
            {
                "source": source,
                "representative": shared[0] if shared else "each variant" if rows_of_labels else "",
                "variants_checked": len({row["variant"] for row in others}),
                "slots_checked": len(others),
                "median_iou": round(float(np.median(overlaps)), 4) if others else None,
                "min_iou": min(overlaps, default=None),
                "min_size_ratio": min(ratios, default=None),
                "max_size_ratio": max(ratios, default=None),
                "fits": "" if not others else "yes" if min(overlaps) >= MIN_OVERLAP else "no",
            }
        )
    return out
