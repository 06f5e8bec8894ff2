"""Import of 1,000 varied gold tasks at grid 256: 20 times the established tool's speed; memory that stays."""

from __future__ import annotations

import multiprocessing
import tempfile
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from facebank.stages.import_gold import import_gold
from figures import Figure, in_turn, seconds, slope
from gold_samples import GRID, write_samples
from machine import peak_memory

__all__ = ["measure"]

TASKS = 1000
#: Seconds that the established tool takes a task, as it was measured.
ESTABLISHED = 0.0395
SPEEDUP = 20
_GROWING = (250, 1000, 4000)


def measure(rounds: int) -> list[Figure]:
    """Measure whole runs of the stage, in this process; peak memory in processes of their own."""
    with tempfile.TemporaryDirectory() as base:
        folders = {count: Path(base) / str(count) for count in _GROWING}
        for count, folder in folders.items():
            folder.mkdir()
            write_samples(folder, count)
        _import(folders[TASKS])
        spent = in_turn(rounds, lambda: {"task": seconds(lambda: _import(folders[TASKS])) / TASKS})
        memory = {count: tuple(_apart(folder) for _ in range(rounds)) for count, folder in folders.items()}
    shares = tuple(value / ESTABLISHED for value in spent["task"])
    return [
        Figure("a task", "s", spent["task"], ESTABLISHED / SPEEDUP),
        Figure(
            f"a task, of the established tool's {ESTABLISHED * 1000:.1f} ms", "ratio", shares, 1 / SPEEDUP
        ),
        *(Figure(f"peak memory, {count} tasks", "MiB", values) for count, values in memory.items()),
        slope("peak memory: slope over tasks", list(memory), list(memory.values())),
    ]


def _import(folder: Path) -> None:
    """Import the tasks of a folder, from one JSON document."""
    import_gold(export=folder / "export.json", output_dir=folder / "labels", grid_size=GRID)


def _apart(folder: Path) -> float:
    """Give the peak memory in MiB of a process that does nothing else."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_peak, folder).result()


def _peak(folder: Path) -> float:
    """Import, and give this process's peak memory."""
    with redirect_stdout(StringIO()):
        _import(folder)
    return peak_memory()
