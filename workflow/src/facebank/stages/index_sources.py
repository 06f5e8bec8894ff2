"""Stage inventory: which sources there are, which variant stands for each, and who is claimed to be where."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path  # noqa: TC003 - the command line reads the annotations
from typing import TYPE_CHECKING, Any

from facebank.artifacts.atomic import write_json
from facebank.artifacts.provenance import building
from facebank.artifacts.tables import REJECTED_COLUMNS, write_table, write_tsv
from facebank.bank.slugs import identity_of
from facebank.errors import DataError
from facebank.sources.discovery import CAMERA, PATTERN, discover
from facebank.sources.inspection import VideoRejected, inspect_variant
from facebank.sources.schemas import FINDING_COLUMNS, SOURCES, VARIANTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facebank.sources.inspection import InspectedVariant

__all__ = ["index_sources"]


def index_sources(
    *,
    root: Path,
    output_dir: Path,
    pattern: str = PATTERN,
    camera: str = CAMERA,
    letters: dict[str, str] | None = None,
    aliases: dict[str, str] | None = None,
    threads: int = 1,
) -> None:
    """List the sources, their variants and their claims.

    The representative of a source is its first variant by name whose video can be read; the recording itself
    only where there is no other.

    Parameters
    ----------
    root
        Folder of the variants' folders, or of plain videos. Nothing is written into it.
    output_dir
        The version folder to make.
    pattern
        Regular expression of a variant's name; its group `source` names the source.
    camera
        The camera whose video is used: a folder under videos in a variant's folder.
    letters
        Letter of a layout code -> identity.
    aliases
        Slug -> slug: two spellings of one person. Claimed names are made slugs first.
    threads
        Decoder threads.

    Raises
    ------
    ConfigError
        If the pattern cannot be used.
    DataError
        If there is no such folder or no readable video in it; nothing is written then.
    """
    discovery = discover(root, pattern=pattern, camera=camera)
    rejected = list(discovery.rejected)
    inspected: list[InspectedVariant] = []
    for variant in discovery.variants:
        try:
            inspected.append(inspect_variant(root, variant, letters=letters or {}, threads=threads))
        except VideoRejected as rejection:
            rejected.append(rejection.row)
    if not inspected:
        first = f"{rejected[0]['file']} ({rejected[0]['reason']})" if rejected else "no variant"
        raise DataError(
            "The folder holds no usable video",
            file=root,
            expected="folders of variants or videos",
            found=f"{first}, {len(rejected)} rejected, {len(discovery.ignored)} ignored",
            remedy="Check sources.root, sources.pattern and sources.camera in the config.",
        )
    sources = [list(variants) for _, variants in groupby(inspected, key=lambda item: item.variant.source)]
    findings = [
        {"variant": item.variant.variant, "code": code, "detail": detail}
        for variants in sources
        for item in variants
        for code, detail in (*item.findings, *_differences(item, variants[0]))
    ]
    parameters = {"pattern": pattern, "camera": camera, "letters": letters or {}, "aliases": aliases or {}}
    with building(output_dir, rule="index_sources", parameters=parameters, inputs={}) as folder:
        write_table(folder / "sources.parquet", [_source_row(variants) for variants in sources], SOURCES)
        rows = [_variant_row(item, variants[0], aliases or {}) for variants in sources for item in variants]
        write_table(folder / "variants.parquet", rows, VARIANTS)
        write_tsv(folder / "findings.tsv", FINDING_COLUMNS, findings)
        write_tsv(folder / "rejected.tsv", REJECTED_COLUMNS, sorted(rejected, key=lambda row: row["file"]))
        write_tsv(folder / "ignored.tsv", REJECTED_COLUMNS, discovery.ignored)
        summary = {
            "sources": len(sources),
            "variants": len(inspected),
            "with_claims": sum(any(item.claims) for item in inspected),
            "frames": sum(item.facts.packets for item in inspected),
            "findings": len(findings),
            "rejected": len(rejected),
            "ignored": len(discovery.ignored),
        }
        write_json(folder / "summary.json", summary)
    counts = (summary["sources"], summary["variants"], summary["rejected"], summary["findings"])
    print("{} sources, {} variants, {} rejected, {} findings".format(*counts))  # noqa: T201 - the stage's one line


def _differences(item: InspectedVariant, representative: InspectedVariant) -> list[tuple[str, str]]:
    """Compare a variant's video with the one whose boxes it will be given."""
    facts, model = item.facts, representative.facts
    findings = []
    if (facts.width, facts.height) != (model.width, model.height):
        sizes = f"{facts.width}x{facts.height}, the representative {model.width}x{model.height}"
        findings.append(("SIZE_DIFFERS", sizes))
    if facts.packets != model.packets:
        findings.append(("LENGTH_DIFFERS", f"{facts.packets} frames, the representative {model.packets}"))
    return findings


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


def _variant_row(
    item: InspectedVariant, representative: InspectedVariant, aliases: Mapping[str, str]
) -> dict[str, Any]:
    """Give a variant's row."""
    return {
        "variant": item.variant.variant,
        "source": item.variant.source,
        "base": item.variant.base,
        "representative": item is representative,
        "claims": [identity_of(name, {}, aliases) for name in item.claims],
        "target": identity_of(item.target, {}, aliases),
        "packets": item.facts.packets,
        **_video_columns(item),
    }


def _video_columns(item: InspectedVariant) -> dict[str, Any]:
    """Give what both tables say of a video."""
    return {
        "video": item.variant.video,
        "sha256": item.sha256,
        "frames_declared": item.frames_declared,
        "width": item.facts.width,
        "height": item.facts.height,
        "fps": float(item.facts.frame_rate),
        "codec": item.facts.codec,
        "rotation": item.facts.rotation,
    }
