"""LeRobot v3 data sets for tests: several episodes in one video file, written as LeRobot writes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from clips import RATE, encode
from facebank.sources.discovery import CAMERA

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["VIDEO_PATH", "change_episodes", "change_info", "write_dataset"]

VIDEO_PATH = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"


def write_dataset(
    root: Path,
    files: Sequence[Sequence[Sequence[NDArray[np.uint8]]]],
    *,
    camera: str = CAMERA,
    **encoding: Any,
) -> Path:
    """Write a data set: pictures of each episode of each file. Every file has a table of its own episodes."""
    rows: list[dict[str, Any]] = []
    frames = 0
    for number, episodes in enumerate(files):
        path = root / VIDEO_PATH.format(video_key=camera, chunk_index=0, file_index=number)
        encode(path, [picture for pictures in episodes for picture in pictures], **encoding)
        start = 0.0
        table = []
        for pictures in episodes:
            table.append(
                {
                    "episode_index": len(rows) + len(table),
                    "length": len(pictures),
                    "dataset_from_index": frames,
                    "dataset_to_index": frames + len(pictures),
                    f"videos/{camera}/chunk_index": 0,
                    f"videos/{camera}/file_index": number,
                    f"videos/{camera}/from_timestamp": start,
                    f"videos/{camera}/to_timestamp": start + len(pictures) / RATE,
                }
            )
            # Sums of floats, as LeRobot makes them: they do not hit the frames' times exactly.
            start += len(pictures) / RATE
            frames += len(pictures)
        _write(root, number, table)
        rows += table
    info = {
        "codebase_version": "v3.0",
        "robot_type": "so101",
        "total_episodes": len(rows),
        "total_frames": frames,
        "fps": RATE,
        "chunks_size": 1000,
        "video_path": VIDEO_PATH,
        "features": {camera: {"dtype": "video"}, "action": {"dtype": "float32"}},
    }
    (root / "meta" / "info.json").write_text(json.dumps(info))
    return root


def change_info(root: Path, **values: Any) -> None:
    """Change keys of meta/info.json."""
    file = root / "meta" / "info.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def change_episodes(root: Path, number: int, episode: int, *, camera: str = CAMERA, **values: Any) -> None:
    """Change columns of one episode in one table; those of the camera by the end of their names."""
    file = _table(root, number)
    rows = pq.read_table(file, partitioning=None).to_pylist()
    for row in rows:
        if row["episode_index"] == episode:
            row.update(
                {name if name in row else f"videos/{camera}/{name}": value for name, value in values.items()}
            )
    _write(root, number, rows)


def _table(root: Path, number: int) -> Path:
    """Give the place of a table of episodes."""
    return root / "meta" / "episodes" / "chunk-000" / f"file-{number:03d}.parquet"


def _write(root: Path, number: int, rows: list[dict[str, Any]]) -> None:
    """Write a table of episodes."""
    file = _table(root, number)
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), file)
