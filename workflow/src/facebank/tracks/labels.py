"""One source's face labels as the document that consumers read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from facebank.tracks.interpolation import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from facebank.tracks.interpolation import SlotTrack

__all__ = ["HiddenSlots", "LabelledSource", "face_label_document", "slot_rows"]

#: How ``bboxes`` treats a slot without a box: `placeholder` keeps one entry a slot, with a box of no area, so
#: that the list position is the slot; `compact` leaves it out, as the first consumers wrote it, and then
#: positions shift; `prefix` keeps the unbroken run of slots from the left.
HiddenSlots = Literal["placeholder", "compact", "prefix"]

SCHEMA_VERSION = 1

#: Decimals of pixels and of scores in files.
_PIXEL_DECIMALS = 2
_SCORE_DECIMALS = 4

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


def face_label_document(labelled: LabelledSource, hidden_slots: HiddenSlots) -> dict[str, Any]:
    """Write a source's labels in the form of ``<source>.face_labels.json``.

    Parameters
    ----------
    labelled : LabelledSource
        The source.
    hidden_slots : {"placeholder", "compact", "prefix"}
        What ``bboxes`` does with a slot without a box.

    Returns
    -------
    dict
        ``frames`` has one entry for every decoded frame. ``bboxes`` is for consumers that know list positions
        only; the full truth is under ``slots``. Coordinates are rounded to 0.01 px, scores to four decimals.
    """
    frames = []
    for index, slots in enumerate(_by_frame(labelled)):
        boxes = [_listed(slot) for slot in slots]
        frames.append(
            {
                "frame_idx": index,
                "n_visible_faces": sum(box is not None for box in boxes),
                "bboxes": _fill(boxes, hidden_slots),
                "slots": slots,
            }
        )
    return {
        "source_episode": labelled.source,
        "representative_variant": labelled.variant,
        "n_frames": len(frames),
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
        "frames": frames,
    }


def slot_rows(labelled: LabelledSource) -> Iterator[dict[str, Any]]:
    """Give one row for every frame and slot, in this order, with the values of the document."""
    for index, slots in enumerate(_by_frame(labelled)):
        for number, slot in enumerate(slots):
            x1, y1, x2, y2 = slot["box"] or (None,) * 4
            before, after = slot["keyframes"]
            yield {
                "source": labelled.source,
                "frame": index,
                "slot": number,
                "status": slot["status"],
                "x1": x1,
                "y1": y1,
                "x2": x2,
                "y2": y2,
                "score": slot["score"],
                "confidence": slot["confidence"],
                "keyframe_before": before,
                "keyframe_after": after,
            }


def _by_frame(labelled: LabelledSource) -> Iterator[list[dict[str, Any]]]:
    """Give each frame's slots, left to right."""
    size = np.array([labelled.width, labelled.height] * 2, dtype=np.float64)
    columns = [_slot_column(track, size) for track in labelled.tracks]
    yield from (list(slots) for slots in zip(*columns, strict=True))


def _slot_column(track: SlotTrack, size: NDArray[np.float64]) -> list[dict[str, Any]]:
    """Give one slot's entry in every frame."""
    boxes = np.clip(track.boxes, 0.0, size).round(_PIXEL_DECIMALS).tolist()
    scores = track.scores.round(_SCORE_DECIMALS).tolist()
    confidence = track.confidence.round(_SCORE_DECIMALS).tolist()
    column = []
    for frame, value in enumerate(track.status.tolist()):
        status = Status(value)
        keyframes = (int(track.before[frame]), int(track.after[frame]))
        column.append(
            {
                "status": status.label,
                "box": boxes[frame] if status.has_box else None,
                "score": scores[frame] if status.has_box else None,
                "confidence": confidence[frame],
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
