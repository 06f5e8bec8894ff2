"""What can be said without PyTorch; tests/torch has the rest."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facebank.errors import ConfigError, DataError
from facebank.supervision import SMOLVLA, Release
from facebank.supervision.records import stack
from facebank.supervision.torch import SupervisionDataset, collate
from supervised import labelled, source, track, variant, write_release


@pytest.fixture
def release(tmp_path: Path) -> Release:
    made = source("ep01", track([0, 3, 0], [[100.0, 100, 160, 180]] * 3))
    rows = [variant("ep01__var00", ("ada",), 3), variant("ep01__var01", ("bob",), 2)]
    episodes = {2: "ep01__var01", 7: "ep01__var00"}
    return Release.open(write_release(tmp_path, labelled(made), variants=rows, episodes=episodes))


def test_a_release_without_episodes_is_an_empty_data_set(tmp_path: Path) -> None:
    dataset = SupervisionDataset(Release.open(write_release(tmp_path)))
    assert len(dataset) == 0
    with pytest.raises(IndexError, match="there are 0"):
        dataset[0]


def test_items_are_frames_of_the_episodes_in_turn(release: Release) -> None:
    dataset = SupervisionDataset(release, geometry=SMOLVLA)
    items = dataset.__getitems__(range(len(dataset)))
    asked = [(2, 0), (2, 1), (7, 0), (7, 1), (7, 2)]
    for item, (episode, frame) in zip(items, asked, strict=True):
        for name, array in release.join(episode, frame, geometry=SMOLVLA).arrays().items():
            np.testing.assert_array_equal(item.arrays()[name], array)


def test_lengths_are_checked_and_fill_what_is_not_known(tmp_path: Path) -> None:
    made = source("ep01", track([0, 3, 0], [[100.0, 100, 160, 180]] * 3))
    rows, episodes = [variant("ep01__var00", ("ada",), 3)], {0: "cut", 1: "ep01__var00"}
    parts: dict[str, Any] = {"variants": rows, "episodes": episodes, "rejected": ["cut"]}
    release = Release.open(write_release(tmp_path, labelled(made), **parts))
    dataset = SupervisionDataset(release, lengths=[5, 3])
    assert [bool(item.valid[0]) for item in dataset.__getitems__(range(8))] == [False] * 5 + [
        True,
        False,
        True,
    ]
    with pytest.raises(DataError, match=r"length of an episode is not known.*'cut'"):
        SupervisionDataset(release)
    with pytest.raises(DataError, match="Episode 1 is not the variant"):
        SupervisionDataset(release, lengths=[5, 4])


def test_frames_are_stacked(release: Release) -> None:
    batch = release.join_batch([7, 2], [1, 0])
    again = stack([batch[0], batch[1]]).arrays()
    for name, array in batch.arrays().items():
        np.testing.assert_array_equal(again[name], array)
    with pytest.raises(ValueError, match="no frame"):
        stack([])


def test_without_pytorch_it_says_how_to_get_it(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ConfigError, match=r"facebank\[torch\]"):
        collate([SupervisionDataset(release)[0]])
