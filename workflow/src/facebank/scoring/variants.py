"""Variants of a prediction side by side: groups, their scores, and the samples that a variant makes worse."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from facebank.gold.javascript import number_text, parse_json, round3, to_number
from facebank.predictor.settings import RegionSettings
from facebank.scoring.aggregates import SPREAD_METRICS
from facebank.scoring.scores import ScoringRules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = [
    "DEFAULT_MIN_COVERAGE",
    "DEFAULT_SWEEP",
    "METRICS",
    "GroupResult",
    "Variant",
    "deltas",
    "group_metrics",
    "group_score",
    "parse_sweep",
    "recommended",
    "regressions",
    "variants",
]

#: Least coverage of an under-eye band in the guarded variant.
DEFAULT_MIN_COVERAGE = 0.08

#: Pairs of least pixels and least kept share of the swept variants.
DEFAULT_SWEEP = ((8, 0.2), (12, 0.25), (16, 0.3), (24, 0.35))

#: Overall metrics of a group: the means of `facebank.scoring.aggregates.SPREAD_METRICS`.
METRICS = (
    "skin_iou_mean",
    "strong_module_miou_mean",
    "under_eye_band_coverage_mean",
    "under_eye_leakage_bg_mean",
    "under_eye_leakage_hair_mean",
    "forehead_hair_overlap_rate_mean",
)

#: How they weigh in the score of a group, in the order in which they are added; what is missing weighs as 0.
_WEIGHTS = (
    ("strong_module_miou_mean", 2.2),
    ("skin_iou_mean", 0.5),
    ("under_eye_band_coverage_mean", 0.8),
    ("under_eye_leakage_bg_mean", -0.9),
    ("under_eye_leakage_hair_mean", -0.9),
    ("forehead_hair_overlap_rate_mean", -1.1),
)

#: Field of a regression -> field of an evaluation's row.
_REGRESSION_FIELDS = {
    "driver_delta": "driver_score",
    "strong_miou_delta": "strong_module_miou_mean",
    "under_eye_cov_delta": "under_eye_band_coverage_mean",
    "under_eye_leak_bg_delta": "under_eye_leakage_bg_mean",
    "under_eye_leak_hair_delta": "under_eye_leakage_hair_mean",
    "forehead_hair_overlap_delta": "forehead_hair_overlap_rate",
}
_LISTED = 20


@dataclass(frozen=True, slots=True)
class Variant:
    """One group of the comparison.

    Attributes
    ----------
    group_id, kind, note : str
        Its names and what it changes.
    rules : ScoringRules
        What is done to every prediction.
    settings : RegionSettings
        How the local predictor works; it acts on local predictions alone.
    """

    group_id: str
    kind: str
    note: str
    rules: ScoringRules
    settings: RegionSettings

    @property
    def acts_locally_only(self) -> bool:
        """Whether the variant changes nothing about predictions from a file."""
        return self.kind == "variant3"


@dataclass(slots=True)
class GroupResult:
    """What came of one variant; `metrics` and `score` are None if it was not evaluated."""

    variant: Variant
    metrics: dict[str, Any] | None
    score: float | None
    artifacts: dict[str, str] | None
    delta: dict[str, float | None] | None = field(default=None)


def parse_sweep(text: str | None) -> tuple[tuple[int, float], ...]:
    """Read pairs ``min_pixels:min_keep_ratio,...``.

    Pixels are truncated and at least 1, ratios clamped to 0..1; malformed parts are dropped, and if none
    is left (or there is no text) the default sweep is taken.
    """
    pairs = []
    for part in (text or "").split(","):
        pixels, mark, ratio = part.partition(":")
        numbers = to_number(pixels), to_number(ratio)
        if mark and pixels.strip() and ratio.strip() and all(map(math.isfinite, numbers)):
            pairs.append((max(math.trunc(numbers[0]), 1), min(max(numbers[1], 0.0), 1.0)))
    return tuple(pairs) or DEFAULT_SWEEP


def variants(sweep: Sequence[tuple[int, float]], min_coverage: float) -> list[Variant]:
    """List the groups of a comparison, the baseline first.

    Parameters
    ----------
    sweep : sequence of (int, float)
        Least pixels and least kept share of each swept variant.
    min_coverage : float
        Least coverage of the under-eye guard.
    """
    plain, default = ScoringRules(), RegionSettings()
    groups = [
        Variant("baseline", "baseline", "current default params", plain, default),
        Variant(
            "variant1_forehead_hair_clip",
            "variant1",
            "forehead hair-aware clip",
            replace(plain, forehead_hair_aware_clip=True),
            default,
        ),
        Variant(
            "variant2_under_eye_relaxed_guard",
            "variant2",
            "under-eye relax dilate/min-pixels guard + low-coverage fallback-empty",
            replace(plain, under_eye_min_coverage=min_coverage),
            replace(default, under_eye_min_pixels=1),
        ),
    ]
    for pixels, ratio in sweep:
        text = number_text(ratio)
        groups.append(
            Variant(
                f"variant3_clip_{pixels}_{text.replace('.', '_', 1)}",
                "variant3",
                f"face_oval clip sweep min_pixels={pixels}, min_keep_ratio={text}",
                plain,
                replace(default, min_pixels=pixels, min_keep_ratio=ratio),
            )
        )
    return groups


def group_metrics(overall: dict[str, Any], samples_total: int, samples_scored: int) -> dict[str, Any]:
    """Take a group's metrics from the block of all sources of its evaluation."""
    counts = {"samples_total": samples_total, "samples_scored": samples_scored}
    return {
        name: overall[f"{metric}_mean"] for name, metric in zip(METRICS, SPREAD_METRICS, strict=True)
    } | counts


def group_score(metrics: dict[str, Any]) -> float | None:
    """Weigh a group's metrics, from left to right, rounded."""
    total = 0.0
    for name, weight in _WEIGHTS:
        total += weight * (metrics[name] or 0.0)
    return round3(total)


def deltas(metrics: dict[str, Any], baseline: dict[str, Any]) -> dict[str, float | None]:
    """Give what a group has more than the baseline, rounded."""
    return {name: round3((metrics[name] or 0.0) - (baseline[name] or 0.0)) for name in METRICS}


def recommended(groups: Sequence[GroupResult]) -> GroupResult:
    """Choose the group with the highest score; of equal ones the first. A score of 0 never wins."""
    return max(groups, key=lambda group: group.score or -math.inf)


def regressions(baseline: Path, variant: Path) -> list[dict[str, Any]]:
    """List the samples whose driver score a variant raises most.

    Parameters
    ----------
    baseline, variant : Path
        The rows of two evaluations. Of rows with one sample hash the last counts, in the place of the first.

    Returns
    -------
    list of dict
        At most 20, the worst first. A sample without prediction has no driver delta and ranks as 0.
    """
    before, after = _rows_by_hash(baseline), _rows_by_hash(variant)
    found = []
    for sample_hash, row in before.items():
        other = after.get(sample_hash)
        if other is None:
            continue
        scored = row["driver_score"] is not None and other["driver_score"] is not None
        found.append(
            {
                "sample_hash": sample_hash,
                "source": row["source"],
                **{
                    name: round3((other[key] or 0.0) - (row[key] or 0.0))
                    for name, key in _REGRESSION_FIELDS.items()
                },
                **({} if scored else {"driver_delta": None}),
                "fail_reason_base": row["fail_reason"],
                "fail_reason_variant": other["fail_reason"],
            }
        )
    found.sort(key=lambda row: -(row["driver_delta"] or 0.0))
    return found[:_LISTED]


def _rows_by_hash(path: Path) -> dict[str, dict[str, Any]]:
    """Read what a regression needs of the rows of an evaluation."""
    kept = ("source", "fail_reason", *_REGRESSION_FIELDS.values())
    with path.open(encoding="utf-8", newline="\n") as file:
        rows = (parse_json(line) for line in file)
        return {row["sample_hash"]: {name: row.get(name) for name in kept} for row in rows}
