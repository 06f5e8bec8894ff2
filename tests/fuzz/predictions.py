"""Gold rows and predictions, through the whole stage that evaluates them."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

from facebank.artifacts import provenance
from facebank.artifacts.tables import read_tsv
from facebank.errors import DataError
from facebank.stages.evaluate_gold import evaluate_gold
from text_mutations import mutated

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["corpus", "mutated", "read"]

os.fsync = lambda _: None  # what a disk does is not what is looked for
provenance._run_facts = lambda _: {}  # asks git

GRID = 64
_HALF = f"0,{GRID * GRID // 2},{GRID * GRID // 2}"


def _lines(*rows: dict[str, object]) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in rows)


def _mask(text: str = _HALF) -> dict[str, object]:
    return {"rle_norm": text, "grid_size": GRID}


_GOLD = {
    "sample_hash": "s",
    "source": "a",
    "image_path": "a/b.jpg",
    "skin_mask": _mask(),
    "hair_mask": _mask(f"{GRID * GRID}"),
    "module_masks": {"nose": _mask(), "forehead": _mask()},
    "labels": {"face_oval": {"points": [[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]}},
}
_PREDICTED = {
    "sample_hash": "s",
    "pred_skin_mask_rle_norm": _HALF,
    "pred_oval_mask_rle_norm": _HALF,
    "module_masks": {"nose": _mask()},
    "modules_count": 1,
    "module_pixels_map": {"nose": 2048},
    "quality_grade": "pass",
}
_GOOD = {"gold": _lines(_GOLD, _GOLD | {"sample_hash": "t"}), "predicted": _lines(_PREDICTED)}


def corpus() -> list[bytes]:
    """Give the rows of both kinds; the name says which."""
    return [name.encode() + b"\0" + text for name, text in _GOOD.items()]


def read(data: bytes, folder: Path) -> str:
    """Evaluate, with the other kind as it should be."""
    name, _, body = data.partition(b"\0")
    files = {}
    for kind, good in _GOOD.items():
        files[kind] = folder / f"{kind}.ndjson"
        files[kind].write_bytes(body if kind == name.decode() else good)
    came = "used"
    for compat in (True, False):
        try:
            evaluate_gold(
                gold_labels=files["gold"],
                predictions=files["predicted"],
                output_dir=folder / "out",
                grid_size=GRID,
                compat=compat,
            )
            rejected = read_tsv(folder / "out" / "rejected.tsv")
            came = rejected[0]["reason"] if rejected else "used"
        except DataError as error:
            came = str(error).partition(":")[0]
        shutil.rmtree(folder / "out", ignore_errors=True)
    return came
