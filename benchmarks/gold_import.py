"""Import of 1,000 varied gold tasks at grid 256: 20 times the established tool's speed."""

from __future__ import annotations

import tempfile
from pathlib import Path

from facebank.stages.import_gold import import_gold
from figures import Figure, in_turn, seconds
from gold_samples import GRID, write_samples

__all__ = ["measure"]

TASKS = 1000
#: Seconds that the established tool takes a task, as it was measured.
ESTABLISHED = 0.0395
SPEEDUP = 20


def measure(rounds: int) -> list[Figure]:
    """Measure whole runs of the stage, in this process."""
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base)
        write_samples(folder, TASKS)

        def run() -> None:
            import_gold(export=folder / "export.json", output_dir=folder / "labels", grid_size=GRID)

        run()
        spent = in_turn(rounds, lambda: {"task": seconds(run) / TASKS})
    shares = tuple(value / ESTABLISHED for value in spent["task"])
    return [
        Figure("a task", "s", spent["task"], ESTABLISHED / SPEEDUP),
        Figure(
            f"a task, of the established tool's {ESTABLISHED * 1000:.1f} ms", "ratio", shares, 1 / SPEEDUP
        ),
    ]
