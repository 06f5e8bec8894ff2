"""Stage inventory: which sources there are, which variant stands for each, and who is claimed to be where."""

from __future__ import annotations

from functools import partial
from itertools import groupby
from pathlib import Path  # noqa: TC003 - the command line reads the annotations
from typing import TYPE_CHECKING, Any

from facebank.artifacts.atomic import write_json
from facebank.artifacts.digests import remembered_digests
from facebank.artifacts.provenance import building
from facebank.artifacts.tables import REJECTED_COLUMNS, write_table, write_tsv
from facebank.artifacts.unread import require_readable
from facebank.audit.mapping import mapping_rows, require_same_lengths
from facebank.bank.forgotten import read_forgotten
from facebank.errors import DataError
from facebank.media.isolation import media_reader
from facebank.media.limits import PROCESS_LIMITS, VIDEO_LIMITS, ProcessLimits, VideoLimits
from facebank.sources.claims import Spellings
from facebank.sources.discovery import CAMERA, PATTERN, discover
from facebank.sources.findings import SEVERITIES, Severity, with_defaults
from facebank.sources.inspection import inspect_variant, inspect_variants
from facebank.sources.lerobot import episode_lengths
from facebank.sources.schemas import EPISODE_COLUMNS, FINDING_COLUMNS, SOURCES, VARIANTS
from facebank.sources.selection import usable_variants

if TYPE_CHECKING:
    from facebank.sources.discovery import Variant
    from facebank.sources.inspection import InspectedVariant

__all__ = ["index_sources"]


def index_sources(
    *,
    root: Path,
    output_dir: Path,
    cache: Path | None = None,
    pattern: str = PATTERN,
    camera: str = CAMERA,
    letters: dict[str, str] | None = None,
    aliases: dict[str, str] | None = None,
    findings: dict[str, Severity] = SEVERITIES,
    forgotten: Path | None = None,
    merged: Path | None = None,
    max_pixels: int = VIDEO_LIMITS.max_pixels,
    max_frames: int = VIDEO_LIMITS.max_frames,
    max_bytes: int = VIDEO_LIMITS.max_bytes,
    max_seconds: float = PROCESS_LIMITS.max_seconds,
    max_memory_mb: int = PROCESS_LIMITS.max_memory_mb,
    isolate: bool = False,
    threads: int = 1,
    contents: str = "",
) -> None:
    """List the sources, their variants and their claims.

    The representative of a source is its first variant by name whose video can be used and whose frames have
    the size and number that most of its variants' have; the recording itself comes after all others.

    Parameters
    ----------
    root
        Folder of the variants' folders, of plain videos, or a LeRobot v3 data set. Nothing is written there.
    output_dir
        The version folder to make.
    cache
        Root of the cache, in which facts of videos are kept; nothing is kept if left out.
    pattern
        Regular expression of a variant's name; its group `source` names the source.
    camera
        The camera whose video is used: a folder under videos in a variant's folder, or a data set's key.
    letters
        Letter of a layout code -> identity; "" is somebody who must not be named.
    aliases
        Slug -> slug: two spellings of one person. Claimed names are made slugs first.
    findings
        Finding -> error (its video is refused), warn (listed) or ignore; what is left out has its default.
    forgotten
        File that says who has to be forgotten: claims of them are not read.
    merged
        The LeRobot v3 data set that was merged from the variants: nothing is written where its episodes are
        of other lengths. What is written does not depend on it.
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
    threads
        Videos that are opened at once.
    contents
        Digest of the files that are read, as the workflow saw them; kept in provenance.json.

    Raises
    ------
    ConfigError
        If the pattern cannot be used.
    DataError
        If there is no such folder or no usable video in it, or a data set of another version or camera,
        or if the merged data set has other episodes; nothing is written then.
    """
    severities = with_defaults(findings)
    spellings = Spellings(aliases or {}, read_forgotten(forgotten).names)
    discovery = discover(root, pattern=pattern, camera=camera)
    rejected = list(discovery.rejected)
    digest = remembered_digests()
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
        opened = inspect_variants(discovery.variants, inspect, threads=threads)
        by_source = groupby(
            zip(discovery.variants, opened, strict=True), key=lambda inspected: inspected[0].source
        )
        groups = [
            usable_variants((item for _, item in of_one), rejected, severities=severities)
            for _, of_one in by_source
        ]
    # Many episodes may lie in one file; what could be read and is no video has a digest.
    unread = {
        row["file"].partition("#")[0]
        for row in rejected
        if row["reason"] == "UNREADABLE" and not row["sha256"]
    }
    require_readable(sorted(unread), contents)
    sources = [variants for variants in groups if variants]
    if not sources:
        first = f"{rejected[0]['file']} ({rejected[0]['reason']})" if rejected else "no variant"
        raise DataError(
            "The folder holds no usable video",
            file=root,
            expected="folders of variants or videos",
            found=f"{first}, {len(rejected)} rejected, {len(discovery.ignored)} ignored",
            remedy="Check sources.root, sources.pattern and sources.camera in the config.",
        )
    inspected = [item for variants in sources for item in variants]
    episodes = _episode_rows((*discovery.variants, *discovery.without_video), inspected)
    if merged is not None:
        _require_merged(episodes, merged)
    listed = [
        {"variant": item.variant.variant, "code": code, "detail": detail}
        for item in inspected
        for code, detail in item.findings
    ]
    parameters = {
        "pattern": pattern,
        "camera": camera,
        "letters": letters or {},
        "aliases": aliases or {},
        "findings": severities,
        "max_pixels": max_pixels,
        "max_frames": max_frames,
        "max_bytes": max_bytes,
        "max_seconds": max_seconds,
        "max_memory_mb": max_memory_mb,
    }
    with building(
        output_dir, rule="index_sources", parameters=parameters, inputs={}, contents=contents
    ) as folder:
        write_table(folder / "sources.parquet", [_source_row(variants) for variants in sources], SOURCES)
        rows = [_variant_row(item, variants[0]) for variants in sources for item in variants]
        write_table(folder / "variants.parquet", rows, VARIANTS)
        write_tsv(folder / "episodes.tsv", EPISODE_COLUMNS, episodes)
        write_tsv(folder / "findings.tsv", FINDING_COLUMNS, listed)
        write_tsv(folder / "rejected.tsv", REJECTED_COLUMNS, sorted(rejected, key=lambda row: row["file"]))
        write_tsv(folder / "ignored.tsv", REJECTED_COLUMNS, discovery.ignored)
        summary = {
            "sources": len(sources),
            "variants": len(inspected),
            "with_claims": sum(any(item.claims) for item in inspected),
            "frames": sum(item.facts.packets for item in inspected),
            "findings": len(listed),
            "rejected": len(rejected),
            "ignored": len(discovery.ignored),
        }
        write_json(folder / "summary.json", summary)
    counts = (summary["sources"], summary["variants"], summary["rejected"], summary["findings"])
    print("{} sources, {} variants, {} rejected, {} findings".format(*counts))  # noqa: T201 - the stage's one line


def _episode_rows(variants: tuple[Variant, ...], used: list[InspectedVariant]) -> list[dict[str, Any]]:
    """List every recording by name, then every augmentation by name, also those that cannot be used.

    So the data set is merged: by folders, whatever is in them.
    """
    frames = {item.variant.variant: item.facts.packets for item in used}
    return [
        {
            "episode_index": index,
            "variant": variant.variant,
            "source": variant.source,
            "base": "yes" if variant.base else "no",
            "used": "yes" if variant.variant in frames else "no",
            "frames": frames.get(variant.variant),
        }
        for index, variant in enumerate(sorted(variants, key=lambda it: (not it.base, it.variant)))
    ]


def _require_merged(episodes: list[dict[str, Any]], merged: Path) -> None:
    """Insist on what the audit will insist on, before models have run for hours."""
    named = [
        {**row, "base": row["base"] == "yes", "labels": "", "packets": row["frames"]} for row in episodes
    ]
    require_same_lengths(mapping_rows(named, episode_lengths(merged)), merged)


def _source_row(variants: list[InspectedVariant]) -> dict[str, Any]:
    """Give a source's row; the first of its variants stands for it."""
    first = variants[0]
    return {
        "source": first.variant.source,
        "representative": first.variant.variant,
        "variants": len(variants),
        "slots": max(len(item.claims) for item in variants),
        **_video_columns(first),
    }


def _variant_row(item: InspectedVariant, representative: InspectedVariant) -> dict[str, Any]:
    """Give a variant's row."""
    return {
        "variant": item.variant.variant,
        "source": item.variant.source,
        "base": item.variant.base,
        "representative": item is representative,
        "claims": list(item.claims),
        "target": item.target,
        "packets": item.facts.packets,
        "variable_frame_rate": item.facts.variable_frame_rate,
        **_video_columns(item),
    }


def _video_columns(item: InspectedVariant) -> dict[str, Any]:
    """Give what both tables say of a video."""
    return {
        "video": item.variant.video,
        "start_s": None if item.variant.span is None else item.variant.span.start_s,
        "stop_s": None if item.variant.span is None else item.variant.span.stop_s,
        "sha256": item.sha256,
        "frames_declared": item.frames_declared,
        "width": item.facts.width,
        "height": item.facts.height,
        "fps": float(item.facts.frame_rate),
        "codec": item.facts.codec,
        "rotation": item.facts.rotation,
    }
