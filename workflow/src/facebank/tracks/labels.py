"""One source's face labels as the document that consumers read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa

from facebank.tracks.interpolation import SlotTrack, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["HiddenSlots", "LabelledSource", "label_facts", "label_frames", "slot_table"]

#: How ``bboxes`` treats a slot without a box: `placeholder` keeps one entry a slot, with a box of no area, so
#: that the list position is the slot; `compact` leaves it out, as the first consumers wrote it, and then
#: positions shift; `prefix` keeps the unbroken run of slots from the left.
HiddenSlots = Literal["placeholder", "compact", "prefix"]

SCHEMA_VERSION = 1

#: Decimals of pixels and of scores in files.
_PIXEL_DECIMALS = 2
_SCORE_DECIMALS = 4

#: Frames whose entries are in memory at one time.
_FRAMES_AT_ONCE = 1024

_NO_BOX = {"x1": 0.0, "y1": 0.0, "x2": 0.0, "y2": 0.0, "score": 0.0, "x_center": 0.0}


@dataclass(frozen=True, slots=True)
class LabelledSource:
    """A source and its slots' tracks.

    Attributes
    ----------
    source : str
        The source's name.
    variant : str
        The representative: the variant whose video was looked at.
    video_sha256 : str
        Digest of that video.
    width, height : int
        Size of its upright frames in pixels; boxes are cut to it.
    stride, det_size : int
        What the detections were made with.
    min_score : float
        Likewise: no detection has a lower score.
    problem : str
        Empty, or why no slot has a box, see `facebank.tracks.anchors.AnchorFit`.
    tracks : tuple of SlotTrack
        One a slot, left to right, all of the same number of frames.
    """

    source: str
    variant: str
    video_sha256: str
    width: int
    height: int
    stride: int
    det_size: int
    min_score: float
    problem: str
    tracks: tuple[SlotTrack, ...]

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.tracks[0].status) if self.tracks else 0


def label_facts(labelled: LabelledSource, hidden_slots: HiddenSlots) -> dict[str, Any]:
    """Give all of ``<source>.face_labels.json`` but its last member, ``frames``: see `label_frames`."""
    return {
        "source_episode": labelled.source,
        "representative_variant": labelled.variant,
        "n_frames": labelled.frames,
        "stride": labelled.stride,
        "score_thresh": labelled.min_score,
        "schema_version": SCHEMA_VERSION,
        "hidden_slots": hidden_slots,
        "n_slots": len(labelled.tracks),
        "image_width": labelled.width,
        "image_height": labelled.height,
        "det_size": labelled.det_size,
        "video_sha256": labelled.video_sha256,
        "problem": labelled.problem or None,
    }


def label_frames(labelled: LabelledSource, hidden_slots: HiddenSlots) -> Iterator[dict[str, Any]]:
    """Give one entry for every decoded frame, as ``<source>.face_labels.json`` lists them.

    Parameters
    ----------
    labelled : LabelledSource
        The source.
    hidden_slots : {"placeholder", "compact", "prefix"}
        What ``bboxes`` does with a slot without a box.

    Yields
    ------
    dict
        ``bboxes`` is for consumers that know list positions only; the full truth is under ``slots``.
        Coordinates are rounded to 0.01 px, scores to four decimals.
    """
    for index, slots in enumerate(_by_frame(labelled)):
        boxes = [_listed(slot) for slot in slots]
        yield {
            "frame_idx": index,
            "n_visible_faces": sum(box is not None for box in boxes),
            "bboxes": _fill(boxes, hidden_slots),
            "slots": slots,
        }


def slot_table(labelled: LabelledSource) -> pa.Table:
    """Give one row for every frame and slot, in this order, with the values of the document."""
    tracks = [_rounded(labelled, track, slice(None)) for track in labelled.tracks]
    frames, slots = labelled.frames, len(tracks)

    def column(values: Sequence[NDArray[Any]], empty: NDArray[np.bool_] | None = None) -> pa.Array[Any]:
        """Lay the columns of all slots (frames,) out by frame and slot."""
        column: pa.Array[Any] = pa.array(np.stack(values, axis=1).reshape(-1), mask=empty)
        return column

    status = column([track.status for track in tracks])
    unseen = status.to_numpy() > Status.HELD
    before, after = [track.before for track in tracks], [track.after for track in tracks]
    return pa.table(
        {
            "source": pa.repeat(labelled.source, len(status)),
            "frame": pa.array(np.repeat(np.arange(frames), slots)),
            "slot": pa.array(np.tile(np.arange(slots), frames)),
            "status": pa.array([it.label for it in Status]).take(status),
            **{
                name: column([track.boxes[:, side] for track in tracks], unseen)
                for side, name in enumerate(("x1", "y1", "x2", "y2"))
            },
            "score": column([track.scores for track in tracks], unseen),
            "confidence": column([track.confidence for track in tracks]),
            "keyframe_before": column(before, np.stack(before, axis=1).reshape(-1) < 0),
            "keyframe_after": column(after, np.stack(after, axis=1).reshape(-1) < 0),
        }
    )


def _rounded(labelled: LabelledSource, track: SlotTrack, frames: slice) -> SlotTrack:
    """Give a stretch of a track as it stands in files."""
    size = np.array([labelled.width, labelled.height] * 2, dtype=np.float64)
    return SlotTrack(
        status=track.status[frames],
        boxes=np.clip(track.boxes[frames], 0.0, size).round(_PIXEL_DECIMALS),
        scores=track.scores[frames].round(_SCORE_DECIMALS),
        confidence=track.confidence[frames].round(_SCORE_DECIMALS),
        before=track.before[frames],
        after=track.after[frames],
    )


def _by_frame(labelled: LabelledSource) -> Iterator[list[dict[str, Any]]]:
    """Give each frame's slots, left to right."""
    for start in range(0, labelled.frames, _FRAMES_AT_ONCE):
        stretch = slice(start, start + _FRAMES_AT_ONCE)
        columns = [_slot_column(_rounded(labelled, track, stretch)) for track in labelled.tracks]
        yield from (list(slots) for slots in zip(*columns, strict=True))


def _slot_column(track: SlotTrack) -> list[dict[str, Any]]:
    """Give one slot's entry in every frame."""
    columns = (track.status, track.boxes, track.scores, track.confidence, track.before, track.after)
    column = []
    for value, box, score, confidence, *keyframes in zip(*(it.tolist() for it in columns), strict=True):
        status = Status(value)
        column.append(
            {
                "status": status.label,
                "box": box if status.has_box else None,
                "score": score if status.has_box else None,
                "confidence": confidence,
                "keyframes": [keyframe if keyframe >= 0 else None for keyframe in keyframes],
            }
        )
    return column


def _listed(slot: dict[str, Any]) -> dict[str, Any] | None:
    """Give a slot as an entry of ``bboxes``, None without a box."""
    if slot["box"] is None:
        return None
    x1, y1, x2, y2 = slot["box"]
    entry = {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "score": slot["score"]}
    entry["x_center"] = round((x1 + x2) / 2, _PIXEL_DECIMALS)
    if slot["status"] != Status.DETECTED.label:
        entry[slot["status"]] = True
    return entry


def _fill(boxes: Sequence[dict[str, Any] | None], hidden_slots: HiddenSlots) -> list[dict[str, Any]]:
    """Treat the slots without a box as the mode says."""
    if hidden_slots == "placeholder":
        return [dict(_NO_BOX) if box is None else box for box in boxes]
    if hidden_slots == "compact":
        return [box for box in boxes if box is not None]
    first_gap = next((slot for slot, box in enumerate(boxes) if box is None), len(boxes))
    return [box for box in boxes[:first_gap] if box is not None]
