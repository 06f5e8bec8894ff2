"""The page of figures is made of what was kept, between two marks."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

import write_figures
from figures import Figure
from ledger import Kept, keep
from run import Subject
from write_figures import BEGIN, END, NEEDING_HARDWARE, main, tables, with_figures

MACHINE = {"cores": "2", "processor": "Fast", "memory": "8 GiB", "python": "3.11.7"}


def kept(*figures: Figure, machine: dict[str, str] = MACHINE) -> Kept:
    rows = [
        {"name": it.name, "unit": it.unit, "values": list(it.values), "at_most": it.at_most} for it in figures
    ]
    return Kept({"machine": machine, "figures": rows})


def test_without_a_run_there_are_no_rows() -> None:
    assert "| --- |" in tables({}, "2026-01-02")


def test_only_what_is_between_the_marks_changes() -> None:
    page = f"# Title\n\n{BEGIN}\n\nold\n\n{END}\n\nEnd.\n"
    assert with_figures(page, "new") == f"# Title\n\n{BEGIN}\n\nnew\n\n{END}\n\nEnd.\n"
    assert with_figures(with_figures(page, "new"), "new") == with_figures(page, "new")


@pytest.mark.parametrize(
    ("seconds", "row"),
    [
        ((1.0, 2.0, 9.0), "| embed | stage | 2.00 s | <= 3.00 s | met |"),
        ((4.0,), "| embed | stage | 4.00 s | <= 3.00 s | **missed** |"),
    ],
)
def test_a_target_is_met_or_missed(seconds: tuple[float, ...], row: str) -> None:
    assert row in tables({"embed": kept(Figure("stage", "s", seconds, 3.0))}, "2026-01-02").splitlines()


def test_a_stage_has_a_row_of_its_sizes() -> None:
    run = kept(
        *(Figure(f"build_gallery, {factor}x", "s", (factor / 2,)) for factor in (1, 4, 16)),
        Figure("build_gallery: slope", "slope", (1.0,)),
        Figure("build_gallery, 16x: peak memory", "MiB", (200.4,)),
        Figure("build_gallery / first version's way", "ratio", (3.0,)),
    )
    row = "| `build_gallery` | 500.00 ms | 2.00 s | 8.00 s | 1.000 | 200 MiB |  | 3.000 |"
    assert row in tables({"stages": run}, "2026-01-02").splitlines()


def test_a_page_that_would_lose_a_subject_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN}\n\nold\n\n{END}\n", encoding="utf-8")
    monkeypatch.setattr(write_figures, "PAGE", page)
    monkeypatch.setattr(write_figures, "KEPT", tmp_path)
    with pytest.raises(SystemExit, match=r"No run is kept of adaptive_keyframes, .*seed_bank"):
        main(measured="2026-01-02")
    assert "old" in page.read_text(encoding="utf-8")
    for name in get_args(Subject):
        if name not in NEEDING_HARDWARE:
            keep(tmp_path / f"{name}.json", MACHINE, "once", [Figure("x", "s", (1.0,))])
    main(measured="2026-01-02")
    written = page.read_text(encoding="utf-8")
    assert all(f"| {name} | x | 1.00 s |" in written for name in ("seed_bank", "planning"))


def test_runs_of_several_machines_name_theirs() -> None:
    other = {**MACHINE, "cores": "64"}
    said = tables({"a": kept(Figure("x", "s", (1.0,))), "b": kept(machine=other)}, "2026-01-02").splitlines()[
        0
    ]
    assert "a on 2 cores of Fast" in said
    assert "b on 64 cores of Fast" in said
