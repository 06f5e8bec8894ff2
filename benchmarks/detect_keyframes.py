"""Detection in a source of 538 frames, against the first version's way and against bare decoder and model.

``reference`` decodes and converts every frame and shows the detector one padded square at a time. ``decode``
is PyAV without a conversion, ``model`` is ``session.run`` on the very inputs that the stage gives it, call by
call. All have as many threads as the stage: a model within one call, and once more (``side by side``) as the
stage uses them, each call on one thread.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import onnxruntime

from calls import recorded
from clips import episode, ten_times
from facebank.faces.retinaface import RetinaFace
from facebank.media.videos import frames
from facebank.runtime.packs import load_pack
from facebank.runtime.threads import limit_threads
from facebank.sources.detection import DetectionSettings, detect_video
from figures import Figure, in_turn, ratios, seconds, timings
from machine import peak_memory
from photos import PACK
from reference.seed_detection import detect_every

if TYPE_CHECKING:
    from pathlib import Path

    from facebank.sources.detection import Schedule

__all__ = ["measure"]

STRIDE, SIZE = 5, 640
FIXED, ADAPTIVE, BARE, MEMORY = 0.55, 0.2, 1.15, 1.1


def measure(rounds: int) -> list[Figure]:
    """Measure with one thread and with two, and then how memory grows."""
    figures = [figure for threads in (1, 2) for figure in _measure(rounds, threads)]
    for schedule in ("fixed", "adaptive"):
        once, more = ([_memory(video, schedule) for _ in range(2)] for video in (episode(), ten_times()))
        figures.append(Figure(f"{schedule}: peak memory", "MiB", tuple(once)))
        figures.append(ratios(f"{schedule}: peak memory, 10 times longer / once", more, once, at_most=MEMORY))
    return figures


def _measure(rounds: int, threads: int) -> list[Figure]:
    """Measure stage, reference and bare parts in turn."""
    limit_threads(threads)
    pack, video = load_pack(PACK), episode()
    single, wide = RetinaFace(pack, threads=1), RetinaFace(pack, threads=threads)
    mean = tuple(map(float, pack.detector.mean))
    fixed = partial(_detect, video, single, "fixed", threads)
    adaptive = partial(_detect, video, wide, "adaptive", threads)
    session = wide._session  # noqa: SLF001 - it is what is measured

    def bare() -> dict[str, float]:
        with recorded(onnxruntime.InferenceSession, "run") as runs:
            fixed()
        spent = {
            "decode": seconds(lambda: sum(1 for _ in frames(video, threads=threads))),
            "model": seconds(lambda: [run.again(session) for run in runs]),
        }
        if threads > 1:
            with ThreadPoolExecutor(threads) as pool:
                spent["model, side by side"] = seconds(lambda: list(pool.map(lambda run: run.again(), runs)))
        return spent

    spent = in_turn(
        rounds,
        lambda: {
            "reference": seconds(lambda: detect_every(video, session, mean, stride=STRIDE, det_size=SIZE))
        },
        lambda: {"fixed": seconds(fixed)},
        lambda: {"adaptive": seconds(adaptive)},
        bare,
    )

    def against(part: str, at_most: float | None = None) -> Figure:
        both = [sum(pair) for pair in zip(spent[part], spent["decode"], strict=True)]
        return ratios(f"fixed / ({part} + decode)", spent["fixed"], both, at_most=at_most)

    figures = [
        *timings(spent),
        ratios("fixed / reference", spent["fixed"], spent["reference"], at_most=FIXED),
        ratios("adaptive / reference", spent["adaptive"], spent["reference"], at_most=ADAPTIVE),
        against("model", BARE),
    ]
    if threads > 1:
        figures.append(against("model, side by side"))
    return [replace(it, name=f"{threads} thread{'s' * (threads > 1)}: {it.name}") for it in figures]


def _detect(video: Path, detector: RetinaFace, schedule: Schedule, threads: int) -> None:
    """Run what the stage runs for one source."""
    settings = DetectionSettings(STRIDE, SIZE, 0.5, schedule)
    detect_video(video, detector, settings, threads=threads)


def _memory(video: Path, schedule: Schedule) -> float:
    """Give the peak memory of a process that does nothing else, in MiB."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_peak, video, schedule).result()


def _peak(video: Path, schedule: Schedule) -> float:
    """Detect, and give this process's peak memory."""
    limit_threads(1)
    _detect(video, RetinaFace(load_pack(PACK)), schedule, 1)
    return peak_memory()
