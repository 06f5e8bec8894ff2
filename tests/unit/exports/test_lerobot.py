"""Columns for LeRobot, joined by pandas with the frames of a data set."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from facebank.artifacts.atomic import write_json
from facebank.artifacts.tables import read_tsv, write_tsv
from facebank.errors import DataError
from facebank.exports.lerobot import EPISODE_PATH, UNLABELLED, _columns, write_lerobot
from facebank.exports.reading import read_export_data
from facebank.exports.records import Claim, LabelledVideo, SourceLabels
from facebank.release.manifest import MANIFEST, describe_release
from facebank.sources.schemas import EPISODE_COLUMNS
from facebank.tracks.interpolation import Status
from unit.exports.releases import altered
from unit.report.builds import N_FRAMES, VARIANTS_OF_SOURCE, statuses


@pytest.fixture(scope="module")
def exported(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lerobot")
    write_lerobot(folder, read_export_data(release))
    return folder


def joined(folder: Path) -> pd.DataFrame:
    """Join the columns with the frames of a merged data set, as a training script does."""
    frames = pd.DataFrame(
        {
            "index": np.arange(2 * N_FRAMES),
            "episode_index": np.repeat([0, 1], N_FRAMES),
            "frame_index": np.tile(np.arange(N_FRAMES), 2),
        }
    )
    columns = pd.concat(pd.read_parquet(path) for path in sorted((folder / "faces").rglob("*.parquet")))
    return frames.merge(columns, on=["episode_index", "frame_index"], how="left", validate="one_to_one")


def stacked(column: pd.Series) -> np.ndarray:
    return np.array([[np.asarray(value) for value in row] for row in column])


def test_columns_join_with_every_frame(exported: Path) -> None:
    table = joined(exported)
    assert len(table) == 2 * N_FRAMES
    assert not table.isna().any().any()
    boxes, valid = stacked(table["faces.boxes"]), stacked(table["faces.valid"])
    shown = np.array([[status != "hidden" for status in statuses(slot)] for slot in (0, 1)]).T
    np.testing.assert_array_equal(boxes[:N_FRAMES, 0], [[10, 10, 30, 35]] * N_FRAMES)
    np.testing.assert_array_equal(
        boxes[:N_FRAMES, 1], [[50, 10, 70, 35] if it else [0] * 4 for it in shown[:, 1]]
    )
    confidence = stacked(table["faces.confidence"])[:N_FRAMES]
    np.testing.assert_array_equal(confidence, np.where(shown, np.float32(0.8), 0))
    people = pd.read_parquet(exported / "meta" / "identities.parquet")
    trusted = dict(zip(people.identity, people.usable, strict=True))
    np.testing.assert_array_equal(valid[:N_FRAMES], shown & [trusted["ada"], trusted["bob"]])
    np.testing.assert_array_equal(valid[N_FRAMES:], shown & [trusted["ada"], False])
    names = people.identity.to_numpy()
    identity = stacked(table["faces.identity"])
    assert names[identity[0]].tolist() == ["ada", "bob"]
    assert identity[N_FRAMES].tolist() == [list(names).index("ada"), -1]
    assert table["faces.target_slot"].unique().tolist() == [1, -1]
    document = json.loads((exported / "meta" / "faces.json").read_text(encoding="utf-8"))
    said = [[document["status"][str(value)] for value in row] for row in stacked(table["faces.status"])]
    assert said[:N_FRAMES] == [list(pair) for pair in zip(statuses(0), statuses(1), strict=True)]


def test_valid_is_a_box_in_the_picture_of_whom_the_gallery_can_tell() -> None:
    claims = tuple(Claim(name) for name in ("ada", "broken", "nobody", "ada", "ada", "ada", "ada"))
    box = [10.0, 10, 30, 35]
    boxes = np.array([[box, box, box, [30.0, 10, 30, 35], [10.0, 35, 30, 35], box, [np.nan] * 4]])
    status = np.array([[Status.DETECTED] * 5 + [Status.HELD, Status.HIDDEN]])
    labels = SourceLabels(status.astype(np.int64), boxes, np.full((1, 7), 0.9), np.full((1, 7), 0.8))
    video = LabelledVideo("v", "s", "s", True, 96, 64, None, 1, claims, labels)
    table = _columns(video, 0, 7, {"ada": 0, "broken": 1}, np.array([True, False]))
    assert table["faces.identity"].to_pylist() == [[0, 1, -1, 0, 0, 0, 0]]
    assert table["faces.valid"].to_pylist() == [[True, False, False, False, False, True, False]]


def test_the_features_are_described_as_they_are(exported: Path) -> None:
    document = json.loads((exported / "meta" / "faces.json").read_text(encoding="utf-8"))
    episodes = pd.read_parquet(exported / "meta" / "episodes.parquet")
    assert episodes.variant.tolist() == list(VARIANTS_OF_SOURCE)
    assert episodes.excluded.map(list).tolist() == [[False, False], [False, True]]
    assert episodes.identities.map(list).tolist() == [["ada", "bob"], ["ada", ""]]
    assert (document["total_episodes"], document["total_frames"]) == (2, 2 * N_FRAMES)
    schema = pq.read_schema(exported / EPISODE_PATH.format(chunk=0, episode=1))
    assert set(schema.names) - set(document["join_on"]) == set(document["features"])
    for name, feature in document["features"].items():
        kind, shape = schema.field(name).type, []
        while hasattr(kind, "list_size"):
            shape.append(kind.list_size)
            kind = kind.value_type
        assert (shape or [1]) == feature["shape"]
        assert {"float": "float32"}.get(str(kind), str(kind)) == feature["dtype"]
    assert document["status"][str(UNLABELLED)] == "unlabelled"
    assert UNLABELLED not in set(Status)


def test_frames_past_the_labels_and_other_frames_are_unlabelled(release: Path, tmp_path: Path) -> None:
    for name, columns, first in (
        ("longer", {"packets": N_FRAMES + 3}, N_FRAMES),
        ("shorter", {"packets": N_FRAMES - 3}, N_FRAMES - 3),
        ("other", {"width": 97}, 0),
    ):
        copy = altered(release, tmp_path / name, **columns)
        write_lerobot(tmp_path / f"{name}-export", read_export_data(copy))
        table = pd.read_parquet(tmp_path / f"{name}-export" / EPISODE_PATH.format(chunk=0, episode=1))
        status = stacked(table["faces.status"])
        assert (status[first:] == UNLABELLED).all()
        assert (status[:first] != UNLABELLED).all()
        assert not stacked(table["faces.valid"])[first:].any()
        assert len(table) == columns.get("packets", N_FRAMES)


def test_an_episode_whose_video_was_rejected_is_named_and_has_no_table(release: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(release, tmp_path / "r")
    first, second = VARIANTS_OF_SOURCE
    names = [first, "broken__var00", second]
    rows = [{"episode_index": number, "variant_name": name} for number, name in enumerate(names)]
    write_json(copy / "audit" / "episode_mapping.json", {"episodes": rows})
    listed = copy / "tables" / "inventory_sources" / "episodes.tsv"
    broken = {
        "episode_index": 1,
        "variant": names[1],
        "source": "broken",
        "base": "no",
        "used": "no",
        "frames": None,
    }
    write_tsv(listed, EPISODE_COLUMNS, [*(read_tsv(listed) if listed.is_file() else ()), broken])
    write_json(copy / MANIFEST, describe_release(copy).document())
    write_lerobot(tmp_path / "out", read_export_data(copy))
    episodes = pd.read_parquet(tmp_path / "out" / "meta" / "episodes.parquet")
    assert episodes.variant.tolist() == names
    assert episodes.length.tolist() == [N_FRAMES, 0, N_FRAMES]
    assert (episodes.source[1], episodes.problem[1]) == ("broken", "its video was rejected")
    written = {path.name for path in (tmp_path / "out" / "faces").rglob("*.parquet")}
    assert written == {"episode_000000.parquet", "episode_000002.parquet"}
    table = pd.read_parquet(tmp_path / "out" / EPISODE_PATH.format(chunk=0, episode=2))
    assert set(table.episode_index) == {2}


@pytest.mark.parametrize("episodes", [None, [{"episode_index": 0, "variant_name": "nobody's"}]])
def test_a_mapping_that_does_not_fit_is_refused(episodes: object, release: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(release, tmp_path / "r")
    path = copy / "audit" / "episode_mapping.json"
    path.unlink()
    if episodes is not None:
        write_json(path, {"episodes": episodes})
    write_json(copy / MANIFEST, describe_release(copy).document())
    with pytest.raises(DataError, match=r"episode_mapping\.json"):
        write_lerobot(tmp_path / "out", read_export_data(copy))
