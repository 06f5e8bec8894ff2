"""Where the face labels of two sides differ, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.artifacts.tables import read_parquet
from facebank.report.timeline import STATUSES, Strip, strip_of

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

__all__ = ["DIFFERENCES", "ChangedLabels", "StripPair", "changed_labels"]

#: What a slot may be in a frame of both sides: equal, of another status, moved, with a box on one side alone.
DIFFERENCES = ("same", "restated", "moved", "alone")

#: Corners that moved by less, in pixels, look alike.
_SEEN_PX = 1.0
#: So many frames of each source are shown.
_FRAMES = 3
_KEYS = ["source", "slot", "frame"]
_CORNERS = ["x1", "y1", "x2", "y2"]

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class StripPair:
    """One slot on both sides, and where they differ.

    Attributes
    ----------
    slot : int
        From 0 at the left.
    a, b : Strip or None
        Its statuses; None where a side does not have the slot.
    differing : Strip
        One of `DIFFERENCES` for each frame: ``moved`` is by a pixel or more.
    """

    slot: int
    a: Strip | None
    b: Strip | None
    differing: Strip


@dataclass(frozen=True, slots=True)
class ChangedLabels:
    """The labels of one source.

    Attributes
    ----------
    source : str
        Their name.
    strips : tuple of StripPair
        One a slot.
    alone, moved, restated : int
        How many boxes only one side has; how many others moved by a pixel or more; how many frames of slots
        have another status and nothing else.
    max_shift_px : float
        How far the corner of a box moved at most, in pixels of the displayed frame.
    frames : dict
        Frame -> boxes of A and of B, for the frames that differ most.
    shifts : dict
        The same frames -> how far a box moved in them, in pixels; None where only one side has a box.
    """

    source: str
    strips: tuple[StripPair, ...]
    alone: int
    moved: int
    restated: int
    max_shift_px: float
    frames: dict[int, tuple[tuple[Box, ...], tuple[Box, ...]]]
    shifts: dict[int, float | None]

    @property
    def missing_in(self) -> str | None:
        """The side that has no labels of this name, ``a`` or ``b``; None where both have."""
        return next((side for side in "ab" if all(getattr(it, side) is None for it in self.strips)), None)


def changed_labels(a: Path, b: Path) -> tuple[list[ChangedLabels], list[str], list[str]]:
    """Compare two tables of slots.

    Parameters
    ----------
    a, b : Path
        ``slots.parquet`` of the older and the newer side.

    Returns
    -------
    changed : list of ChangedLabels
        Sources with another status or a box that moved by a pixel or more, the most changed first.
    alike : list of str
        Sources whose boxes differ by less than a pixel and in nothing else.
    equal : list of str
        Sources in which nothing differs.
    """
    columns = [*_KEYS, "status", *_CORNERS]
    one, other = (read_parquet(path, columns=columns).to_pandas() for path in (a, b))
    if one.empty and other.empty:
        return [], [], []
    both = one.merge(other, on=_KEYS, how="outer", suffixes=("_a", "_b"), sort=True)
    # A slot that one side has for no frame is missing there, and its status is no text.
    both[["status_a", "status_b"]] = both[["status_a", "status_b"]].fillna("")
    both["shift"] = _shifts(both)
    both["kind"] = np.select(
        [
            both["x1_a"].isna() != both["x1_b"].isna(),
            both["shift"] >= _SEEN_PX,
            both["status_a"] != both["status_b"],
        ],
        ["alone", "moved", "restated"],
        "same",
    )
    changed: list[ChangedLabels] = []
    alike: list[str] = []
    equal: list[str] = []
    for source, rows in both.groupby("source", sort=True):
        if (rows["kind"] != "same").any():
            changed.append(_changed(str(source), rows))
        else:
            (alike if (rows["shift"] > 0).any() else equal).append(str(source))
    return sorted(changed, key=_order), alike, equal


def _order(it: ChangedLabels) -> tuple[int, float, int, str]:
    """Sort sources: most boxes on one side alone first, then the farthest moved."""
    return (-it.alone, -it.max_shift_px, -it.restated, it.source)


def _shifts(both: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Give how far a box moved: the farther of two corners, in pixels; NaN where a side has no box."""
    x1, y1, x2, y2 = (
        both[f"{corner}_b"].to_numpy(np.float64) - both[f"{corner}_a"].to_numpy(np.float64)
        for corner in _CORNERS
    )
    shifts: np.ndarray[Any, np.dtype[np.float64]] = np.maximum(np.hypot(x1, y1), np.hypot(x2, y2))
    return shifts


def _changed(source: str, rows: pd.DataFrame) -> ChangedLabels:
    """Describe the labels of one source, whose rows are sorted by slot and frame."""
    strips = tuple(_pair(slot, rows[rows["slot"] == slot]) for slot in sorted(set(rows["slot"].tolist())))
    shown = _frames_to_show(rows)
    return ChangedLabels(
        source=source,
        strips=strips,
        alone=int((rows["kind"] == "alone").sum()),
        moved=int((rows["kind"] == "moved").sum()),
        restated=int((rows["kind"] == "restated").sum()),
        max_shift_px=float(np.nan_to_num(rows["shift"].max())),
        frames={frame: (_boxes(rows, frame, "a"), _boxes(rows, frame, "b")) for frame in shown},
        shifts=shown,
    )


def _pair(slot: int, rows: pd.DataFrame) -> StripPair:
    """Cut the statuses of a slot into runs."""
    a, b = (
        strip_of(slot, statuses, STATUSES) if any(statuses := rows[f"status_{side}"].tolist()) else None
        for side in "ab"
    )
    return StripPair(slot, a, b, strip_of(slot, rows["kind"].tolist(), DIFFERENCES))


def _frames_to_show(rows: pd.DataFrame) -> dict[int, float | None]:
    """Choose frames, each with its shift: those with a box on one side alone first, then the farthest moved.

    Of neighbouring frames that look the same one is enough: the middle of a run, or the farthest shift.
    """
    lone = rows[rows["kind"] == "alone"]
    chosen: dict[int, float | None] = {}
    for _, slot in lone.groupby("slot", sort=True):
        frames = slot["frame"].to_numpy()
        runs = np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1)
        longest = max(runs, key=len)
        chosen.setdefault(int(longest[len(longest) // 2]), None)
    moved = rows[rows["kind"] == "moved"].sort_values(["shift", "frame"], ascending=[False, True])
    for _, slot in moved.groupby("slot", sort=True):
        chosen.setdefault(int(slot["frame"].iloc[0]), float(slot["shift"].iloc[0]))
    return dict(sorted(list(chosen.items())[:_FRAMES]))


def _boxes(rows: pd.DataFrame, frame: int, side: str) -> tuple[Box, ...]:
    """Give the boxes of one side in a frame."""
    found = rows.loc[rows["frame"] == frame, [f"{corner}_{side}" for corner in _CORNERS]].dropna()
    return tuple(tuple(row) for row in found.to_numpy(np.float64).tolist())
