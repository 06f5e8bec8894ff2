"""What the labels of each source look like: a strip a slot, figures, and the boxes of a few frames."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from facebank.artifacts.tables import parts_of, read_parquet
from facebank.report.folders import rows
from facebank.report.numbers import BOXED
from facebank.report.timeline import Strip, strip_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

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
    parts = parts_of(read_parquet(folder / "slots.parquet", columns=_COLUMNS), "source")
    coverage = {row["source"]: row for row in rows(folder, "coverage.tsv")}
    return [_tracks(parts[source], coverage[source]) for source in sorted(parts)]


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
    table = read_parquet(folder / "slots.parquet", columns=_COLUMNS, filters=wanted)
    found: dict[int, list[SlotBox]] = {}
    for row in table.sort_by([("frame", "ascending"), ("slot", "ascending")]).to_pylist():
        boxes = found.setdefault(row["frame"], [])
        if row["status"] in BOXED:
            boxes.append(SlotBox(row["slot"], row["status"], (row["x1"], row["y1"], row["x2"], row["y2"])))
    return found


def _tracks(table: pa.Table, coverage: dict[str, str]) -> SourceTracks:
    """Describe the labels of one source."""
    table = table.sort_by([("slot", "ascending"), ("frame", "ascending")])
    slots, frames = (table[name].to_numpy() for name in ("slot", "frame"))
    statuses = table["status"].to_numpy()
    strips = tuple(strip_of(slot, statuses[slots == slot].tolist()) for slot in np.unique(slots).tolist())
    boxed = np.isin(statuses, BOXED)

    def boxes(chosen: NDArray[np.bool_]) -> list[SlotBox]:
        """Give the boxes of some rows."""
        found = table.filter(pa.array(chosen & boxed)).to_pylist()
        return [
            SlotBox(row["slot"], row["status"], (row["x1"], row["y1"], row["x2"], row["y2"])) for row in found
        ]

    first = {
        strip.slot: int(found[0])
        for strip in strips
        if len(found := np.flatnonzero((slots == strip.slot) & (statuses == "detected")))
    }
    stability = [coverage[f"centre_std_{strip.slot}"] for strip in strips]
    return SourceTracks(
        source=coverage["source"],
        problem=coverage["problem"],
        all_slots=float(coverage["all_slots"]),
        stability=tuple(float(value) if value else None for value in stability),
        strips=strips,
        boxes={frame: boxes(frames == frame) for frame in _frames_to_show(frames[boxed].tolist(), strips)},
        detected={
            slot: (int(frames[row]), boxes(np.arange(len(slots)) == row)[0]) for slot, row in first.items()
        },
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
