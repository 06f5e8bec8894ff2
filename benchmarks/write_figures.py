"""Write what was measured last into ``docs/performance.md``: ``python benchmarks/write_figures.py``.

The tables between the page's two marks are made of what `run.py` kept; nothing else of the page changes.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, get_args

from cyclopts import App

from facebank.artifacts.atomic import write_text
from facebank.cli import RULES
from facebank.project import PROJECT
from figures import text, text_of_target
from ledger import KEPT, Kept, last_kept
from run import Subject
from stages import AGAINST, FIRST_VERSION, named
from workload import FACTORS, GOLD, PHOTOS, SOURCES, VARIANTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from figures import Figure

__all__ = ["tables", "with_figures"]

PAGE = PROJECT / "docs/performance.md"
BEGIN, END = "<!-- figures: written by benchmarks/write_figures.py -->", "<!-- end of the figures -->"
#: Subjects that give no figures where a machine lacks what they measure.
NEEDING_HARDWARE = frozenset({"cuda"})
_STAGES = "stages"
_ORDER = (*RULES, "verify")


def tables(kept: Mapping[str, Kept], measured: str) -> str:
    """Give the tables of all subjects as Markdown.

    Parameters
    ----------
    kept : mapping
        Subject -> its last run.
    measured : str
        The day.
    """
    parts = [f"Measured on {day_and_machine(kept, measured)}"]
    if _STAGES in kept:
        parts += [_stages(kept[_STAGES])]
    parts += [_targets(kept), _others(kept), _how(kept)]
    return "\n\n".join(parts)


def with_figures(page: str, made: str) -> str:
    """Put the tables between the marks of a page."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{made}\n\n{END}{after}"


def day_and_machine(kept: Mapping[str, Kept], measured: str) -> str:
    """Say when and on what; the subjects of other machines are named."""
    machines: dict[str, list[str]] = {}
    for subject, run in kept.items():
        facts = run.machine
        said = f"{facts['cores']} cores of {facts['processor']}, {facts['memory']}, Python {facts['python']}"
        machines.setdefault(said, []).append(subject)
    if len(machines) == 1:
        return f"{measured}, {next(iter(machines))}."
    return (
        measured + ": " + "; ".join(f"{', '.join(names)} on {said}" for said, names in machines.items()) + "."
    )


def _stages(run: Kept) -> str:
    """Give the table of the stages: time at each size, slope, memory, and how much is model and decoder."""
    largest = FACTORS[-1]
    sizes = [f"{factor}x" for factor in FACTORS]
    bare_parts, first = f"time at {largest}x / bare parts", f"time at {FACTORS[1]}x / {FIRST_VERSION}"
    head = ["stage", *sizes, "slope", f"peak memory at {largest}x", bare_parts, first]
    rows = []
    for rule in _ORDER:
        times = [run.figure(named(rule, factor)) for factor in FACTORS]
        if None in times:
            continue
        slope, memory = run.figure(f"{rule}: slope"), run.figure(named(rule, largest, "peak memory"))
        bare = run.figure(f"{rule} / ({' + '.join(AGAINST[rule])})") if rule in AGAINST else None
        cells = [*times, slope, memory]
        compared = f"{text(bare.median, bare.unit)} of {' + '.join(AGAINST[rule])}" if bare else ""
        former = _median(run.figure(f"{rule} / {FIRST_VERSION}"))
        rows.append([f"`{rule}`", *(_median(it) for it in cells), compared, former])
    counted = (
        f"1x is {PHOTOS} photos, {SOURCES} source of {VARIANTS} variants and {GOLD} gold labels. One thread; "
        "a job's start is not counted; slopes are of processor time."
    )
    return f"{counted}\n\n{_table(head, rows)}"


def _targets(kept: Mapping[str, Kept]) -> str:
    """Give the table of all targets."""
    rows = [
        [subject, it.name, text(it.median, it.unit), text_of_target(it), "met" if it.met else "**missed**"]
        for subject, run in kept.items()
        for it in run.figures
        if it.at_most is not None
    ]
    return _table(["subject", "figure", "median", "target", ""], rows)


def _others(kept: Mapping[str, Kept]) -> str:
    """Give the table of all other figures but those of the stages."""
    rows = [
        [subject, it.name, text(it.median, it.unit)]
        for subject, run in kept.items()
        for it in run.figures
        if it.at_most is None and subject != _STAGES
    ]
    return f"### All other figures\n\n{_table(['subject', 'figure', 'median'], rows)}"


def _how(kept: Mapping[str, Kept]) -> str:
    """Say of each subject how often it was measured and beside what."""
    said = [f"`{subject}` {run.how}" for subject, run in kept.items() if run.how]
    return f"Rounds, and what else the machine did: {'; '.join(said) or 'not known'}."


def _median(figure: Figure | None) -> str:
    """Give a figure's median; nothing where there is none."""
    return "" if figure is None else text(figure.median, figure.unit)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main(*, measured: str | None = None) -> None:
    """Write the tables into the page, if a run of every subject is kept.

    Parameters
    ----------
    measured
        The day on which was measured, YYYY-MM-DD; today if left out.
    """
    runs = {name: last_kept(KEPT / f"{name}.json") for name in sorted(get_args(Subject))}
    kept = {name: run for name, run in runs.items() if run.figures}
    if missing := sorted({*get_args(Subject)} - {*kept} - NEEDING_HARDWARE):
        raise SystemExit(
            f"No run is kept of {', '.join(missing)}: the page would lose their figures."
            f" Run python benchmarks/run.py {' '.join(missing)} first."
        )
    day = measured or dt.datetime.now(tz=dt.UTC).date().isoformat()
    write_text(PAGE, with_figures(PAGE.read_text(encoding="utf-8"), tables(kept, day)))


if __name__ == "__main__":
    app = App(name="benchmarks/write_figures.py", version_flags=())
    app.default(main)
    app()
