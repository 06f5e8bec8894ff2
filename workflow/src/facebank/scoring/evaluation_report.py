"""The Markdown and CSV reports of an evaluation, byte for byte in the established format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facebank.gold.modules import STRONG_MODULES, UNDER_EYE_MODULES
from facebank.gold.tables import cell, code, csv_text, marked, table
from facebank.scoring.aggregates import MEAN_METRICS, SPREAD_METRICS

if TYPE_CHECKING:
    from facebank.scoring.aggregates import EvaluationTally

__all__ = ["EvaluationHeader", "evaluation_csv", "evaluation_markdown"]

_BAND_POLICY = "(no mIoU; use band_coverage/leakage_bg/leakage_hair)"


@dataclass(frozen=True, slots=True)
class EvaluationHeader:
    """What a report says of its run; paths stand as they shall be printed.

    With `compat`, names of others stand in it as they are, as the format had it; otherwise so that no letter
    is taken for a mark, a tag or a formula. For plain names both are the same.
    """

    run_id: str
    generated_at: str
    gold_labels: str
    predictions: str | None
    grid_size: int
    local_prediction: bool
    forehead_hair_aware_clip: bool
    under_eye_min_coverage: float
    jsonl: str
    csv: str
    calibration: str
    compat: bool = False


def evaluation_markdown(header: EvaluationHeader, tally: EvaluationTally) -> str:
    """Write the report of an evaluation.

    Parameters
    ----------
    header : EvaluationHeader
        The run.
    tally : EvaluationTally
        Its figures.

    Returns
    -------
    str
        Markdown that ends with an empty line.
    """
    written = cell if header.compat else marked
    facts = {
        "run_id": header.run_id,
        "generated_at": header.generated_at,
        "gold_labels": header.gold_labels,
        "pred_jsonl": header.predictions,
        "grid_size": header.grid_size,
        "rerun_local": header.local_prediction,
        "forehead_hair_aware_clip": header.forehead_hair_aware_clip,
        "under_eye_min_coverage": header.under_eye_min_coverage,
        "samples_total": tally.samples_total,
        "samples_scored": tally.samples_scored,
    }
    lines = [
        "# Gold Label Evaluation",
        "",
        *(f"- {name}: {written(value)}" for name, value in facts.items()),
        "",
        "## GT Policy",
        "",
        f"- strong_gt_modules: {', '.join(STRONG_MODULES)}",
        f"- weak_under_eye_modules: {', '.join(UNDER_EYE_MODULES)} {_BAND_POLICY}",
        "",
        "## Source Metrics",
        "",
        *table(
            (
                "source",
                "samples:",
                "skin_iou mean/p50/p90",
                "strong_module_mIoU mean/p50/p90",
                "under_eye_coverage mean/p50/p90",
                "under_eye_leak_bg mean/p50/p90",
                "under_eye_leak_hair mean/p50/p90",
                "forehead_hair_overlap mean/p50/p90",
            ),
            (_source_cells(block) for block in tally.source_blocks()),
            compat=header.compat,
        ),
        "",
        "## Strong Module Summary",
        "",
        *table(
            (
                "module_id",
                "scored_samples:",
                "mIoU_mean:",
                "coverage_mean:",
                "leakage_bg_mean:",
                "leakage_hair_mean:",
            ),
            (list(block.values()) for block in tally.strong_blocks()),
            compat=header.compat,
        ),
        "",
        "## Under-Eye Weak Summary",
        "",
        *table(
            (
                "module_id",
                "scored_samples:",
                "band_coverage_mean:",
                "leakage_bg_mean:",
                "leakage_hair_mean:",
            ),
            (list(block.values()) for block in tally.under_eye_blocks()),
            compat=header.compat,
        ),
        "",
        "## Top 20 Worst Samples",
        "",
        *table(
            (
                "rank:",
                "sample_hash",
                "source",
                "strong_module_mIoU:",
                "under_eye_coverage:",
                "under_eye_leak_bg:",
                "under_eye_leak_hair:",
                "forehead_hair_overlap:",
                "skin_iou:",
                "driver_score:",
                "pred_source",
                "fail_reason",
            ),
            (_worst_cells(rank, row) for rank, row in enumerate(tally.worst.ranked(), 1)),
            compat=header.compat,
        ),
        "",
        "## Artifacts",
        "",
        f"- jsonl: {code(header.jsonl, compat=header.compat)}",
        f"- csv: {code(header.csv, compat=header.compat)}",
        f"- calibration_train_samples: {code(header.calibration, compat=header.compat)}",
        "",
        "",
    ]
    return "\n".join(lines)


def _source_cells(block: dict[str, Any]) -> list[object]:
    """Give the cells of a source's line."""
    spreads = (
        " / ".join(cell(block[f"{metric}_{figure}"]) for figure in ("mean", "p50", "p90"))
        for metric in SPREAD_METRICS
    )
    return [block["source"], block["samples"], *spreads]


def _worst_cells(rank: int, row: dict[str, Any]) -> list[object]:
    """Give the cells of one of the worst samples."""
    shown = (
        "sample_hash",
        "source",
        "strong_module_miou_mean",
        "under_eye_band_coverage_mean",
        "under_eye_leakage_bg_mean",
        "under_eye_leakage_hair_mean",
        "forehead_hair_overlap_rate",
        "skin_iou",
        "driver_score",
        "pred_source",
        "fail_reason",
    )
    return [rank, *(row[name] for name in shown)]


def evaluation_csv(tally: EvaluationTally, *, compat: bool) -> str:
    """Write the figures by source; see `csv_text`."""
    spreads = [f"{metric}_{figure}" for metric in SPREAD_METRICS for figure in ("mean", "p50", "p90")]
    columns = ["source", "samples", *spreads, *(f"{metric}_mean" for metric in MEAN_METRICS)]
    return csv_text(columns, tally.source_blocks(), compat=compat)
