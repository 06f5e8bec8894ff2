"""The first page of a comparison: a line for each part, main numbers side by side, what both were told."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facebank.comparison.gold import EVERYBODY
from facebank.gallery.statuses import UNSOUND
from facebank.report.gold import FIGURE_NAMES
from facebank.report.numbers import gather_numbers
from facebank.report.overview import Verdict, main_figures
from facebank.report.wording import change, counted, number, signed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facebank.comparison.bank import BankChanges
    from facebank.comparison.gold import GoldChanges
    from facebank.comparison.sources import SourcesChanges
    from facebank.comparison.validation import ValidationChanges
    from facebank.report.overview import State
    from facebank.versions.differences import Differences
    from facebank.versions.sides import Side

__all__ = ["ComparedFigure", "Named", "Overview", "Parts", "named", "overview"]

#: Pages that a report may have, as a release keeps them.
_PAGES = ("index", "bank", "validation", "sources", "gold")
#: Statuses of an identity that ask for work.
_TROUBLED = UNSOUND | {"empty"}


@dataclass(frozen=True, slots=True)
class Named:
    """One side: its name, and page -> address of its own pages, where it holds a report."""

    name: str
    pages: dict[str, str]


@dataclass(frozen=True, slots=True)
class ComparedFigure:
    """One main number on both sides; empty where a side does not have it."""

    name: str
    a: str
    b: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the other pages show; None where not both sides hold it."""

    bank: BankChanges | None = None
    validation: ValidationChanges | None = None
    sources: SourcesChanges | None = None
    gold: GoldChanges | None = None

    @property
    def same(self) -> bool:
        """Whether nothing differs in any of them."""
        return all(it is None or it.same for it in (self.bank, self.validation, self.sources, self.gold))


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page shows.

    Attributes
    ----------
    same : bool
        Whether nothing differs.
    verdicts : tuple of Verdict
        One for each part: equal, different, or worse.
    figures : tuple of ComparedFigure
        The main numbers, those that differ first.
    differing : int
        How many of them differ.
    metrics : tuple of dict
        All numbers that differ, the largest relative change first.
    parameters : tuple of dict
        Settings, code and models that differ.
    detections : tuple of dict
        Sources whose faces were detected elsewhere: those that a side lacks, then the farthest moved.
    """

    same: bool
    verdicts: tuple[Verdict, ...]
    figures: tuple[ComparedFigure, ...]
    differing: int
    metrics: tuple[dict[str, Any], ...]
    parameters: tuple[dict[str, Any], ...]
    detections: tuple[dict[str, Any], ...]


def overview(a: Side, b: Side, found: Differences, parts: Parts) -> Overview:
    """Gather what the page shows."""
    figures = sorted(_figures(a, b), key=lambda it: it.a == it.b)
    return Overview(
        same=found.none and parts.same,
        verdicts=tuple(_verdicts(parts)),
        figures=tuple(figures),
        differing=sum(it.a != it.b for it in figures),
        metrics=tuple(sorted(found.metrics, key=_most_changed)),
        parameters=tuple(found.parameters),
        detections=tuple(sorted(found.detections or (), key=_farthest_moved)),
    )


def named(side: Side, folder: Path) -> Named:
    """Name a side and find its own pages, as seen from the folder of the comparison."""
    # A version folder of the report is its pages, a release keeps them apart.
    report = side.folder if (side.folder / "index.html").is_file() else side.folder / "report"
    pages = {
        page: os.path.relpath(report / f"{page}.html", folder).replace(os.sep, "/")
        for page in _PAGES
        if (report / f"{page}.html").is_file()
    }
    return Named(side.name, pages)


def _figures(a: Side, b: Side) -> Iterator[ComparedFigure]:
    """Put the main numbers of both sides beside each other, in the report's order."""
    before, after = (
        {it.name: it.here for it in main_figures(folders, gather_numbers(folders))}
        for folders in (a.folders, b.folders)
    )
    for name in dict.fromkeys((*before, *after)):
        yield ComparedFigure(name, before.get(name, ""), after.get(name, ""))


def _farthest_moved(row: dict[str, Any]) -> tuple[bool, float, str]:
    """Sort sources: those that one side lacks, then by how far a face moved, the farthest first."""
    return (row["missing_in"] is None, -(row["max_shift_px"] or 0), row["source"])


def _most_changed(row: dict[str, Any]) -> tuple[float, str, str]:
    """Sort numbers by their relative change, the largest first; those that only one side has before all."""
    if row["delta"] is None:
        return (float("-inf"), row["artifact"], row["metric"])
    scale = max(abs(row["a"]), abs(row["b"]))
    return (-abs(row["delta"]) / scale, row["artifact"], row["metric"])


def _verdicts(parts: Parts) -> Iterator[Verdict]:
    """Say of each part whether it differs, and whether that is for the worse."""
    if parts.bank is not None:
        yield _bank(parts.bank)
    if parts.validation is not None:
        yield _validation(parts.validation)
    if parts.sources is not None:
        yield _sources(parts.sources)
    if parts.gold is not None:
        yield _gold(parts.gold)


def _bank(it: BankChanges) -> Verdict:
    """Judge the bank."""
    found = "nothing differs"
    if not it.same:
        found = f"{counted(len(it.identities), 'identity')} and {counted(it.photos, 'photo')} differ"
    troubled = [row.identity for row in it.identities if _troubled(row.b) and not _troubled(row.a)]
    if troubled:
        found += f"; now broken, empty or like another one: {', '.join(troubled)}"
    return Verdict(
        "bank",
        _state(same=it.same, worse=bool(troubled)),
        found,
        "worse when an identity breaks, loses its last photo or shows the same person as another",
        "bank.html",
    )


def _troubled(row: dict[str, Any] | None) -> bool:
    """Tell whether a side has an identity that asks for work."""
    return row is not None and row["status"] in _TROUBLED


def _validation(it: ValidationChanges) -> Verdict:
    """Judge the validation."""
    found = "nothing differs"
    if not it.same:
        found = f"{counted(it.gained_total, 'query')} newly missed, {it.lost_total} no longer"
    if top1 := it.rates[0].change:
        found += f", top-1 {signed(top1)} points"
    return Verdict(
        "validation",
        _state(same=it.same, worse=it.gained_total > it.lost_total),
        found,
        "worse when more queries miss than before",
        "validation.html",
    )


def _sources(it: SourcesChanges) -> Verdict:
    """Judge the sources and their audit."""
    news = sum(_mismatch(row.b) and not _mismatch(row.a) for row in it.verdicts)
    found = "nothing differs"
    if not it.same:
        found = (
            f"labels of {counted(len(it.sources) + len(it.alike), 'source')} differ,"
            f" {counted(len(it.verdicts), 'slot')} of variants judged otherwise,"
            f" {counted(news, 'new mismatch')}"
        )
    return Verdict(
        "sources",
        _state(same=it.same, worse=bool(news)),
        found,
        "worse when a slot newly shows another person than claimed",
        "sources.html",
    )


def _mismatch(row: dict[str, Any] | None) -> bool:
    """Tell whether a side sees another person in a slot than is claimed."""
    return row is not None and row["verdict"] == "mismatch"


def _gold(it: GoldChanges) -> Verdict:
    """Judge the gold evaluation by the differences that chance does not explain."""
    paired = [(row.name, row.paired) for row in it.figures if row.owner == EVERYBODY and row.paired]
    found = "nothing differs"
    if not it.same:
        found = f"{number(it.changed_samples)} of {counted(it.paired, 'sample')} differ"
    for name, difference in paired:
        found += f"; {FIGURE_NAMES[name]} {change(difference['mean'])}"
    return Verdict(
        "gold",
        _state(same=it.same, worse=any(difference["high"] < 0 for _, difference in paired)),
        found,
        "worse when the 95 % interval of a mean difference, sample by sample, lies below zero",
        "gold.html",
    )


def _state(*, same: bool, worse: bool) -> State:
    """Say what to think of a part."""
    return "bad" if worse else "good" if same else "note"
