"""What an evaluation knows, and how surely: unknown stays unknown, means come with intervals.

The established report counts a missing label as a rate of 0. Here a figure is the mean over the samples
for which it is known, beside the number of those for which it is not. It also scores a default box where a
strong module is not predicted, and a default oval; here they are missed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from facebank.artifacts.digests import sha256_bytes
from facebank.gold.javascript import code_units, rounded3
from facebank.gold.modules import LABELS, MODULES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facebank.scoring.evaluation import Met
    from facebank.scoring.scores import ModuleScore, SampleScore

__all__ = ["FIGURES", "RESAMPLES", "EvaluationSummary", "KnownTally", "PairedTally", "known_figures"]

#: How often a mean is drawn again for its interval or test.
RESAMPLES = 500

#: The figures of a sample.
FIGURES = (
    "oval_iou",
    "skin_iou",
    "hair_as_skin_rate",
    "bg_as_skin_rate",
    "skin_miss_rate",
    "strong_module_miou",
    "under_eye_band_coverage",
    "under_eye_leakage_bg",
    "under_eye_leakage_hair",
    "forehead_hair_overlap_rate",
)

_LEVEL = 0.95
#: Where the ends of an interval lie among the resampled means in order.
_ENDS = tuple((RESAMPLES - 1) * share for share in ((1 - _LEVEL) / 2, (1 + _LEVEL) / 2))
_CELLS = 16
#: Values that a tally holds before it counts them.
_AT_ONCE = 256
_DIGITS = 6


@dataclass(slots=True)
class KnownTally:
    """Distinct values, rounded to thousandths, with their counts; and how many values are unknown."""

    unknown: int = 0
    _values: Counter[float] = field(default_factory=Counter)
    _added: list[float] = field(default_factory=list)

    def add(self, value: float | None) -> None:
        """Count a finite value, or that it is unknown."""
        if value is None:
            self.unknown += 1
            return
        self._added.append(value)
        if len(self._added) == _AT_ONCE:
            self._gather()

    def _gather(self) -> None:
        """Count the values that were added since; many at once take a third of the time."""
        self._values.update(rounded3(np.array(self._added, dtype=np.float64)).tolist())
        self._added.clear()

    @property
    def values(self) -> Counter[float]:
        """How often each rounded value is there."""
        self._gather()
        return self._values

    def figures(self, name: str) -> dict[str, Any]:
        """Give the mean of the known values and its bootstrap interval.

        Parameters
        ----------
        name : str
            Name of the figure: it seeds the resampling, so that no figure depends on another one.

        Returns
        -------
        dict
            known, unknown (counts), mean, low, high (None without a known value).
        """
        known = sum(self.values.values())
        if not known:
            return {"known": 0, "unknown": self.unknown, "mean": None, "low": None, "high": None}
        values, counts = _gathered(*_table(self.values))
        # Drawing n samples with replacement is one multinomial draw over the distinct values.
        drawn = _generator(name).multinomial(known, counts / known, size=RESAMPLES) @ values / known
        # What np.quantile gives, in a tenth of its time.
        low, high = np.interp(_ENDS, np.arange(RESAMPLES), np.sort(drawn)).tolist()
        return {
            "known": known,
            "unknown": self.unknown,
            "mean": round(float(values @ counts / known), _DIGITS),
            "low": round(low, _DIGITS),
            "high": round(high, _DIGITS),
        }


def _merged(tallies: Iterable[dict[str, KnownTally]]) -> dict[str, KnownTally]:
    """Add up the tallies of like name."""
    merged: dict[str, KnownTally] = {}
    for named in tallies:
        for name, tally in named.items():
            total = merged.setdefault(name, KnownTally())
            total.values.update(tally.values)
            total.unknown += tally.unknown
    return merged


@dataclass(slots=True)
class PairedTally:
    """Differences of one figure between two variants, sample by sample."""

    differences: KnownTally = field(default_factory=KnownTally)

    def add(self, baseline: float | None, variant: float | None) -> None:
        """Count a sample; it is unknown if the figure is in either variant."""
        self.differences.add(None if baseline is None or variant is None else variant - baseline)

    def figures(self, name: str) -> dict[str, Any]:
        """Give the mean difference, its interval, and the p-value of a two-sided sign-flip test.

        Under the null hypothesis a sample's difference is as likely as its opposite. The p-value is the share
        of random sign changes (the given signs among them) whose sum is at least as far from 0.
        """
        figures = self.differences.figures(name)
        if not figures["known"]:
            return figures | {"p_value": None}
        values, counts = _table(self.differences.values)
        sizes: Counter[float] = Counter()
        for value, count in self.differences.values.items():
            sizes[abs(value)] += count
        magnitudes, times = _table(sizes)
        flips = 2 * _generator(f"{name} signs").binomial(times, 0.5, size=(RESAMPLES, times.size)) - times
        # A sum is compared with a tolerance far below a thousandth, the unit of the differences.
        extreme = np.abs(flips @ magnitudes) >= abs(values @ counts) - 1e-9
        return figures | {"p_value": round((1 + int(extreme.sum())) / (1 + RESAMPLES), _DIGITS)}


def _table(
    values: Counter[float],
) -> tuple[np.ndarray[Any, np.dtype[np.float64]], np.ndarray[Any, np.dtype[np.int64]]]:
    """Give distinct values, ascending, and their counts."""
    ordered = sorted(values)
    return np.array(ordered, dtype=np.float64), np.array([values[value] for value in ordered], dtype=np.int64)


def _gathered(
    values: np.ndarray[Any, np.dtype[np.float64]], counts: np.ndarray[Any, np.dtype[np.int64]]
) -> tuple[np.ndarray[Any, np.dtype[np.float64]], np.ndarray[Any, np.dtype[np.int64]]]:
    """Gather many distinct values in cells of equal width, each of which stands for its mean.

    The mean stays, and the variance within cells, which is lost, is below a thousandth of the range squared:
    less than chance moves the ends of an interval by. Resampling costs the same for any number of samples.
    """
    if values.size <= _CELLS:
        return values, counts
    low, high = values[0], values[-1]
    cell = np.minimum((values - low) / (high - low) * _CELLS, _CELLS - 1).astype(np.int64)
    held = np.bincount(cell, counts, _CELLS)
    filled = held > 0
    sums = np.bincount(cell, values * counts, _CELLS)
    return sums[filled] / held[filled], held[filled].astype(np.int64)


def _generator(name: str) -> np.random.Generator:
    """Give the random numbers of a name."""
    return np.random.default_rng(int(sha256_bytes(name.encode())[:16], 16))


def known_figures(score: SampleScore) -> dict[str, float | None]:
    """Give a sample's figures with unknown ones as None: a module's unknown value is left out of its mean."""
    return {
        "oval_iou": score.oval_iou if score.oval_predicted or score.oval_iou is None else 0.0,
        "skin_iou": score.skin_iou,
        "hair_as_skin_rate": score.hair_as_skin_rate,
        "bg_as_skin_rate": score.bg_as_skin_rate,
        "skin_miss_rate": score.skin_miss_rate,
        "strong_module_miou": _known_mean(_known_module(module)["iou"] for module in score.strong),
        "under_eye_band_coverage": _known_mean(band.coverage for band in score.under_eye),
        "under_eye_leakage_bg": _known_mean(band.leakage_bg for band in score.under_eye),
        "under_eye_leakage_hair": _known_mean(band.leakage_hair for band in score.under_eye),
        "forehead_hair_overlap_rate": score.forehead_hair_overlap_rate,
    }


def _known_module(module: ModuleScore) -> dict[str, float | None]:
    """Give a module's figures; one that is not predicted is missed, whatever the format assumes."""
    if not module.predicted:
        missed = 0.0 if module.gold_pixels else None
        return {"iou": missed, "coverage": missed, "leakage_bg": None, "leakage_hair": None}
    return {
        "iou": module.iou,
        "coverage": module.coverage,
        "leakage_bg": module.leakage_bg,
        "leakage_hair": module.leakage_hair,
    }


def _known_mean(values: Iterable[float | None]) -> float | None:
    """Give the mean of the values that are known; None if none is."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


@dataclass(slots=True)
class EvaluationSummary:
    """What an evaluation knows of its samples, sources and modules."""

    samples: Counter[str] = field(default_factory=Counter)
    predicted: Counter[str] = field(default_factory=Counter)
    fail_reasons: Counter[str] = field(default_factory=Counter)
    gold_labels: Counter[str] = field(default_factory=Counter)
    predicted_modules: Counter[str] = field(default_factory=Counter)
    missed: dict[str, list[str]] = field(default_factory=dict)
    _sources: dict[str, dict[str, KnownTally]] = field(default_factory=dict)
    _modules: dict[str, dict[str, dict[str, KnownTally]]] = field(default_factory=dict)

    def add(self, met: Met, score: SampleScore | None) -> None:
        """Count a sample."""
        source = met.sample.source
        self.samples[source] += 1
        self.gold_labels.update(met.sample.regions.keys())
        if source not in self._sources:
            self._sources[source] = {name: KnownTally() for name in FIGURES}
        tallies = self._sources[source]
        figures: dict[str, float | None] = dict.fromkeys(FIGURES) if score is None else known_figures(score)
        for name, value in figures.items():
            tallies[name].add(value)
        if score is None or met.prediction is None:
            self.fail_reasons[met.fail_reason or ""] += 1
            return
        self.predicted[source] += 1
        self.predicted_modules.update(name for name in met.prediction.modules if name in MODULES)
        if missed := [module.module for module in score.strong if not module.predicted]:
            self.missed[met.sample.sample_hash] = missed
        modules = self._modules.setdefault(source, {})
        for module in score.strong:
            _add_module(modules, module.module, _known_module(module))
        for band in score.under_eye:
            leaks = {"leakage_bg": band.leakage_bg, "leakage_hair": band.leakage_hair}
            _add_module(modules, band.module, {"coverage": band.coverage, **leaks})

    def document(self) -> dict[str, Any]:
        """Give the counts and figures as plain values, in a fixed order.

        Samples without some strong modules are named if there are any: their rows in the established report
        have the default box's figures.
        """
        names = sorted(self.samples, key=code_units)
        nothing = {name: KnownTally() for name in FIGURES}
        return {
            "coverage": {
                "samples": sum(self.samples.values()),
                "samples_with_prediction": sum(self.predicted.values()),
                "samples_by_source": {name: self.samples[name] for name in names},
                "samples_with_prediction_by_source": {name: self.predicted[name] for name in names},
                "fail_reasons": dict(sorted(self.fail_reasons.items())),
                "samples_with_gold_label": {name: self.gold_labels[name] for name in LABELS},
                "samples_with_predicted_module": {name: self.predicted_modules[name] for name in MODULES},
            },
            "interval": {
                "method": "percentile bootstrap of the mean",
                "level": _LEVEL,
                "resamples": RESAMPLES,
            },
            "overall": _figures("all", nothing | _merged(self._sources.values())),
            "sources": {name: _figures(f"source {name}", self._sources[name]) for name in names},
            "modules": _module_figures(
                "module",
                {name: _merged(of.get(name, {}) for of in self._modules.values()) for name in MODULES},
            ),
            "modules_by_source": {
                name: _module_figures(f"source {name} module", self._modules[name])
                for name in names
                if name in self._modules
            },
        } | ({"missed": self.missed} if self.missed else {})


def _add_module(
    modules: dict[str, dict[str, KnownTally]], module: str, values: dict[str, float | None]
) -> None:
    """Count the figures of one module of a sample."""
    if module not in modules:
        modules[module] = {name: KnownTally() for name in values}
    for name, tally in modules[module].items():
        tally.add(values[name])


def _module_figures(owner: str, tallies: dict[str, dict[str, KnownTally]]) -> dict[str, Any]:
    """Give the figures of the modules that were scored."""
    return {name: _figures(f"{owner} {name}", tallies[name]) for name in MODULES if tallies.get(name)}


def _figures(owner: str, tallies: dict[str, KnownTally]) -> dict[str, Any]:
    """Give the figures of one source or module."""
    return {name: tally.figures(f"{owner} {name}") for name, tally in tallies.items()}
