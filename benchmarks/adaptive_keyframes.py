"""Labels of adaptive keyframes against those of a detection in every frame, over visible slots.

A slot is visible where the detection in every frame has a box. The figures are no timings: a round is enough.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from clips import episode, with_moving_camera
from facebank.stages.collect_detections import collect_detections
from facebank.stages.detect_keyframes import detect_keyframes
from facebank.stages.index_sources import index_sources
from facebank.stages.interpolate_labels import interpolate_labels
from figures import Figure
from photos import PACK

if TYPE_CHECKING:
    from facebank.keyframes.detection import Schedule

__all__ = ["measure"]

MEAN, WITHIN, SHARE_BEYOND = 0.5, 2.0, 0.01


def measure(rounds: int) -> list[Figure]:
    """Label each clip in both ways."""
    del rounds
    figures = []
    for name, clip in (("still camera", episode()), ("moving camera", with_moving_camera())):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "root").mkdir()
            shutil.copy2(clip, Path(folder) / "root" / "clip.mp4")
            every, adaptive = (
                _labels(Path(folder), schedule, stride)
                for schedule, stride in (("fixed", 1), ("adaptive", 5))
            )
        figures += [_named(name, figure) for figure in _compared(every, adaptive)]
    return figures


def _labels(base: Path, schedule: Schedule, stride: int) -> np.ndarray:
    """Label a clip; give boxes (frames, slots, 4), NaN without one."""
    out = base / f"{schedule}-{stride}"
    options = {"keyframes": schedule, "stride": stride}
    index_sources(root=base / "root", output_dir=out / "S")
    detect_keyframes(
        root=base / "root", pack=PACK, output=out / "shard.parquet", cache=base / "cache", **options
    )
    collect_detections(
        shards=(out / "shard.parquet",),
        variants=out / "S" / "variants.parquet",
        pack=PACK,
        output_dir=out / "D",
        **options,
    )
    interpolate_labels(detections=out / "D", variants=out / "S" / "variants.parquet", output_dir=out / "L")
    table = pq.read_table(out / "L" / "slots.parquet").sort_by(
        [("frame", "ascending"), ("slot", "ascending")]
    )
    boxes = np.stack([table[side].to_numpy() for side in ("x1", "y1", "x2", "y2")], axis=1)
    return boxes.reshape(-1, 3, 4)


def _compared(every: np.ndarray, adaptive: np.ndarray) -> list[Figure]:
    """Give how far the boxes of two labellings lie apart: the largest of the four sides' differences."""
    visible, shown = np.isfinite(every[..., 0]), np.isfinite(adaptive[..., 0])
    if not visible.any():
        raise SystemExit("The clip has no labels to compare with")
    apart = np.where(visible & shown, np.abs(every - adaptive).max(axis=2), np.nan)
    worst_frame, worst_slot = np.unravel_index(np.nanargmax(apart), apart.shape)
    beyond = (visible & ~(apart <= WITHIN)).sum() / visible.sum()
    return [
        Figure("visible slots compared", "slots", (float((visible & shown).sum()),)),
        Figure("visible slots without a box", "slots", (float((visible & ~shown).sum()),)),
        Figure("boxes where nothing is visible", "slots", (float((shown & ~visible).sum()),)),
        Figure("mean distance", "px", (float(np.nanmean(apart)),), MEAN),
        Figure(f"beyond {WITHIN:.0f} px or without a box", "ratio", (float(beyond),), SHARE_BEYOND),
        Figure(
            f"worst, in frame {worst_frame}, slot {worst_slot}",
            "px",
            (float(apart[worst_frame, worst_slot]),),
        ),
    ]


def _named(clip: str, figure: Figure) -> Figure:
    """Say of which clip a figure is."""
    return Figure(f"{clip}: {figure.name}", figure.unit, figure.values, figure.at_most)
