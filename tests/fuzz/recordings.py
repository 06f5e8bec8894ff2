"""What recorders write beside videos: augmentation.json and its like, and a data set's meta/info.json."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from facebank.errors import DataError
from facebank.media.videos import VideoFacts
from facebank.proposal.sources import _augmentations, _slots
from facebank.sources.claims import Spellings
from facebank.sources.discovery import CAMERA, Variant
from facebank.sources.inspection import _read_metadata
from facebank.sources.lerobot import episode_lengths, read_episodes
from text_mutations import mutated

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["corpus", "mutated", "read"]

_LETTERS = {"A": "ada", "B": "bob", "C": "carl"}
_SPELLINGS = Spellings({"bobby": "bob"}, frozenset({"carl"}))
_PEOPLE = {"0": "ada", "1": "bob", "2": "carl"}
_CORNERS = {
    pid: [[x, 0], [x + 9, 0], [x + 9, 9], [x, 9]] for pid, x in zip(_PEOPLE, (300, 100, 200), strict=True)
}
_GOOD: dict[str, object] = {
    "v/augmentation.json": {
        "src_episode": "s",
        "pid_to_celeb": _PEOPLE,
        "n_frames": 7,
        "new_target_short": "ada",
    },
    "w/augmentation.json": {"new_layout_camera_lmr": "ABC", "n_frames": 7, "target_celeb": "bob"},
    "v/meta/info.json": {"total_frames": 7, "fps": 30},
    "v/portrait_corners.json": {"corners": _CORNERS},
    "s/portrait_corners.json": {pid: {"corners": quad} for pid, quad in _CORNERS.items()},
    "data/meta/info.json": {
        "codebase_version": "v3.0",
        "total_episodes": 1,
        "fps": 30,
        "video_path": "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4",
        "features": {CAMERA: {"dtype": "video"}},
    },
}


def corpus() -> list[bytes]:
    """Give each file; the name says which."""
    return [name.encode() + b"\0" + json.dumps(document).encode() for name, document in _GOOD.items()]


def read(data: bytes, folder: Path) -> str:
    """Read the metadata of both variants and of the data set, with the other files as they should be."""
    name, _, body = data.partition(b"\0")
    for path, document in _GOOD.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(body if path == name.decode() else json.dumps(document).encode())
    facts = VideoFacts(
        width=64,
        height=48,
        packets=7,
        frames_declared=7,
        frame_rate=Fraction(30),
        variable_frame_rate=False,
        time_base=Fraction(1, 30),
        codec="h264",
        rotation=0,
    )
    came = "used"
    variants = [
        Variant(variant=it, source="s", base=False, video=f"{it}/a.mp4", folder=it) for it in ("v", "w")
    ]
    for variant in variants:
        claims, _, findings = _read_metadata(folder, variant, facts, _LETTERS, _SPELLINGS)
        assert len(claims) <= 64
        came = findings[0][0] if findings else came
    _slots(list(_augmentations(folder, variants)))
    _write_episodes(folder / "data" / "meta" / "episodes" / "file.parquet")
    try:
        for episode in read_episodes(folder / "data", CAMERA)[0]:
            assert ".." not in PurePosixPath(episode.video).parts
        episode_lengths(folder / "data")
    except DataError as error:
        came = str(error).partition(":")[0]
    return came


def _write_episodes(path: Path) -> None:
    """Write the table of the data set's one episode."""
    if not path.is_file():
        path.parent.mkdir(parents=True)
        row = {
            "episode_index": 0,
            "length": 7,
            f"videos/{CAMERA}/chunk_index": 0,
            f"videos/{CAMERA}/file_index": 0,
        }
        times = {f"videos/{CAMERA}/from_timestamp": 0.0, f"videos/{CAMERA}/to_timestamp": 7 / 30}
        pq.write_table(pa.Table.from_pylist([row | times]), path)
