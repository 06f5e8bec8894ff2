"""Small releases for what reads them: labels as the stages write them, laid out as a release has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from facebank.artifacts.atomic import write_json
from facebank.release.manifest import MANIFEST, describe_release
from facebank.release.supervision import LabelledFrames, lay_out, write_supervision
from facebank.supervision.layout import SlotStatus
from facebank.tracks.interpolation import SlotTrack, Status
from facebank.tracks.labels import LabelledSource, slot_table

CENTROIDS = {"ada": [1.0, 0.0], "bob": [0.0, 1.0], "carl": [0.6, 0.8], "dora": None}
BROKEN = "carl"
EMPTY = LabelledFrames(
    sources=(),
    frames=np.zeros(0, np.int64),
    sizes=np.zeros((0, 2), np.int64),
    boxes=np.zeros((0, 0, 4), np.float32),
    confidence=np.zeros((0, 0), np.float32),
    status=np.zeros((0, 0), np.uint8),
)


def track(statuses: Sequence[Status], boxes: Sequence[Sequence[float]]) -> SlotTrack:
    """Make a slot's track; boxes count only where the status has one."""
    status = np.array(statuses, dtype=np.int64)
    with_box = status <= Status.HELD
    return SlotTrack(
        status=status,
        boxes=np.where(with_box[:, None], np.array(boxes, dtype=np.float64), np.nan),
        scores=np.where(with_box, 0.9, np.nan),
        confidence=np.where(with_box, 0.9 - 0.2 * status, 0.0),
        before=np.full(len(status), -1),
        after=np.full(len(status), -1),
    )


def source(name: str, *tracks: SlotTrack, size: tuple[int, int] = (640, 480)) -> LabelledSource:
    """Make a source of some slots."""
    facts: dict[str, Any] = {
        "video_sha256": "",
        "stride": 1,
        "det_size": 640,
        "min_score": 0.5,
        "problem": "",
    }
    return LabelledSource(
        source=name, variant=f"{name}__var00", width=size[0], height=size[1], tracks=tracks, **facts
    )


def labelled(*sources: LabelledSource) -> LabelledFrames:
    """Lay sources one after the other, with the values of the table of slots."""
    rows = [row for each in sources for row in slot_table(each).to_pylist()]
    slots = len(sources[0].tracks)
    boxes = [[row[name] or 0.0 for name in ("x1", "y1", "x2", "y2")] for row in rows]
    return LabelledFrames(
        sources=tuple(each.source for each in sources),
        frames=np.array([len(each.tracks[0].status) for each in sources]),
        sizes=np.array([(each.width, each.height) for each in sources]),
        boxes=np.array(boxes, dtype=np.float32).reshape(-1, slots, 4),
        confidence=np.array([row["confidence"] for row in rows], dtype=np.float32).reshape(-1, slots),
        status=np.array([SlotStatus[row["status"].upper()] for row in rows], dtype=np.uint8).reshape(
            -1, slots
        ),
    )


def variant(name: str, claims: Sequence[str], frames: int, **values: Any) -> dict[str, Any]:
    """Make a variant's row; its source is what stands before two underscores."""
    row = {"variant": name, "source": name.partition("__")[0], "claims": list(claims), "packets": frames}
    size = {"width": 640, "height": 480, "rotation": 0, "target": "", "representative": name.endswith("00")}
    return {**row, **size, **values}


def write_release(
    folder: Path,
    labels: LabelledFrames = EMPTY,
    *,
    variants: Sequence[Mapping[str, Any]] = (),
    verdicts: Sequence[tuple[str, int, str, bool]] = (),
    episodes: Mapping[int, str] | None = None,
    rejected: Sequence[str] = (),
    centroids: Mapping[str, list[float] | None] | None = None,
) -> Path:
    """Write the part of a release that training reads, and its manifest."""
    names = ("variant", "slot", "verdict", "excluded")
    models = {row["source"]: row["variant"] for row in variants if row["representative"]}
    served = [
        {"variant": row["variant"], "labels": row["source"], "labelled_on": models.get(row["source"], "")}
        for row in variants
    ]
    data = lay_out(
        CENTROIDS if centroids is None else centroids,
        {BROKEN},
        labels,
        variants=variants,
        served=served,
        verdicts=[dict(zip(names, verdict, strict=True)) for verdict in verdicts],
        episodes=[{"episode_index": it, "variant_name": name} for it, name in (episodes or {}).items()],
        rejected=rejected,
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_supervision(folder, data)
    return publish(folder)


def publish(folder: Path) -> Path:
    """Write the manifest of a release as it is now."""
    write_json(folder / MANIFEST, describe_release(folder).document())
    return folder
