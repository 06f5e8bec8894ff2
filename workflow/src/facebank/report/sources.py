"""The page of the sources: what is labelled in each, and whom its variants show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facebank.report.bank import best_photos
from facebank.report.folders import rows
from facebank.report.pictures import Outline
from facebank.report.tracks import SourceTracks, read_tracks
from facebank.sources.inspection import span_of

if TYPE_CHECKING:
    from facebank.media.videos import Span
    from facebank.report.album import Album, Picture
    from facebank.report.folders import Folders

__all__ = ["Mismatch", "Source", "SourcesPage", "Variant", "sources_page"]

#: Colours of boxes on frames, as the pages' style has them for the same statuses.
_COLOURS = {"detected": (31, 111, 235), "interpolated": (84, 174, 255), "held": (212, 153, 26)}
#: Mismatches beyond this many are listed without pictures.
_PICTURED = 60


@dataclass(frozen=True, slots=True)
class Variant:
    """One variant: its row of variants.parquet, and the audit's row for each slot."""

    facts: dict[str, Any]
    slots: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """One source: its row of sources.parquet, its labels, pictures of some frames, its variants."""

    facts: dict[str, Any]
    tracks: SourceTracks | None
    frames: dict[int, Picture]
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A slot that shows another person than claimed, or nobody known, with pictures to compare."""

    facts: dict[str, Any]
    crop: Picture | None
    claimed: Picture | None
    shown: Picture | None


@dataclass(frozen=True, slots=True)
class SourcesPage:
    """What the page shows."""

    sources: tuple[Source, ...]
    mismatches: tuple[Mismatch, ...]
    unknown: tuple[Mismatch, ...]
    rejected: tuple[dict[str, Any], ...]
    ignored: tuple[dict[str, Any], ...]
    findings: tuple[dict[str, Any], ...]


def sources_page(folders: Folders, album: Album) -> SourcesPage:
    """Gather what the page of the sources shows."""
    tracks = {it.source: it for it in read_tracks(folders.face_labels)}
    verdicts = sorted(rows(folders.audit, "verdicts.parquet"), key=lambda row: (row["variant"], row["slot"]))
    variants = rows(folders.inventory_sources, "variants.parquet")
    known = best_photos(folders, album)
    videos = {row["variant"]: (row["video"], span_of(row)) for row in variants}

    def compared(verdict: str) -> tuple[Mismatch, ...]:
        found = [row for row in verdicts if row["verdict"] == verdict]
        return tuple(
            Mismatch(
                facts=row,
                crop=_crop(row, tracks, videos, album) if place < _PICTURED else None,
                claimed=known.get(row["claimed"]),
                shown=known.get(row["shown"]),
            )
            for place, row in enumerate(found)
        )

    return SourcesPage(
        sources=tuple(
            _source(row, tracks.get(row["source"]), variants, verdicts, album)
            for row in rows(folders.inventory_sources, "sources.parquet")
        ),
        mismatches=compared("mismatch"),
        unknown=compared("unknown"),
        rejected=tuple(
            row
            for folder in (folders.inventory_sources, folders.detections)
            for row in rows(folder, "rejected.tsv")
        ),
        ignored=tuple(rows(folders.inventory_sources, "ignored.tsv")),
        findings=tuple(rows(folders.inventory_sources, "findings.tsv")),
    )


def _source(
    facts: dict[str, Any],
    tracks: SourceTracks | None,
    variants: list[dict[str, Any]],
    verdicts: list[dict[str, Any]],
    album: Album,
) -> Source:
    """Describe one source."""
    outlines = (
        {}
        if tracks is None
        else {
            frame: [Outline(it.box, _COLOURS[it.status]) for it in boxes]
            for frame, boxes in tracks.boxes.items()
        }
    )
    return Source(
        facts=facts,
        tracks=tracks,
        frames=album.frames(facts["video"], outlines, span=span_of(facts)),
        variants=tuple(
            Variant(row, tuple(it for it in verdicts if it["variant"] == row["variant"]))
            for row in variants
            if row["source"] == facts["source"]
        ),
    )


def _crop(
    verdict: dict[str, Any],
    tracks: dict[str, SourceTracks],
    videos: dict[str, tuple[str, Span | None]],
    album: Album,
) -> Picture | None:
    """Cut the slot out of the variant's own video, at the first frame in which the slot was detected.

    The variants of a source share the camera, so the representative's box is the place to look at.
    """
    source = tracks.get(verdict["source"])
    seen = None if source is None else source.detected.get(verdict["slot"])
    if seen is None or verdict["variant"] not in videos:
        return None
    frame, box = seen
    video, span = videos[verdict["variant"]]
    return album.crop(video, frame, box.box, span=span)
