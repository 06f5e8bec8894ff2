"""The records that exports are written from.

The identity of a slot is what its variant claims, and a slot that the audit excludes has none, so that no
format can carry it on under a wrong name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facebank.gallery.statuses import UNSOUND
from facebank.tracks.interpolation import Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Claim", "ExportData", "Face", "LabelledVideo", "Person", "SourceLabels"]


@dataclass(frozen=True, slots=True, eq=False)
class SourceLabels:
    """The labels of one source.

    Attributes
    ----------
    status : int64 (F, N)
        Values of `Status` for every frame and slot.
    boxes : float64 (F, N, 4)
        xyxy in continuous pixels of the upright frame, from 0; NaN without a box.
    scores : float64 (F, N)
        Detector scores; NaN without a box.
    confidence : float64 (F, N)
        0 without a box.
    """

    status: NDArray[np.int64]
    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]
    confidence: NDArray[np.float64]

    @property
    def has_box(self) -> NDArray[np.bool_]:
        """Where there is a box: bool (F, N)."""
        return self.status <= Status.HELD


@dataclass(frozen=True, slots=True)
class Claim:
    """Who stands in one slot of one variant.

    Attributes
    ----------
    identity : str
        Slug of the person; "" where nobody is named, or where the audit excludes the slot.
    verdict : str
        What the audit says: ``confirmed``, ``mismatch``, ``unknown``, ``not_visible``, ``unclaimed``, or
        ``unaudited``.
    excluded : bool
        Whether the slot of this variant must not be used for an identity.
    """

    identity: str = ""
    verdict: str = "unaudited"
    excluded: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class LabelledVideo:
    """One variant's video with the labels that serve it.

    Attributes
    ----------
    name, source : str
        The variant and its source.
    label_set : str
        The name of the labels that serve it: its source's, or its own where those do not; "" without labels.
    representative : bool
        Whether the labels were made from this very video.
    width, height : int
        Size of its upright frames in pixels.
    fps : float or None
        Frames a second, where the release says it.
    frames : int
        How many frames the video has.
    claims : tuple of Claim
        One a slot, left to right.
    labels : SourceLabels or None
        None where there are none for this video's frames.
    target_slot : int
        Slot of the person that the variant is about; -1 where there is none, or the audit excludes it.
    problem : str
        Why there are no labels, or "".
    """

    name: str
    source: str
    label_set: str
    representative: bool
    width: int
    height: int
    fps: float | None
    frames: int
    claims: tuple[Claim, ...]
    labels: SourceLabels | None
    target_slot: int = -1
    problem: str = ""

    @property
    def labelled_frames(self) -> int:
        """How many of the video's frames have a label: a frame past the last label is none without faces."""
        return 0 if self.labels is None else min(self.frames, len(self.labels.status))

    def faces(self) -> Iterator[Face]:
        """Give the real boxes, frame by frame and slot by slot."""
        if self.labels is None:
            return
        for frame, slot in np.argwhere(self.labels.has_box[: self.labelled_frames]).tolist():
            yield Face(
                frame=frame,
                slot=slot,
                status=Status(int(self.labels.status[frame, slot])),
                box=tuple(self.labels.boxes[frame, slot].tolist()),
                score=float(self.labels.scores[frame, slot]),
                confidence=float(self.labels.confidence[frame, slot]),
            )


@dataclass(frozen=True, slots=True)
class Face:
    """One real box.

    Attributes
    ----------
    frame, slot : int
        Numbers from 0.
    status : Status
        Detected, interpolated or held.
    box : tuple of float
        x1, y1, x2, y2 in pixels.
    score, confidence : float
        Of the detector, and lowered with the time to the nearest keyframe.
    """

    frame: int
    slot: int
    status: Status
    box: tuple[float, float, float, float]
    score: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Person:
    """One identity of the gallery.

    Attributes
    ----------
    identity : str
        Slug.
    status : str
        What the gallery says of the person's photos.
    centroid : list of float or None
        None where no photo could be used.
    """

    identity: str
    status: str
    centroid: list[float] | None

    @property
    def usable(self) -> bool:
        """Whether there is a centroid of photos that show one person, who has no other name."""
        return self.centroid is not None and self.status not in UNSOUND


@dataclass(frozen=True, slots=True, eq=False)
class ExportData:
    """What is exported.

    Attributes
    ----------
    folder : Path
        The release, or the version folder of the stage face_labels.
    release : str
        The release's id, "" for a version folder.
    videos : tuple of LabelledVideo
        By name. Those of a version folder are the representatives, without claims.
    slots : int
        Slots of each source.
    """

    folder: Path
    release: str
    videos: tuple[LabelledVideo, ...]
    slots: int

    def chosen(self, which: str) -> tuple[LabelledVideo, ...]:
        """Give the labelled videos, of them the ``representatives`` or ``all``."""
        return tuple(
            video
            for video in self.videos
            if video.labels is not None and (which == "all" or video.representative)
        )
