"""What the labels of each source look like: a strip a slot, figures, and the boxes of a few frames."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from facebank.report.folders import rows
from facebank.report.numbers import BOXED
from facebank.report.timeline import Strip, strip_of

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

__all__ = ["SlotBox", "SourceTracks", "boxes_by_frame", "read_tracks"]

_COLUMNS = ["source", "frame", "slot", "status", "x1", "y1", "x2", "y2"]


@dataclass(frozen=True, slots=True)
class SlotBox:
    """One slot's box in one frame.

    Attributes
    ----------
    slot : int
        From 0 at the left.
    status : str
        How sure it is.
    box : tuple of float
        x1, y1, x2, y2 in pixels of the frame.
    """

    slot: int
    status: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class SourceTracks:
    """The slots of one source.

    Attributes
    ----------
    source : str
        Its name.
    problem : str
        Why no slot has a box, or empty.
    all_slots : float
        Share of frames in which every slot has a box.
    stability : tuple of (float or None)
        Standard deviation of each slot's detected centres in pixels; None without a detection.
    strips : tuple of Strip
        One a slot, left to right.
    boxes : dict
        Frame -> boxes, for the frames worth looking at: one with as many boxes as any, and the middle of each
        slot's longest stretch without a box.
    detected : dict
        Slot -> the first frame in which it was detected and its box there.
    """

    source: str
    problem: str
    all_slots: float
    stability: tuple[float | None, ...]
    strips: tuple[Strip, ...]
    boxes: dict[int, list[SlotBox]]
    detected: dict[int, tuple[int, SlotBox]]

    @property
    def frames(self) -> int:
        """Frames that have labels."""
        return self.strips[0].frames if self.strips else 0


def read_tracks(folder: Path | None) -> list[SourceTracks]:
    """Read the labels of a ``face_labels`` version folder, sorted by source; none without a folder."""
    if folder is None:
        return []
    table = pq.read_table(folder / "slots.parquet", columns=_COLUMNS)
    table = table.sort_by([(column, "ascending") for column in ("source", "slot", "frame")])
    coverage = {row["source"]: row for row in rows(folder, "coverage.tsv")}
    names = np.asarray(table["source"].to_pylist(), dtype=str)
    starts = (
        np.flatnonzero(np.r_[True, names[1:] != names[:-1]]) if len(names) else np.zeros(0, dtype=np.int64)
    )
    return [
        _tracks(table.slice(start, end - start), coverage[str(names[start])])
        for start, end in pairwise([*starts.tolist(), len(names)])
    ]


def boxes_by_frame(folder: Path | None, source: str, frames: int) -> dict[int, list[SlotBox]]:
    """Read the boxes of a source's first frames.

    Parameters
    ----------
    folder : Path or None
        The ``face_labels`` version folder.
    source : str
        Name of the labels.
    frames : int
        How many frames, from the first.

    Returns
    -------
    dict
        Frame -> boxes, for each of these frames that has labels.
    """
    if folder is None or frames <= 0:
        return {}
    wanted = (pc.field("source") == source) & (pc.field("frame") < frames)
    table = pq.read_table(folder / "slots.parquet", columns=_COLUMNS, filters=wanted)
    found: dict[int, list[SlotBox]] = {}
    for row in table.sort_by([("frame", "ascending"), ("slot", "ascending")]).to_pylist():
        boxes = found.setdefault(row["frame"], [])
        if row["status"] in BOXED:
            boxes.append(SlotBox(row["slot"], row["status"], (row["x1"], row["y1"], row["x2"], row["y2"])))
    return found


def _tracks(table: pa.Table, coverage: dict[str, str]) -> SourceTracks:
    """Describe the labels of one source, whose rows are sorted by slot and frame."""
    rows_of = [
        (row["frame"], SlotBox(row["slot"], row["status"], (row["x1"], row["y1"], row["x2"], row["y2"])))
        for row in table.to_pylist()
    ]
    strips = tuple(
        strip_of(slot, [box.status for _, box in group])
        for slot, group in groupby(rows_of, key=lambda it: it[1].slot)
    )
    boxed = [(frame, box) for frame, box in rows_of if box.status in BOXED]
    detected: dict[int, tuple[int, SlotBox]] = {}
    for frame, box in boxed:
        if box.status == "detected":
            detected.setdefault(box.slot, (frame, box))
    stability = [coverage[f"centre_std_{strip.slot}"] for strip in strips]
    return SourceTracks(
        source=coverage["source"],
        problem=coverage["problem"],
        all_slots=float(coverage["all_slots"]),
        stability=tuple(float(value) if value else None for value in stability),
        strips=strips,
        boxes={
            frame: [box for at, box in boxed if at == frame]
            for frame in _frames_to_show([frame for frame, _ in boxed], strips)
        },
        detected=detected,
    )


def _frames_to_show(boxed: list[int], strips: tuple[Strip, ...]) -> list[int]:
    """Choose frames: the first with the most boxes, and the middle of each slot's longest empty stretch.

    Parameters
    ----------
    boxed : list of int
        The frame of each box.
    strips : tuple of Strip
        The slots.
    """
    counts = Counter(boxed)
    chosen = {min(counts, key=lambda frame: (-counts[frame], frame))} if counts else set()
    for strip in strips:
        empty = strip.intervals("hidden") + strip.intervals("missing")
        if empty:
            longest = max(empty, key=lambda run: run.length)
            chosen.add((longest.first + longest.last) // 2)
    return sorted(chosen)
