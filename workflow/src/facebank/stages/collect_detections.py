"""Stage detections: the shards' results as one version folder."""

from __future__ import annotations

import math
from collections import Counter
from itertools import groupby, pairwise
from pathlib import Path  # noqa: TC003 - the command line reads the annotations
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import numpy as np
import pyarrow as pa

from facebank.artifacts.atomic import write_json
from facebank.artifacts.file_names import folded_name
from facebank.artifacts.provenance import building
from facebank.artifacts.shards import distrust, require_whole, shard_versions
from facebank.artifacts.tables import REJECTED_COLUMNS, read_table, write_table, write_tsv
from facebank.errors import DataError
from facebank.keyframes.detection import Schedule  # noqa: TC001 - the command line reads the annotations
from facebank.runtime.packs import load_pack
from facebank.sources.schemas import DETECTED_VIDEOS, DETECTIONS, FRAMES, THUMBNAILS, VARIANTS, VIDEOS

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["collect_detections"]

_REPRESENTATIVE_COLUMNS = (
    "source",
    "labelled_on",
    "by_themselves",
    "compared",
    "faces",
    "median_overlap",
    "min_overlap",
    "min_size_ratio",
    "max_size_ratio",
)

#: One source's thumbnails are read at a time: little is read of others.
_THUMBNAILS_TOGETHER = 256


def collect_detections(
    *,
    shards: tuple[Path, ...],
    variants: Path,
    pack: Path,
    output_dir: Path,
    fallback: Literal["per_variant", "none"] = "per_variant",
    compared_variants: int = 3,
    min_overlap: float = 0.5,
    max_size_ratio: float = 1.5,
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
    variants
        The table variants.parquet of the inventory.
    pack
        Folder of the model pack that they were made with.
    output_dir
        The version folder to make.
    fallback
        As given to detect-keyframes.
    compared_variants
        As given to detect-keyframes.
    min_overlap
        As given to detect-keyframes.
    max_size_ratio
        As given to detect-keyframes.
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
        If the shards do not hold each source of the inventory, with its videos, once; if two sets of labels
        would have one name; if a shard is damaged or was made with other settings; or if no video could be
        decoded.
    """
    require_whole(shards)
    loaded = load_pack(pack)
    settings = {"stride": stride, "det_size": det_size, "min_score": min_score}
    parameters = {"keyframes": keyframes, **settings}
    made_with = {"schedule": keyframes, **settings, "detector": loaded.file("detector").sha256}
    fitting = {
        "fallback": fallback,
        "compared_variants": compared_variants,
        "min_overlap": min_overlap,
        "max_size_ratio": max_size_ratio,
    }
    rows = sorted(
        (row for shard in shards for row in _read_shard(shard, made_with)), key=lambda row: row["source"]
    )
    try:
        _require_same_videos(read_table(variants, VARIANTS), rows, variants)
    except DataError:
        distrust(shards)
        raise
    good = [row for row in rows if not row["problem"]]
    if not good:
        raise DataError(
            "No source has a video that could be decoded",
            found=rows[0]["problem"] if rows else "no source",
            remedy="Restore the videos and rebuild the inventory.",
        )
    shared = [row for row in good if row["source"] == _episode(row)]
    # As rows of Python, what is small in a file is large: those of one source are in memory at a time.
    frames, detections = (
        pa.concat_tables([pa.Table.from_pylist(list(rows_of(row)), schema=schema) for row in good])
        for rows_of, schema in ((_frames, FRAMES), (_detections, DETECTIONS))
    )
    with building(
        output_dir,
        rule="collect_detections",
        parameters=parameters | fitting,
        inputs={"variants": variants},
        models=[model for model in loaded.described() if model["sha256"] == made_with["detector"]],
        provider=good[0]["provider"],
        shards=len(shards),
        shard_versions=shard_versions(shards),
    ) as folder:
        write_table(folder / "videos.parquet", [_video(row) for row in good], VIDEOS)
        write_table(folder / "frames.parquet", frames, FRAMES)
        write_table(folder / "detections.parquet", detections, DETECTIONS)
        thumbnails = pa.concat_tables([_thumbnails(row) for row in good])
        write_table(folder / "thumbnails.parquet", thumbnails, THUMBNAILS, read_together=_THUMBNAILS_TOGETHER)
        write_tsv(folder / "representatives.tsv", _REPRESENTATIVE_COLUMNS, _representatives(good))
        rejected = [_rejected(row) for row in rows if row["problem"]]
        write_tsv(folder / "rejected.tsv", REJECTED_COLUMNS, rejected)
        summary = {
            "sources": len({_episode(row) for row in good}),
            "per_variant": sorted(set(map(_episode, good)) - set(map(_episode, shared))),
            "by_themselves": len(good) - len(shared),
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
    alone = f" ({summary['by_themselves']} for one variant alone)" if summary["by_themselves"] else ""
    counts = f"{len(good)} videos{alone}, {summary['keyframes']} keyframes, {len(detections)} faces"
    print(f"{summary['sources']} sources, {counts}")  # noqa: T201 - its line


def _read_shard(shard: Path, made_with: dict[str, Any]) -> list[dict[str, Any]]:
    """Read a shard's rows and insist on the settings that they were made with."""
    table = read_table(shard, DETECTED_VIDEOS)
    # By far the most bytes: they stay where they were read.
    thumbnails: Any = table["thumbnails"]
    rows = [
        {**row, "thumbnails": kept.values}
        for row, kept in zip(table.drop_columns("thumbnails").to_pylist(), thumbnails, strict=True)
    ]
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
    """Insist that the shards hold each source of the inventory, and its videos, once."""
    expected = {row["variant"]: (row["source"], row["sha256"]) for row in inventory.to_pylist()}
    count = Counter(row["variant"] for row in rows)
    for row in rows:
        known = expected.get(row["variant"], ("no such variant",))
        found = (_episode(row), row["sha256"])
        times = count[row["variant"]]
        if known != found or times != 1:
            _raise_other_videos(_episode(row), file, known, (*found, f"{times} times"))
    for source in sorted({source for source, _ in expected.values()} - set(map(_episode, rows))):
        _raise_other_videos(source, file, ("once",), ("nothing",))
    _require_own_names(rows, file)


def _require_own_names(rows: list[dict[str, Any]], file: Path) -> None:
    """Insist that no labels of a variant alone would take the name of others, on any file system."""
    labels = sorted(
        (folded_name(row["source"]), row["source"], row["source"] != _episode(row))
        for row in rows
        if not row["problem"]
    )
    for (folded, name, alone), (other_folded, other, other_alone) in pairwise(labels):
        # Sources that are alike are a finding, which the config may allow.
        if folded != other_folded or (name != other and not (alone or other_alone)):
            continue
        raise DataError(
            f"Two sets of labels would be called {name}",
            file=file,
            expected="a variant that is labelled by itself has another name than every source, where case and"
            " accents do not count either",
            found=f"{name!a} and {other!a}",
            remedy="Rename the source or the variant, or set sources.fallback to none.",
        )


def _raise_other_videos(
    source: str, file: Path, expected: tuple[str, ...], found: tuple[str, ...]
) -> NoReturn:
    """Say that a source is not in the shards as it is in the inventory."""
    raise DataError(
        f"The shards do not hold the source {source} once, with the videos of the inventory",
        file=file,
        expected=" ".join(expected),
        found=" ".join(found),
        remedy="A video changed while it was read: build again.",
    )


def _representatives(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Say for each source on which videos it is labelled, and what the comparison of its variants gave."""
    out = []
    for source, group in groupby(sorted(rows, key=_episode), key=_episode):
        videos = list(group)
        compared = next((row for row in videos if row["compared"]), None)
        overlaps = compared["overlaps"] if compared else []
        ratios = [ratio for ratio in compared["size_ratios"] if not math.isnan(ratio)] if compared else []
        one = [row["variant"] for row in videos if row["source"] == source]
        out.append(
            {
                "source": source,
                "labelled_on": one[0] if one else "each variant",
                "by_themselves": len(videos) - len(one),
                "compared": " ".join(compared["compared"]) if compared else "",
                "faces": len(overlaps),
                "median_overlap": round(float(np.median(overlaps)), 4) if overlaps else None,
                "min_overlap": round(min(overlaps), 4) if overlaps else None,
                "min_size_ratio": round(min(ratios), 4) if ratios else None,
                "max_size_ratio": round(max(ratios), 4) if ratios else None,
            }
        )
    return out


def _episode(row: dict[str, Any]) -> str:
    """Give the recorded source of a row."""
    name: str = row["source_episode"]
    return name


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


def _thumbnails(row: dict[str, Any]) -> pa.Table:
    """Give a row for every keyframe's thumbnail."""
    pixels: pa.BinaryArray = row["thumbnails"]
    count = len(pixels)
    return pa.table(
        {
            "source": pa.repeat(row["source"], count),
            "frame": pa.array(row["keyframes"], pa.int32()),
            "width": pa.repeat(row["thumbnail_width"], count),
            "height": pa.repeat(row["thumbnail_height"], count),
            "pixels": pixels,
        }
    ).cast(THUMBNAILS)


def _times(row: dict[str, Any]) -> list[float]:
    """Give every frame's time of display in seconds."""
    return [pts * row["time_base_num"] / row["time_base_den"] for pts in row["pts"]]


def _rejected(row: dict[str, Any]) -> dict[str, str]:
    """Give the row of rejected.tsv of a video that could not be decoded."""
    alone = row["source"] != _episode(row)
    follows = "Until then it has no labels" if alone else "The next variant stands for its source"
    return {
        "file": row["video"],
        "reason": row["reason"],
        "sha256": row["sha256"],
        "detail": row["problem"],
        "remedy": f"Restore the video, and rebuild the inventory. {follows}.",
    }
