"""``snakemake -n`` over synthetic files, and over the demo when nothing is to do.

The files are empty, and an index knows their digests, as after a first build: what is measured is what every
build begins with. Rounds of a million photos would take too long: they are in `planning_large`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from facebank.commands.make_demo import make_demo
from facebank.project import PROJECT
from facebank.simulation.inventory import Size, write_config, write_inventory
from facebank.simulation.planning import dry_run, job_graph
from figures import Figure, in_turn, slope

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["JOBS", "measure", "plan_of", "written"]

#: The first data set of this kind, and a quarter and a sixteenth of it.
SEED = Size(1500, 151, 61)
SIZES = (Size(94, 9, 61), Size(375, 38, 61), SEED)
#: Shards of photos, and of sources.
SHARDS = 8
#: Seconds: to plan the first data set's build, and one with nothing to do; jobs of any build here.
TARGET, NOTHING, JOBS = 5.0, 5.0, 2000
_NOTHING = "the demo, nothing to do"


def measure(rounds: int) -> list[Figure]:
    """Plan builds of three sizes, and a build of the demo that has nothing to do."""
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base)
        configs = {size: written(folder / str(size.photos), size, SHARDS) for size in SIZES}
        demo = _built_demo(folder / "demo")
        passes = [partial(plan_of, size, config) for size, config in configs.items()]
        spent = in_turn(rounds, *passes, partial(_nothing_to_do, demo))
        jobs = len(job_graph(configs[SEED]))
    targets = {_name(SEED): TARGET, _NOTHING: NOTHING}
    timed = [Figure(name, "s", tuple(values), targets.get(name)) for name, values in spent.items()]
    files = [_files(size) for size in SIZES]
    processor = [spent[_name(size) + ", processor"] for size in SIZES]
    return [
        *timed,
        slope("planning: slope over files", files, processor),
        Figure(f"{_name(SEED)}: jobs", "jobs", (jobs,), JOBS),
    ]


def written(folder: Path, size: Size, shards: int) -> Path:
    """Write the files of a size and a config for them; give the config."""
    folder.mkdir()
    write_inventory(folder, size)
    return write_config(folder, size, shards)


def plan_of(size: Size, config: Path) -> Mapping[str, float]:
    """Give the seconds of a plan, by the clock and of processors."""
    planning = dry_run(config)
    return {_name(size): planning.seconds, f"{_name(size)}, processor": planning.cpu_seconds}


def _name(size: Size) -> str:
    """Name a size."""
    return f"{size.photos:,} photos, {size.sources:,} x {size.variants} variants"


def _files(size: Size) -> int:
    """Count the files of a size: four in a variant's folder."""
    return size.photos + 4 * size.sources * size.variants


def _built_demo(folder: Path) -> Path:
    """Build the demo in a folder of its own; give its config."""
    folder.mkdir()
    make_demo(output_dir=folder / "resources/demo")
    config = folder / "config.yaml"
    shutil.copy2(PROJECT / "config/config.yaml", config)
    subprocess.run(
        [
            *(sys.executable, "-m", "snakemake", "--snakefile", str(PROJECT / "Snakefile")),
            *("--cores", "all", "--quiet", "--configfile", str(config)),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return config


def _nothing_to_do(config: Path) -> Mapping[str, float]:
    """Plan what is built already."""
    planning = dry_run(config)
    return {_NOTHING: planning.seconds, f"{_NOTHING}, processor": planning.cpu_seconds}
