from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facebank.errors import ConfigError, DataError, NotFoundError
from facebank.supervision import Release, frame_weights, locate_frames
from facebank.supervision.layout import FOLDER
from supervised import labelled, publish, source, track, variant, write_release

NAMES = ("ep01__var00", "ep01__var01")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = source("ep01", track([0, 0], [[1.0, 2, 3, 4]] * 2))
    rows = [variant(NAMES[0], ("ada",), 2), variant(NAMES[1], ("bob",), 2)]
    return write_release(tmp_path / "r", labelled(made), variants=rows, episodes={0: NAMES[0], 1: NAMES[1]})


def mapping(folder: Path, *rows: tuple[Any, str]) -> Path:
    """Write an episode mapping as it is merged by."""
    written = [
        {"episode_index": index, "is_base": False, "variant_name": name, "source_episode": "ep01"}
        for index, name in rows
    ]
    (folder / "mapping.json").write_text(json.dumps({"schema_version": 1, "episodes": written}))
    return folder / "mapping.json"


def test_an_empty_data_set_has_no_frames() -> None:
    episodes, frames = locate_frames([], [], total_frames=0)
    assert (len(episodes), len(frames), len(frame_weights([], [], total_frames=0))) == (0, 0, 0)
    with pytest.raises(NotFoundError, match="no such frame"):
        locate_frames([0], [], total_frames=0)


@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=12))
def test_every_frame_is_found_again(lengths: list[int]) -> None:
    starts, total = np.cumsum([0, *lengths])[:-1], sum(lengths)
    expected = [(episode, frame) for episode, length in enumerate(lengths) for frame in range(length)]
    episodes, frames = locate_frames(np.arange(total), starts, total_frames=total)
    assert list(zip(episodes.tolist(), frames.tolist(), strict=True)) == expected
    weights = frame_weights(np.arange(len(lengths)), starts, total_frames=total)
    assert weights.tolist() == [episode for episode, _ in expected]


@pytest.mark.parametrize("index", [-1, 7])
def test_a_frame_outside_is_told(index: int) -> None:
    with pytest.raises(NotFoundError, match=f"expected 0 to 6, found {index}"):
        locate_frames([3, index], [0, 4], total_frames=7)


def test_a_number_that_is_not_whole_is_refused(folder: Path) -> None:
    # As float32 this global number is that of the frame before it.
    index = np.array([2**24 + 1], dtype=np.float32)
    with pytest.raises(ConfigError, match="global frame numbers are no whole numbers; found float32"):
        locate_frames(index, [0], total_frames=2**25)
    with pytest.raises(ConfigError, match="first frames of episodes are no whole numbers"):
        locate_frames([0], [0.0, 4.5], total_frames=7)
    with pytest.raises(ConfigError, match="lengths of episodes are no whole numbers"):
        Release.open(folder).check_lengths([3.5, 5])


@pytest.mark.parametrize("starts", [[1, 4], [0, 4, 4], [0, 7], [4, 0], [[0, 4]], [[0]], 0, []])
def test_starts_that_cover_nothing_are_refused(starts: Any) -> None:
    with pytest.raises(DataError, match="do not cover the data set"):
        locate_frames([0], starts, total_frames=7)


@pytest.mark.parametrize("weights", [[1.0], [1.0, 1.0, 1.0], [[1.0, 1.0]]])
def test_weights_for_some_episodes_only_are_refused(weights: Any) -> None:
    with pytest.raises(DataError, match="expected 2"):
        frame_weights(weights, [0, 4], total_frames=7)


def test_the_index_counts_and_not_the_place_in_the_list(folder: Path) -> None:
    path = mapping(folder, (5, NAMES[0]), (3, NAMES[1]))
    release = Release.open(folder, episode_mapping=path)
    assert release.episodes.tolist() == [3, 5]
    assert (release.variant(3), release.variant(5)) == (NAMES[1], NAMES[0])
    assert release.join(3, 0).targets.tolist() == [[0, 1]]
    with pytest.raises(NotFoundError, match=r"one of 2, 3 to 5, found 0\. Open the release with"):
        release.join(0, 0)


def test_an_empty_mapping_has_no_episode(folder: Path) -> None:
    release = Release.open(folder, episode_mapping=mapping(folder))
    assert release.episode_lengths.tolist() == []
    with pytest.raises(NotFoundError, match="none at all"):
        release.variant(0)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([(0, NAMES[0]), (0, NAMES[1])], "number each episode once.*found 0"),
        ([(-1, NAMES[0])], "number each episode once.*found -1"),
        ([(0, "ep09__var00")], "does not have.*ep09__var00"),
        ([("0", NAMES[0])], "no episode mapping.*'0' is no episode index"),
        ([(True, NAMES[0])], "no episode mapping"),
        ([(1.5, NAMES[0])], "no episode mapping"),
    ],
)
def test_a_mapping_that_cannot_be_right_is_refused(
    folder: Path, rows: list[tuple[Any, str]], says: str
) -> None:
    path = mapping(folder, *rows)
    with pytest.raises(DataError, match=says):
        Release.open(folder, episode_mapping=path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"episodes": [{}]}'])
def test_what_is_no_mapping_is_refused(folder: Path, text: str) -> None:
    (folder / "mapping.json").write_text(text)
    with pytest.raises(DataError, match="no episode mapping"):
        Release.open(folder, episode_mapping=folder / "mapping.json")


def test_an_index_that_stands_twice_in_a_release_is_refused(folder: Path) -> None:
    np.save(folder / FOLDER / "episodes.npy", np.zeros((2, 2), np.int64))
    with pytest.raises(DataError, match="number each episode once"):
        Release.open(publish(folder))
