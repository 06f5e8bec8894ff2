"""Run-length texts, polygons and brush codes, as gold rows, predictions and exports hold them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from facebank.gold.javascript import to_number
from facebank.gold.labels import LabelReader
from facebank.gold.rows import RowProblem, row_object
from facebank.label_studio.brush import brush_mask
from text_mutations import mutated

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["corpus", "mutated", "read"]

GRID = 64
_SQUARE = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]
#: The most pixels of a brush that are worth a run.
_BRUSH_PIXELS = 1 << 22


def corpus() -> list[bytes]:
    """Give a payload, a label and a brush of each kind."""
    documents = [
        {"payload": {"rle_norm": f"100,200,{GRID * GRID - 300}", "grid_size": GRID}},
        {"payload": {"mask_rle_norm": "0,1024", "mask_grid": 32}},
        {"payload": {"points": _SQUARE}},
        {"label": {"points_norm": [{"x": x, "y": y} for x, y in _SQUARE]}},
        {"label": {"polygons_norm": [_SQUARE, [[0.2, 0.2], [0.3, 0.2], [0.3, 0.3]]]}},
        {"label": {"value": {"points": [[10, 10], [90, 10], [90, 90]]}}},
        {"box": {"x": 0.1, "y": 0.2, "w": 0.5, "h": 0.5}},
        {
            "brush": {
                "original_width": 4,
                "original_height": 4,
                "value": {"format": "rle", "rle": _filled(64)},
            }
        },
    ]
    return [json.dumps(document).encode() for document in documents]


def _filled(words: int) -> list[int]:
    """Give the brush code of a mask of nothing but 255."""
    bits = f"{words:032b}" + f"{7:05b}" + "0111" * 4 + "1" + "00" + f"{words - 1:08b}" + "1" * 8
    bits += "0" * (-len(bits) % 8)
    return [int(bits[place : place + 8], 2) for place in range(0, len(bits), 8)]


def read(data: bytes, folder: Path) -> str:
    """Read whatever is there, strictly and as the established tools do; give what came of the former."""
    del folder
    came = [_read(data, strict=strict) for strict in (False, True)]
    return came[1]


def _read(data: bytes, *, strict: bool) -> str:
    try:
        row = row_object(data, strict=strict) or {}
        reader = LabelReader(GRID, strict=strict)
        regions = [
            reader.payload(row.get("payload")),
            reader.label(row.get("label")),
            reader.box(row.get("box")),
        ]
        for mask in reader.draw([region for region in regions if region is not None]):
            assert mask.dtype == np.int64
            assert (np.diff(mask) > 0).all()
            assert not mask.size or (mask[0] >= 0 and mask[-1] <= GRID * GRID)
        brush = row.get("brush")
        if isinstance(brush, dict):
            sides = [to_number(brush.get(f"original_{side}")) for side in ("width", "height")]
            if not sides[0] * sides[1] > _BRUSH_PIXELS:
                brush_mask(brush, GRID)
    except RowProblem as problem:
        return problem.reason
    return "used"
