"""Episodes of a LeRobot data set are stretches of its videos, and what disagrees is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from clips import encode
from facebank.artifacts.tables import read_tsv
from facebank.errors import DataError
from facebank.media.videos import Span, frames
from facebank.sources.discovery import CAMERA, discover
from facebank.sources.inspection import span_of
from facebank.sources.lerobot import episode_lengths, read_episodes
from facebank.stages.index_sources import index_sources
from lerobot_datasets import change_episodes, change_info, write_dataset

#: Frames of each episode, in two files of three.
LENGTHS = ((7, 1, 16), (11, 31, 5))


def picture(episode: int, frame: int) -> NDArray[np.uint8]:
    """Give a picture that says which frame of which episode it is."""
    grey = np.full((64, 96, 3), 40 + 4 * frame, np.uint8)
    grey[:, :48] = 40 + 30 * episode
    return grey


def named(pixels: NDArray[np.uint8]) -> tuple[int, int]:
    """Tell which frame of which episode a decoded picture is."""
    return round((pixels[:, 8:40].mean() - 40) / 30), round((pixels[:, 56:].mean() - 40) / 4)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Write two files of three episodes, with keyframes that are no episode's beginning."""
    files = [
        [
            [picture(number, frame) for frame in range(length)]
            for number, length in enumerate(lengths, 3 * file)
        ]
        for file, lengths in enumerate(LENGTHS)
    ]
    return write_dataset(tmp_path / "root", files, encoder={"g": "5", "crf": "4"})


def index(root: Path, output: Path, **settings: Any) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Index; give the variants and the rejected rows."""
    index_sources(root=root, output_dir=output, **settings)
    return pq.read_table(output / "variants.parquet").to_pylist(), read_tsv(output / "rejected.tsv")


def test_every_episode_has_its_own_frames_and_no_others(dataset: Path, tmp_path: Path) -> None:
    variants, rejected = index(dataset, tmp_path / "S")
    assert rejected == []
    assert [row["variant"] for row in variants] == [f"episode_00000{number}" for number in range(6)]
    lengths = [length for part in LENGTHS for length in part]
    assert [row["packets"] for row in variants] == lengths
    assert [row["frames_declared"] for row in variants] == lengths
    for number, (row, length) in enumerate(zip(variants, lengths, strict=True)):
        shown = [named(frame.pixels) for frame in frames(dataset / row["video"], span=span_of(row))]
        assert shown == [(number, frame) for frame in range(length)]
    assert read_tsv(tmp_path / "S" / "findings.tsv") == []
    assert [row["variant"] for row in read_tsv(tmp_path / "S" / "episodes.tsv")] == [
        row["variant"] for row in variants
    ]


def test_an_episodes_digest_is_of_its_file_and_its_stretch(dataset: Path, tmp_path: Path) -> None:
    before = [row["sha256"] for row in index(dataset, tmp_path / "1")[0]]
    assert len(set(before)) == 6
    path = dataset / "videos" / CAMERA / "chunk-000" / "file-001.mp4"
    encode(path, [picture(0, 1)] * 47)
    after = [row["sha256"] for row in index(dataset, tmp_path / "2")[0]]
    assert [a == b for a, b in zip(before, after, strict=True)] == [True] * 3 + [False] * 3


FILE = f"videos/{CAMERA}/chunk-000/file-00"


@pytest.mark.parametrize(
    ("place", "values", "reasons"),
    [
        ((0, 2), {"length": 17, "to_timestamp": 25 / 30}, {"episode_000002": "EPISODE_LENGTH"}),
        ((0, 2), {"length": 15}, {"episode_000002": "EPISODE_LENGTH"}),
        (
            (0, 0),
            {"to_timestamp": 8 / 30},
            {"episode_000000": "EPISODE_LENGTH", "episode_000001": "EPISODE_OVERLAP"},
        ),
        (
            (1, 4),
            {"from_timestamp": 10 / 30, "length": 32},
            {"episode_000003": "EPISODE_OVERLAP", "episode_000004": "EPISODE_OVERLAP"},
        ),
        ((1, 5), {"file_index": 7}, {f"{FILE}7.mp4#episode_000005": "MISSING_VIDEO"}),
        (
            (1, 5),
            {"from_timestamp": 90.0, "to_timestamp": 91.0},
            {f"{FILE}1.mp4#episode_000005": "UNREADABLE_VIDEO"},
        ),
    ],
)
def test_what_disagrees_is_refused_by_name(
    dataset: Path, tmp_path: Path, place: tuple[int, int], values: dict[str, Any], reasons: dict[str, str]
) -> None:
    change_episodes(dataset, *place, **values)
    variants, rejected = index(dataset, tmp_path / "S")
    assert {row["file"]: row["reason"] for row in rejected} == reasons
    assert len(variants) == 6 - len(reasons)
    assert [row["used"] for row in read_tsv(tmp_path / "S" / "episodes.tsv")].count("no") == len(reasons)


def test_a_refusal_may_be_turned_into_a_warning(dataset: Path, tmp_path: Path) -> None:
    change_episodes(dataset, 0, 2, length=15)
    variants, rejected = index(dataset, tmp_path / "S", findings={"episode_length": "warn"})
    assert (len(variants), rejected) == (6, [])
    found = [(row["variant"], row["code"]) for row in read_tsv(tmp_path / "S" / "findings.tsv")]
    assert found == [("episode_000002", "EPISODE_LENGTH")] * 2


def test_times_that_are_off_by_less_than_half_a_frame_do_no_harm(dataset: Path, tmp_path: Path) -> None:
    change_episodes(dataset, 0, 1, from_timestamp=7 / 30 + 0.01, to_timestamp=8 / 30 + 0.012)
    variants, rejected = index(dataset, tmp_path / "S")
    assert (len(variants), rejected) == (6, [])


@pytest.mark.parametrize("off", [-0.45, 0.0, 0.45])
def test_an_episode_has_its_own_frames_wherever_its_times_lie_around_theirs(
    dataset: Path, tmp_path: Path, off: float
) -> None:
    first, last = LENGTHS[0][:2], LENGTHS[0][2]
    start = sum(first)
    change_episodes(dataset, 0, 2, from_timestamp=(start + off) / 30, to_timestamp=(start + last + off) / 30)
    variants, rejected = index(dataset, tmp_path / "S")
    assert rejected == []
    shown = [
        named(frame.pixels) for frame in frames(dataset / variants[2]["video"], span=span_of(variants[2]))
    ]
    assert shown == [(2, frame) for frame in range(last)]


@pytest.mark.parametrize(("shared", "overlaps"), [(0.45, []), (0.55, ["EPISODE_OVERLAP"])])
def test_episodes_overlap_from_half_a_frame_on(dataset: Path, shared: float, overlaps: list[str]) -> None:
    change_episodes(dataset, 0, 1, from_timestamp=(7 - shared) / 30, to_timestamp=8 / 30)
    found = {
        episode.index: [code for code, _ in episode.findings] for episode in read_episodes(dataset, CAMERA)[0]
    }
    assert found[0] == overlaps
    assert [code for code in found[1] if code != "EPISODE_LENGTH"] == overlaps
    assert found[2] == []
    change_episodes(dataset, 0, 2, from_timestamp=(8 - shared) / 30)
    (_, one, other, *_), _ = read_episodes(dataset, CAMERA)
    reaches = [text for code, text in one.findings if code == "EPISODE_OVERLAP"]
    assert ("its range reaches into that of episode 2" in reaches) == bool(overlaps)
    assert [code for code, _ in other.findings if code != "EPISODE_LENGTH"] == overlaps


def test_an_episode_that_reaches_over_several_overlaps_each_of_them(dataset: Path) -> None:
    change_episodes(dataset, 0, 0, to_timestamp=20 / 30)
    episodes, _ = read_episodes(dataset, CAMERA)
    details = [[text for code, text in it.findings if code == "EPISODE_OVERLAP"] for it in episodes]
    reaches = "its range reaches into that of episode"
    assert details[:3] == [[f"{reaches} 1", f"{reaches} 2"], [f"{reaches} 0"], [f"{reaches} 0"]]
    assert details[3:] == [[], [], []]


@pytest.mark.parametrize(
    "values",
    [
        {"from_timestamp": float("nan")},
        {"to_timestamp": float("nan")},
        {"to_timestamp": float("inf")},
        {"from_timestamp": float("-inf")},
        {"to_timestamp": 1.7e308},
    ],
)
def test_an_episode_without_times_is_an_error(dataset: Path, values: dict[str, float]) -> None:
    change_episodes(dataset, 0, 1, **values)
    with pytest.raises(DataError, match="Episode 1 has no times"):
        read_episodes(dataset, CAMERA)


def test_a_video_of_no_episode_is_listed(dataset: Path) -> None:
    encode(dataset / "videos" / CAMERA / "chunk-001" / "file-000.mp4", [picture(0, 0)])
    found = discover(dataset)
    assert [(row["file"], row["reason"]) for row in found.ignored] == [
        (f"videos/{CAMERA}/chunk-001/file-000.mp4", "NO_EPISODE")
    ]
    assert found.files == (
        "meta/info.json",
        "meta/episodes/chunk-000/file-000.parquet",
        "meta/episodes/chunk-000/file-001.parquet",
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"codebase_version": "v2.1"},
            r"of another version: .*; expected codebase_version v3\.\*, found v2\.1",
        ),
        ({"codebase_version": None}, "of another version"),
        ({"fps": 0}, "lacks a key: .*; expected fps"),
        ({"fps": float("nan")}, "found NaN, which JSON does not have"),
        ({"fps": -30}, "no frame rate"),
        ({"total_episodes": 7}, "do not hold each episode once: .*; expected 7 episodes"),
        ({"features": {"front": {"dtype": "video"}}}, f"no camera {CAMERA}: .*; expected one of front"),
        ({"video_path": "{video_key}/{episode}.mp4"}, "video_path cannot be used"),
        ({"video_path": "../{video_key}.mp4"}, "lie outside it"),
        ({"video_path": "{video_key.__class__}.mp4"}, "video_path cannot be used"),
        ({"video_path": "{video_key!r}.mp4"}, "video_path cannot be used"),
        ({"video_path": "{chunk_index:999999999d}.mp4"}, "video_path cannot be used"),
        ({"video_path": "{chunk_index:{file_index}d}.mp4"}, "video_path cannot be used"),
        ({"video_path": "{video_key"}, "video_path cannot be used"),
        ({"features": {CAMERA: []}}, f"no camera {CAMERA}"),
        ({"features": {CAMERA: {"dtype": "float32"}}}, f"no camera {CAMERA}"),
        ({"features": [CAMERA]}, "lacks a key.*expected features"),
        ({"total_episodes": "6"}, "lacks a key.*expected total_episodes"),
        ({"video_path": "/{video_key}.mp4"}, "lie outside it"),
    ],
)
def test_a_description_that_cannot_be_used_is_an_error(
    dataset: Path, values: dict[str, Any], message: str
) -> None:
    change_info(dataset, **values)
    with pytest.raises(DataError, match=message):
        read_episodes(dataset, CAMERA)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no table", "Cannot read the episodes"),
        ({"episode_index": [0]}, "Cannot read the episodes"),
        ({"episode_index": [0, 1, 2], "length": [1, None, 3]}, "Cannot read the episodes"),
        ({"episode_index": [0, 1, 1], "length": [1, 2, 3]}, "6 rows of 5 episodes"),
        ({"episode_index": [0, 1, 9], "length": [1, 2, 3]}, "found no episode 2"),
    ],
)
def test_tables_that_cannot_be_used_are_an_error(dataset: Path, content: Any, message: str) -> None:
    file = dataset / "meta" / "episodes" / "chunk-000" / "file-000.parquet"
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        pq.write_table(pa.table(content), file)
    with pytest.raises(DataError, match=message):
        episode_lengths(dataset)


@pytest.mark.parametrize(("number", "missing"), [(6, 2), (-1, 5)])
def test_episodes_are_numbered_without_a_gap(dataset: Path, number: int, missing: int) -> None:
    """Else the mapping would count them otherwise than their own data set does."""
    place = 2 if number > 0 else 5
    change_episodes(dataset, place // 3, place, episode_index=number)
    with pytest.raises(DataError, match=f"not numbered from 0 without a gap.*found no episode {missing}"):
        read_episodes(dataset, CAMERA)


def test_what_macos_keeps_beside_a_table_is_none(dataset: Path) -> None:
    (dataset / "meta" / "episodes" / "chunk-000" / "._file-000.parquet").write_bytes(b"Mac OS X")
    assert len(read_episodes(dataset, CAMERA)[0]) == 6


def test_lengths_by_number(dataset: Path) -> None:
    assert episode_lengths(dataset) == [7, 1, 16, 11, 31, 5]
    folder = dataset / "meta" / "episodes" / "chunk-000"
    (folder / "file-000.parquet").rename(folder / "file-002.parquet")
    assert episode_lengths(dataset) == [7, 1, 16, 11, 31, 5]
    assert [it.length for it in read_episodes(dataset, CAMERA)[0]] == [7, 1, 16, 11, 31, 5]


def test_another_camera_and_another_template(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "root", [[[picture(0, 0)] * 3]], camera="front")
    (root / "videos" / "front" / "chunk-000" / "file-000.mp4").rename(root / "front-0.mp4")
    change_info(root, video_path="{video_key}-{file_index}.mp4", codebase_version="v3.0.1")
    (variant,) = discover(root, camera="front").variants
    assert (variant.video, variant.length, variant.span) == (
        "front-0.mp4",
        3,
        Span(-0.5 / 30, 0.1 - 0.5 / 30),
    )
