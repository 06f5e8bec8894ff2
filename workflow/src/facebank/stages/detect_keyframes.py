"""Stage detections: faces at the keyframes of what is labelled, one shard of the sources a job."""

from __future__ import annotations

from functools import partial
from itertools import groupby
from pathlib import Path  # noqa: TC003 - the command line reads the annotations
from typing import TYPE_CHECKING, Literal

from facebank.artifacts.code import stage_digest
from facebank.artifacts.digests import remembered_digests, shard_of
from facebank.artifacts.provenance import runtime_versions
from facebank.artifacts.shards import ShardRecord, write_shard_record
from facebank.artifacts.tables import write_table
from facebank.bank.forgotten import read_forgotten
from facebank.faces.detector import open_detector
from facebank.keyframes.detection import DetectionSettings, Schedule
from facebank.keyframes.fitting import FitLimits
from facebank.keyframes.source_detection import SourceDetector
from facebank.media.isolation import media_reader
from facebank.media.limits import PROCESS_LIMITS, VIDEO_LIMITS, ProcessLimits, VideoLimits
from facebank.runtime.packs import load_pack, verify_pack
from facebank.runtime.progress import follow
from facebank.runtime.sessions import provider_class
from facebank.runtime.threads import limit_threads
from facebank.sources.claims import Spellings
from facebank.sources.discovery import CAMERA, PATTERN, discover
from facebank.sources.findings import SEVERITIES, Severity, with_defaults
from facebank.sources.inspection import inspect_variant, inspect_variants
from facebank.sources.schemas import DETECTED_VIDEOS
from facebank.sources.selection import usable_variants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facebank.sources.discovery import Variant
    from facebank.sources.inspection import InspectedVariant

__all__ = ["detect_keyframes"]

#: Keyframes that go through the detector in one call, by the class of the device.
_BATCH = {"cpu": 1, "cuda": 8}


def detect_keyframes(
    *,
    root: Path,
    pack: Path,
    output: Path,
    cache: Path,
    shard: int = 0,
    shards: int = 1,
    pattern: str = PATTERN,
    camera: str = CAMERA,
    letters: dict[str, str] | None = None,
    aliases: dict[str, str] | None = None,
    forgotten: Path | None = None,
    findings: dict[str, Severity] = SEVERITIES,
    fallback: Literal["per_variant", "none"] = "per_variant",
    compared_variants: int = 3,
    min_overlap: float = 0.5,
    max_size_ratio: float = 1.5,
    keyframes: Schedule = "fixed",
    stride: int = 5,
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
    """Find the faces at the keyframes of one shard of the sources.

    The shard is listed here and not read from the inventory, so that a changed video makes its own shard
    stale and no other. The representative of a source is the one that the inventory chooses, or the next one
    where its video cannot be decoded to its end.

    Parameters
    ----------
    root
        Folder of the sources.
    pack
        Folder of the model pack.
    output
        The Parquet file to make: a row a source.
    cache
        Root of the cache.
    shard
        Number of this shard from 0.
    shards
        Number of shards.
    pattern
        Regular expression of a variant's folder name; the group `source` names its source.
    camera
        The camera whose video is looked at.
    letters
        As given to index-sources: what a layout says may refuse a variant.
    aliases
        As given to index-sources, for the same reason.
    forgotten
        As given to index-sources.
    findings
        As given to index-sources.
    fallback
        What is done with a variant whose frames have another size than the representative's or are not as
        many: per_variant looks at it by itself, and at every variant where faces of some lie elsewhere; none
        does neither.
    compared_variants
        How many other variants of each source are compared with its representative.
    min_overlap
        Least overlap (IoU) of the compared faces.
    max_size_ratio
        Greatest ratio of the sides of the compared faces.
    keyframes
        fixed: the detector sees every keyframe; adaptive: what changed, what moves about at each twelfth.
    stride
        Every stride-th frame is a keyframe, and so is the last one.
    det_size
        Longer side in pixels at which the detector sees a frame.
    min_score
        Least score of a detection that is kept.
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
        Threads that decode and detect.
    contents
        Digest of the shard's files, as the workflow saw them; kept in a record beside the shard.

    Raises
    ------
    DataError
        If the root is no folder, or a video vanished or changed while it was read. One that breaks off is
        noted, and the others go on.
    ModelError
        If the pack or the device cannot be used.
    """
    limit_threads(threads)
    loaded = load_pack(pack)
    verify_pack(loaded)
    limits = FitLimits(compared_variants, min_overlap, max_size_ratio)
    settings = DetectionSettings(stride, det_size, min_score, keyframes)
    made_with = {
        "provider": provider_class(device),
        "detector": loaded.file("detector").sha256,
        "schedule": keyframes,
        "stride": stride,
        "det_size": det_size,
        "min_score": min_score,
    }
    digest = remembered_digests()
    severities = with_defaults(findings)
    spellings = Spellings(aliases or {}, read_forgotten(forgotten).names)

    with media_reader(
        isolate=isolate,
        process_limits=ProcessLimits(max_seconds, max_memory_mb),
        video_limits=VideoLimits(max_pixels, max_frames, max_bytes),
    ) as media:
        inspect = partial(
            inspect_variant,
            root,
            letters=letters or {},
            spellings=spellings,
            file_digest=digest,
            media=media,
            cache=cache,
        )

        def usable(variants: Sequence[Variant]) -> list[InspectedVariant]:
            # Opening many of them takes as long as looking at one.
            opened = inspect_variants(variants, inspect, threads=threads)
            # What is refused is listed by the inventory.
            return usable_variants(opened, [], severities=severities)

        detector = SourceDetector(
            root=root,
            # Calls run side by side, or beside the decoder: each has one thread.
            detector=open_detector(loaded, device=device),
            settings=settings,
            made_with=made_with,
            found_by={
                "contract": repr(loaded.detector),
                "code": stage_digest("detect_keyframes"),
                "runtime": runtime_versions(),
            },
            limits=limits if fallback == "per_variant" else None,
            usable=usable,
            cache=cache,
            file_digest=digest,
            threads=threads,
            batch=_BATCH[provider_class(device)],
            media=media,
        )
        mine = [
            variant
            for variant in discover(root, pattern=pattern, camera=camera).variants
            if shard_of(variant.source, shards) == shard
        ]
        sources = [list(variants) for _, variants in groupby(mine, key=lambda variant: variant.source)]
        followed = follow(sources, "Detecting faces in sources", len(sources))
        rows = [row for variants in followed for row in detector.detect(variants)]
    write_table(output, rows, DETECTED_VIDEOS)
    write_shard_record(output, ShardRecord.of("detect_keyframes", contents, provider_class(device)))
    count = sum(len(row.get("keyframes", ())) for row in rows)
    print(f"shard {shard} of {shards}: {len(rows)} videos, {count} keyframes")  # noqa: T201 - its one line
