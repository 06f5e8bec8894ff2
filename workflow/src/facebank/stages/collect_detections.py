"""Stage detections: the shards' results as one version folder."""

from __future__ import annotations

from collections import Counter
from pathlib import Path  # noqa: TC003 - the command line reads the annotations
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.artifacts.atomic import write_json
from facebank.artifacts.provenance import building
from facebank.artifacts.tables import REJECTED_COLUMNS, read_table, write_table, write_tsv
from facebank.errors import DataError
from facebank.runtime.packs import load_pack
from facebank.sources.detection import Schedule  # noqa: TC001 - the command line reads the annotations
from facebank.sources.schemas import DETECTED_VIDEOS, DETECTIONS, FRAMES, SOURCES, THUMBNAILS, VIDEOS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

__all__ = ["collect_detections"]


def collect_detections(
    *,
    shards: tuple[Path, ...],
    sources: Path,
    pack: Path,
    output_dir: Path,
    keyframes: Schedule = "fixed",
    stride: int = 5,
    det_size: int = 640,
    min_score: float = 0.5,
) -> None:
    """Merge the detections of all shards.

    Parameters
    ----------
    shards
        The files that detect-keyframes made.
    sources
        The table sources.parquet of the inventory.
    pack
        Folder of the model pack that they were made with.
    output_dir
        The version folder to make.
    keyframes
        As given to detect-keyframes.
    stride
        As given to detect-keyframes.
    det_size
        As given to detect-keyframes.
    min_score
        As given to detect-keyframes.

    Raises
    ------
    DataError
        If the shards do not hold each source of the inventory once, with the same video; if a shard was made
        with other settings; or if no video could be decoded.
    """
    loaded = load_pack(pack)
    settings = {"stride": stride, "det_size": det_size, "min_score": min_score}
    parameters = {"keyframes": keyframes, **settings}
    made_with = {"schedule": keyframes, **settings, "detector": loaded.file("detector").sha256}
    rows = sorted(
        (row for shard in shards for row in _read_shard(shard, made_with)), key=lambda row: row["source"]
    )
    _require_same_videos(read_table(sources, SOURCES), rows, sources)
    good = [row for row in rows if not row["problem"]]
    if not good:
        raise DataError(
            "No source has a video that could be decoded",
            found=rows[0]["problem"] if rows else "no source",
            remedy="Restore the videos and rebuild the inventory.",
        )
    detections = [detection for row in good for detection in _detections(row)]
    with building(
        output_dir,
        rule="collect_detections",
        parameters=parameters,
        inputs={"sources": sources},
        models=[model for model in loaded.described() if model["sha256"] == made_with["detector"]],
        provider=good[0]["provider"],
        shards=len(shards),
    ) as folder:
        write_table(folder / "videos.parquet", [_video(row) for row in good], VIDEOS)
        write_table(folder / "frames.parquet", [frame for row in good for frame in _frames(row)], FRAMES)
        write_table(folder / "detections.parquet", detections, DETECTIONS)
        thumbnails = [thumbnail for row in good for thumbnail in _thumbnails(row)]
        write_table(folder / "thumbnails.parquet", thumbnails, THUMBNAILS)
        rejected = [_rejected(row) for row in rows if row["problem"]]
        write_tsv(folder / "rejected.tsv", REJECTED_COLUMNS, rejected)
        summary = {
            "sources": len(good),
            "frames": sum(len(row["pts"]) for row in good),
            "keyframes": sum(len(row["keyframes"]) for row in good),
            "detected": _count(good),
            "faces": len(detections),
            "rejected": len(rejected),
            "schedule": keyframes,
            **settings,
            "model_pack": loaded.name,
        }
        write_json(folder / "summary.json", summary)
    print(f"{len(good)} sources, {summary['keyframes']} keyframes, {len(detections)} faces")  # noqa: T201 - its line


def _read_shard(shard: Path, made_with: dict[str, Any]) -> list[dict[str, Any]]:
    """Read a shard's rows and insist on the settings that they were made with."""
    rows: list[dict[str, Any]] = read_table(shard, DETECTED_VIDEOS).to_pylist()
    for row in rows:
        found = {name: row[name] for name in made_with}
        if found != made_with:
            raise DataError(
                "The shard was made with other settings",
                file=shard,
                expected=str(made_with),
                found=str(found),
                remedy="Detect again.",
            )
    return rows


def _require_same_videos(inventory: pa.Table, rows: list[dict[str, Any]], file: Path) -> None:
    """Insist that the shards hold each source of the inventory once, labelled on the video that it lists."""
    expected = {row["source"]: (row["representative"], row["sha256"]) for row in inventory.to_pylist()}
    count = Counter(row["source"] for row in rows)
    found = {row["source"]: (row["variant"], row["sha256"]) for row in rows}
    for source in sorted(expected.keys() | found.keys()):
        if count[source] != 1 or found[source] != expected.get(source):
            raise DataError(
                f"The shards do not hold the source {source} once, with the video of the inventory",
                file=file,
                expected=" ".join(expected.get(source, ("no such source",))),
                found=f"{' '.join(found.get(source, ('nothing',)))}, {count[source]} times",
                remedy="A video changed while it was read: build again.",
            )


def _video(row: dict[str, Any]) -> dict[str, Any]:
    """Give a source's row of videos.parquet."""
    counts = {"frames": len(row["pts"]), "keyframes": len(row["keyframes"])}
    return {name: row[name] for name in VIDEOS.names if name not in counts} | counts


def _count(rows: list[dict[str, Any]]) -> dict[str, int]:
    """Count the keyframes of each basis."""
    return dict(sorted(Counter(basis for row in rows for basis in row["basis"]).items()))


def _frames(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give a row for every decoded frame."""
    basis = dict(zip(row["keyframes"], row["basis"], strict=True))
    for frame, (pts, time_s) in enumerate(zip(row["pts"], _times(row), strict=True)):
        yield {
            "source": row["source"],
            "frame": frame,
            "pts": pts,
            "time_s": time_s,
            "keyframe": frame in basis,
            "basis": basis.get(frame, ""),
        }


def _detections(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give a row for every face, by keyframe, best first."""
    times = _times(row)
    names = ("boxes", "scores", "landmarks", "detected_at", "unchanged_since")
    faces = zip(*(row[name] for name in names), strict=True)
    for frame in np.repeat(row["keyframes"], row["faces"]).tolist():
        (x1, y1, x2, y2), score, landmarks, detected_at, since = next(faces)
        yield {
            "source": row["source"],
            "frame": frame,
            "pts": row["pts"][frame],
            "time_s": times[frame],
            "x1": x1,
            "y1": y1,
            "x2": x2,
            "y2": y2,
            "score": score,
            "landmarks": landmarks,
            "detected_at": detected_at,
            "unchanged_since": since,
        }


def _thumbnails(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give a row for every keyframe's thumbnail."""
    for frame, pixels in zip(row["keyframes"], row["thumbnails"], strict=True):
        yield {
            "source": row["source"],
            "frame": frame,
            "width": row["thumbnail_width"],
            "height": row["thumbnail_height"],
            "pixels": pixels,
        }


def _times(row: dict[str, Any]) -> list[float]:
    """Give every frame's time of display in seconds."""
    return [pts * row["time_base_num"] / row["time_base_den"] for pts in row["pts"]]


def _rejected(row: dict[str, Any]) -> dict[str, str]:
    """Give the row of rejected.tsv of a video that could not be decoded."""
    return {
        "file": row["video"],
        "reason": "UNREADABLE_VIDEO",
        "sha256": row["sha256"],
        "detail": row["problem"],
        "remedy": "Restore the video, and rebuild the inventory.",
    }
