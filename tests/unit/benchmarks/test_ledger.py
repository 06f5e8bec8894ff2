"""A run is compared with the one that was kept before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from figures import Figure
from ledger import keep, last_kept

if TYPE_CHECKING:
    from pathlib import Path


def test_first_run_has_nothing_to_compare_with(tmp_path: Path) -> None:
    last = last_kept(tmp_path / "embed.json")
    assert last.machine == {}
    assert last.ratio(Figure("stage", "s", (1.0,))) is None


def test_ratio_to_the_last_run(tmp_path: Path) -> None:
    path = tmp_path / ".bench" / "embed.json"
    keep(
        path,
        {"cores": "2"},
        "1 round",
        [Figure("stage", "s", (1.0, 2.0, 9.0), 3.0), Figure("runs", "runs", (0.0,))],
    )
    last = last_kept(path)
    assert last.machine == {"cores": "2"}
    assert last.how == "1 round"
    assert last.ratio(Figure("stage", "s", (3.0,))) == pytest.approx(1.5)
    assert last.ratio(Figure("stage", "MiB", (3.0,))) is None
    assert last.ratio(Figure("runs", "runs", (0.0,))) is None
    assert last.ratio(Figure("new", "s", (3.0,))) is None
