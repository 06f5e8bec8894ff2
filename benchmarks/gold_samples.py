"""Varied gold samples as files: uneven outlines, some doubled, some missing, and predictions near them."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.demo.gold import OUTLINES
from facebank.gold import masks
from facebank.gold.modules import MODULES

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["GRID", "write_samples"]

GRID = 256

_SEED = 20260212
_SOURCES = ("internal", "lapa", "celebamaskhq")
_BACKGROUND = ((0, 0), (100, 0), (100, 100), (92, 100), (92, 6), (8, 6), (8, 100), (0, 100))
_SHAPES = {**OUTLINES, "background": _BACKGROUND}
#: Shares of the labels that are missing, and of those that are drawn as two outlines.
_MISSING, _DOUBLED = 0.08, 0.1


def write_samples(folder: Path, count: int, *, grid: int = GRID) -> None:
    """Write ``export.json`` (a Label Studio export) and ``pred.jsonl``, the same on every call.

    Parameters
    ----------
    folder : Path
        Where; it exists.
    count : int
        How many samples.
    grid : int
        Pixels per side of the predicted masks.
    """
    random = np.random.default_rng(_SEED)
    tasks: list[dict[str, Any]] = []
    with (folder / "pred.jsonl").open("w", encoding="utf-8", newline="\n") as predictions:
        for number in range(count):
            drawn = {label: _outline(label, random) for label in _SHAPES}
            name, source = f"sample-{number:06d}", _SOURCES[number % len(_SOURCES)]
            tasks.append(_task(number, name, source, drawn, random))
            near = {label: _moved(outline, random) for label, outline in drawn.items()}
            predictions.write(json.dumps(_prediction(name, source, near, grid, random)) + "\n")
    (folder / "export.json").write_text(json.dumps(tasks), encoding="utf-8")


def _outline(label: str, random: np.random.Generator) -> NDArray[np.float64]:
    """Draw a label's outline: (n, 2) float64 percent, 8 to 32 corners around the middle of its shape."""
    shape = np.array(_SHAPES[label], dtype=np.float64)
    if label == "background":
        return np.clip(shape + random.uniform(0, 2, shape.shape), 0, 100)
    middle, half = (shape.max(axis=0) + shape.min(axis=0)) / 2, np.ptp(shape, axis=0) / 2
    turn = np.arange(corners := int(random.integers(8, 33))) / corners * 2 * math.pi
    waves = random.normal(0, 0.05, (3, 2))
    radius = 1 + sum(a * np.cos(k * turn) + b * np.sin(k * turn) for k, (a, b) in enumerate(waves, 2))
    around = np.stack([np.cos(turn), np.sin(turn)], axis=1) * np.asarray(radius)[:, None]
    return np.clip(middle + random.normal(0, 1, 2) + around * half, 0, 100)


def _moved(outline: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """Move and stretch an outline a little."""
    middle = outline.mean(axis=0)
    moved = middle + random.normal(0, 1.5, 2) + (outline - middle) * random.uniform(0.85, 1.15, 2)
    return np.clip(moved, 0, 100)


def _task(
    number: int, name: str, source: str, drawn: dict[str, NDArray[np.float64]], random: np.random.Generator
) -> dict[str, Any]:
    """Give a task with one annotation."""
    results = []
    for label, outline in drawn.items():
        if label != "skin" and random.random() < _MISSING:
            continue
        for part in (outline, _moved(outline, random))[: 1 + (random.random() < _DOUBLED)]:
            value = {"polygonlabels": [label], "points": part.round(3).tolist()}
            results.append({"type": "polygonlabels", "from_name": "region", "value": value})
    annotation = {"id": number, "updated_at": "2026-02-12T01:05:00.000Z", "result": results}
    return {
        "id": number,
        "data": {"sample_hash": name, "source": source},
        "annotations": [annotation],
    }


def _prediction(
    name: str,
    source: str,
    near: dict[str, NDArray[np.float64]],
    grid: int,
    random: np.random.Generator,
) -> dict[str, Any]:
    """Give a row of predicted masks; some modules are not predicted."""
    texts = {label: masks.encode(masks.polygon(outline / 100, grid), grid) for label, outline in near.items()}
    modules = [module for module in MODULES if random.random() >= _MISSING]
    return {
        "sample_hash": name,
        "source": source,
        "pred_skin_mask_rle_norm": texts["skin"],
        "pred_oval_mask_rle_norm": texts["face_oval"],
        "module_masks": {module: {"grid_size": grid, "rle_norm": texts[module]} for module in modules},
        "modules_count": len(modules),
        "quality_grade": "pass",
    }
