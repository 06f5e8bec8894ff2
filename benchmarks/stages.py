"""Every stage by the workflow's own command, at 1x, 4x and 16x photos, videos and gold labels, on one thread.

Each command has a process of its own. Its time begins when all is imported; what comes before is ``start``.
Time in ``session.run`` is taken within the stage, and bare decoders run over the same files in that round: a
stage in which they are at work is compared with their sum. What the first version had is done in its way too,
at the middle size. Slopes are of processor time; 1 is linear, and what takes some milliseconds is flatter.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from PIL import Image

from commands import run_command, workflow_commands
from facebank.media.videos import frames
from facebank.runtime.threads import limit_threads
from figures import Figure, in_turn, ratios, seconds, slope
from first_version import STAGES, first_version
from workload import FACTORS, workload

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commands import Spent
    from workload import Workload

__all__ = ["AGAINST", "FIRST_VERSION", "commands_of", "measure", "named"]

#: Stage -> the bare parts that it is compared with at the largest size. Targets stand where the comparison is
#: strict: in embed_bank and detect_keyframes, where models are called again with nothing around them.
AGAINST: Mapping[str, tuple[str, ...]] = {
    "index_photos": ("decode photos",),
    "embed_photos": ("model", "decode photos"),
    "index_sources": ("decode videos",),
    "detect_keyframes": ("model", "decode videos"),
    "audit_slots": ("model", "decode videos"),
    "predict_regions": ("model", "decode photos"),
}
#: What the first version's way is called, and the size at which it is measured.
FIRST_VERSION = "first version's way"
_COMPARED = FACTORS[1]
_START = "start of a job, Python and imports"


def measure(rounds: int) -> list[Figure]:
    """Build everything of each size in turn."""
    with tempfile.TemporaryDirectory() as base:
        works = {}
        for factor in FACTORS:
            folder = Path(base) / f"{factor}x"
            folder.mkdir()
            works[factor] = workload(folder, factor)
        commands = {factor: commands_of(work) for factor, work in works.items()}
        passes = [partial(_build, work, commands[factor]) for factor, work in works.items()]
        measured = in_turn(rounds, *passes)
    return _figures(measured)


def named(rule: str, factor: int, what: str = "") -> str:
    """Give the name of a stage's figure: its seconds, or `what` else."""
    return f"{rule}, {factor}x{what and ': '}{what}"


def commands_of(work: Workload) -> list[list[str]]:
    """Give the workflow's commands, what predicts regions, and what checks a release."""
    commands = workflow_commands(work.config)
    predicting = [words for words in workflow_commands(work.predicting) if words[0] == "predict-regions"]
    return [*commands, *predicting, ["verify", "results/release/latest"]]


def _build(work: Workload, commands: Sequence[Sequence[str]]) -> dict[str, float]:
    """Build from nothing; give what each stage and each bare part takes, by the figure's name."""
    shutil.rmtree(work.results, ignore_errors=True)
    shutil.rmtree(work.cache, ignore_errors=True)
    limit_threads(1)
    measured = {named(part, work.factor): value for part, value in _bare(work).items()}
    starts = []
    for words in commands:
        spent, rule = run_command(words, work.folder), words[0].replace("-", "_")
        starts.append(spent.start)
        measured |= {named(rule, work.factor, what): value for what, value in _parts(spent).items()}
    if work.factor == _COMPARED:
        measured |= {
            f"{rule} in the {FIRST_VERSION}, {work.factor}x": value
            for rule, value in first_version(work).items()
        }
    return measured | {named(_START, work.factor): median(starts)}


def _parts(spent: Spent) -> dict[str, float]:
    """Give what a command took by name."""
    parts = {"": spent.wall, "processor": spent.processor, "peak memory": spent.memory}
    return parts | ({"model": spent.model} if spent.model else {})


def _bare(work: Workload) -> dict[str, float]:
    """Decode all photos and all videos with nothing around it."""
    every = {video: seconds(lambda: sum(1 for _ in frames(video))) for video in work.videos}  # noqa: B023 (called at once)
    return {
        "decode photos": seconds(lambda: [_decode(file) for file in work.photos]),
        "decode videos": sum(every.values()),
    }


def _decode(file: Path) -> None:
    """Decode a photo."""
    with Image.open(file) as image:
        image.load()


def _figures(measured: Mapping[str, Sequence[float]]) -> list[Figure]:
    """Make the figures: seconds and memory by stage and size, slopes, and ratios to the bare parts."""
    units = defaultdict(lambda: "s", {"peak memory": "MiB"})
    figures = [
        Figure(name, units[name.partition(": ")[2]], tuple(values)) for name, values in measured.items()
    ]
    stages = list(dict.fromkeys(name.partition(",")[0] for name in measured if ":" in name))
    for rule in stages:
        # On one thread processor time is the stage's own, whatever else the machine does.
        series = [measured[named(rule, factor, "processor")] for factor in FACTORS]
        figures.append(slope(f"{rule}: slope", FACTORS, series))
    figures += [_against(rule, measured) for rule in AGAINST]
    return figures + [
        ratios(
            f"{rule} / {FIRST_VERSION}",
            measured[named(rule, _COMPARED)],
            measured[f"{rule} in the {FIRST_VERSION}, {_COMPARED}x"],
        )
        for rule in STAGES
    ]


def _against(rule: str, measured: Mapping[str, Sequence[float]]) -> Figure:
    """Compare a stage with its bare parts, at the largest size."""
    factor = FACTORS[-1]
    bare = [
        measured[named(rule, factor, part) if part == "model" else named(part, factor)]
        for part in AGAINST[rule]
    ]
    sums = [sum(values) for values in zip(*bare, strict=True)]
    return ratios(f"{rule} / ({' + '.join(AGAINST[rule])})", measured[named(rule, factor)], sums)
