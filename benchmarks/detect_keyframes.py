"""Detection in a source of 538 frames, against the first version's way and against bare decoder and model.

``reference`` decodes and converts every frame and shows the same detector one padded square at a time.
``decode`` is PyAV without a conversion, ``model`` is ``session.run`` on the very inputs that the stage gives
it. All have as many threads as the stage, in their decoder and in their model: the reference's within one
call, where the libraries put them by themselves; ours has one thread a call and, with two threads, two calls
side by side. (Left alone, the reference takes every core: on a machine of two it is what stands here.)

The targets are about two threads, which the workflow gives a job. With one, the bare decoder and model alone
take more than the reference's share: the model, on three quarters of the square, is most of both.

Wall time is what the targets are about. Processor time beside it hardly sees what else the machine does; but
threads of one call wait for each other in loops, which counts as work, so it flatters us where there are two.
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
from facebank.faces.detector import open_detector
from facebank.faces.retinaface import RetinaFace
from facebank.media.videos import frames
from facebank.runtime.packs import load_pack
from facebank.runtime.threads import limit_threads
from facebank.sources.detection import DetectionSettings, detect_video
from figures import Figure, clocks, in_turn, ratios, timings
from machine import peak_memory
from photos import PACK
from reference.seed_detection import detect_every

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from facebank.faces.detections import Detector
    from facebank.sources.detection import Schedule

__all__ = ["measure"]

STRIDE, SIZE = 5, 640
FIXED, ADAPTIVE, BARE, MEMORY = 0.55, 0.2, 1.15, 1.1
_PROCESSOR = ", CPU time"


def measure(rounds: int) -> list[Figure]:
    """Measure with one thread and with two, and then how memory grows."""
    figures = [figure for threads in (1, 2) for figure in _measure(rounds, threads)]
    for schedule in ("fixed", "adaptive"):
        once, more = ([_memory(video, schedule)] for video in (episode(), ten_times()))
        figures.append(Figure(f"{schedule}: peak memory", "MiB", tuple(once)))
        figures.append(ratios(f"{schedule}: peak memory, 10 times longer / once", more, once, at_most=MEMORY))
    return figures


def _measure(rounds: int, threads: int) -> list[Figure]:
    """Measure stage, reference and bare parts in turn."""
    limit_threads(threads)
    pack, video = load_pack(PACK), episode()
    detector = open_detector(pack)
    wide = RetinaFace(pack, threads=threads)._session  # noqa: SLF001 - the reference's model, and nothing else
    with recorded(onnxruntime.InferenceSession, "run") as runs:
        _detect(video, detector, "fixed", threads)

    def models() -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda run: run.again(), runs))

    works = {
        "reference": lambda: detect_every(video, wide, stride=STRIDE, det_size=SIZE, threads=threads),
        "fixed": lambda: _detect(video, detector, "fixed", threads),
        "adaptive": lambda: _detect(video, detector, "adaptive", threads),
        "decode": lambda: sum(1 for _ in frames(video, threads=threads)),
        "model": models,
    }
    spent = in_turn(rounds, *(partial(_clocked, name, work) for name, work in works.items()))
    figures = timings(spent)
    wall = (FIXED, ADAPTIVE) if threads > 1 else (None, None)
    for clock, targets in (("", (*wall, BARE)), (_PROCESSOR, (None, None, None))):
        fixed, adaptive, reference = (spent[name + clock] for name in ("fixed", "adaptive", "reference"))
        bare = [sum(pair) for pair in zip(spent["decode" + clock], spent["model" + clock], strict=True)]
        figures += [
            ratios(f"fixed / reference{clock}", fixed, reference, at_most=targets[0]),
            ratios(f"adaptive / reference{clock}", adaptive, reference, at_most=targets[1]),
            ratios(f"fixed / (decode + model){clock}", fixed, bare, at_most=targets[2]),
            ratios(f"(decode + model) / reference{clock}", bare, reference),
        ]
    return [replace(it, name=f"{threads} thread{'s' * (threads > 1)}: {it.name}") for it in figures]


def _clocked(name: str, work: Callable[[], object]) -> dict[str, float]:
    """Give wall and processor time of a work by their names."""
    wall, processor = clocks(work)
    return {name: wall, f"{name}{_PROCESSOR}": processor}


def _detect(video: Path, detector: Detector, schedule: Schedule, threads: int) -> None:
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
    _detect(video, open_detector(load_pack(PACK)), schedule, 1)
    return peak_memory()
