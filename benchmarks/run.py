"""Measure how fast facebank is, and compare with the run before: ``python benchmarks/run.py [NAME ...]``."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from cyclopts import App, Parameter, validators
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from facebank.project import PROJECT
from figures import text, text_of_target
from ledger import KEPT, keep, last_kept
from machine import facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from figures import Figure
    from ledger import Kept

Subject = Literal[
    "stages",
    "planning",
    "planning_large",
    "embed_bank",
    "cuda",
    "seed_bank",
    "mask_functions",
    "leave_one_out",
    "leave_one_out_large",
    "add_one_photo",
    "cost_growth",
    "supervision",
    "detect_keyframes",
    "adaptive_keyframes",
    "gold_evaluate",
    "gold_import",
]

#: What takes minutes, and is left out where somebody is in a hurry.
LONG: tuple[Subject, ...] = ("stages", "planning_large", "embed_bank", "leave_one_out_large")

#: How often a subject is measured unless told, where that is not `_ROUNDS`: its medians stand still sooner,
#: or later.
ROUNDS: Mapping[Subject, int] = {
    "stages": 1,
    "planning": 2,
    "planning_large": 1,
    "cost_growth": 1,
    "embed_bank": 2,
    "leave_one_out_large": 1,
    "adaptive_keyframes": 1,
    "detect_keyframes": 7,
}
_ROUNDS = 3

#: Columns that the tables need; rich would take a file for a narrower terminal.
_WIDTH = 120


def bench(
    *names: Subject,
    rounds: Annotated[int, Parameter(validator=validators.Number(gte=1))] | None = None,
    quick: bool = False,
) -> None:
    """Measure some subjects, or all of them.

    Parameters
    ----------
    names
        What to measure.
    rounds
        How often; medians are shown. What is compared is measured in turn, A B A B. Three times if left out,
        or as often as a subject needs that takes long.
    quick
        Once, and without what takes minutes where no names are given: is anything broken?
    """
    started = time.monotonic()
    every: tuple[Subject, ...] = get_args(Subject)
    chosen = names or tuple(name for name in every if not (quick and name in LONG))
    # As on a user's machine, where Python keeps what it compiled.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    console = Console(width=max(Console().width, _WIDTH))
    machine = facts()
    console.print(_machine_table(machine))
    summary = Table("target", title="Targets", title_justify="left", box=SIMPLE)
    for heading in ("median", "target"):
        summary.add_column(heading, justify="right")
    for name in chosen:
        times = 1 if quick else rounds or ROUNDS.get(name, _ROUNDS)
        began = time.monotonic()
        # A process of its own: no other subject's thread limits, warm caches or peak memory.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            before = os.getloadavg()[0]
            title, figures = pool.submit(_measure, name, times).result()
        path = KEPT / f"{name}.json"
        last = last_kept(path)
        table = _table(title, figures, last, same_machine=last.machine in ({}, machine))
        load = f"load average {before:.1f} before and {os.getloadavg()[0]:.1f} after"
        took = text(time.monotonic() - began, "s")
        table.caption = f"{'1 round' if times == 1 else f'{times} rounds'} in {took}, {load}"
        console.print(table)
        keep(path, machine, str(table.caption), figures)
        for figure in figures:
            if figure.at_most is not None:
                summary.add_row(f"{name}: {figure.name}", text(figure.median, figure.unit), _target(figure))
    console.print(summary)
    minutes = (time.monotonic() - started) / 60
    console.print(f"{minutes:.0f} min for {len(chosen)} subjects, kept in {KEPT.relative_to(PROJECT)}/")


def _measure(name: str, rounds: int) -> tuple[str, list[Figure]]:
    """Measure one subject; what the stages print is not shown."""
    module = importlib.import_module(name)
    with redirect_stdout(StringIO()):
        return (module.__doc__ or name).partition("\n")[0], module.measure(rounds)


def _machine_table(machine: dict[str, str]) -> Table:
    """Show the machine."""
    table = Table("Machine", "", box=SIMPLE)
    for name, value in machine.items():
        table.add_row(name, value)
    return table


def _table(title: str, figures: list[Figure], last: Kept, *, same_machine: bool) -> Table:
    """Show the figures of a subject."""
    against = "x last run" if same_machine else "x last run (another machine)"
    table = Table(title=title, title_justify="left", caption_justify="left", box=SIMPLE)
    table.add_column("figure")
    for heading in ("median", "range", "target", against):
        table.add_column(heading, justify="right")
    for figure in figures:
        ratio = last.ratio(figure)
        table.add_row(
            figure.name,
            text(figure.median, figure.unit),
            _range(figure),
            _target(figure),
            "" if ratio is None else f"{ratio:.2f}",
        )
    return table


def _range(figure: Figure) -> str:
    """Show the least and the largest value; nothing where there is only one."""
    least, largest = (text(value, figure.unit) for value in (min(figure.values), max(figure.values)))
    return "" if least == largest else f"{least} - {largest}"


def _target(figure: Figure) -> str:
    """Show a figure's target and whether it is met."""
    if figure.at_most is None:
        return ""
    colour, verdict = ("green", "met") if figure.met else ("red", "missed")
    return f"{text_of_target(figure)} [{colour}]{verdict}[/{colour}]"


if __name__ == "__main__":
    app = App(name="benchmarks/run.py", help="Measure how fast facebank is.", version_flags=())
    app.default(bench)
    app()
