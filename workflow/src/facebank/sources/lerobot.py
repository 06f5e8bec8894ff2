"""Episodes of a LeRobot v3 data set: many in one video file, told by their times."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import PurePosixPath
from string import Formatter
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from facebank.artifacts.file_names import APPLE_DOUBLE
from facebank.errors import DataError
from facebank.media.containers import Span
from facebank.reading.json_documents import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from facebank.sources.findings import Finding

__all__ = ["Episode", "episode_lengths", "read_episodes"]

_INFO = "meta/info.json"
_RESTORE = "Restore the data set's meta folder, or write it again with LeRobot."

#: What a video's path is made of, and how a number is written in it.
_FIELDS = frozenset({"video_key", "chunk_index", "file_index"})
_DIGITS = re.compile(r"(0?[1-9]d?|d)?")

#: Frames are taken half an interval around an episode's times: sums of floats do not hit a frame exactly.
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode of one camera.

    Attributes
    ----------
    index : int
        Its number in the data set.
    video : str
        The file that holds it, relative to the data set, with ``/``.
    span : Span
        The stretch of the file that is the episode.
    length : int
        How many frames the metadata promises.
    fps : float
        Frames a second that the metadata promises.
    findings : tuple of (str, str)
        What does not agree, before the video is opened.
    """

    index: int
    video: str
    span: Span
    length: int
    fps: float
    findings: tuple[Finding, ...] = ()


def read_episodes(root: Path, camera: str) -> tuple[list[Episode], list[str]]:
    """Read which stretch of which file each episode is.

    Parameters
    ----------
    root : Path
        The data set: a folder with ``meta/info.json`` and ``meta/episodes``.
    camera : str
        Key of the camera's feature.

    Returns
    -------
    episodes : list of Episode
        By number. Videos are not opened, and need not be there.
    files : list of str
        The metadata that was read, relative to the root.

    Raises
    ------
    DataError
        If the data set is not of version 3, has no such camera, lacks an episode, or its metadata cannot be
        read.
    """
    info = _info(root)
    cameras = sorted(
        key
        for key, value in info["features"].items()
        if isinstance(value, dict) and value.get("dtype") == "video"
    )
    if camera not in cameras:
        raise DataError(
            f"The data set has no camera {camera}",
            file=root / _INFO,
            expected=f"one of {', '.join(cameras) or 'none'}",
            found=camera,
            remedy="Set sources.camera to one of them.",
        )
    key = f"videos/{camera}"
    columns: dict[str, pa.DataType] = {
        "episode_index": pa.int64(),
        "length": pa.int64(),
        f"{key}/chunk_index": pa.int64(),
        f"{key}/file_index": pa.int64(),
        f"{key}/from_timestamp": pa.float64(),
        f"{key}/to_timestamp": pa.float64(),
    }
    rows, files = _rows(root, columns, info["total_episodes"])
    episodes = [_episode([row[name] for name in columns], camera, info, root / _INFO) for row in rows]
    return _with_overlaps(episodes), [_INFO, *files]


def episode_lengths(root: Path) -> list[int]:
    """Give the length in frames of every episode of a LeRobot v3 data set, by number.

    Raises
    ------
    DataError
        If the data set is not of version 3, lacks an episode, or its metadata cannot be read.
    """
    columns = {"episode_index": pa.int64(), "length": pa.int64()}
    rows, _ = _rows(root, columns, _info(root)["total_episodes"])
    return [row["length"] for row in rows]


def _info(root: Path) -> dict[str, Any]:
    """Read meta/info.json and insist on version 3 and the keys that are used."""
    file = root / _INFO
    try:
        info: Any = read_json(file)
    except (OSError, ValueError) as error:
        raise DataError(
            "Cannot read the data set's description", file=file, found=str(error), remedy=_RESTORE
        ) from error
    described: dict[str, Any] = info if isinstance(info, dict) else {}
    version = str(described.get("codebase_version"))
    if version.partition(".")[0] != "v3":
        raise DataError(
            "The data set is of another version",
            file=file,
            expected="codebase_version v3.*",
            found=version,
            remedy="Convert it with LeRobot's own script, or give a folder of variants.",
        )
    wanted = {"total_episodes": int, "fps": int | float, "video_path": str, "features": dict}
    for key, kind in wanted.items():
        if not (isinstance(described.get(key), kind) and described[key]):
            raise DataError(
                "The data set's description lacks a key",
                file=file,
                expected=key,
                found=repr(described.get(key)),
                remedy=_RESTORE,
            )
    if not isfinite(described["fps"]) or described["fps"] <= 0:
        raise DataError(
            "The data set has no frame rate", file=file, expected="fps > 0", found=str(described["fps"])
        )
    return described


def _rows(
    root: Path, columns: Mapping[str, pa.DataType], total: int
) -> tuple[list[dict[str, Any]], list[str]]:
    """Read some columns of all tables of episodes, by number; no value and no number may be missing."""
    folder = root / "meta" / "episodes"
    schema = pa.schema([pa.field(name, kind, nullable=False) for name, kind in columns.items()])
    rows: list[dict[str, Any]] = []
    files = sorted(
        path
        for path in folder.rglob("*.parquet")
        if path.is_file() and not path.name.startswith(APPLE_DOUBLE)
    )
    for file in files:
        try:
            table = pq.read_table(file, columns=list(columns), partitioning=None)
            rows += table.select(list(columns)).cast(schema).to_pylist()
        except (OSError, KeyError, ValueError, pa.ArrowException) as error:
            raise DataError(
                "Cannot read the episodes",
                file=file,
                expected=f"the columns {', '.join(columns)}, without gaps",
                found=str(error),
                remedy=_RESTORE,
            ) from error
    numbers = [row["episode_index"] for row in rows]
    if len(rows) != total or len(set(numbers)) != len(numbers):
        raise DataError(
            "The data set's tables do not hold each episode once",
            file=folder,
            expected=f"{total} episodes, as meta/info.json says",
            found=f"{len(rows)} rows of {len(set(numbers))} episodes",
            remedy=_RESTORE,
        )
    missing = sorted({*range(total)} - {*numbers})
    if missing:
        # Who trains counts episodes: labels behind a gap would be taken for those of the episode before.
        raise DataError(
            "The data set's episodes are not numbered from 0 without a gap",
            file=folder,
            found=f"no episode {missing[0]}",
            remedy=_RESTORE,
        )
    rows.sort(key=lambda row: int(row["episode_index"]))
    return rows, [file.relative_to(root).as_posix() for file in files]


def _episode(row: list[Any], camera: str, info: dict[str, Any], file: Path) -> Episode:
    """Make an episode of its values: number, length, chunk, file, start and stop."""
    index, length, chunk, number, start, stop = row
    fps = float(info["fps"])
    try:
        _require_plain(info["video_path"])
        video = PurePosixPath(
            info["video_path"].format(video_key=camera, chunk_index=chunk, file_index=number)
        )
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        raise DataError(
            "The data set's video_path cannot be used",
            file=file,
            expected="a template with {video_key}, {chunk_index} and {file_index}",
            found=info["video_path"],
        ) from error
    if video.is_absolute() or ".." in video.parts:
        raise DataError("The data set's videos lie outside it", file=file, found=info["video_path"])
    if not isfinite((stop - start) * fps):
        raise DataError(f"Episode {index} has no times", file=file, found=f"{start} to {stop}")
    spanned = round((stop - start) * fps)
    finding = ("EPISODE_LENGTH", f"its times span {spanned} frames, its length is {length}")
    return Episode(
        index=index,
        video=video.as_posix(),
        span=Span(start - _HALF / fps, stop - _HALF / fps),
        length=length,
        fps=fps,
        findings=() if spanned == length else (finding,),
    )


def _require_plain(template: str) -> None:
    """Insist that a template asks for its three values, in a few digits: others reach into objects.

    Raises
    ------
    ValueError
        If it does not.
    """
    for _, name, digits, conversion in Formatter().parse(template):
        if name is not None and (name not in _FIELDS or conversion or not _DIGITS.fullmatch(digits or "")):
            raise ValueError(f"a field {name!r} with {digits!r}")


def _with_overlaps(episodes: list[Episode]) -> list[Episode]:
    """Note every episode whose stretch reaches into another's, by half a frame or more."""
    found: dict[int, list[Finding]] = {}
    ordered = sorted(episodes, key=lambda episode: (episode.video, episode.span.start_s, episode.index))
    last: Episode | None = None
    for episode in ordered:
        if (
            last is not None
            and last.video == episode.video
            and (last.span.stop_s - episode.span.start_s) * episode.fps >= _HALF
        ):
            for one, other in ((last, episode), (episode, last)):
                detail = f"its range reaches into that of episode {other.index}"
                found.setdefault(one.index, []).append(("EPISODE_OVERLAP", detail))
        # An episode that ends late may reach over several.
        if last is None or last.video != episode.video or episode.span.stop_s > last.span.stop_s:
            last = episode
    return [
        replace(episode, findings=(*episode.findings, *found.get(episode.index, []))) for episode in episodes
    ]
