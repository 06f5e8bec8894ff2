"""Builds that are killed at random moments lose nothing but what was in work."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from interruptions import build_and_kill, require_nothing_lost, rows

pytestmark = pytest.mark.deep


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_build_that_is_killed_again_and_again(
    complete: Path, tmp_path: Path, record_property: Callable[[str, object], None], seed: int
) -> None:
    """Twenty kills: four builds from nothing, each killed and started again five times."""
    folder = tmp_path / "checkout"
    shutil.copytree(complete, folder, ignore=shutil.ignore_patterns("results", ".snakemake", ".facebank"))
    kills, last = build_and_kill(folder, seed, kills=5)
    for row in rows(kills, seed):
        record_property("table: killed builds", row)
    require_nothing_lost(kills, last, folder, complete)
