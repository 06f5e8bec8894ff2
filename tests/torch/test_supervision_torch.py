"""Supervision as tensors, in a real data loader with worker processes."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facebank.supervision import SMOLVLA, Release
from facebank.supervision.torch import SupervisionDataset, collate, supervise
from supervised import labelled, source, track, variant, write_release

# Not "torch" alone: without PyTorch this folder would pass for it.
pytest.importorskip("torch.utils.data", reason="PyTorch is an extra: make test-torch has it")
torch: Any = importlib.import_module("torch")

pytestmark = pytest.mark.torch

NAMES = ("ep01__var00", "ep01__var01")
FRAMES = 7


@pytest.fixture
def release(tmp_path: Path) -> Release:
    statuses = [0, 1, 0, 3, 3, 0, 0]
    boxes = [[100.0 + 10 * frame, 100, 160, 180] for frame in range(FRAMES)]
    made = source("ep01", track(statuses, boxes), track([0] * FRAMES, boxes))
    rows = [
        variant(NAMES[0], ("ada", "bob"), FRAMES, target="bob"),
        variant(NAMES[1], ("bob", ""), FRAMES + 2),
    ]
    episodes = {0: NAMES[1], 1: NAMES[0]}
    return Release.open(write_release(tmp_path, labelled(made), variants=rows, episodes=episodes))


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_workers_give_what_the_release_gives(release: Release, start: str) -> None:
    dataset = SupervisionDataset(release, geometry=SMOLVLA)
    loader = torch.utils.data.DataLoader(
        dataset, batch_size=5, num_workers=2, collate_fn=collate, multiprocessing_context=start
    )
    batches = list(loader)
    assert len(dataset) == 2 * FRAMES + 2
    expected = release.join_batch(
        [0] * (FRAMES + 2) + [1] * FRAMES, [*range(FRAMES + 2), *range(FRAMES)], geometry=SMOLVLA
    ).arrays()
    assert all(batch.keys() == expected.keys() for batch in batches)
    for name, array in expected.items():
        tensor = torch.cat([batch[name] for batch in batches])
        np.testing.assert_array_equal(tensor.numpy(), array)
        assert tensor.numpy().dtype == array.dtype


def test_without_a_geometry_there_are_no_masks(release: Release) -> None:
    dataset = SupervisionDataset(release)
    assert "masks" not in collate([dataset[0], dataset[3]])


@pytest.mark.parametrize("item", [-1, 2 * FRAMES + 2])
def test_an_item_outside_is_an_index_error(release: Release, item: int) -> None:
    with pytest.raises(IndexError):
        SupervisionDataset(release)[item]


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_a_batch_of_another_data_set_is_joined(release: Release, shape: tuple[int, ...]) -> None:
    batch = {
        "episode_index": torch.tensor([1, 0, 1]).reshape(shape),
        "frame_index": torch.tensor([3, 8, 0]).reshape(shape),
    }
    found = supervise(batch, release, geometry=SMOLVLA)
    assert found["valid"].tolist() == [[False, True], [False, False], [True, True]]
    assert found["target_slot"].tolist() == [1, -1, 1]
    assert found["targets"].dtype == torch.float32
    assert found["masks"].shape == (3, 2, 64)
