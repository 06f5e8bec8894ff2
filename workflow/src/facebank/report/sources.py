"""The page of the sources: what is labelled in each, and whom its variants show."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from facebank.report.bank import best_photos
from facebank.report.folders import rows
from facebank.report.pictures import Outline
from facebank.report.tracks import SlotBox, SourceTracks, boxes_by_frame, read_tracks
from facebank.sources.inspection import span_of

if TYPE_CHECKING:
    from facebank.media.containers import Span
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
    """Labels of a source: its row, the variant they are from, pictures, and the variants they serve.

    Attributes
    ----------
    facts : dict
        Its row of sources.parquet; size and rate are those of the video that the labels are from.
    labelled_on : str
        That variant; "" without labels.
    reasons : tuple of str
        Codes that say why the source's own labels do not serve these variants; none where they do.
    tracks, frames, clip
        What the labels say, and pictures of it.
    variants : tuple of Variant
        The variants that they serve, or those that have none.
    """

    facts: dict[str, Any]
    labelled_on: str
    reasons: tuple[str, ...]
    tracks: SourceTracks | None
    frames: dict[int, Picture]
    clip: Picture | None
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


def sources_page(folders: Folders, album: Album, clip_s: float = 0) -> SourcesPage:
    """Gather what the page of the sources shows.

    Parameters
    ----------
    folders : Folders
        The version folders of the build.
    album : Album
        Makes the pictures.
    clip_s : float
        Seconds of the clip of each source; 0 makes none.
    """
    tracks = {it.source: it for it in read_tracks(folders.face_labels)}
    verdicts = sorted(rows(folders.audit, "verdicts.parquet"), key=lambda row: (row["variant"], row["slot"]))
    verdicts_of = {name: tuple(found) for name, found in groupby(verdicts, key=lambda row: row["variant"])}
    variants = rows(folders.inventory_sources, "variants.parquet")
    variants_of: dict[str, list[dict[str, Any]]] = {}
    for row in variants:
        variants_of.setdefault(row["source"], []).append(row)
    known = best_photos(folders, album)
    videos = {row["variant"]: (row["video"], span_of(row)) for row in variants}
    served = {row["variant"]: row for row in rows(folders.face_labels, "variants.tsv")}

    def crop(row: dict[str, Any]) -> Picture | None:
        return _crop(row, _labels(served, row["variant"]), tracks, videos, album)

    def compared(verdict: str) -> tuple[Mismatch, ...]:
        found = [row for row in verdicts if row["verdict"] == verdict]
        return tuple(
            Mismatch(
                facts=row,
                crop=crop(row) if place < _PICTURED else None,
                claimed=known.get(row["claimed"]),
                shown=known.get(row["shown"]),
            )
            for place, row in enumerate(found)
        )

    return SourcesPage(
        sources=tuple(
            Source(
                facts=(facts := source | _shape(group, labelled_on := _labelled_on(served, group))),
                labelled_on=labelled_on,
                reasons=_reasons(served, group),
                tracks=tracks.get(labels),
                frames=_frames(tracks.get(labels), videos.get(labelled_on), album),
                clip=_clip(
                    boxes_by_frame(folders.face_labels, labels, round(clip_s * facts["fps"])),
                    videos.get(labelled_on),
                    facts["fps"],
                    album,
                ),
                variants=tuple(Variant(row, verdicts_of.get(row["variant"], ())) for row in group),
            )
            for source in rows(folders.inventory_sources, "sources.parquet")
            for labels, group in _groups(variants_of.get(source["source"], []), served)
        ),
        mismatches=compared("mismatch"),
        unknown=compared("unknown"),
        rejected=tuple(
            row
            for folder in (folders.inventory_sources, folders.detections)
            for row in rows(folder, "rejected.tsv")
        ),
        ignored=tuple(rows(folders.inventory_sources, "ignored.tsv")),
        findings=tuple(
            row
            for folder in (folders.inventory_sources, folders.audit)
            for row in rows(folder, "findings.tsv")
        ),
    )


def _labels(served: dict[str, dict[str, Any]], variant: str) -> str:
    """Give the name of the labels that serve a variant, "" where none do."""
    return str(served[variant]["labels"]) if variant in served else ""


def _labelled_on(served: dict[str, dict[str, Any]], group: list[dict[str, Any]]) -> str:
    """Give the variant whose video the labels of some variants are from."""
    return next((served[row["variant"]]["labelled_on"] for row in group if row["variant"] in served), "")


def _shape(group: list[dict[str, Any]], labelled_on: str) -> dict[str, Any]:
    """Give size and rate of the video that labels are from, or of the first variant that has none."""
    row = next((row for row in group if row["variant"] == labelled_on), group[0])
    return {name: row[name] for name in ("width", "height", "fps")}


def _reasons(served: dict[str, dict[str, Any]], group: list[dict[str, Any]]) -> tuple[str, ...]:
    """Give the codes of why the labels of their source do not serve some variants."""
    found = (served[row["variant"]].get("reason", "") for row in group if row["variant"] in served)
    return tuple(sorted({code for reason in found for code in reason.split()}))


def _groups(
    variants: list[dict[str, Any]], served: dict[str, dict[str, Any]]
) -> list[tuple[str, list[dict[str, Any]]]]:
    """Part a source's variants by the labels that serve them: one part, where the source's serve all."""
    parts: dict[str, list[dict[str, Any]]] = {}
    for row in variants:
        parts.setdefault(_labels(served, row["variant"]), []).append(row)
    return list(parts.items())


def _frames(
    tracks: SourceTracks | None, video: tuple[str, Span | None] | None, album: Album
) -> dict[int, Picture]:
    """Picture the frames of a video that are worth looking at."""
    if tracks is None or video is None:
        return {}
    path, span = video
    return album.frames(path, _outlines(tracks.boxes), span=span)


def _clip(
    boxes: dict[int, list[SlotBox]], video: tuple[str, Span | None] | None, fps: float, album: Album
) -> Picture | None:
    """Show the first frames of a video with their boxes."""
    if not boxes or video is None:
        return None
    path, span = video
    return album.clip(path, _outlines(boxes), fps, span=span)


def _outlines(boxes: dict[int, list[SlotBox]]) -> dict[int, list[Outline]]:
    """Colour the boxes of frames by their status."""
    return {frame: [Outline(it.box, _COLOURS[it.status]) for it in some] for frame, some in boxes.items()}


def _crop(
    verdict: dict[str, Any],
    labels: str,
    tracks: dict[str, SourceTracks],
    videos: dict[str, tuple[str, Span | None]],
    album: Album,
) -> Picture | None:
    """Cut the slot out of the variant's own video, at the first frame in which the slot was detected.

    The variants of a source share the camera, so the labels that serve it say where to look.
    """
    source = tracks.get(labels)
    seen = None if source is None else source.detected.get(verdict["slot"])
    if seen is None or verdict["variant"] not in videos:
        return None
    frame, box = seen
    video, span = videos[verdict["variant"]]
    return album.crop(video, frame, box.box, span=span)
