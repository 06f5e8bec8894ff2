"""Gold evaluation of varied samples at grid 256: 30 times the established tool's speed; memory that stays."""

from __future__ import annotations

import json
import multiprocessing
import tempfile
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from facebank.stages.evaluate_gold import evaluate_gold
from facebank.stages.import_gold import import_gold
from figures import Figure, in_turn, ratios, seconds, slope
from gold_samples import GRID, write_samples
from machine import peak_memory
from reference.gold_rows import reference_row

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["measure"]

SAMPLES = 1000
#: Seconds that the established tool takes a sample, as it was measured: with masks, and with outlines alone.
ESTABLISHED = {"masks": 0.0253, "outlines": 0.0467}
SPEEDUP = 30
#: The plain reference takes seconds a sample.
_FEW = 2
_GROWING = (250, 1000, 4000)


def measure(rounds: int) -> list[Figure]:
    """Measure whole runs of the stage, in this process; peak memory in processes of their own."""
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base)
        for count in _GROWING:
            _make(folder / str(count), count)
        made = folder / str(SAMPLES)
        for kind in ESTABLISHED:
            _evaluate(made, kind)
        spent = in_turn(
            rounds,
            *(partial(_timed, made, kind) for kind in ESTABLISHED),
            lambda: {"reference": seconds(lambda: _reference(made)) / _FEW},
        )
        memory = {count: tuple(_apart(folder / str(count)) for _ in range(rounds)) for count in _GROWING}
    return [
        *(
            Figure(f"a sample with {kind}", "s", spent[kind], ESTABLISHED[kind] / SPEEDUP)
            for kind in ESTABLISHED
        ),
        *(
            Figure(
                f"a sample with {kind}, of the established tool's {time * 1000:.1f} ms",
                "ratio",
                tuple(value / time for value in spent[kind]),
                1 / SPEEDUP,
            )
            for kind, time in ESTABLISHED.items()
        ),
        Figure("a sample with masks in the plain reference", "s", spent["reference"]),
        ratios("ours / plain reference", spent["masks"], spent["reference"], at_most=1 / SPEEDUP),
        *(Figure(f"peak memory, {count} samples", "MiB", values) for count, values in memory.items()),
        slope("peak memory: slope over samples", list(memory), list(memory.values())),
    ]


def _make(folder: Path, count: int) -> None:
    """Make the gold labels and predictions of some samples: with masks, and with outlines alone."""
    folder.mkdir()
    write_samples(folder, count)
    import_gold(export=folder / "export.json", output_dir=folder / "labels")
    (folder / "labels" / "gold_labels.ndjson").rename(folder / "masks.ndjson")
    if count != SAMPLES:
        return
    with (
        (folder / "masks.ndjson").open(encoding="utf-8") as rows,
        (folder / "outlines.ndjson").open("w", encoding="utf-8") as kept,
    ):
        for line in rows:
            row = {name: value for name, value in json.loads(line).items() if "_mask" not in name}
            kept.write(json.dumps(row) + "\n")


def _evaluate(folder: Path, kind: str) -> None:
    """Evaluate the samples of a folder."""
    evaluate_gold(
        gold_labels=folder / f"{kind}.ndjson",
        predictions=folder / "pred.jsonl",
        output_dir=folder / f"evaluation-{kind}",
        grid_size=GRID,
    )


def _timed(folder: Path, kind: str) -> Mapping[str, float]:
    """Give the seconds a sample of a whole run, its reports included."""
    return {kind: seconds(lambda: _evaluate(folder, kind)) / SAMPLES}


def _reference(folder: Path) -> None:
    """Evaluate the first samples in the plainest way."""
    with (
        (folder / "masks.ndjson").open(encoding="utf-8") as gold,
        (folder / "pred.jsonl").open(encoding="utf-8") as predictions,
    ):
        for row, prediction in islice(zip(gold, predictions, strict=True), _FEW):
            reference_row(json.loads(row), json.loads(prediction), GRID)


def _apart(folder: Path) -> float:
    """Give the peak memory in MiB of a process that does nothing else."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_peak, folder).result()


def _peak(folder: Path) -> float:
    """Evaluate, and give this process's peak memory."""
    with redirect_stdout(StringIO()):
        _evaluate(folder, "masks")
    return peak_memory()
