"""Detection in sources of 538 frames, against the first version's way and against bare decoder and model.

``reference`` decodes and converts every frame and shows the same detector one padded square at a time.
``decode`` is PyAV without a conversion, ``model`` is ``session.run`` on the very inputs that the stage gives
it. All have as many threads as the stage, in their decoder and in their model: the reference's within one
call, where the libraries put them by themselves; ours has one thread a call and, with two threads, two calls
side by side. (Left alone, the reference takes every core: on a machine of two it is what stands here.)

The targets are about two cores: one source by itself on two threads, and a source's share of the time where
the workflow puts two jobs of one thread on them, a shard of the sources each. ``two jobs`` is the time of
both for two sources each, over four. The first version did one source after the other, on both cores; what
it would take in two jobs stands beside it.

``isolated`` is the stage whose video a process of its own decodes (`media.isolate`). It decodes ahead:
on one thread it may take another core, where there is one.

Wall time is what the targets are about. Processor time beside it hardly sees what else the machine does; but
threads of one call wait for each other in loops, which counts as work, so it flatters us where there are two.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, get_args

import av
import onnxruntime

from calls import recorded
from clips import episode, ten_times
from facebank.faces.detector import open_detector
from facebank.faces.retinaface import RetinaFace
from facebank.keyframes.detection import DetectionSettings, Schedule, detect_video
from facebank.media.isolation import media_reader
from facebank.media.limits import PROCESS_LIMITS
from facebank.media.readers import DIRECT
from facebank.runtime.packs import load_pack
from facebank.runtime.threads import limit_threads
from figures import Figure, clocks, in_turn, ratios, seconds, timings
from machine import peak_memory
from photos import PACK
from reference.seed_detection import detect_every

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from facebank.faces.detections import Detector
    from facebank.media.readers import MediaReader

__all__ = ["measure"]

STRIDE, SIZE = 5, 640
FIXED, ADAPTIVE, BARE, MEMORY = 0.55, 0.2, 1.15, 1.1
_PROCESSOR = ", CPU time"
JOBS, SOURCES_A_JOB = 2, 2


def measure(rounds: int) -> list[Figure]:
    """Measure with one thread, with two, in two jobs, and then how memory grows."""
    with ProcessPoolExecutor(JOBS, multiprocessing.get_context("spawn")) as jobs:
        with media_reader(isolate=True, process_limits=PROCESS_LIMITS) as isolated:
            figures = _named("1 thread", [*_measure(rounds, 1, {}), *_apart(rounds, isolated)])
        side_by_side = {
            f"{name}, two jobs": partial(_a_source, jobs, work) for name, work in _IN_A_JOB.items()
        }
        figures += _named("2 threads", _measure(rounds, 2, side_by_side))
    for schedule in ("fixed", "adaptive"):
        once, more = ([_memory(video, schedule)] for video in (episode(), ten_times()))
        figures.append(Figure(f"{schedule}: peak memory", "MiB", tuple(once)))
        figures.append(ratios(f"{schedule}: peak memory, 10 times longer / once", more, once, at_most=MEMORY))
    return figures


def _named(threads: str, figures: list[Figure]) -> list[Figure]:
    """Say how many threads figures are about."""
    return [replace(figure, name=f"{threads}: {figure.name}") for figure in figures]


def _measure(rounds: int, threads: int, jobs: dict[str, Callable[[], float]]) -> list[Figure]:
    """Measure stage, reference and bare parts in turn, and what is done in several jobs."""
    limit_threads(threads)
    pack, video = load_pack(PACK), episode()
    detector = open_detector(pack)
    wide = _first_version(threads)
    with recorded(onnxruntime.InferenceSession, "run") as runs:
        _detect(video, detector, "fixed", threads)

    def models() -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda run: run.again(), runs))

    works = {
        "reference": lambda: detect_every(video, wide, stride=STRIDE, det_size=SIZE, threads=threads),
        "fixed": lambda: _detect(video, detector, "fixed", threads),
        "adaptive": lambda: _detect(video, detector, "adaptive", threads),
        "decode": lambda: _decode(video, threads),
        "model": models,
    }
    spent = in_turn(
        rounds,
        *(partial(_clocked, name, work) for name, work in works.items()),
        *(partial(_told, name, work) for name, work in jobs.items()),
    )
    figures = timings(spent)
    against_first = (FIXED, ADAPTIVE) if threads > 1 else (None, None)
    for clock, targets in (("", (*against_first, BARE)), (_PROCESSOR, (None, None, None))):
        fixed, adaptive, reference = (spent[name + clock] for name in ("fixed", "adaptive", "reference"))
        bare = [sum(pair) for pair in zip(spent["decode" + clock], spent["model" + clock], strict=True)]
        figures += [
            ratios(f"fixed / reference{clock}", fixed, reference, at_most=targets[0]),
            ratios(f"adaptive / reference{clock}", adaptive, reference, at_most=targets[1]),
            ratios(f"fixed / (decode + model){clock}", fixed, bare, at_most=targets[2]),
            ratios(f"(decode + model) / reference{clock}", bare, reference),
        ]
    for name, target in (("fixed", FIXED), ("adaptive", ADAPTIVE)) if jobs else ():
        ours, theirs = spent[f"{name}, two jobs"], spent["reference, two jobs"]
        figures += [
            ratios(f"{name}, two jobs / reference", ours, spent["reference"], at_most=target),
            ratios(f"{name}, two jobs / reference, two jobs", ours, theirs),
        ]
    return figures


def _apart(rounds: int, isolated: MediaReader) -> list[Figure]:
    """Measure what it costs to decode in a process of its own, once that has started."""
    detector, video = open_detector(load_pack(PACK)), episode()
    isolated.probe(video)
    readers = {"direct": DIRECT, "isolated": isolated}
    spent = in_turn(
        rounds,
        *(
            partial(
                _told,
                f"{schedule}, {name}",
                partial(seconds, partial(_detect, video, detector, schedule, 1, media)),
            )
            for schedule in get_args(Schedule)
            for name, media in readers.items()
        ),
    )
    return timings({name: values for name, values in spent.items() if name.endswith("isolated")}) + [
        ratios(f"{schedule}: isolated / direct", spent[f"{schedule}, isolated"], spent[f"{schedule}, direct"])
        for schedule in get_args(Schedule)
    ]


def _told(name: str, work: Callable[[], float]) -> dict[str, float]:
    """Give what a work measures itself by its name."""
    return {name: work()}


def _a_source(jobs: ProcessPoolExecutor, work: Callable[[Path], None]) -> float:
    """Give the wall time of one source where each job does some, all at once."""
    video = episode()
    wall = seconds(lambda: list(jobs.map(_job, [work] * JOBS, [video] * JOBS)))
    return wall / (JOBS * SOURCES_A_JOB)


def _job(work: Callable[[Path], None], video: Path) -> None:
    """Do a job's sources."""
    for _ in range(SOURCES_A_JOB):
        work(video)


def _fixed_in_a_job(video: Path) -> None:
    """Run what a job of one thread runs for a source, with fixed keyframes."""
    _detect(video, _detector_of_a_job(), "fixed", 1)


def _adaptive_in_a_job(video: Path) -> None:
    """Run what a job of one thread runs for a source, with adaptive keyframes."""
    _detect(video, _detector_of_a_job(), "adaptive", 1)


def _reference_in_a_job(video: Path) -> None:
    """Run the first version's way on one thread."""
    detect_every(video, _first_version(1), stride=STRIDE, det_size=SIZE, threads=1)


_IN_A_JOB = {"reference": _reference_in_a_job, "fixed": _fixed_in_a_job, "adaptive": _adaptive_in_a_job}


@cache
def _detector_of_a_job() -> Detector:
    """Open the detector once in a process that has one thread."""
    limit_threads(1)
    return open_detector(load_pack(PACK))


@cache
def _first_version(threads: int) -> onnxruntime.InferenceSession:
    """Open the reference's model, and nothing else."""
    return RetinaFace(load_pack(PACK), threads=threads)._session  # noqa: SLF001


def _clocked(name: str, work: Callable[[], object]) -> dict[str, float]:
    """Give wall and processor time of a work by their names."""
    wall, processor = clocks(work)
    return {name: wall, f"{name}{_PROCESSOR}": processor}


def _decode(video: Path, threads: int) -> None:
    """Decode a video with PyAV, and do nothing with its frames."""
    with av.open(video) as container:
        (stream,) = container.streams.video
        stream.thread_type, stream.thread_count = "AUTO", threads
        for _ in container.decode(stream):
            pass


def _detect(
    video: Path, detector: Detector, schedule: Schedule, threads: int, media: MediaReader = DIRECT
) -> None:
    """Run what the stage runs for one source."""
    settings = DetectionSettings(STRIDE, SIZE, 0.5, schedule)
    detect_video(video, detector, settings, threads=threads, media=media)


def _memory(video: Path, schedule: Schedule) -> float:
    """Give the peak memory of a process that does nothing else, in MiB."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_peak, video, schedule).result()


def _peak(video: Path, schedule: Schedule) -> float:
    """Detect, and give this process's peak memory."""
    limit_threads(1)
    _detect(video, open_detector(load_pack(PACK)), schedule, 1)
    return peak_memory()
