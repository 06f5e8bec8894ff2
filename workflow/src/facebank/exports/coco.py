"""COCO: frames as images, faces as boxes.

The format is that of cocodataset.org, "Data format", object detection; ``videos``, ``video_id`` and
``track_id`` are those of COCO-VID as the tools for videos read them. ``bbox`` is ``[x, y, width, height]``
from the image's upper left corner, 0-based and continuous, as here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facebank.artifacts.atomic import json_text
from facebank.exports.folder import rounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

    from facebank.exports.records import LabelledVideo

__all__ = ["ANNOTATIONS", "UNNAMED", "write_coco"]

#: The file's name.
ANNOTATIONS = "annotations.json"
#: The category of a face without a name: nobody is claimed, or the audit excludes it. No slug has a space.
UNNAMED = "unnamed face"


def write_coco(folder: Path, videos: Sequence[LabelledVideo]) -> None:
    """Write `ANNOTATIONS`: every labelled frame as an image, every real box as an annotation.

    Categories are `UNNAMED` and the identities by name. ``attributes`` of an annotation are ``slot`` (from 0
    at the left), ``status`` (``detected``, ``interpolated`` or ``held``), ``score``, ``confidence``,
    ``verdict`` of the audit and ``excluded``. A slot without a box has no annotation. ``file_name`` is
    where a tool that cuts videos into frames would put one; no frame is exported.

    Parameters
    ----------
    folder : Path
        Where to write.
    videos : sequence of LabelledVideo
        The videos, all with labels.
    """
    slugs = sorted({claim.identity for video in videos for claim in video.claims} - {""})
    categories = {name: number for number, name in enumerate([UNNAMED, *slugs], start=1)}
    with (folder / ANNOTATIONS).open("w", encoding="utf-8", newline="\n") as file:
        info = {"description": "Face labels by facebank; boxes are 0-based x, y, width, height in pixels"}
        file.write(f'{{"info":{_line(info)},"licenses":[],"categories":')
        _write_list(
            file,
            ({"id": number, "name": name, "supercategory": "face"} for name, number in categories.items()),
        )
        file.write(',"videos":')
        _write_list(file, map(_video, range(1, len(videos) + 1), videos))
        file.write(',"images":')
        _write_list(file, _images(videos))
        file.write(',"annotations":')
        _write_list(file, _annotations(videos, categories))
        file.write("}\n")


def _video(number: int, video: LabelledVideo) -> dict[str, Any]:
    """Describe one video."""
    size = {"width": video.width, "height": video.height, "length": video.labelled_frames}
    return {"id": number, "name": video.name, "source": video.source, **size, "fps": video.fps}


def _images(videos: Sequence[LabelledVideo]) -> Iterator[dict[str, Any]]:
    """Describe every labelled frame."""
    first = 1
    for number, video in enumerate(videos, start=1):
        for frame in range(video.labelled_frames):
            yield {
                "id": first + frame,
                "file_name": f"{video.name}/frame_{frame:06d}.png",
                "width": video.width,
                "height": video.height,
                "video_id": number,
                "frame_id": frame,
            }
        first += video.labelled_frames


def _annotations(videos: Sequence[LabelledVideo], categories: dict[str, int]) -> Iterator[dict[str, Any]]:
    """Describe every real box."""
    first, number = 1, 0
    for video_id, video in enumerate(videos, start=1):
        for face in video.faces():
            number += 1
            claim = video.claims[face.slot]
            x1, y1, x2, y2 = face.box
            width, height = rounded(x2 - x1), rounded(y2 - y1)
            yield {
                "id": number,
                "image_id": first + face.frame,
                "video_id": video_id,
                "category_id": categories[claim.identity or UNNAMED],
                "track_id": (video_id - 1) * len(video.claims) + face.slot + 1,
                "bbox": [x1, y1, width, height],
                "area": round(width * height, 4),
                "segmentation": [],
                "iscrowd": 0,
                "attributes": {
                    "slot": face.slot,
                    "status": face.status.label,
                    "score": face.score,
                    "confidence": face.confidence,
                    "verdict": claim.verdict,
                    "excluded": claim.excluded,
                },
            }
        first += video.labelled_frames


def _write_list(file: TextIO, values: Iterable[dict[str, Any]]) -> None:
    """Write a list, a value a line, one value in memory at a time."""
    mark = "["
    for value in values:
        file.write(f"{mark}\n{_line(value)}")
        mark = ","
    file.write("]" if mark == "," else "[]")


def _line(value: dict[str, Any]) -> str:
    """Give a value as JSON on one line."""
    return json_text(value, indent=None).rstrip("\n")
