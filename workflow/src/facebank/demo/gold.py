"""The demo's gold labels: a Label Studio export of twenty pictures, and predictions that agree with it.

Every picture bears the same outlines, and the predictions are those outlines. So an evaluation shows what
a perfect prediction scores, and what it cannot hide: the forehead overlaps the hair. The pictures
themselves do not exist.

A second export holds some of the pictures with the outlines of two people, who agree less from picture to
picture.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.artifacts.atomic import write_bytes, write_text
from facebank.gold import masks
from facebank.gold.javascript import stringify
from facebank.gold.modules import CORE, MODULES, STRONG_MODULES

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["OUTLINES", "SAMPLES", "make_gold_demo"]

#: Outline of each label in percent of the picture, in the order in which they were drawn.
OUTLINES = {
    "face_oval": ((20, 8), (80, 8), (86, 50), (80, 92), (20, 92), (14, 50)),
    "skin": ((24, 14), (76, 14), (80, 50), (76, 86), (24, 86), (20, 50)),
    "hair": ((22, 0), (78, 0), (82, 18), (18, 18)),
    "forehead": ((30, 14), (70, 14), (72, 30), (28, 30)),
    "nose": ((44, 34), (56, 34), (58, 58), (42, 58)),
    "left_cheek": ((25, 39), (43, 39), (45, 66), (23, 66)),
    "right_cheek": ((57, 39), (75, 39), (77, 66), (55, 66)),
    "chin": ((36, 66), (64, 66), (66, 87), (34, 87)),
    "under_eye_left": ((28, 30), (42, 30), (43, 38), (27, 38)),
    "under_eye_right": ((58, 30), (72, 30), (73, 38), (57, 38)),
}

#: Sample hash and source of each picture.
SAMPLES = (
    ("00c433c58cbca9b326c6", "internal"),
    ("034414e9bef6fc95965b", "internal"),
    ("08345d3670efbb54853a", "internal"),
    ("1a421d3b67d230413d7d", "internal"),
    ("2be889b510c1a38033ba", "internal"),
    ("2cde5c68a939ead990c9", "internal"),
    ("2dd4b942b36d73848f53", "internal"),
    ("30910e29416f653b4d58", "internal"),
    ("327308ddff38f5287def", "internal"),
    ("36b66f0cb3f523d8442a", "internal"),
    ("124a38bdb47d033dd80b", "lapa"),
    ("9034836f6c4eb6679d95", "celebamaskhq"),
    ("025ebe31eed571423301", "lapa"),
    ("06e1a56423bb1956a9a8", "celebamaskhq"),
    ("1f705f77dea0cf605be5", "lapa"),
    ("28cc0a4bfb12ffae4252", "celebamaskhq"),
    ("267f8f37aeb6dd0c94ef", "lapa"),
    ("a49684cd4eb126ece880", "celebamaskhq"),
    ("2073286da03cc95ff590", "lapa"),
    ("29ba0dfeabd0b37587e4", "celebamaskhq"),
)

_GRID = 256
_FIRST_TASK, _FIRST_ANNOTATION = 1001, 5001
#: How many pictures two people drew, and how far the second one's lines are off, in percent a picture.
_TWICE, _OFF = 6, 0.5
_SECOND_ANNOTATION = 6001


def make_gold_demo(*, output_dir: Path) -> None:
    """Write ``label_studio_export.json``, ``pred.jsonl`` and ``label_studio_export_twice.json``.

    Parameters
    ----------
    output_dir : Path
        The folder of the files; it is created.
    """
    tasks = [_task(number, *sample) for number, sample in enumerate(SAMPLES)]
    write_bytes(output_dir / "label_studio_export.json", json.dumps(tasks, indent=2).encode())
    twice = [_drawn_again(number, task) for number, task in enumerate(tasks[:_TWICE])]
    write_bytes(output_dir / "label_studio_export_twice.json", json.dumps(twice, indent=2).encode())
    rows = (stringify(_prediction(*sample)) + "\n" for sample in SAMPLES)
    write_text(output_dir / "pred.jsonl", "".join(rows))


def _task(number: int, sample_hash: str, source: str) -> dict[str, Any]:
    """Give one task with its annotation, as Label Studio exports it."""
    annotation = {
        "created_at": "2026-02-12T01:00:00.000Z",
        "updated_at": "2026-02-12T01:05:00.000Z",
        "completed_by": {"email": "annotator_real_a@local"},
        "result": [_result(label, outline) for label, outline in OUTLINES.items()],
        "id": _FIRST_ANNOTATION + number,
    }
    data = {
        "sample_hash": sample_hash,
        "source": source,
        "local_path": f"/nonexistent/gold_round1/{sample_hash}.jpg",
    }
    return {"id": _FIRST_TASK + number, "data": data, "annotations": [annotation]}


def _drawn_again(number: int, task: dict[str, Any]) -> dict[str, Any]:
    """Add the annotation of a second person, who moves every outline and leaves out the chin of the last."""
    off = _OFF * number
    outlines = {
        label: tuple((min(x + off, 100), min(y + off, 100)) for x, y in outline)
        for label, outline in OUTLINES.items()
        if label != "chin" or number + 1 < _TWICE
    }
    annotation = {
        "created_at": "2026-02-13T01:00:00.000Z",
        "updated_at": "2026-02-13T01:05:00.000Z",
        "completed_by": {"email": "annotator_real_b@local"},
        "result": [_result(label, outline) for label, outline in outlines.items()],
        "id": _SECOND_ANNOTATION + number,
    }
    return task | {"annotations": [*task["annotations"], annotation]}


def _result(label: str, outline: tuple[tuple[float, float], ...]) -> dict[str, Any]:
    """Give one outline as a result of an annotation."""
    return {
        "type": "polygonlabels",
        "from_name": label if label in CORE else "module",
        "value": {"polygonlabels": [label], "points": outline},
    }


def _prediction(sample_hash: str, source: str) -> dict[str, Any]:
    """Give a prediction that has every outline right."""
    drawn = {label: masks.polygon(np.array(outline) / 100, _GRID) for label, outline in OUTLINES.items()}
    return {
        "sample_hash": sample_hash,
        "source": source,
        "pred_skin_mask_rle_norm": masks.encode(drawn["skin"], _GRID),
        "pred_oval_mask_rle_norm": masks.encode(drawn["face_oval"], _GRID),
        "module_masks": {
            name: {
                "grid_size": _GRID,
                "pixels": masks.pixel_count(drawn[name]),
                "rle_norm": masks.encode(drawn[name], _GRID),
                "gt_kind": "strong" if name in STRONG_MODULES else "weak",
            }
            for name in MODULES
        },
        "modules_count": len(MODULES),
        "module_pixels_map": {name: masks.pixel_count(drawn[name]) for name in MODULES},
        "quality_grade": "pass",
    }
