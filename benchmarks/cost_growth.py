"""How costs grow that `stages` does not: 1x, 4x, 16x identities, and frames of a video.

A slope of 1 is linear. A bank whose photos and identities both grow is matched in their product: slope 2.
Whole stages run as the workflow's commands; their slopes are of processor time.
"""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from commands import run_command, workflow_commands
from facebank.runtime.threads import limit_threads
from figures import Figure, in_turn, seconds, slope, timings
from galleries import random_bank, write_bank
from leave_one_out import IDENTITIES, PHOTOS, run
from workload import FACTORS, workload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from commands import Spent
    from workload import Workload

__all__ = ["measure"]

#: Photos of the gallery whose identities grow: as few as two of each at the end.
_GALLERY = IDENTITIES * FACTORS[-1] // 2
#: Identities at 1x.
_FEWEST = IDENTITIES // 4
_IN_VIDEOS = ("index-sources", "detect-keyframes", "interpolate-labels", "audit-slots")


def measure(rounds: int) -> list[Figure]:
    """Measure on one thread."""
    limit_threads(1)
    return [*_matching(rounds), *_galleries(rounds), *_videos(rounds)]


def _matching(rounds: int) -> list[Figure]:
    """Measure leave-one-out alone."""
    identities = {
        count: partial(run, random_bank(PHOTOS * FACTORS[-1], count))
        for count in (IDENTITIES * factor for factor in FACTORS)
    }
    figures = _grow(rounds, f"leave_one_out of {PHOTOS * FACTORS[-1]} photos", "identities", identities)
    both = {
        PHOTOS * factor: partial(run, random_bank(PHOTOS * factor, IDENTITIES * factor)) for factor in FACTORS
    }
    return figures + _grow(rounds, "leave_one_out of a growing bank", "photos", both)


def _grow(rounds: int, name: str, unit: str, works: Mapping[int, Callable[[], None]]) -> list[Figure]:
    """Measure a work at growing sizes in turn, and how its cost grows."""

    def passes(size: int, work: Callable[[], None]) -> dict[str, float]:
        return {f"{name}, {size} {unit}": seconds(work)}

    spent = in_turn(rounds, *(partial(passes, size, work) for size, work in works.items()))
    return [*timings(spent), slope(f"{name}: slope over {unit}", list(works), list(spent.values()))]


def _galleries(rounds: int) -> list[Figure]:
    """Measure the gallery's stages: the same number of photos, of more and more identities."""
    with tempfile.TemporaryDirectory() as base:
        works = {}
        for count in (_FEWEST * factor for factor in FACTORS):
            folder = Path(base) / str(count)
            folder.mkdir()
            write_bank(random_bank(_GALLERY, count), folder)
            works[count] = partial(_gallery, folder, f"of {_GALLERY} photos, {count} identities")
        measured = in_turn(rounds, *works.values())
    return _stages(measured, ("build_gallery", "validate_gallery"), list(works), "identities")


def _gallery(folder: Path, name: str) -> dict[str, float]:
    """Build and validate a gallery."""
    given = ["--embeddings", "embeddings"]
    for made in ("gallery", "validation"):
        shutil.rmtree(folder / made, ignore_errors=True)
    build = ["build-gallery", *given, "--inventory", "inventory", "--output-dir", "gallery"]
    prove = ["validate-gallery", *given, "--gallery", "gallery", "--output-dir", "validation"]
    return _parts("build_gallery", name, run_command(build, folder)) | _parts(
        "validate_gallery", name, run_command(prove, folder)
    )


def _videos(rounds: int) -> list[Figure]:
    """Measure the sources' stages: the same number of videos, of more and more frames."""
    with tempfile.TemporaryDirectory() as base:
        works = {}
        for factor in FACTORS:
            folder = Path(base) / str(factor)
            folder.mkdir()
            work = workload(folder, 1, frames=factor)
            commands = workflow_commands(work.config)
            last = [words[0] for words in commands].index(_IN_VIDEOS[-1])
            works[factor] = partial(_look, work, commands[: last + 1], f"{factor}x frames")
        measured = in_turn(rounds, *works.values())
    rules = [name.replace("-", "_") for name in _IN_VIDEOS]
    return _stages(measured, rules, list(works), "frames")


def _look(work: Workload, commands: Sequence[Sequence[str]], name: str) -> dict[str, float]:
    """Build from nothing all that the stages of videos need; give what they take."""
    shutil.rmtree(work.results, ignore_errors=True)
    shutil.rmtree(work.cache, ignore_errors=True)
    measured = {}
    for words in commands:
        spent = run_command(words, work.folder)
        if words[0] in _IN_VIDEOS:
            measured |= _parts(words[0].replace("-", "_"), name, spent)
    return measured


def _parts(rule: str, name: str, spent: Spent) -> dict[str, float]:
    """Give what a command took by name."""
    said = f"{rule} {name}"
    return {said: spent.wall, f"{said}: processor": spent.processor, f"{said}: peak memory": spent.memory}


def _stages(
    measured: Mapping[str, Sequence[float]], rules: Sequence[str], sizes: Sequence[int], unit: str
) -> list[Figure]:
    """Make the figures of stages and their slopes."""
    figures = [
        Figure(name, "MiB" if name.endswith("peak memory") else "s", tuple(values))
        for name, values in measured.items()
    ]
    for rule in rules:
        costs = [
            values
            for name, values in measured.items()
            if name.startswith(f"{rule} ") and name.endswith(": processor")
        ]
        figures.append(slope(f"{rule}: slope over {unit}", sizes, costs))
    return figures
