"""A SLURM, found or started, and the reduced demo, built there and here."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from demo_builds import built, inputs, settings
from scheduled import Cluster, Sent

__all__ = ["built", "inputs", "settings"]

SCRIPT = Path(__file__).with_name("cluster.py")
NOT_HERE = 77


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Use the cluster that is there, or start one for as long as the tests run; skip where neither can be."""
    there = (
        subprocess.run(["bash", "-c", "timeout 10 sinfo"], capture_output=True, check=False).returncode == 0
    )
    if there:
        yield Cluster()
        return
    script = [sys.executable, str(SCRIPT)]
    started = subprocess.run([*script, "start"], capture_output=True, text=True, check=False)
    if started.returncode == NOT_HERE:
        pytest.skip(started.stderr.strip().splitlines()[-1])
    assert started.returncode == 0, started.stderr
    yield Cluster()
    subprocess.run([*script, "stop"], capture_output=True, check=True)


@pytest.fixture(scope="session")
def sent(
    cluster: Cluster,
    settings: Callable[..., dict[str, object]],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, Sent]:
    """Build the reduced demo through SLURM once; give its folder too."""
    folder = tmp_path_factory.mktemp("sent")
    (folder / "c.yaml").write_text(
        yaml.safe_dump(settings(shards={"photos": 2, "sources": 2})), encoding="utf-8"
    )
    return folder, cluster.send(folder)


@pytest.fixture
def copy(sent: tuple[Path, Sent], tmp_path: Path) -> Path:
    """Give a copy of that build, with Snakemake's records."""
    shutil.copytree(sent[0], tmp_path / "copy", symlinks=True)
    return tmp_path / "copy"
