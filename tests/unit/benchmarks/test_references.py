"""What facebank is compared with does what its description says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import mask_functions
from reference.seed_audit import overlap
from reference.seed_bank import average_every, match_every
from reference.seed_labels import Box, label_every


@pytest.mark.parametrize("name", mask_functions.compared(16))
def test_mask_functions_equal_the_plain_ones(name: str) -> None:
    it = mask_functions.compared(16)[name]
    assert it.as_plain(it.ours()) == it.plain()


def box(left: float, score: float = 0.9) -> Box:
    return (left, 0.0, left + 10.0, 10.0, score)


@pytest.mark.parametrize(
    ("keyframes", "lefts"),
    [
        ({}, []),
        ({0: [box(3)]}, [[3]]),
        ({0: [box(0)], 2: [box(20)]}, [[0], [10], [20]]),
        # By rank, whoever they are; and a face that is gone stays until the next keyframe.
        ({0: [box(40), box(0)], 2: [box(20), box(60)]}, [[0, 40], [10, 50], [20, 60]]),
        ({0: [box(0), box(40)], 2: [box(40)]}, [[0, 40], [0, 40], [40]]),
        ({0: [box(0), box(20), box(40), (60.0, 0.0, 61.0, 1.0, 0.9)]}, [[0, 20, 40]]),
    ],
)
def test_labels_of_the_first_version(
    tmp_path: Path, keyframes: dict[int, list[Box]], lefts: list[list[float]]
) -> None:
    frames = label_every(keyframes, "s", tmp_path / "s.json")
    assert [[it[0] for it in boxes] for boxes in frames] == lefts
    document = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    assert document["n_frames"] == len(document["frames"]) == len(lefts)
    assert [row["n_visible_faces"] for row in document["frames"]] == [len(row) for row in lefts]


def test_the_weaker_score_counts_between_keyframes(tmp_path: Path) -> None:
    frames = label_every({0: [box(0, 0.9)], 2: [box(0, 0.5)]}, "s", tmp_path / "s.json")
    assert [boxes[0][4] for boxes in frames] == [0.9, 0.5, 0.5]


@pytest.mark.parametrize(
    ("other", "share"),
    [((0, 0, 0, 0), 0.0), ((0, 0, 10, 10), 1.0), ((5, 0, 15, 10), 1 / 3), ((20, 0, 30, 10), 0.0)],
)
def test_overlap(other: tuple[float, ...], share: float) -> None:
    assert overlap((0, 0, 10, 10), other) == pytest.approx(share)


def test_centroids_and_recall_of_the_first_version(tmp_path: Path) -> None:
    embeddings = np.array([[1, 0], [0.8, 0.6], [0, 1], [-0.6, 0.8]], dtype=np.float32)
    files = []
    for number, vector in enumerate(embeddings):
        files.append(tmp_path / f"{number}.npy")
        np.save(files[-1], vector)
    average_every({"a": files[:2], "b": files[2:], "none": []}, tmp_path / "people.json")
    people = json.loads((tmp_path / "people.json").read_text(encoding="utf-8"))["celebs"]
    assert people["none"] == {"centroid": None, "n_photos": 0, "photos": []}
    mean = embeddings[:2].mean(axis=0)
    assert people["a"]["centroid"] == pytest.approx(mean / np.linalg.norm(mean))
    assert match_every(embeddings, np.array([0, 0, 1, 1])) == 1.0
    assert match_every(embeddings, np.array([0, 1, 1, 0])) < 1.0
