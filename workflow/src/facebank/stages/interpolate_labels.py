"""Stage face_labels: in every frame a box for each slot, or the reason why there is none."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path  # noqa: TC003 - the command line reads the annotations
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa

from facebank.artifacts.atomic import write_json, write_json_with
from facebank.artifacts.provenance import building
from facebank.artifacts.tables import parts_of, read_table, write_table, write_tsv
from facebank.keyframes.keyframe import thumbnails_in
from facebank.sources.schemas import DETECTIONS, FRAMES, SERVED_COLUMNS, SLOTS, THUMBNAILS, VARIANTS, VIDEOS
from facebank.sources.serving import reason_counts, served_variants
from facebank.tracks.coverage import cover
from facebank.tracks.labels import LabelledSource, label_facts, label_frames, slot_table
from facebank.tracks.scene import Scene, track_scene

if TYPE_CHECKING:
    from facebank.tracks.coverage import Coverage

__all__ = ["interpolate_labels"]

_LOW_COVERAGE = 0.7


def interpolate_labels(
    *,
    detections: Path,
    variants: Path,
    output_dir: Path,
    slots: int = 3,
    max_gap_s: float = 0.5,
    max_hold_s: float = 0.0,
    hidden_slots: Literal["placeholder", "compact", "prefix"] = "placeholder",
) -> None:
    """Give every slot a status, and a box where there is one, in every frame.

    Parameters
    ----------
    detections
        Folder of the stage detections.
    variants
        The table variants.parquet of the inventory.
    output_dir
        The version folder to make.
    slots
        Number of fixed places in the scene, counted from the left.
    max_gap_s
        Two detections farther apart in seconds are not bridged.
    max_hold_s
        How many seconds the last box is kept, flagged as held, after a face was lost.
    hidden_slots
        How bboxes shows a slot without a box: a box of no area in its place, left out, or cut off from there.

    Raises
    ------
    DataError
        If the detections cannot be read.
    """
    parameters = {
        "slots": slots,
        "max_gap_s": max_gap_s,
        "max_hold_s": max_hold_s,
        "hidden_slots": hidden_slots,
    }
    videos = read_table(detections / "videos.parquet", VIDEOS).to_pylist()
    frames, faces = (
        parts_of(read_table(detections / f"{name}.parquet", schema), "source")
        for name, schema in (("frames", FRAMES), ("detections", DETECTIONS))
    )
    coverages: list[dict[str, Any]] = []
    rows: list[pa.Table] = []
    with building(
        output_dir,
        rule="interpolate_labels",
        parameters=parameters,
        inputs={"detections": detections, "variants": variants},
    ) as folder:
        for video in videos:
            source = video["source"]
            thumbnails = read_table(detections / "thumbnails.parquet", THUMBNAILS, source=source)
            scene = _scene(video, frames[source], faces.get(source, DETECTIONS.empty_table()), thumbnails)
            tracked = track_scene(scene, slots=slots, max_gap_s=max_gap_s, max_hold_s=max_hold_s)
            labelled = LabelledSource(
                source=source,
                variant=video["variant"],
                video_sha256=video["sha256"],
                width=video["width"],
                height=video["height"],
                stride=video["stride"],
                det_size=video["det_size"],
                min_score=video["min_score"],
                problem=tracked.problem,
                tracks=tracked.tracks,
            )
            write_json_with(
                folder / f"{source}.face_labels.json",
                label_facts(labelled, hidden_slots),
                "frames",
                label_frames(labelled, hidden_slots),
            )
            rows.append(slot_table(labelled).cast(SLOTS))
            coverages.append(_coverage_row(source, tracked.problem, cover(tracked.tracks)))
        labels = pa.concat_tables([SLOTS.empty_table(), *rows])
        write_table(folder / "slots.parquet", labels, SLOTS)
        statuses: Any = labels["status"].value_counts()
        served = served_variants(read_table(variants, VARIANTS).to_pylist(), videos)
        write_tsv(folder / "variants.tsv", SERVED_COLUMNS, served)
        write_tsv(folder / "coverage.tsv", _coverage_columns(slots), coverages)
        summary = {
            "sources": len({video["source_episode"] for video in videos}),
            "label_sets": len(videos),
            "by_themselves": reason_counts(served, labelled=True),
            "without_labels": reason_counts(served, labelled=False),
            "frames": sum(row["frames"] for row in coverages),
            "slots": slots,
            "all_slots": _mean([row["all_slots"] for row in coverages]),
            "below_70_percent": [row["source"] for row in coverages if row["all_slots"] < _LOW_COVERAGE],
            "problems": {row["source"]: row["problem"] for row in coverages if row["problem"]},
            "statuses": dict(sorted((it["values"], it["counts"]) for it in statuses.to_pylist())),
        }
        write_json(folder / "summary.json", summary)
    share = f"all slots in {summary['all_slots']:.1%}"
    told = f"{summary['sources']} sources, {summary['frames']} frames, {share}"
    for what, counts in (
        ("labels without a box", Counter(sorted(summary["problems"].values()))),
        ("variants labelled by themselves", summary["by_themselves"]),
        ("variants without labels", summary["without_labels"]),
    ):
        if counts:
            why = ", ".join(f"{count} {reason}" for reason, count in counts.items())
            told += f"; {what}: {sum(counts.values())} ({why})"
    print(told)  # noqa: T201 - the stage's one line


def _scene(video: dict[str, Any], frames: pa.Table, detections: pa.Table, thumbnails: pa.Table) -> Scene:
    """Gather what was seen in one source, from its rows of the tables."""
    keyframes = thumbnails["frame"].to_numpy().astype(np.int64)
    boxes = [detections[name].to_numpy().astype(np.float64) for name in ("x1", "y1", "x2", "y2")]
    return Scene(
        times=frames["time_s"].to_numpy(),
        keyframes=keyframes,
        faces_at=detections["frame"].to_numpy().astype(np.int64),
        boxes=np.stack(boxes, axis=1),
        scores=detections["score"].to_numpy().astype(np.float64),
        detected_at=detections["detected_at"].to_numpy().astype(np.int64),
        unchanged_since=detections["unchanged_since"].to_numpy().astype(np.int64),
        regular=keyframes % video["stride"] == 0,
        thumbnails=thumbnails_in(thumbnails),
        frame_size=(video["width"], video["height"]),
    )


def _coverage_columns(slots: int) -> tuple[str, ...]:
    """Name the columns of coverage.tsv."""
    each = [f"{name}_{slot}" for slot in range(slots) for name in ("slot", "centre_std", "hidden")]
    return ("source", "frames", "all_slots", *each, "problem")


def _coverage_row(source: str, problem: str, coverage: Coverage) -> dict[str, Any]:
    """Give a source's row of coverage.tsv: shares of frames, pixels, and hidden frames as first-last."""
    row: dict[str, Any] = {
        "source": source,
        "frames": coverage.frames,
        "all_slots": round(coverage.all_slots, 4),
        "problem": problem,
    }
    for slot, (share, std, hidden) in enumerate(
        zip(coverage.slots, coverage.centre_std, coverage.hidden, strict=True)
    ):
        row[f"slot_{slot}"] = round(share, 4)
        row[f"centre_std_{slot}"] = None if math.isnan(std) else round(std, 3)
        row[f"hidden_{slot}"] = " ".join(f"{first}-{last}" for first, last in hidden)
    return row


def _mean(shares: list[float]) -> float:
    """Average shares, rounded for a summary; 0 of none."""
    return round(math.fsum(shares) / len(shares), 4) if shares else 0.0
