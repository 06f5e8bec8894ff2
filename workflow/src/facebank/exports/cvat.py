"""CVAT for video 1.1: one task a video, one track a slot.

The format is that of CVAT's documentation, "XML annotation format", version 1.1, interpolation mode: frames
count from 0, ``xtl ytl xbr ybr`` are continuous pixels from the upper left corner, as here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np

from facebank.exports.folder import file_name, write_plain
from facebank.shown import shown
from facebank.tracks.interpolation import Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from facebank.exports.records import LabelledVideo, SourceLabels

__all__ = ["write_cvat"]

_LABEL = "face"
#: So far from CVAT's line a box may lie, in pixels: labels are rounded to 0.01.
_OFF_LINE = 0.05


def write_cvat(folder: Path, videos: Sequence[LabelledVideo]) -> None:
    """Write ``<video>.xml``, ready to be uploaded to a task that holds the video.

    A track begins with the slot's first box. Detected and held boxes are keyframes, interpolated ones are
    not: between two detections CVAT draws the same straight line. It counts frames, and labels go by time, so
    where frames do not follow each other at one interval interpolated boxes are keyframes too. Where the slot
    loses its box, one keyframe with ``outside="1"`` repeats the last box; ``occluded="1"`` marks a held box,
    and the end of a track behind something that hides it. The track's attributes are ``slot``, ``identity``
    (empty where the audit excludes the slot), ``verdict`` and ``excluded``; ``status`` may change with the
    frame.

    Parameters
    ----------
    folder : Path
        Where to write.
    videos : sequence of LabelledVideo
        The videos, all with labels.
    """
    for video in videos:
        root = ET.Element("annotations")
        ET.SubElement(root, "version").text = "1.1"
        root.append(_meta(video))
        root.extend(_tracks(video))
        ET.indent(root)
        text = ET.tostring(root, encoding="unicode")
        write_plain(
            folder / f"{file_name(video.name)}.xml", f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'
        )


def _meta(video: LabelledVideo) -> ET.Element:
    """Describe the task and its one label."""
    meta = ET.Element("meta")
    task = ET.SubElement(meta, "task")
    for tag, text in (
        ("name", shown(video.name)),
        ("size", str(video.labelled_frames)),
        ("mode", "interpolation"),
        ("start_frame", "0"),
        ("stop_frame", str(video.labelled_frames - 1)),
    ):
        ET.SubElement(task, tag).text = text
    label = ET.SubElement(ET.SubElement(task, "labels"), "label")
    ET.SubElement(label, "name").text = _LABEL
    attributes = ET.SubElement(label, "attributes")
    highest = str(len(video.claims) - 1)
    for name, mutable, kind, default, values in (
        ("slot", False, "number", "0", f"0\n{highest}\n1"),
        ("identity", False, "text", "", ""),
        ("verdict", False, "text", "", ""),
        ("excluded", False, "checkbox", "false", "false"),
        ("status", True, "select", "detected", "\n".join(status.label for status in Status)),
    ):
        attribute = ET.SubElement(attributes, "attribute")
        ET.SubElement(attribute, "name").text = name
        ET.SubElement(attribute, "mutable").text = str(mutable)
        ET.SubElement(attribute, "input_type").text = kind
        ET.SubElement(attribute, "default_value").text = default
        ET.SubElement(attribute, "values").text = values
    size = ET.SubElement(task, "original_size")
    ET.SubElement(size, "width").text = str(video.width)
    ET.SubElement(size, "height").text = str(video.height)
    return meta


def _tracks(video: LabelledVideo) -> list[ET.Element]:
    """Give a track for each slot that ever has a box."""
    labels = video.labels
    tracks = []
    for slot, claim in enumerate(video.claims):
        if labels is None or not labels.has_box[: video.labelled_frames, slot].any():
            continue
        track = ET.Element("track", id=str(slot), label=_LABEL, source="automatic")
        fixed = {
            "slot": str(slot),
            "identity": shown(claim.identity),
            "verdict": shown(claim.verdict),
            "excluded": str(claim.excluded).lower(),
        }
        _boxes(track, labels, slot, video.labelled_frames, fixed)
        tracks.append(track)
    return tracks


def _boxes(track: ET.Element, labels: SourceLabels, slot: int, frames: int, fixed: dict[str, str]) -> None:
    """Write the boxes of one slot, and one that is outside wherever they end."""
    visible = labels.has_box[:frames, slot]
    straight = _on_lines(labels.boxes[:frames, slot], labels.status[:frames, slot])
    for frame in range(int(np.argmax(visible)), frames):
        if not visible[frame] and not visible[frame - 1]:
            continue
        status = Status(int(labels.status[frame, slot]))
        # Where the track leaves, its last box stands for it: the format asks for one.
        x1, y1, x2, y2 = labels.boxes[frame if visible[frame] else frame - 1, slot].tolist()
        box = ET.SubElement(
            track,
            "box",
            frame=str(frame),
            keyframe=str(int(status != Status.INTERPOLATED or not straight)),
            outside=str(int(not visible[frame])),
            occluded=str(int(status in (Status.HELD, Status.HIDDEN))),
            xtl=str(x1),
            ytl=str(y1),
            xbr=str(x2),
            ybr=str(y2),
            z_order="0",
        )
        for name, text in {**fixed, "status": status.label}.items():
            ET.SubElement(box, "attribute", name=name).text = text


def _on_lines(boxes: NDArray[np.float64], status: NDArray[np.int64]) -> bool:
    """Tell whether a slot's interpolated boxes lie where lines between the others, by frame, have them."""
    between = np.flatnonzero(status == Status.INTERPOLATED)
    ends = np.flatnonzero(status != Status.INTERPOLATED)
    lines = [np.interp(between, ends, side[ends]) for side in boxes.T]
    return bool((np.abs(np.stack(lines, axis=1) - boxes[between]) <= _OFF_LINE).all())
