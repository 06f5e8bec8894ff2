"""Columns of the tables that the stages of the sources exchange."""

from __future__ import annotations

import pyarrow as pa

__all__ = [
    "AUDITED_VARIANTS",
    "DETECTED_VIDEOS",
    "DETECTIONS",
    "EPISODE_COLUMNS",
    "EXCLUSION_COLUMNS",
    "FINDING_COLUMNS",
    "FRAMES",
    "SEEN_SLOTS",
    "SERVED_COLUMNS",
    "SLOTS",
    "SOURCES",
    "THUMBNAILS",
    "VARIANTS",
    "VERDICTS",
    "VIDEOS",
]


def _schema(**columns: pa.DataType) -> pa.Schema:
    """Give a schema from names and types."""
    return pa.schema([pa.field(name, kind) for name, kind in columns.items()])


_LANDMARKS = pa.list_(pa.float32(), 10)

#: One row a source. `video` is relative to the sources' root; `start_s` and `stop_s` are null where all of it
#: is the source.
SOURCES = _schema(
    source=pa.string(),
    representative=pa.string(),
    variants=pa.int32(),
    video=pa.string(),
    start_s=pa.float64(),
    stop_s=pa.float64(),
    sha256=pa.string(),
    frames_declared=pa.int64(),
    width=pa.int32(),
    height=pa.int32(),
    fps=pa.float64(),
    codec=pa.string(),
    rotation=pa.int32(),
    slots=pa.int32(),
)

#: One row a variant. `claims` holds a slug for each slot, left to right, "" where nobody is named; `target`
#: is the one of them that the task is about, or "".
VARIANTS = _schema(
    variant=pa.string(),
    source=pa.string(),
    base=pa.bool_(),
    representative=pa.bool_(),
    video=pa.string(),
    start_s=pa.float64(),
    stop_s=pa.float64(),
    sha256=pa.string(),
    claims=pa.list_(pa.string()),
    target=pa.string(),
    frames_declared=pa.int64(),
    packets=pa.int64(),
    variable_frame_rate=pa.bool_(),
    width=pa.int32(),
    height=pa.int32(),
    fps=pa.float64(),
    codec=pa.string(),
    rotation=pa.int32(),
)

#: One row for every recording and augmentation that was found, in the order of the merged data set.
EPISODE_COLUMNS = ("episode_index", "variant", "source", "base", "used", "frames")

FINDING_COLUMNS = ("variant", "code", "detail")

#: One row for every face and keyframe. It was found in the frame `detected_at`; at a later keyframe its
#: pixels are the same. `unchanged_since` is the detection before, where the pixels are the same in all frames
#: between. Box and landmarks of a face that looks as it did in a whole frame are those that were found there.
DETECTIONS = _schema(
    source=pa.string(),
    frame=pa.int32(),
    pts=pa.int64(),
    time_s=pa.float64(),
    x1=pa.float32(),
    y1=pa.float32(),
    x2=pa.float32(),
    y2=pa.float32(),
    score=pa.float32(),
    landmarks=_LANDMARKS,
    detected_at=pa.int32(),
    unchanged_since=pa.int32(),
)

#: Every decoded frame. `basis` is empty but at keyframes: what their faces rest on, see
#: `facebank.keyframes.keyframe.Keyframe`.
FRAMES = _schema(
    source=pa.string(),
    frame=pa.int32(),
    pts=pa.int64(),
    time_s=pa.float64(),
    keyframe=pa.bool_(),
    basis=pa.string(),
)

#: Grey thumbnails of the keyframes, rows of `width` bytes: the pixel evidence for hidden slots.
THUMBNAILS = _schema(
    source=pa.string(),
    frame=pa.int32(),
    width=pa.int32(),
    height=pa.int32(),
    pixels=pa.binary(),
)

#: One row for each set of labels. `source` is its name, in all tables from here on: that of the recorded
#: source, `source_episode`, or of the one variant that it serves.
VIDEOS = _schema(
    source=pa.string(),
    source_episode=pa.string(),
    variant=pa.string(),
    video=pa.string(),
    sha256=pa.string(),
    frames=pa.int64(),
    frames_declared=pa.int64(),
    keyframes=pa.int64(),
    schedule=pa.string(),
    stride=pa.int32(),
    det_size=pa.int32(),
    min_score=pa.float64(),
    width=pa.int32(),
    height=pa.int32(),
    time_base_num=pa.int64(),
    time_base_den=pa.int64(),
)

#: What one detection job writes: a row a video, with everything seen in it; and, for the representative of a
#: source or all its variants, what was compared: variants, overlap and ratio of sizes of each pair of faces.
DETECTED_VIDEOS = _schema(
    source=pa.string(),
    source_episode=pa.string(),
    compared=pa.list_(pa.string()),
    overlaps=pa.list_(pa.float64()),
    size_ratios=pa.list_(pa.float64()),
    variant=pa.string(),
    video=pa.string(),
    sha256=pa.string(),
    frames_declared=pa.int64(),
    provider=pa.string(),
    detector=pa.string(),
    schedule=pa.string(),
    stride=pa.int32(),
    det_size=pa.int32(),
    min_score=pa.float64(),
    reason=pa.string(),
    problem=pa.string(),
    width=pa.int32(),
    height=pa.int32(),
    time_base_num=pa.int64(),
    time_base_den=pa.int64(),
    pts=pa.list_(pa.int64()),
    keyframes=pa.list_(pa.int32()),
    basis=pa.list_(pa.string()),
    faces=pa.list_(pa.int32()),
    boxes=pa.list_(pa.list_(pa.float32(), 4)),
    scores=pa.list_(pa.float32()),
    landmarks=pa.list_(_LANDMARKS),
    detected_at=pa.list_(pa.int32()),
    unchanged_since=pa.list_(pa.int32()),
    thumbnail_width=pa.int32(),
    thumbnail_height=pa.int32(),
    thumbnails=pa.list_(pa.binary()),
)

SLOTS = _schema(
    source=pa.string(),
    frame=pa.int32(),
    slot=pa.int32(),
    status=pa.string(),
    x1=pa.float64(),
    y1=pa.float64(),
    x2=pa.float64(),
    y2=pa.float64(),
    score=pa.float64(),
    confidence=pa.float64(),
    keyframe_before=pa.int32(),
    keyframe_after=pa.int32(),
)

#: Which labels serve each variant: a file of the stage face_labels and the variant whose video they are from;
#: and why those of its source do not.
SERVED_COLUMNS = ("variant", "source", "labels", "file", "labelled_on", "reason")

EXCLUSION_COLUMNS = ("variant", "slot", "claimed", "shown", "similarity", "margin", "frames")

#: One row for every variant and slot, as it was seen. Similarities are means over the sampled frames, null
#: without any.
SEEN_SLOTS = _schema(
    variant=pa.string(),
    source=pa.string(),
    slot=pa.int32(),
    claimed=pa.string(),
    verdict=pa.string(),
    shown=pa.string(),
    similarity=pa.float64(),
    claimed_similarity=pa.float64(),
    margin=pa.float64(),
    frames=pa.int32(),
    agreeing=pa.int32(),
    iou=pa.float64(),
    size_ratio=pa.float64(),
    reason=pa.string(),
)

VERDICTS = SEEN_SLOTS.append(pa.field("excluded", pa.bool_()))

_MOMENT = pa.struct([(name, pa.int32()) for name in ("frame", "cells", "differing", "least", "like")])

#: One row for every variant of a shard. `compared` frames were compared with the video of its labels, and
#: `misplaced` are those that show other moments, of a variant that is out of step.
AUDITED_VARIANTS = _schema(
    variant=pa.string(),
    sha256=pa.string(),
    compared=pa.int32(),
    misplaced=pa.list_(_MOMENT),
    slots=pa.list_(pa.struct(list(SEEN_SLOTS))),
)
