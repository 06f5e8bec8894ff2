"""The page of two gold evaluations: figures that differ, and how surely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facebank.report.folders import document
from facebank.report.gold import known_rows, one_document
from facebank.scoring.summary import PairedTally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facebank.versions.sides import Side

__all__ = ["EVERYBODY", "FigureChange", "GoldChanges", "SampleChange", "gold_changes"]

#: Figures that are compared sample by sample -> their name in a sample's row.
_PAIRED = {
    "skin_iou": "skin_iou",
    "strong_module_miou": "strong_module_miou_mean",
    "under_eye_band_coverage": "under_eye_band_coverage_mean",
}
#: The owner of the figures of all samples; a source may be called anything else.
EVERYBODY = ""

_WORST = 10


@dataclass(frozen=True, slots=True)
class FigureChange:
    """A figure on both sides.

    Attributes
    ----------
    owner, name : str
        Of what it is (`EVERYBODY`, a source, a module, a variant), and its name.
    a, b : dict or None
        ``mean``, ``low`` and ``high`` of each side; None where a side does not have it.
    paired : dict or None
        Mean of the samples' own differences with ``low``, ``high`` and ``p_value``; None where unknown.
    """

    owner: str
    name: str
    a: dict[str, Any] | None
    b: dict[str, Any] | None
    paired: dict[str, Any] | None = None

    @property
    def change(self) -> float | None:
        """How far the mean rose."""
        if self.a is None or self.b is None or self.a["mean"] is None or self.b["mean"] is None:
            return None
        return float(self.b["mean"] - self.a["mean"])

    @property
    def same(self) -> bool:
        """Whether both sides say the same."""
        return self.a == self.b and not (self.paired and (self.paired["low"] or self.paired["high"]))


@dataclass(frozen=True, slots=True)
class SampleChange:
    """A sample of both sides whose overlaps differ: its rows, and how far the sum of its overlaps rose."""

    a: dict[str, Any]
    b: dict[str, Any]
    change: float


@dataclass(frozen=True, slots=True)
class GoldChanges:
    """What the page shows.

    Attributes
    ----------
    figures, modules, agreement : tuple of FigureChange
        Those that differ: by source, by module, and of the agreement of annotators.
    equal : int
        How many figures are equal.
    coverage : tuple of dict
        What each side counts: ``samples``, ``samples_with_prediction``.
    samples : tuple of SampleChange
        Samples whose overlaps differ most, those that got worse first.
    changed_samples, paired : int
        How many samples differ, of those that both sides have.
    recommended : tuple of (str or None)
        The variant that each side recommends.
    variants : tuple of FigureChange
        Scores of the variants that differ, as means without an interval.
    """

    figures: tuple[FigureChange, ...]
    modules: tuple[FigureChange, ...]
    agreement: tuple[FigureChange, ...]
    equal: int
    coverage: tuple[dict[str, Any], dict[str, Any]]
    samples: tuple[SampleChange, ...]
    changed_samples: int
    paired: int
    recommended: tuple[str | None, str | None]
    variants: tuple[FigureChange, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        parts = (self.figures, self.modules, self.agreement, self.variants, self.changed_samples)
        return not any(parts) and self.coverage[0] == self.coverage[1] and len(set(self.recommended)) == 1


def gold_changes(a: Side, b: Side) -> GoldChanges:
    """Gather what the page shows, of what both sides hold of the gold labels."""
    both = a.folders.present().keys() & b.folders.present().keys()
    evaluations, variants, agreements = (
        tuple(getattr(side.folders, name) if name in both else None for side in (a, b))
        for name in ("gold_evaluation", "gold_variants", "gold_agreement")
    )
    one, other = (document(folder, "gold_summary.json") for folder in evaluations)
    samples = [{row["sample_hash"]: row for row in known_rows(folder)} for folder in evaluations]
    pairs = [(samples[0][it], samples[1][it]) for it in sorted(samples[0].keys() & samples[1].keys())]
    figures = list(_figures(_owners(one), _owners(other), pairs))
    modules = list(_figures(one.get("modules", {}), other.get("modules", {}), ()))
    agreed = [{"": document(folder, "gold_summary.json").get("agreement", {})} for folder in agreements]
    agreement = list(_figures(agreed[0], agreed[1], ()))
    compared = [one_document(folder, "eval_gold_ab_*.json") for folder in variants]
    scores = list(_figures(_scores(compared[0]), _scores(compared[1]), ()))
    everything = [*figures, *modules, *agreement, *scores]
    changed = sorted(filter(lambda it: it.change, map(_sample, pairs)), key=lambda it: it.change)
    return GoldChanges(
        figures=_differing(figures),
        modules=_differing(modules),
        agreement=_differing(agreement),
        equal=sum(it.same for it in everything),
        coverage=(one.get("coverage", {}), other.get("coverage", {})),
        samples=tuple(sorted(changed, key=lambda it: -abs(it.change))[:_WORST]),
        changed_samples=len(changed),
        paired=len(pairs),
        recommended=(compared[0].get("recommended_group"), compared[1].get("recommended_group")),
        variants=_differing(scores),
    )


def _owners(summary: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Give the figures of all samples, whose owner has no name, and of each source."""
    return {EVERYBODY: summary["overall"], **summary["sources"]} if summary else {}


def _figures(
    a: dict[str, dict[str, Any]],
    b: dict[str, dict[str, Any]],
    pairs: list[tuple[dict[str, Any], dict[str, Any]]] | tuple[()],
) -> Iterator[FigureChange]:
    """Put the figures of both sides beside each other."""
    for owner in dict.fromkeys((*a, *b)):
        before, after = a.get(owner, {}), b.get(owner, {})
        own = [pair for pair in pairs if owner in (EVERYBODY, pair[1]["source"])]
        for name in dict.fromkeys((*before, *after)):
            yield FigureChange(owner, name, before.get(name), after.get(name), _paired(name, own))


def _paired(name: str, pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, Any] | None:
    """Give the mean difference of a figure sample by sample, as variants are compared."""
    if name not in _PAIRED:
        return None
    tally = PairedTally()
    for before, after in pairs:
        tally.add(before.get(_PAIRED[name]), after.get(_PAIRED[name]))
    found = tally.figures(name)
    return found if found["known"] else None


def _scores(compared: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Give the score of each variant that could be evaluated."""
    return {
        group["group_id"]: {"score": {"mean": group["score"], "low": group["score"], "high": group["score"]}}
        for group in compared.get("groups", ())
        if group["metrics"]
    }


def _sample(pair: tuple[dict[str, Any], dict[str, Any]]) -> SampleChange:
    """Say how far the overlaps of a sample rose; what a side does not know says nothing."""
    before, after = pair
    known = (
        after[key] - before[key]
        for key in _PAIRED.values()
        if before.get(key) is not None and after.get(key) is not None
    )
    return SampleChange(*pair, change=round(sum(known), 3))


def _differing(figures: list[FigureChange]) -> tuple[FigureChange, ...]:
    """Keep the figures that differ, in their own order."""
    return tuple(it for it in figures if not it.same)
