"""Labels whose truth is known, for the exports: slots that are seen, kept, hidden and seen again."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from facebank.exports.records import Claim, LabelledVideo, SourceLabels
from facebank.tracks.interpolation import Status
from facebank.tracks.labels import HiddenSlots, LabelledSource, label_facts, label_frames

__all__ = ["label_document", "labels_of", "looks", "video_of", "visible_boxes"]

#: One slot: how many frames it is seen (between two detections), held, hidden and missing, again and again.
looks = st.lists(
    st.tuples(
        st.sampled_from(["seen", "held", "hidden", "missing"]),
        st.integers(1, 6),
        st.tuples(st.integers(0, 500), st.integers(0, 500)),
    ),
    max_size=6,
)


def labels_of(slots: list[list[tuple[str, int, tuple[int, int]]]]) -> SourceLabels:
    """Lay the looks of each slot out frame by frame; what is shorter is missing at its end."""
    frames = max((sum(length for _, length, _ in look) for look in slots), default=0)
    shape = (frames, len(slots))
    status = np.full(shape, int(Status.MISSING))
    boxes = np.full((*shape, 4), np.nan)
    for slot, look in enumerate(slots):
        ends = np.cumsum([0, *(length for _, length, _ in look)]).tolist()
        for (kind, length, (x, y)), (start, end) in zip(look, pairwise(ends), strict=True):
            status[start:end, slot] = {
                "seen": Status.INTERPOLATED,
                "held": Status.HELD,
                "hidden": Status.HIDDEN,
                "missing": Status.MISSING,
            }[kind]
            if kind == "seen":
                status[[start, end - 1], slot] = Status.DETECTED
                drift = np.arange(length)[:, None] * np.array([1.25, -0.5, 1.75, 0.25])
                boxes[start:end, slot] = np.array([x, y, x + 40.5, y + 50.25]) + drift
            elif kind == "held":
                boxes[start:end, slot] = [x, y, x + 40.5, y + 50.25]
    scored = np.where(status <= Status.HELD, 0.9, np.nan)
    return SourceLabels(status, boxes, scored, np.nan_to_num(scored - 0.1))


def label_document(labelled: LabelledSource, hidden_slots: HiddenSlots) -> dict[str, Any]:
    """Give a label file as one value."""
    return label_facts(labelled, hidden_slots) | {"frames": [*label_frames(labelled, hidden_slots)]}


def video_of(
    labels: SourceLabels | None, *claims: Claim, name: str = "ep01__v00", **facts: Any
) -> LabelledVideo:
    """Give a video of 640 x 480 pixels with these labels."""
    values: dict[str, Any] = {
        "source": "ep01",
        "label_set": "ep01",
        "representative": True,
        "width": 640,
        "height": 480,
        "fps": 30.0,
        "frames": 0 if labels is None else len(labels.status),
    }
    return LabelledVideo(name=name, claims=claims, labels=labels, **values | facts)


def visible_boxes(video: LabelledVideo) -> dict[tuple[int, int], tuple[float, ...]]:
    """Give (frame, slot) -> box for all real boxes, from the arrays."""
    assert video.labels is not None
    return {
        (frame, slot): tuple(video.labels.boxes[frame, slot].tolist())
        for frame in range(min(video.frames, len(video.labels.boxes)))
        for slot in range(len(video.claims))
        if not np.isnan(video.labels.boxes[frame, slot]).any()
    }
