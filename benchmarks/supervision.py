"""Supervision of 151 sources, 9,394 variants, 192 identities, 512-D: 10,000 random joins under a second.

``as JSON`` is the same labels as training code reads them without arrays: every document parsed, in every
worker. Memory is what a worker has for itself alone, while another one has the same release open.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facebank.artifacts.atomic import write_json
from facebank.release.manifest import MANIFEST, describe_release
from facebank.release.supervision import LabelledFrames, lay_out, write_supervision
from facebank.supervision import PI05, SMOLVLA, Release, SlotStatus
from figures import Figure, in_turn, seconds, timings
from galleries import DIMENSION
from machine import private_memory

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.synchronize import Barrier

__all__ = ["measure"]

SOURCES, FRAMES, SLOTS, VARIANTS, IDENTITIES = 151, 538, 3, 9394, 192
JOINS, BATCH = 10_000, 64
#: Seconds of `JOINS` joins, one by one.
TARGET = 1.0
#: MiB of a further worker.
MEMORY_TARGET = 16


def measure(rounds: int) -> list[Figure]:
    """Open, join one by one and in batches, and see what further workers take."""
    rng = np.random.Generator(np.random.PCG64(0))
    episodes, frames = rng.integers(0, VARIANTS, JOINS), rng.integers(0, FRAMES, JOINS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        _write(path, rng)
        release = Release.open(path)

        def one_by_one() -> None:
            for episode, frame in zip(episodes.tolist(), frames.tolist(), strict=True):
                release.join(episode, frame, geometry=SMOLVLA)

        def in_batches() -> None:
            for first in range(0, JOINS, BATCH):
                rows = slice(first, first + BATCH)
                release.join_batch(episodes[rows], frames[rows], geometry=PI05)

        spent = in_turn(
            rounds,
            lambda: {"open": seconds(lambda: Release.open(path))},
            lambda: {"open, as JSON": seconds(lambda: _parsed(path))},
            lambda: {f"10,000 joins in batches of {BATCH}, 16x16 masks": seconds(in_batches)},
        )
        joins = in_turn(rounds, lambda: {"joins": seconds(one_by_one)})["joins"]
        arrays, documents = (_of_a_worker(path, load) for load in (_touched, _parsed))
    return [
        Figure("10,000 joins one by one, 8x8 masks", "s", joins, TARGET),
        *timings(spent),
        Figure("memory of a further worker", "MiB", (arrays,), MEMORY_TARGET),
        Figure("memory of a further worker, as JSON", "MiB", (documents,)),
    ]


def _write(folder: Path, rng: np.random.Generator) -> None:
    """Write a release of the size of the first data set of this kind, and its labels as JSON."""
    count = SOURCES * FRAMES
    corners = rng.uniform(0, 400, (count, SLOTS, 2)).round(2)
    boxes = np.concatenate([corners, corners + 60], axis=2).astype(np.float32)
    labels = LabelledFrames(
        sources=tuple(f"quick_person_OLS_ep{number:03d}_20260101_000000" for number in range(SOURCES)),
        frames=np.full(SOURCES, FRAMES),
        sizes=np.tile([640, 480], (SOURCES, 1)),
        boxes=boxes,
        confidence=np.full((count, SLOTS), 0.9, np.float32),
        status=np.full((count, SLOTS), SlotStatus.DETECTED, np.uint8),
    )
    slugs = [f"person_{number:03d}" for number in range(IDENTITIES)]
    centroids = rng.standard_normal((IDENTITIES, DIMENSION), dtype=np.float32)
    size = {"width": 640, "height": 480, "rotation": 0, "packets": FRAMES}
    variants = [
        {"variant": f"{source}__t3_{number // 40:04d}_v{number % 40:02d}", "source": source, **size}
        | {"claims": [slugs[(number + slot) % IDENTITIES] for slot in range(SLOTS)]}
        | {"representative": number < SOURCES, "target": slugs[number % IDENTITIES]}
        for number in range(VARIANTS)
        for source in [labels.sources[number % SOURCES]]
    ]
    names = sorted(str(row["variant"]) for row in variants)
    models = {row["source"]: str(row["variant"]) for row in variants if row["representative"]}
    served = [
        {
            "variant": str(row["variant"]),
            "labels": str(row["source"]),
            "labelled_on": models[row["source"]],
        }
        for row in variants
    ]
    data = lay_out(
        dict(zip(slugs, centroids.tolist(), strict=True)),
        set(),
        labels,
        variants=variants,
        served=served,
        verdicts=(),
        episodes=[{"episode_index": index, "variant_name": name} for index, name in enumerate(names)],
    )
    write_supervision(folder, data)
    write_json(folder / MANIFEST, describe_release(folder).document())
    for source, part in zip(labels.sources, boxes.reshape(SOURCES, FRAMES, SLOTS, 4).tolist(), strict=True):
        frames = [
            {"frame_idx": index, "n_visible_faces": SLOTS, "bboxes": [_entry(*box) for box in found]}
            for index, found in enumerate(part)
        ]
        (folder / f"{source}.face_labels.json").write_text(json.dumps({"frames": frames}))


def _entry(x1: float, y1: float, x2: float, y2: float) -> dict[str, float]:
    """Give a box as JSON has it."""
    return {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "score": 0.9, "x_center": (x1 + x2) / 2}


def _parsed(folder: Path) -> object:
    """Read all labels as JSON, by source and frame."""
    paths = sorted(folder.glob("*.face_labels.json"))
    documents = {path.name: json.loads(path.read_text()) for path in paths}
    return {name: {it["frame_idx"]: it for it in document["frames"]} for name, document in documents.items()}


def _touched(folder: Path) -> object:
    """Open the release and read every label once."""
    release = Release.open(folder)
    for first in range(0, VARIANTS, BATCH):
        for frame in range(0, FRAMES, 50):
            episodes = np.arange(first, min(first + BATCH, VARIANTS))
            release.join_batch(episodes, np.full(len(episodes), frame), geometry=PI05)
    for source in release.sources:
        labels = release.labels(source)
        assert labels.boxes.max() > 0
        assert labels.status.max() == SlotStatus.DETECTED
        assert labels.confidence.min() > 0
    return release


def _of_a_worker(folder: Path, load: Callable[[Path], object]) -> float:
    """Give the MiB that one of two new processes takes for itself when both have loaded."""
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(2), context.SimpleQueue()
    workers = [context.Process(target=_work, args=(folder, load, barrier, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    taken = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    return max(taken)


def _work(
    folder: Path,
    load: Callable[[Path], object],
    barrier: Barrier,
    results: multiprocessing.queues.SimpleQueue[float],
) -> None:
    """Load, and say how much more memory this process has for itself."""
    gc.collect()
    before = private_memory()
    loaded = load(folder)
    gc.collect()
    barrier.wait()
    results.put(private_memory() - before)
    barrier.wait()
    del loaded
