"""LeRobot: columns to join with the frames of a data set, an episode a file.

A LeRobot data set (LeRobot documentation, "LeRobotDataset v3.0") numbers episodes by ``episode_index`` and
their frames by ``frame_index``, both from 0. The files here carry the same two keys and are laid out in
chunks as the data set's own, so that they can be put beside its ``data/`` and joined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from facebank.artifacts.atomic import write_json
from facebank.artifacts.tables import write_table
from facebank.errors import DataError
from facebank.exports.reading import REJECTED, people_of_release, rejected_of_release, require_release
from facebank.reading.json_documents import read_json
from facebank.reading.limits import LARGEST_DOCUMENT
from facebank.tracks.interpolation import Status

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from facebank.exports.records import ExportData, LabelledVideo, Person

__all__ = ["EPISODE_PATH", "UNLABELLED", "write_lerobot"]

#: Where an episode's columns stand.
EPISODE_PATH = "faces/chunk-{chunk:03d}/episode_{episode:06d}.parquet"
#: Status of a frame past the last label, or of an episode whose frames were not labelled.
UNLABELLED = len(Status)

_CHUNK = 1000
_NOBODY = -1

_EPISODE_COLUMNS: dict[str, pa.DataType] = {
    "episode_index": pa.int64(),
    "variant": pa.string(),
    "source": pa.string(),
    "length": pa.int64(),
    "labelled": pa.int64(),
    "target_slot": pa.int64(),
    "identities": pa.list_(pa.string()),
    "verdicts": pa.list_(pa.string()),
    "excluded": pa.list_(pa.bool_()),
    "problem": pa.string(),
}


def write_lerobot(folder: Path, data: ExportData) -> None:
    """Write one table an episode, and ``meta/`` with what its numbers mean.

    Columns of an episode of F frames and N slots: ``episode_index`` and ``frame_index`` (int64),
    ``faces.boxes`` (float32, N x 4: xyxy in pixels of the recorded upright frame, 0 without a box),
    ``faces.valid`` (N), ``faces.confidence`` (float32, N), ``faces.status`` (int8, N; names in
    ``meta/faces.json``), ``faces.identity`` (int32, N: row of ``meta/identities.parquet``, -1 for nobody)
    and ``faces.target_slot`` (int64, -1 for none). A slot is valid in a frame where it has a box, the audit
    does not exclude it, and its person has a centroid that the gallery calls sound. An excluded slot has no
    identity, and is no target. An episode whose video was rejected has no table: its frames are not known.

    Parameters
    ----------
    folder : Path
        Where to write.
    data : ExportData
        A release with an episode mapping.

    Raises
    ------
    DataError
        If it is no release, or has no episode mapping, or that names a variant that the release does not
        have.
    """
    require_release(data)
    people = people_of_release(data.folder)
    numbers = {person.identity: number for number, person in enumerate(people)}
    usable = np.array([person.usable for person in people], dtype=np.bool_)
    videos = {video.name: video for video in data.videos}
    rejected = rejected_of_release(data.folder)
    episodes = []
    for episode, variant in _episodes(data.folder):
        video = videos.get(variant)
        if video is None and variant in rejected:
            episodes.append(_unread(variant, rejected[variant], episode, data.slots))
            continue
        if video is None:
            raise DataError(
                "The episode mapping names a variant that the release does not have",
                file=data.folder / "audit" / "episode_mapping.json",
                found=variant,
            )
        path = folder / EPISODE_PATH.format(chunk=episode // _CHUNK, episode=episode)
        table = _columns(video, episode, data.slots, numbers, usable)
        write_table(path, table, table.schema)
        episodes.append(_described(video, episode))
    write_table(folder / "meta" / "episodes.parquet", episodes, pa.schema(_EPISODE_COLUMNS))
    write_table(folder / "meta" / "identities.parquet", *_identities(people))
    write_json(folder / "meta" / "faces.json", _document(data, episodes))


def _episodes(release: Path) -> list[tuple[int, str]]:
    """Read which variant each episode of the merged data set is."""
    path = release / "audit" / "episode_mapping.json"
    try:
        rows = read_json(path, largest=LARGEST_DOCUMENT)["episodes"]
        return sorted((row["episode_index"], row["variant_name"]) for row in rows)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            "The release has no episode mapping",
            file=path,
            found=f"{type(error).__name__}: {error}",
            remedy="Build one with videos and an audit.",
        ) from error


def _columns(
    video: LabelledVideo, episode: int, slots: int, numbers: dict[str, int], usable: NDArray[np.bool_]
) -> pa.Table:
    """Give an episode's columns, a row for every frame of the video."""
    frames, labelled = video.frames, video.labelled_frames
    status = np.full((frames, slots), UNLABELLED, dtype=np.int8)
    boxes = np.zeros((frames, slots, 4), dtype=np.float32)
    confidence = np.zeros((frames, slots), dtype=np.float32)
    if video.labels is not None:
        status[:labelled] = video.labels.status[:labelled]
        boxes[:labelled] = np.nan_to_num(video.labels.boxes[:labelled])
        confidence[:labelled] = np.nan_to_num(video.labels.confidence[:labelled])
    identity = np.array([numbers.get(claim.identity, _NOBODY) for claim in video.claims], dtype=np.int32)
    trusted = (identity != _NOBODY) & np.append(usable, False)[identity]
    area = (boxes[..., 2] > boxes[..., 0]) & (boxes[..., 3] > boxes[..., 1])
    valid = (status <= Status.HELD) & area & trusted
    return pa.table(
        {
            "episode_index": pa.array(np.full(frames, episode, dtype=np.int64)),
            "frame_index": pa.array(np.arange(frames, dtype=np.int64)),
            "faces.boxes": _nested(boxes),
            "faces.valid": _nested(valid),
            "faces.confidence": _nested(confidence),
            "faces.status": _nested(status),
            "faces.identity": _nested(np.tile(identity, (frames, 1))),
            "faces.target_slot": pa.array(np.full(frames, video.target_slot, dtype=np.int64)),
        }
    )


def _nested(values: NDArray[Any]) -> pa.Array[Any]:
    """Give an array (F, ...) as a column of fixed-size lists."""
    column: pa.Array[Any] = pa.array(values.reshape(-1))
    for size in reversed(values.shape[1:]):
        column = pa.FixedSizeListArray.from_arrays(column, size)
    return column


def _described(video: LabelledVideo, episode: int) -> dict[str, Any]:
    """Give an episode's row."""
    return {
        "episode_index": episode,
        "variant": video.name,
        "source": video.source,
        "length": video.frames,
        "labelled": video.labelled_frames,
        "target_slot": video.target_slot,
        "identities": [claim.identity for claim in video.claims],
        "verdicts": [claim.verdict for claim in video.claims],
        "excluded": [claim.excluded for claim in video.claims],
        "problem": video.problem,
    }


def _unread(variant: str, source: str, episode: int, slots: int) -> dict[str, Any]:
    """Give the row of an episode whose video was rejected."""
    return {
        "episode_index": episode,
        "variant": variant,
        "source": source,
        "length": 0,
        "labelled": 0,
        "target_slot": _NOBODY,
        "identities": [""] * slots,
        "verdicts": ["unaudited"] * slots,
        "excluded": [False] * slots,
        "problem": REJECTED,
    }


def _identities(people: list[Person]) -> tuple[list[dict[str, Any]], pa.Schema]:
    """Give the table of persons and its schema; who has no centroid has zeros, and is never valid."""
    dimension = max((len(person.centroid) for person in people if person.centroid is not None), default=0)
    columns: dict[str, pa.DataType] = {
        "identity": pa.string(),
        "status": pa.string(),
        "usable": pa.bool_(),
        "centroid": pa.list_(pa.float32(), dimension),
    }
    rows = [
        {
            "identity": person.identity,
            "status": person.status,
            "usable": person.usable,
            "centroid": person.centroid if person.centroid is not None else [0.0] * dimension,
        }
        for person in people
    ]
    return rows, pa.schema(columns)


def _document(data: ExportData, episodes: list[dict[str, Any]]) -> dict[str, Any]:
    """Describe the columns as a data set's info.json does."""
    slots = data.slots
    names = [f"slot_{slot}" for slot in range(slots)]

    def feature(dtype: str, shape: list[int], names: Any) -> dict[str, Any]:
        return {"dtype": dtype, "shape": shape, "names": names}

    return {
        "release": data.release,
        "total_episodes": len(episodes),
        "total_frames": sum(row["length"] for row in episodes),
        "chunks_size": _CHUNK,
        "faces_path": EPISODE_PATH,
        "join_on": ["episode_index", "frame_index"],
        "coordinates": "x1, y1, x2, y2 in continuous pixels of the upright frame, from 0 at its upper left",
        "status": {
            **{str(int(status)): status.label for status in Status},
            str(UNLABELLED): "unlabelled",
        },
        "features": {
            "faces.boxes": feature("float32", [slots, 4], ["slot", "x1_y1_x2_y2"]),
            "faces.valid": feature("bool", [slots], names),
            "faces.confidence": feature("float32", [slots], names),
            "faces.status": feature("int8", [slots], names),
            "faces.identity": feature("int32", [slots], names),
            "faces.target_slot": feature("int64", [1], None),
        },
    }
