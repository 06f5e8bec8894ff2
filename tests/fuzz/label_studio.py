"""Label Studio exports, through the whole stage that imports them and the one that compares annotators."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

from facebank.artifacts import provenance
from facebank.errors import DataError
from facebank.stages.import_gold import import_gold
from facebank.stages.measure_agreement import measure_agreement
from text_mutations import mutated

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["corpus", "mutated", "read"]

os.fsync = lambda _: None  # what a disk does is not what is looked for
provenance._run_facts = lambda _: {}  # asks git


def corpus() -> list[bytes]:
    """Give an export of each form; the name says which one it is."""
    square = [[10, 10], [90, 10], [90, 90], [10, 90]]
    polygon = {
        "type": "polygonlabels",
        "from_name": "region",
        "original_width": 100,
        "original_height": 80,
        "value": {"polygonlabels": ["nose"], "points": square},
    }
    brush = {
        "type": "brushlabels",
        "original_width": 2,
        "original_height": 2,
        "value": {"brushlabels": ["skin"], "format": "rle", "rle": [0, 0, 0, 16]},
    }
    annotation = {
        "id": 7,
        "completed_by": {"email": "a@example.org"},
        "updated_at": "2026-01-31T10:00:00Z",
        "result": [polygon, brush],
    }
    other = annotation | {"id": 8, "completed_by": 3, "result": [polygon]}
    task = {
        "id": 1,
        "data": {"sample_hash": "s", "source": "a", "image": "/data/local-files/?d=a/b.jpg"},
        "annotations": [annotation, other],
        "meta": {"double_annotate": True},
    }
    whole = [task, task | {"id": 2, "data": {"image_path": "x.jpg"}}]
    return [
        b"export.json\0" + json.dumps(whole).encode(),
        b"export.json\0" + json.dumps({"tasks": whole}).encode(),
        b"export.jsonl\0" + b"\n".join(json.dumps(it).encode() for it in whole),
    ]


def read(data: bytes, folder: Path) -> str:
    """Import an export strictly and as the established tools do, and compare its annotators."""
    name, _, body = data.partition(b"\0")
    export = folder / name.decode()
    export.write_bytes(body)
    came = "used"
    for compat in (True, False):
        try:
            import_gold(export=export, output_dir=folder / "labels", compat=compat)
            measure_agreement(export=export, output_dir=folder / "agreement", compat=compat)
        except DataError as error:
            came = str(error).partition(":")[0]
        for made in ("labels", "agreement"):
            shutil.rmtree(folder / made, ignore_errors=True)
    return came
