"""The demo's planted problems are found, every one and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from facebank.artifacts.tables import read_tsv
from running import facebank

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def truth(inputs: Path) -> dict[str, Any]:
    """Read what the demo really shows."""
    document: dict[str, Any] = json.loads((inputs / "truth.json").read_text(encoding="utf-8"))
    return document


def where(built: Path, stage: str) -> Path:
    """Give the folder of a stage of the built demo."""
    return built / facebank(built, "where", stage, "--configfile", "c.yaml").text.strip()


def test_each_file_of_the_bank_is_used_or_listed_with_its_reason(built: Path, truth: dict[str, Any]) -> None:
    planted = {kind: paths[0] for kind, paths in truth["bank"]["planted"].items()}
    inventory, embeddings = where(built, "inventory"), where(built, "embeddings")
    listed = {
        row["file"]: row["reason"]
        for table in (inventory / "rejected.tsv", inventory / "ignored.tsv", embeddings / "rejected.tsv")
        for row in read_tsv(table)
    }
    assert listed == {
        planted["truncated"]: "TRUNCATED",
        planted["faceless"]: "NO_FACE",
        planted["text"]: "NOT_AN_IMAGE",
    }
    used = set(pd.read_parquet(where(built, "gallery") / "photos.parquet").photo)
    assert used == set(truth["bank"]["photos"]) - set(listed)


def test_copies_are_marked_and_nobody_good_is_accused(built: Path, truth: dict[str, Any]) -> None:
    planted = truth["bank"]["planted"]
    photos = pd.read_parquet(where(built, "gallery") / "photos.parquet").set_index("photo")
    groups = photos.dropna(subset="duplicate_group").groupby("duplicate_group")
    assert len(groups) == 2
    assert set(photos.index[photos.verdict == "duplicate"]) == {
        *planted["exact_copy"],
        *planted["rescaled_copy"],
    }
    accused = set(photos.index[photos.verdict.isin(["weak", "outlier", "intruder"])])
    assert accused == set(planted["mixed_folder"])
    identities = pd.read_parquet(where(built, "gallery") / "identities.parquet").set_index("identity")
    assert list(identities.index[identities.status == "broken"]) == ["mixed_album"]
    assert "mixed_album" in (where(built, "report") / "index.html").read_text(encoding="utf-8")


def test_the_photo_of_two_keeps_the_larger_face(built: Path, truth: dict[str, Any]) -> None:
    (together,) = truth["bank"]["planted"]["two_persons"]
    photos = pd.read_parquet(where(built, "gallery") / "photos.parquet").set_index("photo")
    assert photos.loc[together].faces_found == 2
    assert photos.loc[together].face == 0
    assert photos.loc[together].verdict == "ok"


def test_only_the_planted_slot_is_a_mismatch(built: Path, truth: dict[str, Any]) -> None:
    wrong = truth["sources"]["wrong_slot"]
    (row,) = read_tsv(where(built, "audit") / "exclusions.tsv")
    assert {key: row[key] for key in ("variant", "slot", "claimed", "shown")} == {
        "variant": wrong["variant"],
        "slot": str(wrong["slot"]),
        "claimed": wrong["claimed"],
        "shown": wrong["shown"],
    }
    verdicts = pd.read_parquet(where(built, "audit") / "verdicts.parquet")
    assert sorted(set(verdicts.verdict)) == ["confirmed", "mismatch"]
    assert read_tsv(where(built, "audit") / "findings.tsv") == []
    summary = json.loads((where(built, "audit") / "summary.json").read_text(encoding="utf-8"))
    represented = len(set(verdicts.variant)) - len(set(verdicts.source))
    assert summary["timing"] == {"in_step": represented, "out_of_step": []}


def test_boxes_are_where_the_faces_are_in_every_frame(
    built: Path, truth: dict[str, Any], record_property: Callable[[str, object], None]
) -> None:
    for source, shown, rows in labels(built, truth):
        assert sorted(set(rows.frame)) == list(range(shown["frames"]))
        boxes = np.array([slot["box"] for slot in shown["slots"]])[rows.slot]
        overlap = iou(rows[["x1", "y1", "x2", "y2"]].to_numpy(), boxes)
        for status in ("detected", "interpolated"):
            mean = overlap[(rows.status == status).to_numpy()].mean()
            record_property(f"mean IoU with the truth, {status}, {source}", f"{mean:.3f}")
            assert mean > 0.85, (source, status)
        covered = np.array([slot["occlusion"] for slot in shown["slots"]])[rows.slot, rows.frame]
        boxed = rows.status.isin(["detected", "interpolated", "held"]).to_numpy()
        assert not (boxed & (covered > 0.9)).any()


def test_hidden_intervals_lie_within_a_stride_of_the_truth(
    built: Path, truth: dict[str, Any], record_property: Callable[[str, object], None]
) -> None:
    """The truth says of a face that it is visible as long as no more than half of it is covered."""
    stride = yaml.safe_load((built / "config" / "config.yaml").read_text(encoding="utf-8"))["detections"][
        "stride"
    ]
    for source, shown, rows in labels(built, truth):
        for slot, seen in enumerate(shown["slots"]):
            mine = rows[rows.slot == slot].sort_values("frame")
            hidden = (~mine.status.isin(["detected", "interpolated", "held"])).to_numpy()
            covered = ~np.array(seen["visible"])
            told = f"labels {runs(hidden)}, truth {runs(covered)}"
            record_property(f"frames without a box, slot {slot} of {source}", told)
            assert not (hidden & ~widened(covered, stride)).any(), told
            assert not (~hidden & ~widened(~covered, stride)).any(), told


def labels(built: Path, truth: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], pd.DataFrame]]:
    """Give each source with its truth and the rows of its slots."""
    slots = pd.read_parquet(where(built, "face_labels") / "slots.parquet")
    sources = pd.read_parquet(where(built, "inventory/sources") / "sources.parquet").set_index("source")
    for source, rows in slots.groupby("source"):
        yield str(source), truth["sources"]["variants"][sources.loc[source].representative], rows


def widened(frames: np.ndarray, by: int) -> np.ndarray:
    """Add the frames that are at most so many away."""
    return np.convolve(frames, np.ones(2 * by + 1), "same") > 0


def runs(frames: np.ndarray) -> list[tuple[int, int]]:
    """List the first and the last frame of each run."""
    edges = np.flatnonzero(np.diff(np.r_[False, frames, False])).reshape(-1, 2)
    return [(int(first), int(end) - 1) for first, end in edges]


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Give the overlap of boxes, row by row; NaN where there is none."""
    low, high = np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    return shared / (np.prod(a[:, 2:] - a[:, :2], axis=1) + np.prod(b[:, 2:] - b[:, :2], axis=1) - shared)
