"""A build that is killed loses nothing but what was in work; `make test-deep` kills more."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from interruptions import build_and_kill, require_nothing_lost, rows

pytestmark = pytest.mark.workflow


def test_a_killed_build_goes_on_where_it_was(
    complete: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """What follows from the gallery is built, killed twice, and ends as if it had not been."""
    folder = tmp_path / "checkout"
    shutil.copytree(complete, folder, symlinks=True)
    for stage in ("gallery", "validation", "audit", "report", "limits", "release", ".releases"):
        shutil.rmtree(folder / "results" / stage)
    left = folder / "results" / "embeddings" / ".partial.left-by-another"
    left.mkdir()
    kills, last = build_and_kill(folder, 5, kills=2)
    for row in rows(kills, 5):
        record_property("table: killed builds", row)
    require_nothing_lost(kills, last, folder, complete)
