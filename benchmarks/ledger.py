"""The figures of the last run, kept as JSON, to compare the next one with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from facebank.artifacts.atomic import write_json
from facebank.project import PROJECT
from figures import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["KEPT", "Kept", "keep", "last_kept"]

#: One file a subject.
KEPT = PROJECT / "results/.bench"


class Kept:
    """A run that was kept; an empty one where there was none.

    Parameters
    ----------
    document : mapping
        What `keep` wrote.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.machine: dict[str, str] = document.get("machine", {})
        self.how: str = document.get("how", "")
        self._figures = {
            row["name"]: Figure(row["name"], row["unit"], tuple(row["values"]), row["at_most"])
            for row in document.get("figures", [])
        }

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The figures, in the order in which they were kept."""
        return tuple(self._figures.values())

    def figure(self, name: str) -> Figure | None:
        """Give a figure by its name; None where this run had none."""
        return self._figures.get(name)

    def ratio(self, figure: Figure) -> float | None:
        """Give a figure's median over its median in this run; None where it had none."""
        former = self._figures.get(figure.name)
        if former is None or former.unit != figure.unit or not former.median:
            return None
        return figure.median / former.median


def last_kept(path: Path) -> Kept:
    """Read the run that was kept last."""
    return Kept(json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {})


def keep(path: Path, machine: Mapping[str, str], how: str, figures: Sequence[Figure]) -> None:
    """Keep a run: its machine, how often and beside what, every value of every figure. No time, no date."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {"name": it.name, "unit": it.unit, "values": it.values, "at_most": it.at_most, "median": it.median}
        for it in figures
    ]
    write_json(path, {"machine": dict(machine), "how": how, "figures": rows})
