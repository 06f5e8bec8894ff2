"""The page of two builds' sources: timelines, boxes and audit verdicts that differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from facebank.artifacts.digests import sha256_file
from facebank.artifacts.tables import read_parquet
from facebank.comparison.labels import changed_labels
from facebank.report.bank import best_photos
from facebank.report.folders import rows
from facebank.report.pictures import Outline
from facebank.report.sources import Mismatch
from facebank.sources.inspection import content_digest, span_of

if TYPE_CHECKING:
    from pathlib import Path

    from facebank.comparison.labels import Box, ChangedLabels
    from facebank.media.containers import Span
    from facebank.report.album import Album, Picture
    from facebank.versions.sides import Side

__all__ = ["COLOURS", "ChangedVerdict", "ComparedSource", "SourcesChanges", "sources_changes"]

#: Colours of boxes: those of the older side, then those of the newer; told apart by the colour-blind too.
COLOURS = {"A": (213, 94, 0), "B": (0, 114, 178)}

#: Sources and slots beyond this many have no pictures.
_PICTURED = 40
#: Verdicts, the one that most needs a look first.
_URGENCY = ("mismatch", "unknown")


@dataclass(frozen=True, slots=True)
class ComparedSource:
    """The labels of a source that differ, and pictures of the frames that differ most."""

    labels: ChangedLabels
    pictures: dict[int, Picture]


@dataclass(frozen=True, slots=True)
class ChangedVerdict:
    """A slot of a variant of which the audit says another thing.

    Attributes
    ----------
    a, b : dict or None
        Its row on each side; None where a side does not have the slot.
    seen : Mismatch
        The newer row, or the older one, with pictures.
    """

    a: dict[str, Any] | None
    b: dict[str, Any] | None
    seen: Mismatch


@dataclass(frozen=True, slots=True)
class SourcesChanges:
    """What the page shows.

    Attributes
    ----------
    verdicts : tuple of ChangedVerdict
        Slots with another verdict, claim or person, the ones that need a look first.
    sources : tuple of ComparedSource
        Sources with other labels, the most changed first.
    alike, equal : tuple of str
        Sources whose boxes differ by less than a pixel; sources in which nothing differs.
    added, removed : tuple of str
        Variants that only B has, or only A.
    """

    verdicts: tuple[ChangedVerdict, ...]
    sources: tuple[ComparedSource, ...]
    alike: tuple[str, ...]
    equal: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not any((self.verdicts, self.sources, self.alike, self.added, self.removed))


def sources_changes(a: Side, b: Side, album: Album, sources_root: Path | None) -> SourcesChanges:
    """Gather what the page shows.

    Parameters
    ----------
    a, b : Side
        The older and the newer.
    album : Album
        Makes the pictures.
    sources_root : Path or None
        The sources; only videos whose bytes are those of a side are shown.
    """
    one, other = (side.file("face_labels", "slots.parquet") for side in (a, b))
    changed, alike, equal = changed_labels(one, other) if one and other else ([], [], [])
    videos = tuple(_Videos(side, sources_root) for side in (a, b))
    variants = [
        {row["variant"] for row in side.rows("inventory_sources", "variants.parquet", "variant") or ()}
        for side in (a, b)
    ]
    inventories = all("inventory_sources" in side.provenance for side in (a, b))
    return SourcesChanges(
        verdicts=tuple(_verdicts(a, b, videos, album)),
        sources=tuple(
            ComparedSource(it, _pictures(it, videos, album) if place < _PICTURED else {})
            for place, it in enumerate(changed)
        ),
        alike=tuple(alike),
        equal=tuple(equal),
        added=tuple(sorted(variants[1] - variants[0])) if inventories else (),
        removed=tuple(sorted(variants[0] - variants[1])) if inventories else (),
    )


class _Videos:
    """The videos of one side, as far as they are still the ones that it was made from."""

    def __init__(self, side: Side, root: Path | None) -> None:
        self._root = root
        self._slots = None if side.context.face_labels is None else side.context.face_labels / "slots.parquet"
        self._rows = {row["variant"]: row for row in rows(side.context.inventory_sources, "variants.parquet")}
        served = rows(_served(side), "variants.tsv")
        self._labels = {row["variant"]: row["labels"] for row in served}
        self._labelled_on = {row["labels"]: row["labelled_on"] for row in served}
        self._same: dict[str, bool] = {}

    def of_labels(self, labels: str) -> tuple[str, Span | None] | None:
        """Give the video that labels are from, and its stretch; None where it is not known or another now."""
        return self.of_variant(self._labelled_on.get(labels, ""))

    def of_variant(self, variant: str) -> tuple[str, Span | None] | None:
        """Give the video of a variant, and its stretch; None where it is not known or another now."""
        row = self._rows.get(variant)
        if row is None or self._root is None:
            return None
        if variant not in self._same:
            path, span = self._root / row["video"], span_of(row)
            self._same[variant] = path.is_file() and content_digest(sha256_file(path), span) == row["sha256"]
        return (row["video"], span_of(row)) if self._same[variant] else None

    def first_seen(self, variant: str, slot: int) -> tuple[int, Box] | None:
        """Give the first frame in which a variant's slot was detected, and its box there."""
        if self._slots is None or variant not in self._labels:
            return None
        seen = (pc.field("slot") == slot) & (pc.field("status") == "detected")
        table = read_parquet(
            self._slots,
            columns=["frame", "x1", "y1", "x2", "y2"],
            filters=seen & (pc.field("source") == self._labels[variant]),
        )
        found = table.sort_by("frame").slice(0, 1).to_pylist()
        return None if not found else (found[0].pop("frame"), tuple(found[0].values()))


def _served(side: Side) -> Path | None:
    """Find the folder of the table that says which labels serve which variant; a release has it apart."""
    held = side.file("face_labels", "variants.tsv")
    return side.context.face_labels if held is None else held.parent


def _pictures(it: ChangedLabels, videos: tuple[_Videos, ...], album: Album) -> dict[int, Picture]:
    """Draw the boxes of both sides into the frames that differ most.

    Where a side was made from another video than the one that is there, its boxes are left out.
    """
    found = [side.of_labels(it.source) for side in videos]
    video = next(filter(None, reversed(found)), None)
    if video is None:
        return {}
    outlines = {
        frame: [
            Outline(box, COLOURS[letter])
            for letter, boxes, own in zip("AB", pair, found, strict=True)
            if own == video
            for box in boxes
        ]
        for frame, pair in it.frames.items()
    }
    return album.frames(video[0], outlines, span=video[1])


def _verdicts(a: Side, b: Side, videos: tuple[_Videos, ...], album: Album) -> list[ChangedVerdict]:
    """Gather the slots of which the audit says another thing."""
    if any(side.file("audit", "verdicts.parquet") is None for side in (a, b)):
        return []
    before, after = (
        {(row["variant"], row["slot"]): row for row in rows(side.folders.audit, "verdicts.parquet")}
        for side in (a, b)
    )
    changed = sorted(
        (
            (before.get(slot), after.get(slot))
            for slot in before.keys() | after.keys()
            if _said(before.get(slot)) != _said(after.get(slot))
        ),
        key=_urgency,
    )
    newest = [(new or old or {}) for old, new in changed]
    people = {row[name] for row in newest[:_PICTURED] for name in ("claimed", "shown") if row[name]}
    known = best_photos(a.context, album, people) | best_photos(b.context, album, people)
    return [
        ChangedVerdict(
            old,
            new,
            Mismatch(
                facts=row,
                crop=_crop(row, videos, album) if place < _PICTURED else None,
                claimed=known.get(row["claimed"]),
                shown=known.get(row["shown"]),
            ),
        )
        for place, ((old, new), row) in enumerate(zip(changed, newest, strict=True))
    ]


def _said(row: dict[str, Any] | None) -> tuple[Any, ...] | None:
    """Give what the audit says of a slot, without its figures."""
    if row is None:
        return None
    # Whom an unclaimed slot resembles most is a guess, and no verdict.
    shown = row["shown"] if row["verdict"] == "mismatch" else None
    return (row["verdict"], row["claimed"], shown, row["excluded"])


def _urgency(pair: tuple[dict[str, Any] | None, dict[str, Any] | None]) -> tuple[int, str, int]:
    """Sort slots: new mismatches first, then those that show nobody known, then the others."""
    row = pair[1] or pair[0] or {}
    verdict = "" if pair[1] is None else row["verdict"]
    return (_URGENCY.index(verdict) if verdict in _URGENCY else len(_URGENCY), row["variant"], row["slot"])


def _crop(row: dict[str, Any], videos: tuple[_Videos, ...], album: Album) -> Picture | None:
    """Cut the slot out of the variant's own video, newest side first."""
    for side in reversed(videos):
        video, seen = side.of_variant(row["variant"]), side.first_seen(row["variant"], row["slot"])
        if video is not None and seen is not None:
            return album.crop(video[0], seen[0], seen[1], span=video[1])
    return None
